from dataclasses import asdict, dataclass
from enum import Enum
from typing import NamedTuple, TypedDict

import azure.durable_functions as df
from pydantic import BaseModel

app = df.DFApp()


@dataclass
class Order:
    number: int


@dataclass
class Sent:
    number: int

    @staticmethod
    def to_json(value):
        return str(value.number)

    @staticmethod
    def from_json(text):
        return Sent(int(text))


class Notice(TypedDict):
    text: str


class Pair(NamedTuple):
    a: int
    b: int


class Colour(str, Enum):
    RED = "red"


class Model(BaseModel):
    name: str


@app.orchestration_trigger(context_name="context")
def sends(context):
    yield context.call_activity("a", Sent(1))
    yield context.call_activity("a", asdict(Order(1)))
    yield context.call_activity("a", Notice(text="x"))
    yield context.call_activity("a", Pair(1, 2))
    yield context.call_activity("a", Colour.RED)
    yield context.call_activity("a", Model(name="x").model_dump())
    yield context.call_activity("a", {"at": context.current_utc_datetime.isoformat(), "id": context.new_uuid()})
    yield context.call_activity("a", str(context.new_guid()))
    yield context.call_activity("a", sorted({"x", "y"}))
    yield context.call_activity("a", list(map(str, range(3))))
    yield context.call_activity("a", [n for n in range(3)])
    seconds = (context.current_utc_datetime - context.current_utc_datetime).total_seconds()
    context.set_custom_status({"seconds": seconds})
    return Notice(text="x")
