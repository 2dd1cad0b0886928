import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import azure.durable_functions as df

app = df.DFApp()


@dataclass
class Order:
    number: int


class Money:
    def __init__(self, amount):
        self.amount = amount

    @staticmethod
    def to_json(value):
        return str(value.amount)

    @staticmethod
    def from_json(text):
        return Money(text)


@app.orchestration_trigger(context_name="context")
def sends(context):
    yield context.call_activity("a", {"x", "y"})  # expect: DF017
    yield context.call_activity("a", context.current_utc_datetime)  # expect: DF017
    yield context.call_activity("a", {"until": context.current_utc_datetime + timedelta(hours=1)})  # expect: DF017
    yield context.call_activity("a", input_=b"bytes")  # expect: DF017
    yield context.call_activity("a", [Decimal("1.5")])  # expect: DF017
    yield context.call_activity("a", (n for n in range(3)))  # expect: DF017
    yield context.call_activity("a", context)  # expect: DF017
    yield context.call_activity("a", Order(1))  # expect: DF017
    yield context.call_sub_orchestrator("b", context.new_guid())  # expect: DF017
    yield context.call_activity("a", Path("file"))  # expect: DF017
    ids = {uuid.UUID(int=1)}
    context.set_custom_status(ids)  # expect: DF017
    context.continue_as_new(datetime(2024, 1, 1))  # expect: DF017


@app.orchestration_trigger(context_name="context")
def returns(context):
    yield context.call_activity("a", Money(5))
    return Money(5)  # expect: DF017
