"""An account is an entity; money moves between two of them."""

import azure.durable_functions as df

blueprint = df.Blueprint()


@blueprint.entity_trigger(context_name="context", entity_name="Account")
def account(context: df.DurableEntityContext) -> None:
    balance = context.get_state(lambda: 0)
    amount = context.get_input() or 0
    if context.operation_name == "withdraw":
        if amount > balance:
            raise ValueError(f"{context.entity_key} has only {balance}")
        amount = -amount
    context.set_state(balance + amount)
    context.set_result(balance + amount)


@blueprint.orchestration_trigger(context_name="context")
def transfer(context: df.DurableOrchestrationContext):
    order = context.get_input()
    source, target = df.EntityId("Account", order["from"]), df.EntityId("Account", order["to"])
    try:
        yield context.call_entity(source, "withdraw", order["amount"])
    except Exception as refused:
        return {"refused": str(refused)}
    yield context.call_entity(target, "deposit", order["amount"])
    context.signal_entity(df.EntityId("Account", "fees"), "deposit", 1)
    return {"moved": order["amount"]}
