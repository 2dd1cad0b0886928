import logging

import azure.durable_functions as df

from ..shared.steps import steps


def orchestrator_function(context: df.DurableOrchestrationContext):
    logging.info("This line is repeated, which is no error.")
    result = yield from steps(context)
    return result


main = df.Orchestrator.create(orchestrator_function)
