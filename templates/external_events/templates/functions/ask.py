{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('ask') }}
    """Ask for an approval; 400 when the request is not one."""
    {{ client() -}}
    try:
        request = approval_request(req.get_json())
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("approval", client_input=request)
    return client.create_check_status_response(req, instance_id)
