"""Begins with the chaining app and one weak test; solved, its tests notice what matters."""

from pathlib import Path

from workshop.lab import Lab, Remove

LAB = Lab(
    home=Path(__file__).parent,
    title="Testing: virtual time and golden histories",
    minutes=15,
    template="chaining",
    start=(Remove("tests"),),
)
