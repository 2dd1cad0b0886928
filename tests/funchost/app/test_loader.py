"""What an app's functions are, and what is said of those that cannot run."""

from __future__ import annotations

import ast
import asyncio
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from funchost.app.index import AppIndex, IndexProblem, decode, encode
from funchost.app.loader import is_disabled
from tests.funchost.worker.calls import APPS, call, in_process, request, text

MakeApp: TypeAlias = Callable[..., Path]


@pytest.fixture
def make_app(tmp_path: Path) -> MakeApp:
    """Writes the files of an app and gives its folder."""

    def make(function_app: str | None = None, **files: str) -> Path:
        root = tmp_path.resolve()
        (root / "host.json").write_text('{"version": "2.0"}')
        if function_app is not None:
            (root / "function_app.py").write_text(textwrap.dedent(function_app))
        for name, content in files.items():
            (root / f"{name}.py").write_text(textwrap.dedent(content))
        return root

    return make


def index_of(app: str | Path, **settings: str) -> AppIndex:
    async def load() -> AppIndex:
        async with in_process(app, None, **settings) as (_, index):
            return index

    return asyncio.run(load())


def only_problem(app: str | Path) -> IndexProblem:
    (problem,) = index_of(app).problems
    return problem


def first_line(script: Path, function: str) -> int:
    """The line of a function's first decorator. A name that is no identifier is that of ``function_name``."""
    for node in ast.parse(script.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            shown = ast.unparse(node.decorator_list[0])
            if node.name == function or shown == f"app.function_name({function!r})":
                return node.decorator_list[0].lineno
    raise LookupError(function)


def test_v2_functions_have_names_triggers_and_bindings_as_declared() -> None:
    index = index_of("worker_basic")
    assert index.programming_model == "v2"
    assert index.problems == ()
    assert index.azure_functions_version is not None
    assert index.durable_sdk_version is not None
    by_name = {function.name: function for function in index.functions}
    echo = by_name["echo"]
    assert (echo.trigger.type, echo.trigger.direction, echo.trigger.name) == ("httpTrigger", "in", "req")
    assert echo.trigger.properties["methods"] == ["POST"]
    assert echo.trigger.properties["route"] == "echo"
    assert echo.trigger.properties["authLevel"] == "ANONYMOUS"
    assert (echo.script_file, echo.entry_point) == ("function_app.py", "echo")
    assert [b.name for b in by_name["start"].client_bindings] == ["client"]
    assert by_name["same"].durable_name == "ReturnsItsInput"
    assert by_name["chain"].durable_name == "chain"


def test_index_survives_the_way_between_processes() -> None:
    for app in ("worker_basic", "worker_v1", "worker_one_bad"):
        index = index_of(app)
        assert decode(encode(index)) == index


def test_import_error_is_one_problem_with_the_users_file_line_and_frames() -> None:
    problem = only_problem("worker_import_error")
    folder = APPS / "worker_import_error"
    assert problem.function_name is None
    assert (problem.file, problem.line) == (str(folder / "helper.py"), 2)
    first, _, frames = problem.message.partition("\nStack:\n")
    assert first == (
        "function_app.py could not be imported: ValueError: invalid literal for int() with base 10: 'not a number'"
    )
    assert re.findall(r'File "(.*)", line \d+, in (.*)', frames) == [
        (str(folder / "function_app.py"), "<module>"),
        (str(folder / "helper.py"), "<module>"),
        (str(folder / "helper.py"), "limit"),
    ]


def test_missing_module_is_named_with_what_to_look_at() -> None:
    problem = only_problem("worker_missing_module")
    script = APPS / "worker_missing_module" / "function_app.py"
    assert problem.file == str(script)
    assert script.read_text().splitlines()[(problem.line or 0) - 1] == "import surely_not_installed"
    assert "ModuleNotFoundError: No module named 'surely_not_installed'. Cannot find module." in problem.message
    assert "https://aka.ms/functions-modulenotfound" in problem.message


def test_syntax_error_is_placed_at_its_line(make_app: MakeApp) -> None:
    root = make_app("import azure.functions as func\n\ndef broken(:\n    pass\n")
    problem = only_problem(root)
    assert (problem.file, problem.line) == (str(root / "function_app.py"), 3)
    assert "def broken(:" in problem.message
    assert "SyntaxError: invalid syntax" in problem.message


def test_script_that_exits_is_a_problem_of_the_app(make_app: MakeApp) -> None:
    problem = only_problem(make_app("import sys\nsys.exit('no settings')\n"))
    assert problem.message.startswith("function_app.py could not be imported: SystemExit: no settings")
    assert problem.line == 2


def test_duplicate_names_name_both_places_and_leave_the_rest_working() -> None:
    index = index_of("worker_duplicates")
    assert [f.name for f in index.functions] == ["once"]
    (problem,) = index.problems
    assert problem.function_name is None
    assert problem.message.startswith("Function twice does not have a unique function name. Please change ")
    assert problem.message.endswith(
        "It is declared at blueprint.py:6 and function_app.py:{line}.".format(
            line=first_line(APPS / "worker_duplicates" / "function_app.py", "twice")
        )
    )


def test_one_bad_function_is_left_out_and_the_rest_works() -> None:
    assert [f.name for f in index_of("worker_one_bad").functions] == ["works"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "other_parameter",
            "cannot load the other_parameter function: the following parameters are declared in Python but not in "
            "the function definition (function.json or function decorators):  {'val'}",
        ),
        (
            "union_annotation",
            "cannot load the union_annotation function: binding value has invalid non-type annotation "
            "typing.Optional[str]",
        ),
        ("async_orchestrator", "declare it with 'def' and use 'yield' where you wrote 'await'"),
        ("async_generator", "declare it with 'def' and use 'yield'"),
        ("async_entity", "the entity 'async_entity' is declared with 'async def'"),
        ("sync_client", "declare the function with 'async def' and 'await' them"),
        ("queue_worker", "its trigger is of type 'queueTrigger', which funchost does not run"),
        ("queue_writer", "its out binding 'queue' is of type 'queue', which funchost does not run"),
        (
            "wrong_context",
            "cannot load the wrong_context function: the \"context\" parameter is expected to be of type "
            "azure.functions.Context, got \"<class 'str'>\"",
        ),
        ("binding_name", "The binding name a__b is invalid. Please assign a valid name to the binding."),
        ("9lives", "'9lives' is not a valid function name."),
    ],
)  # fmt: skip
def test_bad_function_is_named_with_its_line_and_reason(name: str, said: str) -> None:
    problems = {problem.function_name: problem for problem in index_of("worker_one_bad").problems}
    problem = problems[name]
    assert said in problem.message
    script = APPS / "worker_one_bad" / "function_app.py"
    assert (problem.file, problem.line) == (str(script), first_line(script, name))


