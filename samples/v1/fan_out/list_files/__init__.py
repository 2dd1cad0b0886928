from inventory import list_paths


def main(directory: str) -> list[str]:
    """The files below a folder."""
    return list_paths(directory)
