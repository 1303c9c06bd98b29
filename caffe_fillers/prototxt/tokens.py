"""The words of a prototxt, each with its place, and a cursor that walks over them."""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from caffe_fillers.errors import PrototxtError

# google/protobuf/io/tokenizer.cc of 3.21, as TextFormat sets it up: a string ends on its line, and a
# number does not touch a name. A string that is not closed takes the rest of its line, so that the time to
# find all tokens stays in proportion to the text.
_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n\f\v]+|\#[^\n]*)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<mark>[{}<>\[\]:,;-])
  | (?P<string>"[^"\\\n\0]*(?:\\[^\n\0][^"\\\n\0]*)*"|'[^'\\\n\0]*(?:\\[^\n\0][^'\\\n\0]*)*')
  | (?P<number>(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fF]?)(?![A-Za-z0-9_.]))
  | (?P<wrong>[A-Za-z0-9_.]+|["'][^\n\0]*|.)
    """,
    re.VERBOSE | re.ASCII,
)

_WRONG = {
    '"': "this string has no closing quote on its line",
    "'": "this string has no closing quote on its line",
    "\0": "the text holds a NUL byte: is it a binary file?",
    "/": "comments begin with #",
    **dict.fromkeys("0123456789", "this is no number"),
}
_NOT_UTF_8 = re.compile("[\udc80-\udcff]")  # what surrogateescape makes of such a byte
_SHOWN = 200  # characters of a line that an error shows


class Token(NamedTuple):
    """A word: its kind (name, mark, string, number, wrong, end), its text, where it begins."""

    kind: str
    text: str
    offset: int


class Source:
    """A text with its path: finds the words in it, and turns offsets into lines for errors."""

    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def tokens(self, start: int = 0) -> Iterator[Token]:
        """All words from an offset on, and an end.

        What cannot be a word is of the kind "wrong", so that the first mistake in a text is the one that is
        told, be it of a word or of a sentence.
        """
        for match in _TOKEN.finditer(self.text, start):
            kind = match.lastgroup
            if kind != "space":
                yield Token(str(kind), match.group(), match.start())
        yield Token("end", "", len(self.text))

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def fail(self, problem: str, offset: int) -> NoReturn:
        """Raise the error of a problem at a place."""
        line, column = self.place(offset)
        start = self._line_starts[line - 1]
        shown = self.text[start : start + _SHOWN].partition("\n")[0].rstrip().replace("\t", " ")
        shown = "".join(each if each.isprintable() else "\ufffd" for each in shown)
        raise PrototxtError(problem, self.path, line, column, shown if column <= _SHOWN else "") from None


class Cursor:
    """A place among the words of a text: `token` is the word at hand, and the only one that is held."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.go(0)

    def go(self, offset: int) -> None:
        """Go to the first word from an offset on, such as `token.offset` was."""
        self._tokens = self.source.tokens(offset)
        self.token = next(self._tokens)

    def next(self) -> Token:
        """Take the word at hand and go on to the following; the end stays at hand."""
        taken = self.token
        if taken.kind != "end":
            self.token = next(self._tokens)
        return taken

    def take(self, *marks: str) -> bool:
        """Take a mark if it is there."""
        if self.token.kind == "mark" and self.token.text in marks:
            self.next()
            return True
        return False

    def line(self, token: Token) -> int:
        """The line of a word, from 1."""
        return self.source.place(token.offset)[0]

    def fail(self, problem: str, token: Token | None = None) -> NoReturn:
        """Raise the error of a problem at a word, by default the one at hand."""
        at = token or self.token
        if at.kind == "wrong":
            problem = _WRONG.get(at.text[0], f"{at.text!r} does not belong here")
            if _NOT_UTF_8.match(at.text):
                problem = f"the byte 0x{ord(at.text) - 0xDC00:02x} is not valid UTF-8"
        self.source.fail(problem, at.offset)


def decode(data: bytes, path: str) -> str:
    r"""The text of a file, for `parse`: UTF-8, with or without a byte order mark.

    Other bytes are let through, for comments may be in any encoding; `parse`
    refuses them elsewhere. UTF-16, as some editors save it, is a `PrototxtError`.

    >>> decode(b"\xef\xbb\xbfname: 'lenet'", "net.prototxt")
    "name: 'lenet'"
    """
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise PrototxtError("the text is in UTF-16: save it as UTF-8", path, 1, 1)
    return data.decode("utf-8-sig", "surrogateescape")


def top_fields(text: str, path: str = "<string>") -> set[str]:
    """The names of the fields that a text has at its top level, whatever message it is of.

    >>> sorted(top_fields("net: 'lenet.prototxt' test_state { level: 2 }"))
    ['net', 'test_state']
    """
    names, depth, previous = set(), 0, ""
    for token in Source(text, path).tokens():
        if token.kind == "mark":
            depth += (token.text in "{<[") - (token.text in "}>]")
        elif token.kind == "name" and depth == 0 and previous not in (":", "-"):
            names.add(token.text)
        previous = token.text
    return names
