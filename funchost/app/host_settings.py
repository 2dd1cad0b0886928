"""``host.json`` as typed settings. On the host's side.

Source: functions-host reference D.1 and D.3. Names and enumerated values ignore case, as .NET configuration does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from funchost.errors import StartError

OVERRIDE_PREFIX = "AzureFunctionsJobHost__"
DEFAULT_HUB = "TestHubName"
HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,49}", re.ASCII)
DEFAULT_TIMEOUT = timedelta(minutes=30)
LOG_LEVELS = {
    "trace": 5, "debug": 10, "information": 20, "warning": 30, "error": 40, "critical": 50, "none": 100,
}  # fmt: skip
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?")

# What is set in host.json and has no effect here, as paths; a trailing * stands for everything below.
NOT_HONOURED = (
    "retry", "queues.*", "serviceBus.*", "eventHub.*", "singleton.*", "aggregator.*", "healthMonitor.*",
    "customHandler.*", "httpWorker.*", "concurrency.*", "watchDirectories", "watchFiles", "fileWatchingEnabled",
    "logging.applicationInsights.enableLiveMetrics", "extensions.http.maxOutstandingRequests",
    "extensions.http.maxConcurrentRequests", "extensions.http.dynamicThrottlesEnabled", "extensions.http.hsts.*",
    "extensions.durableTask.storageProvider.*", "extensions.durableTask.tracing.*",
    "extensions.durableTask.notifications.*", "extensions.durableTask.extendedSessionsEnabled",
    "extensions.durableTask.extendedSessionIdleTimeoutInSeconds", "extensions.durableTask.useAppLease",
    "extensions.durableTask.useGracefulShutdown", "extensions.durableTask.localRpcEndpointEnabled",
    "extensions.durableTask.grpcListenerMode", "extensions.durableTask.entityMessageReorderWindowInMinutes",
    "extensions.durableTask.rollbackEntityOperationsOnExceptions",
    "extensions.durableTask.storeInputsInOrchestrationHistory",
    "extensions.durableTask.throwStatusExceptionsOnRaiseEvent",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """``host.json`` after overrides.

    ``function_timeout`` None: no limit. ``log_levels`` maps a category (or ``default``) to a ``logging`` level,
    100 for none at all. ``functions`` empty: load all. ``overridable_existing_instance_states`` is
    ``NonRunningStates`` or ``AnyState``. ``version_match_strategy`` is ``None``, ``Strict`` or ``CurrentOrOlder``,
    ``version_failure_strategy`` ``Reject`` or ``Fail``. ``not_honoured`` lists, once, what is set and has no effect
    here.
    """

    route_prefix: str = "api"
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    hub_name: str = DEFAULT_HUB
    function_timeout: timedelta | None = DEFAULT_TIMEOUT
    max_concurrent_activities: int = 20
    max_concurrent_orchestrators: int = 20
    max_concurrent_entities: int = 20
    max_entity_operation_batch_size: int = 5000
    max_orchestration_actions: int = 100_000
    overridable_existing_instance_states: str = "NonRunningStates"
    default_version: str | None = None
    version_match_strategy: str = "None"
    version_failure_strategy: str = "Reject"
    default_async_request_sleep_time: timedelta = timedelta(seconds=30)
    use_forwarded_host: bool = False
    log_levels: Mapping[str, int] = field(default_factory=dict)
    functions: tuple[str, ...] = ()
    not_honoured: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)


def host_settings(path: Path, fields: Mapping[str, Any], environ: Mapping[str, str]) -> HostSettings:
    """Read the object in ``host.json`` and the overrides in the environment.

    Raises ``StartError``: a version other than 2.0, or a value that cannot be used, named by its path.
    """
    raw = _with_overrides(fields, environ)
    read = _Reader(path, raw)
    version = read.value("version")
    if str(version) != "2.0":
        said = "does not say" if version is None else f"says {version!r} for"
        raise StartError(f'{path} {said} "version". Write "version": "2.0" into it.')
    many = 10 * (os.cpu_count() or 1)
    durable = "extensions.durableTask"
    return HostSettings(
        route_prefix=read.text("extensions.http.routePrefix", "api").strip("/"),
        custom_headers={k: str(v) for k, v in read.mapping("extensions.http.customHeaders").items()},
        hub_name=_hub_name(path, read.text(f"{durable}.hubName", DEFAULT_HUB), environ),
        function_timeout=read.timeout("functionTimeout", DEFAULT_TIMEOUT),
        max_concurrent_activities=read.number(f"{durable}.maxConcurrentActivityFunctions", many),
        max_concurrent_orchestrators=read.number(f"{durable}.maxConcurrentOrchestratorFunctions", many),
        max_concurrent_entities=read.number(f"{durable}.maxConcurrentEntityFunctions", many),
        max_entity_operation_batch_size=read.number(f"{durable}.maxEntityOperationBatchSize", 5000),
        max_orchestration_actions=read.number(f"{durable}.maxOrchestrationActions", 100_000),
        overridable_existing_instance_states=read.one_of(
            f"{durable}.overridableExistingInstanceStates", ("NonRunningStates", "AnyState")
        ),
        default_version=read.text(f"{durable}.defaultVersion", "") or None,
        version_match_strategy=_version_match(read, durable),
        version_failure_strategy=read.one_of(f"{durable}.versionFailureStrategy", ("Reject", "Fail")),
        default_async_request_sleep_time=timedelta(
            milliseconds=read.number(f"{durable}.httpSettings.defaultAsyncRequestSleepTimeMilliseconds", 30_000)
        ),
        use_forwarded_host=read.flag(f"{durable}.httpSettings.useForwardedHost", False),
        log_levels=read.log_levels(),
        functions=tuple(str(name) for name in read.items("functions")),
        not_honoured=tuple(sorted(p for p in NOT_HONOURED if read.is_set(p.removesuffix(".*")))),
        raw=raw,
    )


def _version_match(read: _Reader, durable: str) -> str:
    """An app without a version of its own runs every instance, unless it says otherwise."""
    if read.value(f"{durable}.defaultVersion") is None and read.value(f"{durable}.versionMatchStrategy") is None:
        return "None"
    return read.one_of(f"{durable}.versionMatchStrategy", ("CurrentOrOlder", "Strict", "None"))


def _hub_name(path: Path, name: str, environ: Mapping[str, str]) -> str:
    """``%Setting%`` is looked up in the app's settings. Source for the rule: reference D.3."""
    if len(name) > 2 and name.startswith("%") and name.endswith("%"):
        setting = name.strip("%")
        found = next((v for k, v in environ.items() if k.lower() == setting.lower()), None)
        if not found:
            raise StartError(
                f"{path}: the task hub's name is the setting {name}, and there is no setting '{setting}'. "
                "Add it to the Values of local.settings.json or to the environment."
            )
        name = found
    if not HUB_NAME.fullmatch(name):
        raise StartError(
            f"Task hub name '{name}' should contain only alphanumeric characters, start with a letter, and have "
            f"length between 3 and 45. Change extensions.durableTask.hubName in {path}."
        )
    return name


