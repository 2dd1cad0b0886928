import azure.durable_functions as df

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="value")
def twice(value: str) -> str:
    return value + value
