"""What is said: requests and event payloads, which come in from outside and are checked, and answers.

The checks are plain functions, used by the HTTP functions (which answer 400 to a ValueError) and again by the
orchestrators (which fail with its text), because an orchestration can also be started past our routes.
"""

import json
from typing import Any, Literal, TypedDict

# The SDK compares event names exactly, so who raises it and who waits for it share this one.
APPROVAL_EVENT = "Approval"
DEFAULT_HOURS = 72.0
# The SDK splits a timer of more than six days into several, and cannot cancel those.
MOST_HOURS = 6 * 24.0


class ApprovalRequest(TypedDict):
    """Somebody wants something approved."""

    subject: str
    approver: str
    hours: float  # how long the approver has


class Decision(TypedDict):
    """The payload of the event "Approval"."""

    approved: bool
    by: str
    comment: str


class Notice(TypedDict):
    """What the approver is told."""

    instance_id: str
    subject: str
    approver: str
    until: str


class Outcome(TypedDict):
    """How an approval ended."""

    subject: str
    outcome: str  # approved, rejected or escalated
    by: str
    comment: str


class GatheringRequest(TypedDict):
    """Which events to wait for."""

    events: list[str]
    mode: Literal["all", "any"]


def approval_request(body: object) -> ApprovalRequest:
    """Check `{"subject": "...", "approver": "...", "hours": 72}`; hours may be left out.

    Raises:
        ValueError: Something is missing or out of range; the text says what.
    """
    fields = as_object(
        body, 'an approval is asked for with {"subject": "...", "approver": "...", "hours": 72}'
    )
    hours = fields.get("hours", DEFAULT_HOURS)
    if isinstance(hours, bool) or not isinstance(hours, (int, float)) or not 0 < hours <= MOST_HOURS:
        raise ValueError(f"hours must be a number above 0 and up to {MOST_HOURS:g}, not {hours!r}.")
    return ApprovalRequest(
        subject=text(fields, "subject"), approver=text(fields, "approver"), hours=float(hours)
    )


def decision(payload: object) -> Decision:
    """Check the payload of an "Approval" event: `{"approved": true, "by": "...", "comment": "..."}`.

    Raises:
        ValueError: It has no true or false under "approved".
    """
    fields = as_object(event_value(payload), 'the event "Approval" carries {"approved": true or false}')
    approved = fields.get("approved")
    if not isinstance(approved, bool):
        raise ValueError(f'The event "Approval" says true or false under "approved", not {approved!r}.')
    return Decision(
        approved=approved, by=str(fields.get("by") or "unknown"), comment=str(fields.get("comment") or "")
    )


def gathering_request(body: object) -> GatheringRequest:
    """Check `{"events": ["A", "B"], "mode": "all"}`; mode is "all" or "any", and "all" when left out.

    Raises:
        ValueError: No list of different names, or another mode.
    """
    fields = as_object(body, 'a gathering is asked for with {"events": ["A", "B"], "mode": "all"}')
    events, mode = fields.get("events"), fields.get("mode", "all")
    if (
        not isinstance(events, list)
        or not events
        or not all(isinstance(name, str) and name for name in events)
    ):
        raise ValueError("events must be a list of one or more event names.")
    if len(set(events)) < len(events):
        raise ValueError("events must not name the same event twice.")
    if mode not in ("all", "any"):
        raise ValueError(f'mode must be "all" or "any", not {mode!r}.')
    return GatheringRequest(events=events, mode=mode)


def event_value(payload: object) -> object:
    """The value that was sent with an event.

    An event posted to `sendEventPostUri` arrives as the value itself. One raised with the SDK's
    `client.raise_event` arrives as a str that holds the value's JSON.
    """
    if not isinstance(payload, str):
        return payload
    try:
        return json.loads(payload)
    except ValueError:  # a plain text, posted as such
        return payload


def as_object(body: object, expected: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ValueError(f"That is not a JSON object: {expected}.")
    return body


def text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is missing: it must be a text that is not empty.")
    return value
