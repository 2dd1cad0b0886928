def other(name: str) -> str:
    return name
