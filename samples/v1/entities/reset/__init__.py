import azure.durable_functions as df
import azure.functions as func

from signals import signal_counter


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """Signal `reset`, an operation without input."""
    client = df.DurableOrchestrationClient(starter)
    return await signal_counter(req, client, "reset")
