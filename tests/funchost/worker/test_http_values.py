"""HTTP values on their way in and out, as the real host and worker convert them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from funchost.worker.contract import Failed, HttpRequestData, HttpResponseData, Succeeded
from funchost.worker.http_values import request_parts, response_from_text
from tests.funchost.worker.calls import call, in_process, request

TEXT = ("Content-Type", "text/plain; charset=utf-8")
MakeApp: TypeAlias = Callable[[str], Path]


def test_request_is_seen_as_the_worker_shows_it() -> None:
    parts = request_parts(
        HttpRequestData(
            method="post",
            url="http://localhost:7071/api/x?a=1&b=&a=2&c=x%20y+z",
            headers=(("X-Two", "1"), ("Accept", "*/*"), ("x-two", "2")),
            route_params={"id": "7"},
            body=b"\x00",
        )
    )
    assert parts == {
        "method": "POST",
        "url": "http://localhost:7071/api/x?a=1&b=&a=2&c=x%20y+z",
        "headers": {"x-two": "1,2", "accept": "*/*"},
        "query": {"a": "1,2", "c": "x y z"},
        "params": {"id": "7"},
        "body": b"\x00",
    }


@pytest.mark.parametrize(
    ("returned", "status", "headers", "body"),
    [
        ("plain", 200, (TEXT,), "plain"),
        ("", 200, (TEXT,), ""),
        ("123abc", 200, (TEXT,), "123abc"),
        ('{"a":1,"b":[]}', 200, (TEXT,), '{\n  "a": 1,\n  "b": []\n}'),
        ("[1,2]", 200, (TEXT,), "[\n  1,\n  2\n]"),
        ("123", 200, (TEXT,), "123"),
        ('"x"', 200, (TEXT,), "x"),
        ("true", 200, (TEXT,), "True"),
        ("null", 200, (TEXT,), ""),
        ("[" * 100_000, 200, (TEXT,), "[" * 100_000),
        ('{"body": "made", "status": 201}', 201, (TEXT,), "made"),
        ('{"Body": {"a": "é"}, "statusCode": "404"}', 404, (TEXT,), '{\n  "a": "é"\n}'),
        ('{"body": 5, "headers": {"X-A": "b"}}', 200, (TEXT, ("X-A", "b")), "5"),
        (
            '{"body": "<p>", "headers": {"content-type": "text/html"}}',
            200, (("content-type", "text/html"),), "<p>",
        ),
        (
            '{"body": "", "cookies": [{"name": "n", "value": "a b", "httpOnly": true, "maxAge": 60}]}',
            200, (TEXT, ("Set-Cookie", "n=a%20b; max-age=60; path=/; httponly")), "",
        ),
    ],
)  # fmt: skip
def test_returned_text_is_read_as_the_host_reads_it(
    returned: str, status: int, headers: tuple[tuple[str, str], ...], body: str
) -> None:
    expected = HttpResponseData(status_code=status, headers=headers, body=body.encode())
    assert response_from_text(returned) == expected


RETURNS = [
    ("func.HttpResponse('é')", 200, (TEXT,), "é".encode()),
    ("func.HttpResponse(b'raw', mimetype='image/png')", 200, (("Content-Type", "image/png"),), b"raw"),
    ("func.HttpResponse('{}', mimetype='application/json')", 200, (("Content-Type", "application/json"),), b"{}"),
    ("func.HttpResponse('é', charset='latin-1')", 200, (("Content-Type", "text/plain; charset=latin-1"),), b"\xe9"),
    ("func.HttpResponse(status_code=204)", 204, (TEXT,), b""),
    (
        "func.HttpResponse('x', headers={'content-type': 'text/css', 'X-A': '1'})",
        200, (("Content-Type", "text/css"), ("X-A", "1")), b"x",
    ),
    (
        "func.HttpResponse('', headers={'Set-Cookie': 'a=b; Path=/x; Secure'})",
        200, (TEXT, ("Set-Cookie", "a=b; path=/x; secure")), b"",
    ),
]  # fmt: skip

CANNOT_ENCODE = 'unable to encode outgoing TypedData: unsupported type "http" for Python type '
FAILURES = [
    ("None", f'{CANNOT_ENCODE}"NoneType"'),
    ("b'x'", f'{CANNOT_ENCODE}"bytes"'),
    ("{'a': 1}", f'{CANNOT_ENCODE}"dict"'),
    ("[1]", f'{CANNOT_ENCODE}"list"'),
    ("7", f'{CANNOT_ENCODE}"int"'),
    (
        "func.HttpResponse({'a': 1})",
        "response is expected to be either of str, bytes, or bytearray, got dict",
    ),
]


@pytest.fixture
def results(make_app: MakeApp) -> list[object]:
    """What each expression of ``RETURNS`` and ``FAILURES`` gives when a function returns it."""
    cases = [case[0] for case in (*RETURNS, *FAILURES)]
    functions = "\n".join(
        f"@app.route(route='f{n}')\ndef f{n}(req: func.HttpRequest):\n    return {expression}\n"
        for n, expression in enumerate(map(str, cases))
    )
    root = make_app(f"import azure.functions as func\n\napp = func.FunctionApp()\n\n{functions}")

    async def scenario() -> list[object]:
        async with in_process(root) as (app, index):
            assert index.problems == ()
            return [await call(app, f"f{n}", request()) for n in range(len(cases))]

    return asyncio.run(scenario())


def test_returned_responses_are_sent_as_given(results: list[object]) -> None:
    expected = [
        Succeeded(value=HttpResponseData(status_code=status, headers=headers, body=body))
        for _, status, headers, body in RETURNS
    ]
    assert results[: len(RETURNS)] == expected


def test_what_cannot_be_sent_fails_as_in_the_worker(results: list[object]) -> None:
    failed = [result for result in results if isinstance(result, Failed)]
    assert [(f.error_type, f.message) for f in failed] == [("TypeError", text) for _, text in FAILURES]
