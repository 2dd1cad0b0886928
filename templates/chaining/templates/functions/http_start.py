{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('http_start') }}
    """Start the orchestrator named in the URL; answer 202 with the URLs that watch and steer it."""
    {{ client() -}}
    name = req.route_params["functionName"]
    instance_id = await client.start_new(name)
    logging.info("Started %s with id %s.", name, instance_id)
    return client.create_check_status_response(req, instance_id)
