{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('upload') }}
    """Start recording a batch; the output of the orchestration is the receipt."""
    {{ client() -}}
    try:
        request = batch(req.get_json(), req.route_params["station"])
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("record_batch", client_input=request)
    return client.create_check_status_response(req, instance_id)
