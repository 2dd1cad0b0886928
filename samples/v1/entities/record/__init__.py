import azure.durable_functions as df
import azure.functions as func

from messages import entity_key, reading


async def main(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """Signal one reading; 400 when it is not one."""
    client = df.DurableOrchestrationClient(starter)
    try:
        station, said = entity_key(req.route_params["station"]), reading(req.get_json())
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    await client.signal_entity(df.EntityId("aggregator", station), "record", said)
    return func.HttpResponse(status_code=202)