def test_function_without_a_trigger_is_named_and_the_rest_works(make_app: MakeApp) -> None:
    root = make_app(
        """
        import azure.functions as func

        app = func.FunctionApp()

        @app.route(route="fine")
        def fine(req: func.HttpRequest) -> str:
            return ""

        @app.function_name("lonely")
        def no_trigger(req: func.HttpRequest) -> str:
            return ""
        """
    )
    index = index_of(root)
    assert [f.name for f in index.functions] == ["fine"]
    (problem,) = index.problems
    assert (problem.function_name, problem.line) == ("lonely", 10)
    assert problem.message.startswith("Function lonely does not have a trigger.")


def test_module_without_an_app_says_what_to_write(make_app: MakeApp) -> None:
    problem = only_problem(make_app("import azure.functions as func\n"))
    assert problem.message.startswith("Could not find top level function app instances in function_app.py.")


def test_two_apps_in_one_module_are_refused(make_app: MakeApp) -> None:
    root = make_app("import azure.functions as func\na = func.FunctionApp()\nb = func.FunctionApp()\n")
    assert only_problem(root).message.startswith(
        "More than one FunctionApp or other top level function app instances are defined."
    )


def test_two_names_for_one_app_are_one_app(make_app: MakeApp) -> None:
    root = make_app("import azure.functions as func\na = func.FunctionApp()\nb = a\n")
    assert index_of(root).problems == ()


