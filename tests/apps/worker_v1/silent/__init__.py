import azure.functions as func


def main(req: func.HttpRequest):
    return req.params.get("say")
