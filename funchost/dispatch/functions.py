"""The app's durable functions by name. Names ignore case, as in the extension."""

from __future__ import annotations

from funchost.app.index import AppIndex, FunctionInfo
from funchost.errors import FunctionNotFound

KINDS = {"orchestrationTrigger": "orchestrator", "activityTrigger": "activity", "entityTrigger": "entity"}


class FunctionTable:
    """Finds orchestrators, activities and entities.

    A function is found by its durable name (``activity=``, ``orchestration=``, ``entity_name=``) and by its own
    name: ``call_activity(function_object)`` sends the latter whatever the decorator says.
    """

    def __init__(self, index: AppIndex) -> None:
        self._by_kind: dict[str, dict[str, FunctionInfo]] = {kind: {} for kind in KINDS.values()}
        self._names: dict[str, list[str]] = {kind: [] for kind in KINDS.values()}
        enabled = [f for f in index.functions if f.trigger.type in KINDS and not f.disabled]
        for function in enabled:
            self._by_kind[KINDS[function.trigger.type]][function.name.lower()] = function
        for function in enabled:  # a durable name wins over another function's own name
            kind = KINDS[function.trigger.type]
            self._by_kind[kind][function.durable_name.lower()] = function
            self._names[kind].append(function.durable_name)

    def find(self, kind: str, name: str) -> FunctionInfo:
        """Raises FunctionNotFound, whose text lists the functions of that kind."""
        function = self._by_kind[kind].get(name.lower())
        if function is None:
            raise FunctionNotFound(kind, name, self._names[kind])
        return function