def test_script_may_have_another_name(make_app: MakeApp) -> None:
    root = make_app(None, my_app="import azure.functions as func\napp = func.FunctionApp()\n")
    assert index_of(root, PYTHON_SCRIPT_FILE_NAME="my_app.py").programming_model == "v2"
    assert index_of(root).programming_model == "v1"


def test_folder_without_functions_says_so(make_app: MakeApp) -> None:
    assert "neither a function_app.py nor a folder with a function.json" in only_problem(make_app()).message


def test_v1_functions_are_folders_and_run() -> None:
    async def scenario() -> None:
        async with in_process("worker_v1") as (app, index):
            assert index.programming_model == "v1"
            names = [f.name for f in index.functions]
            assert names == ["chain", "Hello", "off", "say_hello", "set_response", "silent", "start"]
            assert await text(app, "Hello", request("http://localhost/api/Hello?name=Ann")) == "Hello Ann"
            assert await text(app, "say_hello", '"Rome"') == '"Hello Rome!"'
            by_name = {f.name: f for f in index.functions}
            assert by_name["chain"].durable_name == "Chain"
            assert by_name["start"].script_file == "shared_start.py"
            assert by_name["start"].entry_point == "begin"
            assert by_name["Hello"].directory == str(APPS / "worker_v1" / "Hello")
            assert [f.name for f in index.functions if f.disabled] == ["off"]

    asyncio.run(scenario())


def test_v1_http_output_may_be_set_or_left_out() -> None:
    async def scenario() -> list[object]:
        async with in_process("worker_v1") as (app, _):
            return [
                await call(app, "set_response", request()),
                await call(app, "silent", request()),
                await call(app, "silent", request("http://localhost/api/silent?say=x")),
            ]

    was_set, silent, spoke = map(str, asyncio.run(scenario()))
    assert "status_code=202" in was_set
    assert "status_code=204" in silent
    assert "function 'silent' without a $return binding returned a non-None value" in spoke


@pytest.mark.parametrize(
    ("name", "file", "line", "said"),
    [
        ("bad_json", "bad_json/function.json", 2, "function.json is not valid JSON: Expecting ':' delimiter"),
        ("missing_script", "missing_script/function.json", None, "Invalid script file name configuration."),
        ("no_entry", "no_entry/function.json", None, "function main() is not present in no_entry"),
        ("import_error", "import_error/__init__.py", 1, "No module named 'surely_not_installed'"),
    ],
)
def test_bad_v1_function_is_named_with_file_and_reason(name: str, file: str, line: int | None, said: str) -> None:
    problems = {problem.function_name: problem for problem in index_of("worker_v1").problems}
    assert sorted(map(str, problems)) == ["bad_json", "import_error", "missing_script", "no_entry"]
    problem = problems[name]
    assert (problem.file, problem.line) == (str(APPS / "worker_v1" / file), line)
    assert said in problem.message


@pytest.mark.parametrize(
    ("settings", "disabled"),
    [
        ({"AzureWebJobs.f.Disabled": "true"}, True),
        ({"AzureWebJobs__f__Disabled": "1"}, True),
        ({"azurewebjobs.F.disabled": "True"}, True),
        ({"AzureWebJobs.f.Disabled": "false"}, False),
        ({"AzureWebJobs.g.Disabled": "true"}, False),
    ],
)
def test_setting_disables_a_function(settings: dict[str, str], disabled: bool) -> None:
    assert is_disabled("f", settings) is disabled
