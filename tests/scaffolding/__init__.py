"""The repository's own tooling."""
