"""Run Azure Durable Functions apps written in Python, with nothing but Python: embedded, durable, testable."""

# The worker process imports this package under the app's own interpreter and packages, so this file
# imports nothing.

__version__ = "0.1.0"
