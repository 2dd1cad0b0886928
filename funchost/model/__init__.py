"""The vocabulary of durable execution: history events, actions, messages, records. Frozen, no behaviour.

Names follow the Durable Task Framework (Azure/durabletask, ``DurableTask.Core/History``). Nothing here
knows a wire format; ``funchost.wire`` does.
"""
