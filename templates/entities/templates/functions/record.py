{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('record') }}
    """Signal one reading; 400 when it is not one."""
    {{ client() -}}
    try:
        station, said = entity_key(req.route_params["station"]), reading(req.get_json())
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    await client.signal_entity(df.EntityId("aggregator", station), "record", said)
    return func.HttpResponse(status_code=202)
