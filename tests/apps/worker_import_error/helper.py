def limit() -> int:
    return int("not a number")


LIMIT = limit()
