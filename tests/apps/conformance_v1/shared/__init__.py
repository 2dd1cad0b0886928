"""What both conformance apps do. This one, in the first programming model, finds it as a shared code folder."""
