"""What the approvals app does to the outside world."""


def send(address: str) -> str:
    return f"mail to {address}"
