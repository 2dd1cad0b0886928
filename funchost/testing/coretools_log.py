"""Reads in the output of ``func start`` why a start failed, and says what to do about it.

Sources of the texts: functions-host reference B.9, and the issues of Azure/azure-functions-core-tools.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TIME = re.compile(r"^\[\d{4}-\d\d-\d\dT[\d:.]+Z\] ?", re.MULTILINE)
_CAUSE = re.compile(r"^(?:Exception: )?(\w*(?:Error|Exception|Warning): .+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Symptom:
    """A text that says why a start fails.

    ``hopeless``: func will not recover, so nobody need wait for the time-out. ``with_cause``: the exception that
    is printed after the text says more than the text.
    """

    pattern: re.Pattern[str]
    advice: str
    hopeless: bool = True
    with_cause: bool = False


PORT_IN_USE = re.compile(r"Port \d+ is unavailable")

# In the order of what causes what: the first that is found is the reason.
SYMPTOMS = (
    Symptom(PORT_IN_USE, "Another program has the port."),
    Symptom(
        re.compile(r"Unable to find project root.*"), "The folder has no host.json: name the app's own folder."
    ),
    Symptom(
        re.compile(r"Could not find a Python version.*|Python [\d.x]+ to [\d.x]+ is required for this operation.*"),
        "These Core Tools do not run the app's Python: make the app's .venv with a version that they name, or "
        "install newer ones.",
    ),
    Symptom(
        re.compile(r"Missing value for AzureWebJobsStorage.*"),
        "Set AzureWebJobsStorage, or remove it everywhere to get an Azurite of the test run's own.",
    ),
    Symptom(
        re.compile(
            r"Unable to find or download extension bundle.*"
            r"|The binding type\(s\) '.*' (?:were not found in the configured extension bundle|are not registered)"
        ),
        "The extension bundle that host.json names is not here and could not be downloaded: the first start needs "
        "the network (later ones use ~/.azure-functions-core-tools). Check the network, and extensionBundle in "
        "host.json.",
    ),
    Symptom(
        re.compile(r"Worker failed to index functions.*|Initializing worker process failed.*"),
        "Python could not import the app: mend what the exception names, or install the app's packages into its "
        ".venv.",
        with_cause=True,
    ),
    Symptom(
        re.compile(r"Exceeded language worker restart retry count.*|Failed to start language worker process.*"),
        "The Python worker ended again and again; the lines before say why.",
        with_cause=True,
    ),
    Symptom(
        re.compile(r"Task hub name '.*' should contain only.*"),
        "Mend hubName under extensions.durableTask in host.json.",
    ),
    Symptom(
        re.compile(r"The listener for function '.*' was unable to start.*"),
        "The storage that AzureWebJobsStorage names does not answer: start it, or remove the setting to get an "
        "Azurite of the test run's own.",
    ),
    Symptom(
        re.compile(r".*(?:Connection refused|target machine actively refused it).*"),
        "The storage that AzureWebJobsStorage names does not answer: start it, or remove the setting to get an "
        "Azurite of the test run's own.",
        hopeless=False,  # the storage client tries six times
    ),
    Symptom(
        re.compile(r"Value cannot be null\. \(Parameter 'provider'\)"),
        "The host could not be built; func start --verbose in the app's folder says more.",
    ),
    Symptom(re.compile(r"No job functions found\..*?methods public"), "func found no function in the app."),
    Symptom(
        re.compile(r"A host error has occurred during startup operation.*"),
        "func start --verbose in the app's folder says more.",
        hopeless=False,  # func tries again, with growing pauses
    ),
)


def diagnose(log: str, *, hopeless_only: bool = False) -> str | None:
    """Why the start failed, with advice; None where nothing in the log says it."""
    text = _TIME.sub("", log)
    for symptom in SYMPTOMS:
        if hopeless_only and not symptom.hopeless:
            continue
        found = symptom.pattern.search(text)
        if found is None:
            continue
        said = found[0].strip()
        cause = _CAUSE.search(text, found.start()) if symptom.with_cause else None
        if cause is not None:
            said = f"{said.rstrip('.')}: {cause[1]}"
        return f"{said}\n{symptom.advice}"
    return None
