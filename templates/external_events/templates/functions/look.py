{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('look') }}
    """How an approval stands."""
    {{ client() -}}
    status = await client.get_status(req.route_params["instanceId"])
    if not status or status.name != "approval" or status.runtime_status is None:
        return func.HttpResponse("There is no such approval.", status_code=404)
    answer = {
        "id": status.instance_id,
        "status": status.runtime_status.name,
        "waiting": status.custom_status,
        "outcome": status.output,
    }
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")
