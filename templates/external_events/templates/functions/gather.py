{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('gather') }}
    """Start waiting; events are then posted to the answer's `sendEventPostUri`."""
    {{ client() -}}
    try:
        request = gathering_request(req.get_json())
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("gathering", client_input=request)
    return client.create_check_status_response(req, instance_id)
