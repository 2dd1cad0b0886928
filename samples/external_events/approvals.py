"""Human interaction: somebody decides in time, or it is escalated."""

import json
import logging
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions.models.Task import TaskBase

from messages import APPROVAL_EVENT, ApprovalRequest, Notice, Outcome, approval_request, decision
from replay_safe import ReplaySafeLogger

approvals = df.Blueprint()


@approvals.route(route="approvals", methods=["POST"])
@approvals.durable_client_input(client_name="client")
async def ask(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Ask for an approval; 400 when the request is not one."""
    try:
        request = approval_request(req.get_json())
    except ValueError as error:
        return func.HttpResponse(str(error), status_code=400)
    instance_id = await client.start_new("approval", client_input=request)
    return client.create_check_status_response(req, instance_id)


@approvals.route(route="approvals/{instanceId}/{verdict}", methods=["POST"])
@approvals.durable_client_input(client_name="client")
async def decide(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Approve or reject, by the last word of the URL; the body may say `{"by": "...", "comment": "..."}`."""
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


@approvals.route(route="approvals/{instanceId}", methods=["GET"])
@approvals.durable_client_input(client_name="client")
async def look(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """How an approval stands."""
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


@approvals.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, Outcome]:
    """Notify the approver, then wait for the event or for the deadline, whichever is first."""
    log = ReplaySafeLogger(context, __name__)
    request = approval_request(context.get_input())
    # The context's clock, not the computer's: the same in every replay.
    deadline = context.current_utc_datetime + timedelta(hours=request["hours"])
    until = deadline.isoformat()

    notice = Notice(
        instance_id=context.instance_id, subject=request["subject"], approver=request["approver"], until=until
    )
    yield context.call_activity("notify_approver", notice)
    context.set_custom_status({"approver": request["approver"], "until": until})

    event = context.wait_for_external_event(APPROVAL_EVENT)
    timeout = context.create_timer(deadline)
    first = yield context.task_any([event, timeout])
    context.set_custom_status(None)

    if first == timeout:
        log.warning("Nobody decided on %s in time.", request["subject"])
        manager: str = yield context.call_activity("escalate", request)
        return Outcome(
            subject=request["subject"], outcome="escalated", by=manager, comment="Nobody decided in time."
        )

    timeout.cancel()  # else the orchestration would stay open until the deadline
    decided = decision(event.result)
    outcome = "approved" if decided["approved"] else "rejected"
    log.info("%s was %s by %s.", request["subject"], outcome, decided["by"])
    return Outcome(subject=request["subject"], outcome=outcome, by=decided["by"], comment=decided["comment"])


@approvals.activity_trigger(input_name="notice")
def notify_approver(notice: Notice) -> None:
    """Tell the approver. A real app sends a mail or a chat message here; this one writes it to the log."""
    logging.info(
        "To %(approver)s: please decide on %(subject)r until %(until)s. "
        "POST /api/approvals/%(instance_id)s/approve or /reject",
        notice,
    )


@approvals.activity_trigger(input_name="request")
def escalate(request: ApprovalRequest) -> str:
    """Hand it to somebody else, and return whom."""
    manager = f"the manager of {request['approver']}"
    logging.warning("To %s: %r was not decided on in time.", manager, request["subject"])
    return manager
