import time

from azure.durable_functions import Orchestrator as Durable


def run(context):
    context.call_activity("say_hello")  # expect: DF004
    return time.time()  # expect: DF001


def main(context: str) -> str:
    return Durable(run).handle(context)
