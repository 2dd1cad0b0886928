"""Starts orchestrations, with ``$return`` and the old name of the client binding."""

import azure.durable_functions as df
import azure.functions as func
from __app__.shared import clients


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    return await clients.start(req, df.DurableOrchestrationClient(starter))
