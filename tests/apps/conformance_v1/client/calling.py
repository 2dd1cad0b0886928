"""Calls the client's methods; the answer goes through an ``Out`` parameter."""

import azure.durable_functions as df
import azure.functions as func
from shared import clients


async def call(req: func.HttpRequest, starter: str, res: func.Out[func.HttpResponse]) -> None:
    res.set(await clients.call(req, df.DurableOrchestrationClient(starter)))
