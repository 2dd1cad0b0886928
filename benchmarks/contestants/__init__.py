"""The engines that are compared, one module each; ``contract`` says what they have in common."""

from __future__ import annotations

import importlib

from benchmarks.contestants.contract import Contestant

_CLASSES = {
    "funchost": "funchost_host:Funchost",
    "sdk": "sdk_floor:SdkFloor",
    "durabletask": "durabletask_memory:DurableTask",
    "dbos": "dbos_sqlite:Dbos",
    "langgraph": "langgraph_sqlite:LangGraph",
}


def contestant_class(engine: str) -> type[Contestant]:
    """The class of an engine. Imported late: each needs packages that the others' interpreters lack."""
    module, name = _CLASSES[engine].split(":")
    found: type[Contestant] = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return found
