from greetings import greet


def main(name: str) -> str:
    """Greet one city. An activity may do what an orchestrator must not: I/O, clocks, random numbers."""
    return greet(name)
