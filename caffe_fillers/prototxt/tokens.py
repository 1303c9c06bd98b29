"""The words of a prototxt, each with its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from caffe_fillers.errors import PrototxtError

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n\f\v]+|\#[^\n]*)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fF]?)(?![A-Za-z0-9_.]))
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<mark>[{}<>\[\]:,;-])
    """,
    re.VERBOSE,
)

_WRONG = {
    '"': "this string has no closing quote on its line",
    "'": "this string has no closing quote on its line",
    "\0": "the text holds a NUL byte: is it a binary file?",
    "(": "extensions and Any messages are not part of Caffe's files",
    "/": "comments begin with #",
}


class Token(NamedTuple):
    """A word: its kind (name, number, string, mark, end), its text, where it begins."""

    kind: str
    text: str
    offset: int


class Source:
    """A text with its path: finds words in it, and turns offsets into lines for errors."""

    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def tokens(self) -> Iterator[Token]:
        """All words, and an end."""
        offset = 0
        while match := _TOKEN.match(self.text, offset):
            offset = match.end()
            if match.lastgroup != "space":
                yield Token(str(match.lastgroup), match.group(), match.start())
        if offset < len(self.text):
            character = self.text[offset]
            if character.isdigit():
                self.fail("this is no number", offset)
            self.fail(_WRONG.get(character, f"the character {character!r} does not belong here"), offset)
        yield Token("end", "", offset)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def fail(self, problem: str, offset: int) -> NoReturn:
        """Raise the error of a problem at a place."""
        line, column = self.place(offset)
        start = self._line_starts[line - 1]
        end = self.text.find("\n", start)
        source_line = self.text[start : end if end >= 0 else None]
        raise PrototxtError(problem, self.path, line, column, source_line.rstrip()[:200])

    def verbatim(self, start: int, end: int) -> str:
        """The words between two offsets, without comments, one blank between them."""
        matches = _TOKEN.finditer(self.text, start, end)
        return " ".join(match.group() for match in matches if match.lastgroup != "space")
