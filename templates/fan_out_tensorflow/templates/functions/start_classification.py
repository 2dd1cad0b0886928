{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('start_classification') }}
    """Start a classification of `{"images": [...]}`; 400 for a request that cannot be carried out."""
    {{ client() -}}
    try:
        request = request_from(req.get_json() if req.get_body() else {})
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("classify_images", client_input=request)
    logging.info("Started the classification of %d images with id %s.", len(request["images"]), instance_id)
    return client.create_check_status_response(req, instance_id)
