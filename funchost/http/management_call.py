"""What every handler of the management API is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from funchost.clock import Clock
from funchost.dispatch.taskhub import TaskHub
from funchost.http.bodies import decode_text, parse_json, read_body
from funchost.http.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to the management API, and what it is answered from. See ``ManagementApi`` for the fields."""

    request: Request
    query: Query
    hub: TaskHub
    clock: Clock
    links: Callable[[Request], tuple[str, str]]
    for_sdk: bool
    max_body_bytes: int | None

    async def json_text(self) -> str | None:
        """The body as the JSON text it is, unchanged; None for an empty body. Raises BodyUnreadable."""
        text = await self.text()
        if not text.strip():
            return None
        parse_json(text)
        return text

    async def text(self) -> str:
        """The body as text. Raises BodyTooLarge or BodyUnreadable."""
        return decode_text(await read_body(self.request, self.max_body_bytes), self.request)

    @property
    def reason(self) -> str:
        return self.query.text("reason") or ""

    @property
    def continuation_token(self) -> str | None:
        return self.request.headers.get("x-ms-continuation-token") or None
