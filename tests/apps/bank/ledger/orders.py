"""What travels between functions: a class with the SDK's two methods."""

import json
from dataclasses import asdict, dataclass


@dataclass
class Trip:
    city: str
    parts: list

    @staticmethod
    def to_json(trip: "Trip") -> str:
        return json.dumps(asdict(trip))

    @staticmethod
    def from_json(text: str) -> "Trip":
        return Trip(**json.loads(text))
