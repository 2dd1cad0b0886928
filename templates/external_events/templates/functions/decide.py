{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('decide') }}
    """Approve or reject, by the last word of the URL; the body may say `{"by": "...", "comment": "..."}`."""
    {{ client() -}}
    instance_id = req.route_params["instanceId"]
    approved = {"approve": True, "reject": False}.get(req.route_params["verdict"])
    status = await client.get_status(instance_id)
    if approved is None or not status or status.name != "approval":
        return func.HttpResponse("There is no such approval.", status_code=404)
    unfinished = (df.OrchestrationRuntimeStatus.Pending, df.OrchestrationRuntimeStatus.Running)
    if status.runtime_status not in unfinished:
        return func.HttpResponse("That approval is over.", status_code=409)
    try:
        said = req.get_json() if req.get_body() else {}
        payload = decision({**said, "approved": approved})
    except (ValueError, TypeError):
        return func.HttpResponse('Say it as {"by": "...", "comment": "..."}.', status_code=400)
    await client.raise_event(instance_id, APPROVAL_EVENT, payload)
    return func.HttpResponse(status_code=202)
