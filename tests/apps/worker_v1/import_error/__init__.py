import surely_not_installed  # noqa: F401


def main(name: str) -> str:
    return name
