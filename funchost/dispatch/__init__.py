"""The loops that take work, call a worker, commit, publish; the only place that waits."""
