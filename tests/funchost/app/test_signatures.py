"""What the worker says of parameters and annotations, on every Python; ``tests/oracle`` compares the rest."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from funchost.app import checks
from funchost.app.index import Binding
from funchost.app.problems import FunctionRefused
from tests.funchost.worker.calls import APPS, failure, in_process, request, text

HTTP = (
    Binding(name="req", type="httpTrigger", direction="in"),
    Binding(name="$return", type="http", direction="out"),
)


def refusal(function: object, bindings: tuple[Binding, ...], model: str) -> str:
    with pytest.raises(FunctionRefused) as refused:
        checks.check_parameters(function, bindings, model)  # type: ignore[arg-type]
    return str(refused.value)


def takes_nothing() -> None: ...


def takes_a_number(req: int): ...


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("v1", "the following parameters are declared in function.json but not in Python: {'req'}"),
        (
            "v2",
            "Extra parameters in binding definition — the following parameters are declared as bindings but are "
            "not present in Python: {'req'}",
        ),
    ],
)
def test_a_parameter_that_is_missing(model: str, said: str) -> None:
    assert refusal(takes_nothing, HTTP, model) == said


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            "v1",
            'type of req binding in function.json "httpTrigger" does not match its Python annotation "int"',
        ),
        (
            "v2",
            'binding type "\'req\'" and dataType "httpTrigger" in the binding decorator do not match the '
            "corresponding function parameter's Python type annotation int",
        ),
    ],
)
def test_an_annotation_that_does_not_fit(model: str, said: str) -> None:
    assert refusal(takes_a_number, HTTP, model) == said


def test_a_function_is_at_home_in_the_folder_of_its_file() -> None:
    async def scenario() -> None:
        async with in_process("signatures") as (app, _):
            folder = await text(app, "from_a_blueprint", request())
        assert Path(folder) == APPS / "signatures" / "more"

    asyncio.run(scenario())


def test_an_exception_that_cannot_be_put_into_words_fails_its_function_like_any_other() -> None:
    async def scenario() -> None:
        async with in_process("signatures") as (app, _):
            failed = await failure(app, "fails_without_words", "null")
            assert failed.text == (
                "Unhandled exception in function. Could not serialize original exception message."
            )
            assert "raise Unspeakable" in failed.stack
            assert await text(app, "gives_nothing", "null") == "null"  # the thread goes on

    asyncio.run(scenario())
