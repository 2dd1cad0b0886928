import os


def flow(context):
    folder = os.environ["FOLDER"]  # expect: DF008
    yield context.call_activity("say_hello", folder)
