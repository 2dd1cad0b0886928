"""The repository's own tooling: the overlay of shared files, samples, drift, version pins."""
