"""``local.settings.json`` and ``host.json``: what they give, and what is said of those that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from funchost.app.settings import (
    find_app_root,
    load_host_settings,
    load_local_settings,
    load_settings,
)
from funchost.errors import StartError

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes ``host.json`` and ``local.settings.json`` (objects, or texts as they stand); gives the folder."""

    def writer(host: Any = None, local: Any = None) -> Path:
        host = {"version": "2.0"} if host is None else host
        for name, content in (("host.json", host), ("local.settings.json", local)):
            if content is not None:
                shown = content if isinstance(content, str) else json.dumps(content)
                (tmp_path / name).write_text(shown, encoding="utf-8")
        return tmp_path

    return writer


def _local(**fields: Any) -> dict[str, Any]:
    return {"IsEncrypted": False, **fields}


def test_values_become_environment_and_a_real_variable_wins(write: Write) -> None:
    root = write(local=_local(Values={"A": "file", "B": "file", "C": "", "D": None, "": "x", "E": True}))
    local = load_local_settings(root, {"A": "real", "B": ""})
    assert local.environment == {"B": "file", "C": "", "E": "True"}
    assert local.messages == (
        "Skipping 'A' from local settings as it's already defined in current environment variables.",
        "Skipping 'D' because value is null",
        "Skipping local setting with empty key.",
    )


def test_local_settings_are_optional(write: Write) -> None:
    assert load_local_settings(write(), {}).environment == {}


def test_connection_strings_become_settings(write: Write) -> None:
    strings = {"Sql": "Server=x", "Other": {"ConnectionString": "y", "ProviderName": "z"}}
    local = load_local_settings(write(local=_local(ConnectionStrings=strings)), {})
    assert local.environment == {"ConnectionStrings:Sql": "Server=x", "ConnectionStrings:Other": "y"}


def test_host_section_gives_port_address_and_origins(write: Write) -> None:
    host = {"LocalHttpPort": "7072", "LocalHttpAddress": "0.0.0.0", "CORS": "http://a,http://b"}
    local = load_local_settings(write(local=_local(Host=host | {"CORSCredentials": True})), {})
    assert (local.port, local.address) == (7072, "0.0.0.0")
    assert (local.cors, local.cors_credentials) == (("http://a", "http://b"), True)


@pytest.mark.parametrize(
    ("local", "said"),
    [
        ({"Values": {}}, 'Write "IsEncrypted": false into it'),
        ({"IsEncrypted": True}, "func settings decrypt"),
        (_local(Values={"A": {"b": 1}}), "the value of 'A' is an object or a list"),
        (_local(Values=["A"]), "'Values' must be a JSON object"),
        (_local(Host={"LocalHttpPort": "many"}), "Host.LocalHttpPort is 'many', which is not a port number"),
        ('{\n  "IsEncrypted": false,\n  "Values" {}\n}', "line 3, column 12: not valid JSON"),
        ("[1]", "it must hold a JSON object"),
    ],
)
def test_unusable_local_settings_are_refused_by_file(write: Write, local: Any, said: str) -> None:
    root = write(local=local)
    with pytest.raises(StartError) as raised:
        load_local_settings(root, {})
    assert str(root / "local.settings.json") in str(raised.value)
    assert said in str(raised.value)


def test_app_root_is_here_or_above(write: Write) -> None:
    root = write()
    (root / "a" / "b").mkdir(parents=True)
    assert find_app_root(root / "a" / "b") == root.resolve()


def test_folder_that_is_no_app_says_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"Unable to find project root\. .*--script-root DIR"):
        find_app_root(tmp_path)


def test_app_settings_are_the_environment_with_the_file_in_it(write: Write) -> None:
    root = write(local=_local(Values={"A": "file"}))
    settings = load_settings(root, {"PATH": "/bin"})
    assert settings.environment == {
        "PATH": "/bin",
        "A": "file",
        "AzureWebJobsScriptRoot": str(root.resolve()),
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "FUNCTIONS_WORKER_RUNTIME": "python",
    }


def test_app_of_another_language_is_refused(write: Write) -> None:
    root = write(local=_local(Values={"FUNCTIONS_WORKER_RUNTIME": "node"}))
    with pytest.raises(StartError, match="FUNCTIONS_WORKER_RUNTIME is 'node', and funchost runs Python apps only"):
        load_settings(root, {})


def test_host_settings_have_the_hosts_defaults(write: Write) -> None:
    host = load_host_settings(write(), {})
    assert (host.route_prefix, host.hub_name, host.function_timeout) == (
        "api",
        "TestHubName",
        timedelta(minutes=30),
    )
    assert host.overridable_existing_instance_states == "NonRunningStates"
    assert host.functions == ()
    assert host.not_honoured == ()


