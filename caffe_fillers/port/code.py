"""Python code as text: literals, calls, operators with their brackets, and lines of a formatter's width."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from caffe_fillers.frameworks.initializers import number

WIDTH = 88
_OPENING, _CLOSING = "([{", ")]}"


class Expression(str):
    """Code and how tightly its outermost operator binds: 0 for + -, 1 for * /, 2 for **, 3 for all else."""

    strength = 3

    @classmethod
    def of(cls, text: str, strength: int) -> Expression:
        """The text as an expression."""
        made = cls(text)
        made.strength = strength
        return made


def operation(symbol: str, left: str, right: str) -> Expression:
    """Two expressions with an operator, in brackets where they need it.

    >>> operation("*", "2.0", operation("+", "1.0", "x")), operation("**", operation("*", "a", "b"), "3.0")
    ('2.0 * (1.0 + x)', '(a * b) ** 3.0')
    """
    own = {"+": 0, "-": 0, "*": 1, "/": 1, "**": 2}[symbol]
    first = _bracketed(left, own + (symbol == "**"))
    return Expression.of(f"{first} {symbol} {_bracketed(right, own + 1)}", own)


def _bracketed(text: str, least: int) -> str:
    return f"({text})" if getattr(text, "strength", 3) < least else text


def filled(template: str, *inputs: str, **words: object) -> str:
    """A template with inputs for {0}, {1}; one that is no call keeps operators inside brackets.

    >>> filled("{0}.abs()", operation("+", "x", "y"))
    '(x + y).abs()'
    """
    loose = [_bracketed(each, 3) for each in inputs]
    given = loose if re.search(r"\{\d\}(\.|\[| )", template) else inputs
    return template.format(*given, **words)


def call(function: str, *positional: object, **named: Any) -> str:
    """A call as code; what is None is left out.

    >>> call("nn.Conv2d", 3, 20, kernel_size=(5, 5), stride=2, bias=None)
    'nn.Conv2d(3, 20, kernel_size=5, stride=2)'
    """
    return f"{function}({', '.join(arguments(positional, named))})"


def arguments(positional: Iterable[object], named: Mapping[str, Any]) -> list[str]:
    """The arguments of a call as code."""
    words = [literal(each) for each in positional]
    return words + [f"{name}={literal(value)}" for name, value in named.items() if value is not None]


def literal(value: object) -> str:
    """A value as code; a tuple of one number many times is that number, a float the shortest float32.

    >>> literal((3, 3)), literal((3, 5)), literal(0.1)
    ('3', '(3, 5)', '0.1')
    """
    if isinstance(value, tuple) and len(set(value)) == 1:
        return repr(value[0])
    return number(value) if isinstance(value, float) else str(value)


def unless(default: object, value: Any) -> Any:
    """None where a value is its default, so that `call` leaves it out."""
    every = value if isinstance(value, tuple) else (value,)
    return None if set(every) == {default} else value


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
