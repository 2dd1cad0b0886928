import azure.durable_functions as df


def orchestrator(context: df.DurableOrchestrationContext):
    result = yield context.call_activity("say_hello", "Tokyo")
    return result


main = df.Orchestrator.create(orchestrator)
