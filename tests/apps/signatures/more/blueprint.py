"""Functions kept in another folder."""

import azure.durable_functions as df
import azure.functions as func

blueprint = df.Blueprint()


@blueprint.function_name("from_a_blueprint")
@blueprint.route(route="blueprint", methods=["GET", "POST"], auth_level=func.AuthLevel.FUNCTION)
def answer(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return func.HttpResponse(context.function_directory)


@blueprint.activity_trigger(input_name="value")
def activity_of_a_blueprint(value: str) -> str:
    return value
