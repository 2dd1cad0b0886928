import logging

import azure.durable_functions as df

from __app__.shared.dates import today
from ..shared import ids
from ..say_hello import main as greet


def orchestrator_function(context: df.DurableOrchestrationContext):
    yield context.call_activity("say_hello", today())
    yield context.call_activity("say_hello", ids.fresh(context))
    greet("Tokyo")  # expect: DF015


main = df.Orchestrator.create(orchestrator_function)
