"""A warm-up of the first programming model."""

warm = False


def main(context) -> None:
    global warm  # noqa: PLW0603  (what a warm-up is for)
    warm = True
