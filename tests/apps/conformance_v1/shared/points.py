"""A class of the app's own, which travels between functions as the SDK has it: by ``to_json`` and ``from_json``."""

from __future__ import annotations


class Point:
    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y

    def to_json(self) -> list[int]:
        return [self.x, self.y]

    @classmethod
    def from_json(cls, data: list[int]) -> Point:
        return cls(*data)
