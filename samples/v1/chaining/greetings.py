"""What the activity does, as a plain function: easy to test, and it knows nothing of Azure."""


def greet(city: str) -> str:
    """A greeting for a city.

    Raises:
        ValueError: The city has no name.
    """
    if not city.strip():
        raise ValueError("A city to greet needs a name.")
    return f"Hello {city}!"
