import time


def steps(context):
    result = yield context.call_activity("first")
    return result


def elapsed():
    return time.time()
