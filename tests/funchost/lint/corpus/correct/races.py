from datetime import timedelta

import azure.durable_functions as df

app = df.DFApp()
HOUR = timedelta(hours=1)


@app.orchestration_trigger(context_name="context")
def winner_is_compared(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    winner = yield context.task_any([event, timer])
    if winner is event:
        timer.cancel()
        return "in time"
    else:
        return "late"


@app.orchestration_trigger(context_name="context")
def only_if_not_completed(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    yield context.task_any([event, timer])
    if not timer.is_completed:
        timer.cancel()
    return event.is_completed


@app.orchestration_trigger(context_name="context")
def one_timer_for_many_rounds(context):
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    tries = 0
    while True:
        event = context.wait_for_external_event("Code")
        winner = yield context.task_any([timer, event])
        if winner == timer:
            return False
        tries += 1
        if event.result == "1234" or tries == 3:
            timer.cancel()
            break
    return tries < 3


@app.orchestration_trigger(context_name="context")
def a_new_timer_each_round(context):
    for _ in range(3):
        event = context.wait_for_external_event("Code")
        timer = context.create_timer(context.current_utc_datetime + HOUR)
        in_time = (yield context.task_any([timer, event])) != timer
        if in_time:
            timer.cancel()
            return event.result
    return None


@app.orchestration_trigger(context_name="context")
def decided_by_a_variable(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    winner = yield context.task_any([event, timer])
    timed_out = winner == timer
    if timed_out:
        raise TimeoutError("nobody answered")
    timer.cancel()
    return event.result


@app.orchestration_trigger(context_name="context")
def cancelled_in_finally(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    try:
        yield context.task_any([event, timer])
    finally:
        if not timer.is_completed:
            timer.cancel()


@app.orchestration_trigger(context_name="context")
def cancelled_by_a_helper(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    winner = yield context.task_any([event, timer])
    settle(winner, timer)
    return winner == event


def settle(winner, timer):
    if winner != timer:
        timer.cancel()


@app.orchestration_trigger(context_name="context")
def cancelled_in_a_list(context):
    racers = [context.wait_for_external_event("Go"), context.create_timer(context.current_utc_datetime + HOUR)]
    winner = yield context.task_any(racers)
    if winner == racers[0]:
        racers[1].cancel()
    return winner == racers[0]


@app.orchestration_trigger(context_name="context")
def three_racers(context):
    yes = context.wait_for_external_event("Yes")
    no = context.wait_for_external_event("No")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    winner = yield context.task_any([yes, no, timer])
    if winner in (yes, no):
        timer.cancel()
        return winner == yes
    return None


@app.orchestration_trigger(context_name="context")
def waited_for_after_all(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    winner = yield context.task_any([event, timer])
    if winner == event:
        yield timer
    return "not before the hour is over"


@app.orchestration_trigger(context_name="context")
def events_only(context):
    a, b = context.wait_for_external_event("A"), context.wait_for_external_event("B")
    winner = yield context.task_any([a, b])
    return winner.result


@app.orchestration_trigger(context_name="context")
def monitor(context):
    until = context.current_utc_datetime + HOUR
    while context.current_utc_datetime < until:
        if (yield context.call_activity("is_ready")):
            break
        yield context.create_timer(context.current_utc_datetime + timedelta(minutes=1))


@app.orchestration_trigger(context_name="context")
def asks_the_event(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    yield context.task_any([event, timer])
    if event.is_completed:
        timer.cancel()
        status = "in time"
    else:
        status = "late"
    yield context.call_activity("tell", status)
    return status
