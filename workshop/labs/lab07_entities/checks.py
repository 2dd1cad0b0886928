"""What lab 7 asks for."""

from concurrent.futures import ThreadPoolExecutor

from funchost.testing import DurableApp, FunctionAppClient

VISITORS = 60


def test_add(durable: DurableApp) -> None:
    """The counter knows the operation add"""
    counter = durable.entity("counter", "visits")
    counter.signal("add", {"amount": 5})
    counter.signal("add", {"amount": 2})
    assert counter.state == 7, (
        f"After adding 5 and 2 its state is {counter.state}. The operation add adds the amount to the state that "
        "is there."
    )


def test_bad_input(durable: DurableApp) -> None:
    """An amount that is none changes nothing"""
    counter = durable.entity("counter", "visits")
    counter.signal("add", {"amount": 5})
    counter.signal("add", {"amount": "many"})
    assert counter.state == 5, f"After adding 5 and “many” the state is {counter.state}, not 5."


def test_other_counters(durable: DurableApp) -> None:
    """Other counters count for themselves"""
    durable.post("/api/counters/apples/add", json={"amount": 3})
    durable.post("/api/counters/pears/add", json={"amount": 4})
    states = [durable.get(f"/api/counters/{key}").json()["value"] for key in ("apples", "pears")]
    assert states == [3, 4], (
        f"3 apples and 4 pears were added over HTTP; the counters say {states[0]} and {states[1]}. Does the route "
        "add signal an operation that the entity has?"
    )


def test_nobody_is_lost(function_app: FunctionAppClient) -> None:
    """Of many visitors at once none is lost"""
    url = "/api/counters/visits"
    with ThreadPoolExecutor(10) as visitors:
        codes = set(visitors.map(lambda _: function_app.post(f"{url}/add").status_code, range(VISITORS)))
    assert codes == {202}, f"The route add answered {sorted(codes)}, not 202 alone."
    # Sent after the others, and so handled after them: when it has been counted, all have.
    function_app.post(f"{url}/add", json={"amount": 1000})
    try:
        counter = function_app.wait_until(url, lambda counter: counter["value"] >= 1000, timeout=20)
    except TimeoutError:
        raise AssertionError("1000 were added at the end, and never arrived at the counter.") from None
    counted = counter["value"] - 1000
    assert counted == VISITORS, (
        f"{VISITORS} visitors came, and {counted} were counted. Two of them read the same number, and both set "
        "the one after it. Signal the operation add, and leave the adding to the entity."
    )
