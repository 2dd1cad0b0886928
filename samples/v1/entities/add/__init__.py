import azure.durable_functions as df
import azure.functions as func

from messages import Amount, amount, entity_key


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """Signal `add`. The answer is 202: it will be added, and what comes of it is not known yet.

    A signal that fails tells nobody, so its input is checked here. And the input is an object, because the
    SDK leaves out an input that is false in Python: a plain 0 would not arrive.
    """
    client = df.DurableOrchestrationClient(starter)
    try:
        key = entity_key(req.route_params["key"])
        by: Amount = amount(req.get_json()) if req.get_body() else Amount(amount=1)
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    await client.signal_entity(df.EntityId("counter", key), "add", by)
    return func.HttpResponse(status_code=202)
