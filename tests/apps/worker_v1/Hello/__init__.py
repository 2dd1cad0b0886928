import azure.functions as func
from __app__.shared.words import greeting

from ..shared import words


def main(req: func.HttpRequest) -> str:
    assert words.greeting is greeting
    return greeting(req.params.get("name", "nobody"))
