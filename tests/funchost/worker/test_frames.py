"""Frames survive any cutting of the stream, and messages come back as they were sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from funchost.worker import frames
from funchost.worker.contract import (
    Failed,
    Following,
    HttpRequestData,
    HttpResponseData,
    Invocation,
    InvocationResult,
    LogLine,
    Session,
    Succeeded,
)

TEXTS = st.text(alphabet=st.characters())  # halves of surrogate pairs too
PAIRS = st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple)
REQUESTS = st.builds(
    HttpRequestData,
    method=st.text(),
    url=st.text(),
    headers=PAIRS,
    route_params=st.dictionaries(st.text(), st.text(), max_size=3),
    body=st.binary(),
)
COUNTS = st.integers(0, 2**40)
SESSIONS = st.builds(
    Session, key=st.text(), known_events=COUNTS, known_actions=COUNTS, events=COUNTS, replays=st.booleans()
)
FOLLOWING = st.builds(
    Following,
    invocation_id=st.text(),
    function_name=st.text(),
    session=SESSIONS,
    events=TEXTS,
    not_before=st.text(),
)
INVOCATIONS = st.builds(
    Invocation,
    invocation_id=st.text(),
    function_name=st.text(),
    trigger=REQUESTS | TEXTS,
    inputs=st.dictionaries(st.text(), TEXTS, max_size=3),
    session=st.none() | SESSIONS,
    following=st.none() | FOLLOWING,
)
RESPONSES = st.builds(HttpResponseData, status_code=st.integers(100, 999), headers=PAIRS, body=st.binary())
RESULTS: st.SearchStrategy[InvocationResult] = (
    st.builds(Succeeded, value=RESPONSES | TEXTS | st.none())
    | st.builds(Succeeded, value=TEXTS, followed_at=st.text())
    | st.builds(Failed, error_type=st.text(), message=TEXTS, stack=TEXTS)
)
LINES = st.builds(
    LogLine,
    invocation_id=st.none() | st.text(),
    function_name=st.none() | st.text(),
    level=st.integers(0, 50),
    category=st.text(),
    message=TEXTS,
)


@given(sent=st.lists(st.tuples(st.text(), st.binary()), max_size=5), sizes=st.lists(st.integers(1, 9), min_size=1))
def test_frames_come_out_whole_however_the_stream_is_cut(sent: list[tuple[str, bytes]], sizes: list[int]) -> None:
    stream = b"".join(frames.frame({"k": kind}, body) for kind, body in sent)
    reader, received, at, turn = frames.FrameReader(), [], 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        received += [(f.kind, f.body) for f in reader.feed(stream[at : at + size])]
        at, turn = at + size, turn + 1
    assert received == sent


def _one(data: bytes) -> frames.Frame:
    (received,) = frames.FrameReader().feed(data)
    return received


@given(INVOCATIONS)
def test_invocations_come_back_as_sent(invocation: Invocation) -> None:
    assert frames.decode_invocation(_one(frames.encode_invocation(invocation))) == invocation


@given(RESULTS)
def test_results_come_back_as_sent(result: InvocationResult) -> None:
    received = _one(frames.encode_result("id", result))
    assert received.header["id"] == "id"
    assert frames.decode_result(received) == result


@given(st.lists(LINES, max_size=4))
def test_log_lines_come_back_as_sent(lines: list[LogLine]) -> None:
    assert frames.decode_logs(_one(frames.encode_logs(lines))) == lines
