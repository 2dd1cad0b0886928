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
