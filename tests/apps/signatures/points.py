"""A class of the app's own that travels between functions."""

import json


class Point:
    def __init__(self, x: int) -> None:
        self.x = x

    @staticmethod
    def to_json(point: "Point") -> str:
        return json.dumps({"x": point.x})

    @staticmethod
    def from_json(text: str) -> "Point":
        return Point(**json.loads(text))
