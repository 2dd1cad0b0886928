def counter(context: df.DurableEntityContext) -> None:
    """The operations of a counter. However many are sent at once, they run one after another.

    Each ends by setting the state and a result of its own. Operations that wait together are run as a
    batch, in which one that sets no result would hand its caller the result of the one before.
    """
    value: int = context.get_state(lambda: 0)
    match context.operation_name:
        case "add":
            value += amount(context.get_input())["amount"]
        case "reset":
            value = 0
        case "get":
            pass
        case "delete":
            context.destruct_on_exit()
            return  # a state or a result set now would bring it back
        case other:
            raise ValueError(f"A counter can add, reset, get and delete, but not {other!r}.")
    context.set_state(value)
    context.set_result(value)