def test_host_settings_are_read_ignoring_case(write: Write) -> None:
    durable = {
        "HubName": "MyHub",
        "maxConcurrentActivityFunctions": 3,
        "overridableExistingInstanceStates": "anystate",
        "versionFailureStrategy": "fail",
    }
    root = write(
        {
            "version": "2.0",
            "functionTimeout": "1.02:03:04.5",
            "functions": ["a", "b"],
            "extensions": {"http": {"routePrefix": ""}, "DurableTask": durable},
            "logging": {"logLevel": {"Default": "warning", "Function.x.User": "None"}},
        }
    )
    host = load_host_settings(root, {})
    assert host.route_prefix == ""
    assert host.hub_name == "MyHub"
    assert host.max_concurrent_activities == 3
    assert host.overridable_existing_instance_states == "AnyState"
    assert host.version_failure_strategy == "Fail"
    assert host.function_timeout == timedelta(days=1, hours=2, minutes=3, seconds=4.5)
    assert host.functions == ("a", "b")
    assert host.log_levels == {"default": 30, "Function.x.User": 100}


def test_function_timeout_may_be_switched_off(write: Write) -> None:
    assert load_host_settings(write({"version": "2.0", "functionTimeout": "-1"}), {}).function_timeout is None


def test_environment_overrides_host_json(write: Write) -> None:
    root = write({"version": "2.0", "functions": ["x"], "extensions": {"durableTask": {"hubName": "FromFile"}}})
    host = load_host_settings(
        root,
        {
            "AzureFunctionsJobHost__extensions__durableTask__hubName": "FromEnvironment",
            "AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions": "7",
            "AzureFunctionsJobHost__logging__logLevel__default": "Debug",
            "AzureFunctionsJobHost__functions__0": "a",
            "AzureFunctionsJobHost__functions__1": "b",
        },
    )
    assert host.hub_name == "FromEnvironment"
    assert host.max_concurrent_activities == 7
    assert host.log_levels == {"default": 10}
    assert host.functions == ("a", "b")


def test_hub_name_may_be_a_setting(write: Write) -> None:
    root = write({"version": "2.0", "extensions": {"durableTask": {"hubName": "%Hub%"}}})
    assert load_host_settings(root, {"HUB": "Named"}).hub_name == "Named"
    with pytest.raises(StartError, match="there is no setting 'Hub'"):
        load_host_settings(root, {})


def test_what_is_set_without_effect_is_named(write: Write) -> None:
    durable = {"storageProvider": {"type": "mssql"}, "extendedSessionsEnabled": True, "hubName": "Hub"}
    root = write({"version": "2.0", "retry": {"x": 1}, "extensions": {"durableTask": durable}})
    host = load_host_settings(root, {})
    assert host.not_honoured == (
        "extensions.durableTask.extendedSessionsEnabled",
        "extensions.durableTask.storageProvider.*",
        "retry",
    )


@pytest.mark.parametrize(
    ("durable", "strategy"),
    [
        ({}, "None"),
        ({"defaultVersion": "2.0"}, "CurrentOrOlder"),
        ({"versionMatchStrategy": "strict"}, "Strict"),
        ({"defaultVersion": "2.0", "versionMatchStrategy": "None"}, "None"),
    ],
)
def test_an_app_looks_at_versions_once_it_has_one_or_says_how(
    write: Write, durable: dict[str, str], strategy: str
) -> None:
    host = load_host_settings(write({"version": "2.0", "extensions": {"durableTask": durable}}), {})
    assert host.version_match_strategy == strategy


def test_comments_and_trailing_commas_are_let_pass(write: Write) -> None:
    text = '\ufeff{ // with "quotes"\n  "version": "2.0", /* two\n lines */\n  "functions": ["//a", "b,]",],\n}'
    assert load_host_settings(write(text), {}).functions == ("//a", "b,]")


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ({}, 'Write "version": "2.0" into it'),
        ({"version": "1.0"}, "says '1.0'"),
        ('{"version": "2.0"\n  "functions": []}', "line 2, column 3: not valid JSON"),
        ('{\n// a\n/* b\n */\n"version" "2.0"}', "line 5, column 11: not valid JSON"),
        ({"version": "2.0", "functionTimeout": "soon"}, "functionTimeout is 'soon', and should be a time"),
        ({"version": "2.0", "functions": "a"}, "functions is 'a', and should be a list"),
        ({"version": "2.0", "logging": {"logLevel": {"default": "Loud"}}}, "should be one of Trace, Debug"),
        (
            {"version": "2.0", "extensions": {"durableTask": {"hubName": "no-dashes"}}},
            "Task hub name 'no-dashes' should contain only alphanumeric characters, start with a letter, and have "
            "length between 3 and 45.",
        ),
        (
            {"version": "2.0", "extensions": {"durableTask": {"maxConcurrentActivityFunctions": 0}}},
            "extensions.durableTask.maxConcurrentActivityFunctions is 0, and should be a whole number from 1 up",
        ),
    ],
)
def test_unusable_host_json_is_refused_by_file_and_place(write: Write, host: Any, said: str) -> None:
    root = write(host)
    with pytest.raises(StartError) as raised:
        load_host_settings(root, {})
    assert str(root / "host.json") in str(raised.value)
    assert said in str(raised.value)
