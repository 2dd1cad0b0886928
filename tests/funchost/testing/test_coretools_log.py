"""The reason why func does not start, read from its log."""

from __future__ import annotations

import pytest

from funchost.testing.coretools_log import diagnose

AT = "[2026-01-02T03:04:05.678Z] "
BANNER = "\nAzure Functions Core Tools\nCore Tools Version:       4.14.0 (64-bit)\n\n"
REFUSED = (
    f"{AT}The listener for function 'Functions.hello' was unable to start.\n"
    f"{AT}The listener for function 'Functions.hello' was unable to start. Azure.Core: Retry failed after 6 tries. "
    "(Connection refused (127.0.0.1:10000))\n"
)

LOGS = [
    pytest.param(
        "Port 7071 is unavailable. Close the process using that port, or specify another port using --port [-p].\n",
        "Port 7071 is unavailable",
        "Another program has the port",
        id="port in use",
    ),
    pytest.param(
        "Could not find a Python version. 3.10.x, 3.11.x, 3.12.x, 3.13.x or 3.14.x is recommended.\n",
        "Could not find a Python version",
        ".venv",
        id="no Python",
    ),
    pytest.param(
        "Python 3.10.x to 3.14.x is required for this operation. Please install Python 3.10, 3.11 or 3.12.\n",
        "Python 3.10.x to 3.14.x is required",
        ".venv",
        id="wrong Python",
    ),
    pytest.param(
        f"{AT}Error fetching version information for extension bundle Microsoft.Azure.Functions.ExtensionBundle\n"
        f"{AT}Unable to find or download extension bundle\n"
        f"{AT}No job functions found. Try making your job classes and methods public.\n",
        "Unable to find or download extension bundle",
        "the first start needs the network",
        id="bundle not downloaded",
    ),
    pytest.param(
        f"{AT}The 'hello' function is in error: The binding type(s) 'orchestrationTrigger' were not found in the "
        "configured extension bundle. Please ensure the type is correct.\n",
        "orchestrationTrigger",
        "extensionBundle in host.json",
        id="bundle without Durable Functions",
    ),
    pytest.param(
        f"{AT}Worker failed to index functions\n{AT}Result: Failure\n"
        f"{AT}Exception: ModuleNotFoundError: No module named 'furl'. Cannot find module.\n"
        f'{AT}Stack:   File "/app/function_app.py", line 3\n'
        f"{AT}No job functions found. Try making your job classes and methods public.\n",
        "Worker failed to index functions: ModuleNotFoundError: No module named 'furl'",
        "install the app's packages",
        id="indexing failed",
    ),
    pytest.param(
        f"{AT}Initializing worker process failed\n{AT}Result: Failure\n{AT}Exception: SyntaxError: invalid x\n",
        "Initializing worker process failed: SyntaxError: invalid x",
        "mend what the exception names",
        id="indexing failed on 3.13",
    ),
    pytest.param(
        f"{AT}Exceeded language worker restart retry count for runtime:python. Shutting down and proactively "
        "recycling the Functions Host to recover\n",
        "Exceeded language worker restart retry count",
        "lines before say why",
        id="worker dies",
    ),
    pytest.param(
        REFUSED, "The listener for function", "The storage that AzureWebJobsStorage names", id="no storage"
    ),
    pytest.param(
        f"{AT}Task hub name 'a-b' should contain only alphanumeric characters, start with a letter, and have "
        "length between 3 and 45.\n",
        "Task hub name 'a-b'",
        "hubName",
        id="task hub name",
    ),
    pytest.param(
        "Unable to find project root. Expecting to find one of host.json in project root.\n",
        "Unable to find project root",
        "host.json",
        id="no app",
    ),
    pytest.param(
        "Missing value for AzureWebJobsStorage in local.settings.json. This is required for all triggers.\n",
        "Missing value for AzureWebJobsStorage",
        "Azurite",
        id="storage not set",
    ),
]


@pytest.mark.parametrize(("log", "reason", "advice"), LOGS)
def test_the_reason_and_what_to_do_are_read_from_the_log(log: str, reason: str, advice: str) -> None:
    said = diagnose(BANNER + log, hopeless_only=True)

    assert said is not None
    first, _, rest = said.partition("\n")
    assert reason in first
    assert advice in rest
    assert "2026-01-02T" not in said


def test_a_refused_connection_alone_is_no_reason_to_give_up_but_explains_a_failure() -> None:
    log = f"{BANNER}{AT}Azure.Core: Connection refused (127.0.0.1:10000)\n"

    assert diagnose(log, hopeless_only=True) is None
    assert "does not answer" in (diagnose(log) or "")


def test_an_ordinary_start_gives_no_reason() -> None:
    log = (
        f"{BANNER}{AT}Worker process started and initialized.\n\nFunctions:\n\n"
        "\thello: [GET] http://localhost:7071/api/hello\n\n"
        f"{AT}Host lock lease acquired by instance ID '000000000000000000000000ABCDEF01'.\n"
    )

    assert diagnose(log) is None
