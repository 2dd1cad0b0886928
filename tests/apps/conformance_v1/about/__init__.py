"""Says what a function is told."""

from .telling import about as main

__all__ = ["main"]
