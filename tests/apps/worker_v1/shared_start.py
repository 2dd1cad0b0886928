import json

import azure.durable_functions as df
import azure.functions as func


async def begin(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    df.DurableOrchestrationClient(starter)
    return func.HttpResponse(json.loads(starter)["taskHubName"])
