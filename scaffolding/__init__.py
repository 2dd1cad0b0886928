"""The repository's own tooling: sync, baking, drift, version pins, vendoring."""
