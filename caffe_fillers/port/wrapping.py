"""Lines of printed code that are too long, broken at their brackets as formatters of Python do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

WIDTH = 88
_OPENING, _CLOSING = "([{", ")]}"


def wrapped(lines: Iterable[str]) -> list[str]:
    """The lines, none longer than `WIDTH` where a bracket allows it: the last one before which there is room.

    >>> print("\\n".join(wrapped(["made = call(" + ", ".join(["argument"] * 8) + ")"])))
    made = call(
        argument, argument, argument, argument, argument, argument, argument, argument
    )
    """
    return [short for line in lines for short in _wrapped(line)]


def _wrapped(line: str) -> Iterator[str]:
    brackets = _brackets(line)
    if len(line) <= WIDTH or line.lstrip().startswith("#") or not brackets:
        yield line
        return
    start, end = next((each for each in reversed(brackets) if each[0] < WIDTH), brackets[0])
    indent = line[: len(line) - len(line.lstrip())]
    body = f"{indent}    {line[start + 1 : end]}"
    yield line[: start + 1]
    if len(body) <= WIDTH:
        yield body
    else:
        for item in _items(line[start + 1 : end]):
            yield from _wrapped(f"{indent}    {item},")
    yield indent + line[end:]


def _brackets(line: str) -> list[tuple[int, int]]:
    """Where the outermost brackets that hold something open and close."""
    found, depth, start = [], 0, 0
    for position, character in _outside_strings(line):
        if character in _OPENING:
            depth += 1
            start = position if depth == 1 else start
        elif character in _CLOSING:
            depth -= 1
            if depth == 0 and position > start + 1:
                found.append((start, position))
    return found


def _items(text: str) -> Iterator[str]:
    """What stands between the outermost commas."""
    depth, start = 0, 0
    for position, character in _outside_strings(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if character == "," and not depth:
            yield text[start:position].strip()
            start = position + 1
    yield text[start:].strip()


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    quote, escaped = "", False
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote and not escaped else quote
            escaped = character == "\\" and not escaped
        elif character in "\"'":
            quote = character
        else:
            yield position, character
