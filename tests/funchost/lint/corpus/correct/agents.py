import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
@app.durable_openai_agent_orchestrator
def agent(context):
    tool = context.create_activity_tool("get_weather")
    return run_sync(tool).final_output


def run_sync(tool):
    return tool
