{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('look') }}
    """Read the state, as of the last operation that has run. A counter that nobody has used is at 0."""
    {{ client() -}}
    try:
        key = entity_key(req.route_params["key"])
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    read = await client.read_entity_state(df.EntityId("counter", key))
    answer = {"key": key, "value": read.entity_state if read.entity_exists else 0}
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")
