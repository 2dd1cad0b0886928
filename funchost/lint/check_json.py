"""Values that leave an orchestrator and are no JSON."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from funchost.lint.body import Body
from funchost.lint.finding import Finding
from funchost.lint.project import ClassSymbol, Context, External, Instance
from funchost.lint.tasks import method_of_context

# Where in a call the value stands that is turned into JSON, by position and by name.
_SENT = {
    "call_activity": (1, "input_"),
    "call_activity_with_retry": (2, "input_"),
    "call_sub_orchestrator": (1, "input_"),
    "call_sub_orchestrator_with_retry": (2, "input_"),
    "call_entity": (2, "operationInput"),
    "signal_entity": (2, "operation_input"),
    "continue_as_new": (0, "input_"),
    "set_custom_status": (0, "status"),
}
_NOT_JSON = {
    "datetime.datetime()": "a datetime", "datetime.datetime.now()": "a datetime",
    "datetime.datetime.fromisoformat()": "a datetime", "datetime.datetime.strptime()": "a datetime",
    "datetime.date()": "a date", "datetime.time()": "a time", "datetime.timedelta()": "a timedelta",
    "decimal.Decimal()": "a Decimal", "fractions.Fraction()": "a Fraction", "uuid.UUID()": "a UUID",
    "uuid.uuid4()": "a UUID", "uuid.uuid5()": "a UUID", "uuid.uuid3()": "a UUID", "pathlib.Path()": "a Path",
    "builtins.set()": "a set", "builtins.frozenset()": "a set", "builtins.bytes()": "bytes",
    "builtins.bytearray()": "bytes", "builtins.complex()": "a complex number", "builtins.object()": "an object",
    "builtins.range()": "a range", "builtins.map()": "an iterator", "builtins.filter()": "an iterator",
    "builtins.zip()": "an iterator", "builtins.enumerate()": "an iterator", "builtins.iter()": "an iterator",
    "builtins.open()": "a file", "io.BytesIO()": "a stream", "io.StringIO()": "a stream",
}  # fmt: skip


def check_json(body: Body) -> Iterator[Finding]:
    """DF017."""
    for node in body.nodes:
        match node:
            case ast.Call():
                if (method := method_of_context(body, node)) not in _SENT or method is None:
                    continue
                position, keyword = _SENT[method]
                given = [k.value for k in node.keywords if k.arg == keyword] or node.args[position : position + 1]
                for value in given:
                    yield from _check(body, value, f"context.{method}()")
            case ast.Return(value=ast.expr() as value) if body.reached.is_orchestrator:
                yield from _check(body, value, "its result")


def _check(body: Body, value: ast.expr, where: str) -> Iterator[Finding]:
    for part, what in _wrong_parts(body, value, is_result=where == "its result", depth=0):
        yield body.finding(
            "DF017",
            part,
            f"{what} goes into {where} in orchestrator '{body.orchestrator}', and JSON has none: turn it into "
            "text, a number, a list or a dict",
        )


def _wrong_parts(body: Body, value: ast.expr, *, is_result: bool, depth: int) -> Iterator[tuple[ast.expr, str]]:
    """The parts of a value that certainly are no JSON, each with a word for it."""
    if depth > 8:
        return
    inner: list[ast.expr | None] = []
    match value:
        case ast.Dict():
            inner = [*value.values]
            yield from (
                (key, "a key that is no text") for key in value.keys if isinstance(key, (ast.Tuple, ast.Set))
            )
        case ast.List() | ast.Tuple():
            inner = [*value.elts]
        case ast.ListComp():
            inner = [value.elt]
        case ast.DictComp():
            inner = [value.value]
        case ast.IfExp():
            inner = [value.body, value.orelse]
        case ast.Call(func=func) if body.external(func) == "builtins.dict":
            inner = [keyword.value for keyword in value.keywords]
        case ast.Name() if value.id not in ("None",):
            values = body.values(value)
            if (
                values
                and len(values) == 1
                and any(_wrong_parts(body, values[0], is_result=is_result, depth=depth + 1))
            ):
                yield value, next(_wrong_parts(body, values[0], is_result=is_result, depth=depth + 1))[1]
                return
        case _:
            pass
    if what := _no_json(body, value, is_result=is_result):
        yield value, what
    for part in inner:
        if part is not None:
            yield from _wrong_parts(body, part, is_result=is_result, depth=depth + 1)


def _no_json(body: Body, value: ast.expr, *, is_result: bool) -> str | None:
    match value:
        case ast.Set() | ast.SetComp():
            return "a set"
        case ast.GeneratorExp():
            return "a generator"
        case ast.Lambda():
            return "a function"
        case ast.Constant(value=bytes()):
            return "bytes"
        case ast.Constant(value=complex()):
            return "a complex number"
        case ast.Constant(value=constant) if constant is Ellipsis:
            return "an ellipsis"
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            kinds = [_no_json(body, side, is_result=is_result) for side in (left, right)]
            if kinds in (["a datetime", "a timedelta"], ["a timedelta", "a timedelta"]):
                return kinds[0]
            return "a timedelta" if kinds == ["a datetime", "a datetime"] else None
        case ast.Name() | ast.Attribute() | ast.Call():
            return _by_symbol(body, value, is_result=is_result)
    return None


def _by_symbol(body: Body, value: ast.Name | ast.Attribute | ast.Call, *, is_result: bool) -> str | None:
    if isinstance(value, ast.Call):
        called = body.resolve(value.func)
        if called == Context("new_guid"):
            return "a UUID"
        if isinstance(called, Context) and called.attribute in ("call_activity", "create_timer"):
            return None  # a task that is not yielded: DF004
    symbol = body.resolve(value)
    match symbol:
        case Context(""):
            return "the context"
        case Context("current_utc_datetime") if isinstance(value, ast.Attribute):
            return "a datetime"
        case External(dotted) if not isinstance(value, ast.Name):
            return _NOT_JSON.get(dotted)
        case Instance(of):
            methods = {"to_json"} if not is_result else set()
            if _is_plain_class(body, of) and not any(body.resolver.method(of, m) for m in methods):
                return f"an object of class {of.node.name}" + ("" if is_result else ", which has no to_json,")
    return None


def _is_plain_class(body: Body, symbol: ClassSymbol, depth: int = 0) -> bool:
    """Whether all bases of a class are plain classes of the app: no dict, str, Enum, TypedDict, pydantic model."""
    if symbol.node.keywords or depth > 8:
        return False
    for base in symbol.node.bases:
        found = body.resolver(symbol.module, base)
        if isinstance(found, ClassSymbol):
            if not _is_plain_class(body, found, depth + 1):
                return False
        elif found != External("builtins.object"):
            return False
    known = {"dataclass", "dataclasses.dataclass", "final", "typing.final", "total_ordering"}
    return all(ast.unparse(d).split("(")[0] in known for d in symbol.node.decorator_list)
