"""One Python file: its text, its tree, where things are in it, and what its comments switch off."""

from __future__ import annotations

import ast
import bisect
import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from funchost.lint.finding import Place

_NOQA = re.compile(r"#\s*noqa(?P<codes>\s*:\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?", re.IGNORECASE)


class Unreadable(Exception):
    """A file that is not Python text; ``line`` counts from 1."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason, line)
        self.reason, self.line = reason, line

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file. ``text`` keeps the file's own line ends, so that edits leave the rest as it is."""

    path: Path
    text: str
    encoding: str
    tree: ast.Module
    line_starts: tuple[int, ...]  # offset in characters of each line's first

    @classmethod
    def read(cls, path: Path) -> Source:
        """Raises ``Unreadable`` for bytes that are not text in the file's encoding, or not Python."""
        try:
            raw = path.read_bytes()
            encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
            return cls.parse(path, raw.decode(encoding), encoding)
        except (SyntaxError, UnicodeDecodeError, OSError) as error:  # a bad encoding line is a SyntaxError
            raise Unreadable(str(error), 1) from error

    @classmethod
    def parse(cls, path: Path, text: str, encoding: str = "utf-8") -> Source:
        try:
            tree = ast.parse(text, str(path))
        except SyntaxError as error:
            raise Unreadable(f"this is not valid Python: {error.msg}", error.lineno or 1) from error
        except ValueError as error:  # a null byte, on Pythons before 3.12
            raise Unreadable(f"this is not valid Python: {error}", 1) from error
        starts = [0]
        for line in _lines(text):
            starts.append(starts[-1] + len(line))
        return cls(path, text, encoding, tree, tuple(starts))

    def offset(self, line: int, byte_column: int) -> int:
        """The offset in characters of a place that ``ast`` gives as line and column in UTF-8 bytes."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        return start + len(self.text[start:end].encode()[:byte_column].decode())

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset in characters."""
        line = bisect.bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node begins and ends, in characters from the file's start."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def code(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def place(self, node: ast.expr | ast.stmt) -> Place:
        """Where a node is. Of a function or class only its first line, where the eye looks for it."""
        start, end = self.span(node)
        first, last = node.lineno, node.end_lineno or node.lineno
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            last = first
            end = start + len(self.text[start : self.line_starts[first]].rstrip("\r\n"))
        return Place(
            path=self.path,
            line=first,
            column=start - self.line_starts[first - 1] + 1,
            end_line=last,
            end_column=end - self.line_starts[last - 1] + 1,
        )

    def silenced(self) -> dict[int, frozenset[str]]:
        """What ``# noqa`` comments switch off, by line. An empty set stands for every rule."""
        silenced: dict[int, frozenset[str]] = {}
        if "noqa" not in self.text.lower():
            return silenced
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT and (match := _NOQA.search(token.string)):
                codes = re.findall(r"[A-Z]+[0-9]+", (match["codes"] or "").upper())
                silenced[token.start[0]] = frozenset(codes)
        return silenced


def _lines(text: str) -> list[str]:
    """Lines as ``ast`` counts them: form feeds and Unicode separators do not end one."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text)
