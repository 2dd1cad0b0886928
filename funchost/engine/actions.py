"""Reading an orchestrator's reply: which actions are new, what each amounts to, whether the old ones stand.

``WhenAll`` and ``WhenAny`` only group: everything listed was asked for and is scheduled at once. Leaves are
taken depth first, left to right, which is the order in which the SDK numbers its tasks.
"""

from __future__ import annotations

from collections.abc import Iterable

from funchost.model.actions import (
    CallActivity,
    CallEntity,
    CallHttp,
    CallSubOrchestrator,
    ContinueAsNewAction,
    CreateTimer,
    OrchestratorAction,
    SignalEntity,
    WaitForExternalEvent,
    WhenAll,
    WhenAny,
)


def leaves(actions: Iterable[OrchestratorAction]) -> list[OrchestratorAction]:
    """The single actions in a list of actions, in the order in which the SDK numbers them."""
    single: list[OrchestratorAction] = []
    for action in actions:
        if isinstance(action, (WhenAll, WhenAny)):
            single += leaves(action.children)
        else:
            single.append(action)
    return single


def digest(action: OrchestratorAction) -> str:
    """What must stay the same about an action from replay to replay: its kind, its name, its nesting."""
    match action:
        case CallActivity():
            return f"activity {action.name}"
        case CallSubOrchestrator():
            return f"sub-orchestration {action.name}"
        case CallHttp():
            return "HTTP call"
        case CreateTimer():
            return "timer"
        case WaitForExternalEvent():
            return f"external event {action.name}"
        case CallEntity():
            return f"call of {action.operation} on {action.instance_id}"
        case SignalEntity():
            return f"signal of {action.operation} to {action.instance_id}"
        case ContinueAsNewAction():
            return "continue-as-new"
        case WhenAll():
            return f"all of ({', '.join(map(digest, action.children))})"
        case WhenAny():
            return f"any of ({', '.join(map(digest, action.children))})"


def difference(recorded: list[str], actions: tuple[OrchestratorAction, ...]) -> str | None:
    """How a reply departs from what earlier episodes recorded, or None where it does not.

    The text is what the instance fails with. The SDK itself does not notice such a departure.
    """
    for position, before in enumerate(recorded):
        now = digest(actions[position]) if position < len(actions) else None
        if now == before:
            continue
        instead = "has not (yet?) asked for it" if now is None else f"asked for {now} in its place"
        return (
            "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled "
            f"{before} as its action number {position + 1}, but the current replay {instead}. Was a change made "
            "to the orchestrator code after this instance had already started running? Does it read the clock, "
            "random numbers, the environment or anything else that differs from one replay to the next?"
        )
    return None
