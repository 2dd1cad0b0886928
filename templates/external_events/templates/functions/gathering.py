def gathering(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, dict[str, object]]:
    """Return what came, by event name: every event's value, or only that of the first."""
    log = ReplaySafeLogger(context, __name__)
    request = gathering_request(context.get_input())
    names = request["events"]
    context.set_custom_status(f"Waiting for {request['mode']} of {', '.join(names)}")

    waits = [context.wait_for_external_event(name) for name in names]
    if request["mode"] == "all":
        payloads: list[object] = yield context.task_all(waits)
        came = dict(zip(names, payloads, strict=True))
    else:
        first: TaskBase = yield context.task_any(waits)
        came = {names[waits.index(first)]: first.result}

    context.set_custom_status(None)
    log.info("Got %s.", ", ".join(came))
    return {name: event_value(payload) for name, payload in came.items()}
