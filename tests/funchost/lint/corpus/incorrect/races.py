from datetime import timedelta

import azure.durable_functions as df

app = df.DFApp()
HOUR = timedelta(hours=1)


@app.orchestration_trigger(context_name="context")
def never_cancelled(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    winner = yield context.task_any([event, timer])  # expect: DF006
    return winner == event


@app.orchestration_trigger(context_name="context")
def cancelled_on_the_wrong_branch(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    winner = yield context.task_any([event, timer])  # expect: DF006
    if winner == timer:
        timer.cancel()
        return "late"
    return "in time"


@app.orchestration_trigger(context_name="context")
def forgotten_on_one_way(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    winner = yield context.task_any([event, timer])  # expect: DF006
    if winner == event:
        if event.result == "stop":
            return "stopped"
        timer.cancel()
        yield context.call_activity("go_on")
    return "done"


@app.orchestration_trigger(context_name="context")
def in_line(context):
    event = context.wait_for_external_event("Go")
    winner = yield context.task_any([event, context.create_timer(context.current_utc_datetime + HOUR)])  # expect: DF006
    return winner == event


@app.orchestration_trigger(context_name="context")
def new_timer_each_time(context):
    while True:
        event = context.wait_for_external_event("Go")
        timer = context.create_timer(context.current_utc_datetime + HOUR)
        winner = yield context.task_any([event, timer])  # expect: DF006
        if winner == timer:
            break
        yield context.call_activity("handle", event.result)


@app.orchestration_trigger(context_name="context")
def three_racers(context):
    yes = context.wait_for_external_event("Yes")
    no = context.wait_for_external_event("No")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    winner = yield context.task_any([yes, no, timer])  # expect: DF006
    if winner == yes:
        timer.cancel()
        return "yes"
    return "no, or too late"


@app.orchestration_trigger(context_name="context")
def by_a_list(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    racers = [event, timer]
    race = context.task_any(racers)  # expect: DF006
    yield race
    return event.is_completed


@app.orchestration_trigger(context_name="context")
def in_a_helper(context):
    return (yield from wait(context))


def wait(context):
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + HOUR)
    yield context.task_any([event, timer])  # expect: DF006
    return event.result
