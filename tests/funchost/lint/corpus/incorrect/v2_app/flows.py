import azure.durable_functions as df

from helpers.flow import Flow

flows = df.Blueprint()


@flows.function_name("renamed")
@flows.orchestration_trigger(context_name="context")
def flow(context: "df.DurableOrchestrationContext"):
    return (yield from Flow(context).run())