def _with_overrides(fields: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Put the value of each ``AzureFunctionsJobHost__a__b`` at ``a.b``; ``__0`` and so on number a list's items."""
    raw = _copy(fields)
    for name in sorted(environ):
        if name.lower().startswith(OVERRIDE_PREFIX.lower()) and len(name) > len(OVERRIDE_PREFIX):
            _put(raw, re.split("__|:", name[len(OVERRIDE_PREFIX) :]), environ[name])
    return raw


def _copy(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copy(value) if isinstance(value, dict) else value for key, value in fields.items()}


def _put(fields: dict[str, Any], names: list[str], value: str) -> None:
    key = _key(fields, names[0])
    if len(names) == 1:
        fields[key] = value
        return
    if len(names) == 2 and names[1].isdecimal():
        listed = fields.get(key)
        items = list(listed) if isinstance(listed, list) else []
        place = int(names[1])
        items[place : place + 1] = [value]
        fields[key] = items
        return
    below = fields.get(key)
    if not isinstance(below, dict):
        below = fields[key] = {}
    _put(below, names[1:], value)


def _key(fields: Mapping[str, Any], name: str) -> str:
    return next((key for key in fields if key.lower() == name.lower()), name)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Typed access by path. Values from the environment are texts, so numbers and flags may be texts too."""

    path: Path
    raw: Mapping[str, Any]

    def value(self, place: str) -> Any:
        found: Any = self.raw
        for name in place.split("."):
            if not isinstance(found, dict):
                return None
            found = found.get(_key(found, name))
        return found

    def is_set(self, place: str) -> bool:
        return self.value(place) not in (None, {}, [])

    def text(self, place: str, default: str) -> str:
        found = self.value(place)
        if found is None:
            return default
        if isinstance(found, (dict, list)):
            raise self._wrong(place, found, "a text")
        return str(found)

    def number(self, place: str, default: int) -> int:
        found = self.value(place)
        if found is None:
            return default
        try:
            number = int(str(found))
        except ValueError:
            number = 0
        if number < 1:
            raise self._wrong(place, found, "a whole number from 1 up")
        return number

    def flag(self, place: str, default: bool) -> bool:
        found = self.value(place)
        if found is None:
            return default
        if str(found).lower() not in ("true", "false"):
            raise self._wrong(place, found, "true or false")
        return str(found).lower() == "true"

    def one_of(self, place: str, allowed: tuple[str, ...]) -> str:
        found = self.text(place, allowed[0])
        for value in allowed:
            if value.lower() == found.lower():
                return value
        raise self._wrong(place, found, " or ".join(allowed))

    def mapping(self, place: str) -> Mapping[str, Any]:
        found = self.value(place)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise self._wrong(place, found, "an object")
        return found

    def items(self, place: str) -> list[Any]:
        found = self.value(place)
        if found is None:
            return []
        if not isinstance(found, list):
            raise self._wrong(place, found, "a list")
        return found

    def timeout(self, place: str, default: timedelta) -> timedelta | None:
        """``[d.]hh:mm[:ss[.fffffff]]``; ``-1`` or ``-00:00:01`` for no limit."""
        found = self.text(place, "")
        if not found:
            return default
        if found in ("-1", "-00:00:01"):
            return None
        match = _TIME_SPAN.fullmatch(found)
        if match is None:
            raise self._wrong(place, found, "a time such as 00:30:00, or -1 for no limit")
        days, hours, minutes, seconds, fraction = match.groups(default="0")
        return timedelta(
            days=int(days),
            hours=int(hours),
            minutes=int(minutes),
            seconds=int(seconds),
            microseconds=int(fraction.ljust(7, "0")) // 10,
        )

    def log_levels(self) -> dict[str, int]:
        levels: dict[str, int] = {}
        for category, level in self.mapping("logging.logLevel").items():
            known = LOG_LEVELS.get(str(level).lower())
            if known is None:
                allowed = ", ".join(name.capitalize() for name in LOG_LEVELS)
                raise self._wrong(f"logging.logLevel.{category}", level, f"one of {allowed}")
            levels["default" if category.lower() == "default" else category] = known
        return levels

    def _wrong(self, place: str, found: Any, wanted: str) -> StartError:
        return StartError(f"{self.path}: {place} is {found!r}, and should be {wanted}. Mend it and start again.")
