from inventory import FileToMeasure, Measure, Unreadable, measure


def main(file: FileToMeasure) -> Measure | Unreadable:
    """Bytes, lines and SHA-256 of one file. An activity takes one argument, so two travel as a dict."""
    return measure(file)
