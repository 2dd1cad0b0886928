"""What each setting of the reference does, in a sentence; `reference.py` reads off the code which there are.

A setting without a sentence here, or a sentence without a setting, is an error, so neither can be forgotten.
"""

from __future__ import annotations

HOST_JSON = {
    "version": 'Must be `"2.0"`.',
    "functionTimeout": (
        "How long a function may run, as `[d.]hh:mm:ss`; `-1` for no limit. Beyond it the invocation fails, and "
        "its worker process is replaced."
    ),
    "functions": "Names of the functions to load; without it, all.",
    "extensions.http.routePrefix": "First part of every route; empty for none.",
    "extensions.http.customHeaders": "Headers to put into every answer, by name.",
    "extensions.durableTask.hubName": (
        "Name of the task hub, 3 to 45 letters and digits, a letter first; `%NAME%` takes it from the app setting "
        "`NAME`."
    ),
    "extensions.durableTask.maxConcurrentActivityFunctions": "Activities that run at the same time.",
    "extensions.durableTask.maxConcurrentOrchestratorFunctions": "Orchestrators that run at the same time.",
    "extensions.durableTask.maxConcurrentEntityFunctions": "Entities that work at the same time.",
    "extensions.durableTask.maxEntityOperationBatchSize": "Operations that an entity is handed at once, at most.",
    "extensions.durableTask.maxOrchestrationActions": "Actions that one execution may ask for; one more fails it.",
    "extensions.durableTask.overridableExistingInstanceStates": (
        "`NonRunningStates`: a start under the id of an unfinished instance is refused; `AnyState`: it replaces it."
    ),
    "extensions.durableTask.defaultVersion": (
        "Version of the app, and of orchestrations that are started without one."
    ),
    "extensions.durableTask.versionMatchStrategy": (
        "Which instances this app runs, by version: `CurrentOrOlder` (where `defaultVersion` is set), `Strict` or "
        "`None` (all)."
    ),
    "extensions.durableTask.versionFailureStrategy": (
        "What becomes of the others: `Reject` leaves them as they are, for another app; `Fail` fails them."
    ),
    "extensions.durableTask.httpSettings.defaultAsyncRequestSleepTimeMilliseconds": (
        "Pause between two looks at a durable HTTP call that was answered with 202 and no `Retry-After`."
    ),
    "extensions.durableTask.httpSettings.useForwardedHost": (
        "Take the host in management URLs from `X-Forwarded-Host` and `X-Forwarded-Proto`."
    ),
    "logging.logLevel": (
        "What is shown, by category and `default`: `Trace`, `Debug`, `Information`, `Warning`, `Error`, `Critical` "
        "or `None`."
    ),
}

LOCAL_SETTINGS = {
    "IsEncrypted": "Must be `false`.",
    "Values": (
        "App settings: environment variables of the app. A variable that is set already, and not empty, wins; the "
        "start says so."
    ),
    "ConnectionStrings": "By name; each becomes the app setting `ConnectionStrings:NAME`.",
    "Host.LocalHttpPort": "Port to listen on, where `--port` is not given.",
    "Host.LocalHttpAddress": "Address to listen on, where `--address` is not given.",
    "Host.CORS": "Origins that browsers may call from, separated by commas, without blanks.",
    "Host.CORSCredentials": "`true`: such calls may carry cookies.",
}

ENVIRONMENT = {
    "FUNCTIONS_WORKER_RUNTIME": "`python`, or not set. Core Tools ask for it where it is not set.",
    "FUNCTIONS_WORKER_PROCESS_COUNT": "Worker processes, 1 to 10, where `--workers` is not given.",
    "PYTHON_THREADPOOL_THREAD_COUNT": (
        "Threads of each worker process for functions in a plain `def`, activities among them; by default the "
        "processors plus 4, at most 32."
    ),
    "PYTHON_SCRIPT_FILE_NAME": "The file of programming model v2; by default `function_app.py`.",
    "PYTHON_ENABLE_DEBUG_LOGGING": "`1`: debug lines of the app's loggers reach the host.",
    "PYTHONPATH": "Folders of packages, as for any Python; relative to the app's folder.",
    "VIRTUAL_ENV": "The virtual environment whose interpreter runs the app, where the app has no `.venv`.",
    "WEBSITE_TIME_ZONE": "Time zone of schedules, as `Europe/Berlin`; else `TZ`, else that of this machine.",
    "TZ": "Time zone of schedules, where `WEBSITE_TIME_ZONE` is not set.",
    "AzureWebJobsDisableHomepage": "`true`: `/` answers 204 instead of a page.",
    "AzureWebJobs.NAME.Disabled": "`true`: the function `NAME` is not run. Also as `AzureWebJobs__NAME__Disabled`.",
    "AzureFunctionsJobHost__PATH": (
        "Goes before a setting in `host.json`: `AzureFunctionsJobHost__extensions__durableTask__hubName`. Items of "
        "a list are numbered: `…__0`."
    ),
    "FUNCTIONS_CORE_TOOLS_PATH": "`pytest --functions-host=coretools`: the program `func`, or its folder.",
    "FUNCHOST_CACHE": "`pytest --functions-host=coretools`: where Azurite is kept between runs.",
}

SET_FOR_THE_APP = {
    "AzureWebJobsScriptRoot": "The app's folder.",
    "AZURE_FUNCTIONS_ENVIRONMENT": "`Development`.",
    "WEBSITE_HOSTNAME": "Host and port under which the app is reached.",
    "FUNCTIONS_WORKER_RUNTIME_VERSION": "The Python that runs the app, as `3.12`.",
}

EXIT_CODES = {
    "0": "Done. `funchost start`: it was stopped with Ctrl-C or SIGTERM. `funchost lint`: nothing was found.",
    "1": "It could not be done; the text on stderr says why. `funchost lint`: something was found.",
    "2": "The command line was misused: an unknown option, a missing argument, a value out of range.",
}
