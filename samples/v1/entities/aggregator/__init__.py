import azure.durable_functions as df

from messages import reading
from summaries import Sensors, with_reading


def aggregator(context: df.DurableEntityContext) -> None:
    """The operations of a station. Nothing is stored before all checks have passed: there is no rollback."""
    sensors: Sensors = context.get_state(dict)
    match context.operation_name:
        case "record":
            said = reading(context.get_input())
            sensors = with_reading(sensors, said)
            context.set_state(sensors)
            context.set_result(sensors[said["sensor"]])
        case "summary":
            context.set_state(sensors)
            context.set_result(sensors)
        case "delete":
            context.destruct_on_exit()
        case other:
            raise ValueError(f"An aggregator can record, summary and delete, but not {other!r}.")


main = df.Entity.create(aggregator)
