"""Which function answers a request: the app's HTTP triggers as one table.

Facts that differ from every web framework: there is no precedence among routes, they are tried in alphabetical
order of function name; a method that is not listed is 404, never 405; GET does not imply HEAD.

Source: Azure/azure-functions-host ``WebScriptHostHttpRoutesManager.cs`` and ``ScriptHost.ValidateFunction``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from funchost.app.index import FunctionInfo, IndexProblem
from funchost.http.route_template import RouteTemplate, RouteTemplateError, parse_template

HTTP_TRIGGER = "httpTrigger"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRoute:
    """One HTTP function. ``route`` is the user's template without prefix; ``methods`` None means all."""

    function: FunctionInfo
    route: str
    methods: tuple[str, ...] | None
    template: RouteTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMatch:
    """The function that answers a request, and its route values."""

    function: FunctionInfo
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """Every HTTP function that can be reached, in the order in which they are tried.

    ``problems`` names those left out and why; the rest of the app runs.
    """

    routes: tuple[HttpRoute, ...]
    problems: tuple[IndexProblem, ...] = ()

    def match(self, method: str, segments: Sequence[str]) -> RouteMatch | None:
        """The first function whose methods and template fit; None is a 404."""
        for route in self.routes:
            if route.methods is not None and method.upper() not in route.methods:
                continue
            values = route.template.match(segments)
            if values is not None:
                return RouteMatch(function=route.function, values=values)
        return None


def build_route_table(functions: Iterable[FunctionInfo], route_prefix: str) -> RouteTable:
    """Make the table from an index.

    Args:
        functions: In the order of the index, which decides who is to blame when two routes collide.
        route_prefix: ``extensions.http.routePrefix``; slashes around it do not matter, ``""`` is none.
    """
    routes: list[HttpRoute] = []
    problems: list[IndexProblem] = []
    for function in functions:
        if function.trigger.type != HTTP_TRIGGER:
            continue
        try:
            route = _read_route(function, route_prefix)
            reason = _conflict(route, routes)
        except RouteTemplateError as error:
            reason = str(error)
        if reason is None:
            routes.append(route)
        else:
            problems.append(IndexProblem(function_name=function.name, message=reason, file=function.script_file))
    routes.sort(key=lambda route: route.function.name.lower())
    return RouteTable(routes=tuple(routes), problems=tuple(problems))


def route_of(function: FunctionInfo) -> str:
    """The function's template without prefix: its binding's ``route``, else its name."""
    route = str(function.trigger.properties.get("route") or "").strip("/")
    return route or (function.name if not function.trigger.properties.get("route") else "")


def methods_of(function: FunctionInfo) -> tuple[str, ...] | None:
    """Upper-case methods in the order declared, or None where all are taken."""
    listed = function.trigger.properties.get("methods")
    if not listed:
        return None
    return tuple(str(method).upper() for method in ([listed] if isinstance(listed, str) else listed))


def url_template(function: FunctionInfo, route_prefix: str, base_url: str) -> str:
    """The URL printed at start: ``http://localhost:7071/api/orchestrators/{functionName}``."""
    parts = [base_url.rstrip("/"), route_prefix.strip("/"), route_of(function)]
    return "/".join(part for part in parts if part)


def _read_route(function: FunctionInfo, route_prefix: str) -> HttpRoute:
    route = route_of(function)
    prefix = route_prefix.strip("/")
    return HttpRoute(
        function=function,
        route=route,
        methods=methods_of(function),
        template=parse_template(f"{prefix}/{route}" if prefix and route else prefix or route),
    )


def _conflict(route: HttpRoute, earlier: Iterable[HttpRoute]) -> str | None:
    """Why this route cannot stand beside the others, in the host's words; None when it can.

    The reserved words are looked for at the start of the user's own template, whatever the prefix, and
    ``administration`` is caught as well: so does the real host.
    """
    if route.route.lower().startswith(("admin", "runtime")):
        return "The specified route conflicts with one or more built in routes."
    for other in earlier:
        if other.route.lower() == route.route.lower() and _share_a_method(route.methods, other.methods):
            return f"The route specified conflicts with the route defined by function '{other.function.name}'."
    return None


def _share_a_method(one: tuple[str, ...] | None, two: tuple[str, ...] | None) -> bool:
    return one is None or two is None or not set(one).isdisjoint(two)
