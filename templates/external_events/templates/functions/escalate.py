{% from 'model.jinja' import def_name with context -%}
def {{ def_name('escalate') }}(request: ApprovalRequest) -> str:
    """Hand it to somebody else, and return whom."""
    manager = f"the manager of {request['approver']}"
    logging.warning("To %s: %r was not decided on in time.", manager, request["subject"])
    return manager
