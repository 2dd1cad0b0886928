{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('summary') }}
    """Every sensor of a station, without waking the entity: its state is read from storage."""
    {{ client() -}}
    try:
        station = entity_key(req.route_params["station"])
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    read = await client.read_entity_state(df.EntityId("aggregator", station))
    if not read.entity_exists:
        problem = {"problem": f"No sensor of {station} has said anything yet."}
        return func.HttpResponse(json.dumps(problem), status_code=404, mimetype="application/json")
    answer = {"station": station, "sensors": read.entity_state}
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")
