import uuid


def fresh(context):
    return f"{context.instance_id}-{uuid.uuid4()}"  # expect: DF002
