import logging

from messages import ApprovalRequest


def main(request: ApprovalRequest) -> str:
    """Hand it to somebody else, and return whom."""
    manager = f"the manager of {request['approver']}"
    logging.warning("To %s: %r was not decided on in time.", manager, request["subject"])
    return manager
