import datetime as dt
import time as t
from datetime import date, datetime, timedelta, timezone
from time import monotonic

import azure.durable_functions as df

bp = df.Blueprint()
now = datetime.now


@bp.orchestration_trigger(context_name="context")
def clocks(context: df.DurableOrchestrationContext):
    a = datetime.now(timezone.utc)  # expect: DF001
    b = datetime.utcnow()  # expect: DF001
    c = dt.datetime.today()  # expect: DF001
    d = date.today()  # expect: DF001
    e = t.time()  # expect: DF001
    f = monotonic()  # expect: DF001
    g = now()  # expect: DF001
    h = t.strftime("%Y")  # expect: DF001
    i = t.localtime()  # expect: DF001
    late = (lambda: datetime.now())()  # expect: DF001
    if datetime.now() > context.current_utc_datetime:  # expect: DF001
        yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    stamps = [str(t.time_ns()) for _ in range(3)]  # expect: DF001
    yield context.call_activity("store", [str(x) for x in (a, b, c, d, e, f, g, h, i, late, stamps)])
