def record_batch(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, Receipt]:
    """Signal every reading, then call for the summary: it has them all in it.

    A signal is sent and forgotten. A call is waited for, and gives the operation's result or raises its
    error. What one sender sends to one entity arrives in the order in which it was sent, and each once.
    """
    log = ReplaySafeLogger(context, __name__)
    request = batch(context.get_input())
    station = df.EntityId("aggregator", request["station"])
    counter = df.EntityId("counter", f"readings-of-{request['station']}")

    for said in request["readings"]:
        context.signal_entity(station, "record", said)
    context.signal_entity(counter, "add", Amount(amount=len(request["readings"])))

    # Two entities: the calls run side by side.
    sensors, total = yield context.task_all(
        [context.call_entity(station, "summary"), context.call_entity(counter, "get")]
    )
    log.info("Recorded %s readings of %s.", len(request["readings"]), request["station"])
    return Receipt(
        station=request["station"], recorded=len(request["readings"]), total=total, sensors=sensors
    )
