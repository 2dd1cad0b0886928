"""docs/reference.md, read off funchost: commands and their options, settings, fixtures and their methods."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from scaffolding.pages import reference_texts as texts
from scaffolding.repository import ROOT, ScaffoldingError

FUNCHOST = ROOT / "funchost"

_TESTING_CLASSES = {
    "DurableApp": ("testing/durable.py", "What the fixture `durable` is."),
    "Orchestration": ("testing/subjects.py", "What `durable.start` and `durable.orchestration` return."),
    "Entity": ("testing/subjects.py", "What `durable.entity` returns."),
    "Replacement": ("testing/replacements.py", "What `durable.replace` and `durable.replace_http` return."),
    "CrashReport": ("testing/crash_report.py", "What `durable.crash_everywhere` returns."),
    "FunctionAppClient": ("testing/client.py", "What the fixture `function_app` is: an `httpx.Client`, and this."),
}
_TEXTS = "scaffolding/pages/reference_texts.py"
_NOT_FOR_TESTS = {"close", "open_timers", "respond"}  # the plugin's own

# Names of environment variables as they stand in the code. What only goes into Core Tools' environment is its own.
_VARIABLE = re.compile(r"(?:FUNCTIONS_|FUNCHOST_|PYTHON_|WEBSITE_|AZURE_FUNCTIONS_)[A-Z_]+|AzureWebJobs[A-Za-z]+")
_OF_CORE_TOOLS = {"FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT", "AzureWebJobsStorage", "AzureWebJobsFeatureFlags"}
_NOT_SEEN = {"PYTHONPATH", "VIRTUAL_ENV", "TZ", "AzureWebJobs.NAME.Disabled", "AzureFunctionsJobHost__PATH"}


def reference_page() -> str:
    """The whole page. Raises ScaffoldingError where a setting has no sentence, or a sentence no setting."""
    parts = [
        "# funchost reference\n\n"
        "<!-- Written by `python -m scaffolding bake` from the code; see scaffolding/pages/reference.py. -->\n\n"
        "Commands and options are those of `funchost --help`. For what they are good for, see\n"
        "[commands](commands.md), [testing](testing.md) and [lint](lint.md); for what goes wrong,\n"
        "[troubleshooting](troubleshooting.md).",
        "## Commands",
        *_commands(),
        "## Exit codes",
        _table(("Code", "Meaning"), texts.EXIT_CODES.items()),
        "## Settings",
        "Names and enumerated values ignore case, as on the real host.",
        "### host.json",
        _host_json(),
        "What the real host knows besides has no effect here. The start names, once, what is set of it: "
        + ", ".join(f"`{path}`" for path in _not_honoured())
        + ".",
        "### local.settings.json",
        _local_json(),
        "### Environment variables",
        "They are read from the environment and from `Values` in `local.settings.json`.",
        _table(("Variable", "What it does"), _checked_variables().items()),
        "Besides its own settings, the app finds these:",
        _table(("Variable", "What it is"), texts.SET_FOR_THE_APP.items()),
        "## pytest plugin",
        "It is there as soon as funchost is installed beside pytest.",
        "### Fixtures",
        _table(("Fixture", "Scope", "What it is"), _fixtures()),
        "### Options of pytest",
        _table(("Option", "What it does"), _pytest_options()),
        "### Hook",
        _hook(),
        *_testing_classes(),
    ]
    return "\n\n".join(parts) + "\n"


# -- Commands -----------------------------------------------------------------------------------------------


def _commands() -> Iterator[str]:
    try:
        import click

        from funchost.cli import main
    except ModuleNotFoundError as error:
        raise ScaffoldingError(
            f"The reference is read off funchost, which needs {error.name}: pip install --editable ."
        ) from None

    def walk(command: click.Command, path: str, said_above: frozenset[str] = frozenset()) -> Iterator[str]:
        context = click.Context(command, info_name=path)
        yield f"### {path}"
        if isinstance(command, click.Group):
            yield _help(command.help or "")
            shared = _shared_options(command)
            if shared:
                yield "Every one of these commands takes:"
                yield _table(("Option", "What it does"), map(_option, shared))
            for name in command.list_commands(context):
                yield from walk(command.commands[name], f"{path} {name}", frozenset(str(o.name) for o in shared))
            return
        usage = " ".join([path, *filter(None, command.collect_usage_pieces(context))])
        yield f"```text\n{usage}\n```"
        yield _help(command.help or "")
        options = [option for option in _options(command) if option.name not in said_above]
        if options:
            yield _table(("Option", "What it does"), map(_option, options))

    commands = main.commands
    # What one types first comes first; groups, which are long, come last.
    for name in sorted(commands, key=lambda name: (isinstance(commands[name], click.Group), name != "start", name)):
        yield from walk(commands[name], f"funchost {name}")


def _options(command: Any) -> list[Any]:
    """The options of a command that its help shows."""
    return [p for p in command.params if p.param_type_name == "option" and not p.hidden]


def _shared_options(group: Any) -> list[Any]:
    """The options that every command of a group of several has."""
    first, *others = group.commands.values()
    names = [{option.name for option in _options(other)} for other in others]
    return [option for option in _options(first) if names and all(option.name in having for having in names)]


def _help(text: str) -> str:
    """A docstring as click shows it; its example becomes a block of its own."""
    paragraphs = [" ".join(part.split()) for part in text.replace("\b", "").split("\n\n") if part.strip()]
    return "\n\n".join(
        f"```sh\n{part.removeprefix('Example: ')}\n```" if part.startswith("Example: ") else _escaped(part)
        for part in paragraphs
    )


def _option(option: Any) -> tuple[str, str]:
    names = ", ".join([*option.opts, *option.secondary_opts])
    takes = "" if option.is_flag else " " + _metavar(option)
    said = option.help or ""
    if option.show_default and option.default is not None:
        said += " [on]" if option.default is True else f" [{option.default}]"
    text, _, default = said.partition("[")
    said = _escaped(text.strip())
    if option.required:
        said = f"Required. {said}"
    if default:
        said += f" Default: {_escaped(default.rstrip(']'))}."
    return f"`{names}{takes}`", said.strip()


def _metavar(option: Any) -> str:
    import click

    if option.metavar:
        return str(option.metavar)
    match option.type:
        case click.Choice(choices=choices):
            return "|".join(map(str, choices))
        case click.IntRange(min=lowest, max=highest):
            return "N" if lowest is None or highest is None else f"{lowest}..{highest}"
        case click.Path(file_okay=False):
            return "DIR"
        case _:
            return str(option.type.name).upper()


# -- Settings -----------------------------------------------------------------------------------------------


def _host_json() -> str:
    defaults = dict(_host_settings())
    said = _checked(texts.HOST_JSON, defaults, "setting of host.json")
    rows = [(path, defaults[path], text) for path, text in said.items()]
    return _table(("Setting", "Default", "What it does"), rows)


def _local_json() -> str:
    said = _checked(texts.LOCAL_SETTINGS, _local_settings(), "local setting")
    return _table(("Setting", "What it does"), said.items())


def _not_honoured() -> list[str]:
    from funchost.app.host_settings import NOT_HONOURED

    return sorted(NOT_HONOURED)


def _host_settings() -> list[tuple[str, str]]:
    """Every path of host.json that has an effect, with its default, as the reader asks for them."""
    from funchost.app import host_settings

    asked: dict[str, Any] = {}

    class Recorder(host_settings._Reader):
        __slots__ = ()

        def value(self, place: str) -> Any:
            asked.setdefault(place, None)
            return super().value(place)

        def text(self, place: str, default: str) -> str:
            asked[place] = default
            return super().text(place, default)

        def number(self, place: str, default: int) -> int:
            asked[place] = default
            return super().number(place, default)

        def flag(self, place: str, default: bool) -> bool:
            asked[place] = default
            return super().flag(place, default)

        def timeout(self, place: str, default: Any) -> Any:
            found = super().timeout(place, default)
            asked[place] = default
            return found

    ordinary = host_settings._Reader
    host_settings._Reader = Recorder  # type: ignore[misc]
    try:
        host_settings.host_settings(Path("host.json"), {"version": "2.0"}, {})
    finally:
        host_settings._Reader = ordinary  # type: ignore[misc]
    ignored = {path.removesuffix(".*") for path in host_settings.NOT_HONOURED}
    return [(path, _default(path, value)) for path, value in asked.items() if path not in ignored]


def _default(path: str, value: Any) -> str:
    if "maxConcurrent" in path:
        return "10 for each processor"
    match value:
        case None | "":
            return ""
        case timedelta():
            return f"`{value!s:0>8}`"
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            return f"`{value}`"


def _local_settings() -> list[str]:
    """What `app/settings.py` takes out of the file: the names in its calls of `_get` and `_object`."""
    names = []
    for node in ast.walk(_tree("app/settings.py")):
        match node:
            case ast.Call(func=ast.Name(id="_get" | "_object"), args=[*before, ast.Constant(value=str(name))]):
                below_host = isinstance(before[-1], ast.Name) and before[-1].id == "host"
                if name not in ("Host", "ConnectionString"):
                    names.append(f"Host.{name}" if below_host else name)
    return sorted(set(names))


def _checked_variables() -> dict[str, str]:
    found = {
        node.value
        for path in FUNCHOST.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _VARIABLE.fullmatch(node.value)
    }
    for_the_app = texts.SET_FOR_THE_APP.keys()
    return _checked(texts.ENVIRONMENT, (found | _NOT_SEEN) - _OF_CORE_TOOLS - for_the_app, "environment variable")


def _checked(said: Mapping[str, str], there: Iterable[str], kind: str) -> dict[str, str]:
    """`said`, if it speaks of exactly what is there."""
    names = set(there)
    if missing := names - said.keys():
        raise ScaffoldingError(f"{_TEXTS} does not say what this {kind} does: {', '.join(sorted(missing))}")
    if gone := said.keys() - names:
        raise ScaffoldingError(f"{_TEXTS} speaks of what is gone ({kind}): {', '.join(sorted(gone))}")
    return dict(said)


# -- The pytest plugin --------------------------------------------------------------------------------------


def _fixtures() -> Iterator[tuple[str, str, str]]:
    for node in _tree("testing/plugin.py").body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            text = ast.unparse(decorator)
            if text.startswith("pytest.fixture"):
                scope = re.search(r"scope='(\w+)'", text)
                yield node.name, scope[1] if scope else "function", _summary(node)


def _pytest_options() -> Iterator[tuple[str, str]]:
    for node in ast.walk(_tree("testing/plugin.py")):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="addoption"), args=[ast.Constant(value=str(name))], keywords=keywords
            ):
                given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in keywords}
                said = given["help"][0].upper() + given["help"][1:] + "."
                yield f"{name} {given['metavar']}", _escaped(said)


def _hook() -> str:
    (hook,) = (node for node in _tree("testing/hookspecs.py").body if isinstance(node, ast.FunctionDef))
    said = " ".join((ast.get_docstring(hook) or "").split())
    return f"`{hook.name}{_parameters(hook)}`: {said.replace('``', '`')}"


def _testing_classes() -> Iterator[str]:
    for name, (file, what) in _TESTING_CLASSES.items():
        (found,) = (n for n in _tree(file).body if isinstance(n, ast.ClassDef) and n.name == name)
        yield f"### {name}\n\n{what}"
        yield _table(("Member", "What it does"), _members(found))


def _members(found: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for node in found.body:
        match node:
            case ast.FunctionDef(name=name, decorator_list=decorators) if not name.startswith("_"):
                if name in _NOT_FOR_TESTS:
                    continue
                is_property = any(ast.unparse(decorator) == "property" for decorator in decorators)
                shown = name if is_property else f"{name}{_parameters(node)}"
                yield shown, _summary(node)


def _parameters(function: ast.FunctionDef) -> str:
    """Parameters without their types and without self: the names and defaults that a caller types."""
    arguments = function.args
    for argument in (*arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
        if argument is not None:
            argument.annotation = None
    arguments.args = [argument for argument in arguments.args if argument.arg != "self"]
    arguments.kw_defaults = [
        ast.Name("...") if isinstance(default, ast.Lambda) else default for default in arguments.kw_defaults
    ]
    return f"({ast.unparse(arguments)})"


def _summary(node: ast.FunctionDef) -> str:
    """The docstring's first sentence, which may be longer than its line."""
    text = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
    if not text:
        raise ScaffoldingError(f"{node.name} is in the reference and has no docstring.")
    return text.replace("``", "`")


def _tree(file: str) -> ast.Module:
    return ast.parse((FUNCHOST / file).read_text(encoding="utf-8"))


# -- Markdown -----------------------------------------------------------------------------------------------


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table whose first column is code."""
    lines = [_row(heads), _row(["---"] * len(heads))]
    for first, *rest in rows:
        lines.append(_row([first if "`" in first else f"`{first}`", *rest]))
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _escaped(text: str) -> str:
    """Help for a terminal as Markdown: stars and angle brackets are themselves, and a bracket begins no link."""
    return re.sub(r"([*<>_\[\]])", r"\\\1", text)
