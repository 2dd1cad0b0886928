"""A module beside the function's own, imported from there."""

import azure.functions as func
from shared import clients


def about(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return clients.about(req, context)
