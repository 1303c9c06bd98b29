"""Python code as text: names, literals, calls, operators with brackets, lines of a formatter's width."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from caffe_fillers.frameworks.initializers import number

WIDTH = 88
_OTHER = re.compile(r"\W", re.ASCII)
_STRANGE = re.compile(r"[^\w .,+/()-]")  # what an untrusted name could end the printed docstring with

TORCH_MODULE = frozenset(
    """
    add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval
    extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict
    modules mtia named_buffers named_children named_modules named_parameters parameters
    register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to
    to_empty train training type xpu zero_grad
    """.split()  # noqa: SIM905 - sixty lines otherwise
)
"""What torch.nn.Module has of its own."""


def identifiers(names: Iterable[str], reserved: Iterable[str] = ()) -> dict[str, str]:
    """Make an identifier of each name: no two are the same, and none is reserved.

    >>> list(identifiers(["conv1", "res2a/1x1", "res2a_1x1", "3x3", "class"]).values())
    ['conv1', 'res2a_1x1', 'res2a_1x1_2', 'layer_3x3', 'class_']
    """
    chosen: dict[str, str] = {}
    taken = set(reserved)
    tried = Counter[str]()  # so that thousands of names that become one take no quadratic time
    for name in names:
        if name not in chosen:
            plain = _identifier(name)
            chosen[name], tried[plain] = _free_name(plain, taken, tried[plain] or 1)
            taken.add(chosen[name])
    return chosen


def _identifier(name: str) -> str:
    plain = _OTHER.sub("_", name)
    if not plain or not plain[0].isalpha():
        return f"layer_{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the name, with a number appended if it is taken.

    >>> free_name("conv", {"conv", "conv_2"})
    'conv_3'
    """
    return _free_name(name, taken, 1)[0]


def _free_name(name: str, taken: Collection[str], number: int) -> tuple[str, int]:
    """Return the first name that is free from a number on, and that number."""
    free = name if number == 1 else f"{name}_{number}"
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free, number


def numbered(names: Sequence[str]) -> list[str]:
    """Number names that occur twice; no number makes the name of another layer.

    >>> numbered(["c", "c", "c_3", "c"])
    ['c', 'c_2', 'c_3', 'c_4']
    """
    taken, numbers, chosen = set(names), Counter[str](), list[str]()
    for name in names:
        numbers[name] += 1
        free = name
        while numbers[name] > 1 and free in taken:
            free = f"{name}_{numbers[name]}"
            numbers[name] += free in taken
        taken.add(free)
        chosen.append(free)
    return chosen


def docstring(title: str) -> str:
    """Write the printed file's docstring.

    >>> docstring("Le'Net")[3:-3]
    'Le_Net, ported from Caffe by caffe-fill.'
    """
    return f'"""{plain_title(title) or "A net"}, ported from Caffe by caffe-fill."""'


def plain_title(title: str) -> str:
    """Remove from a net's name whatever could end a string.

    >>> plain_title("x'); import os")
    'x_)_ import os'
    """
    return _STRANGE.sub("_", title)


def quoted(name: str) -> str:
    """Quote an identifier."""
    return f'"{name}"'


def class_name(title: str, reserved: Collection[str] = ()) -> str:
    """Name a class after a net; a reserved name, or one of Python's own, gets the word Net appended.

    >>> class_name("small res-net"), class_name("3D"), class_name("Affine", {"Affine"}), class_name("none")
    ('SmallResNet', 'Net3D', 'AffineNet', 'NoneNet')
    """
    words = re.findall(r"[A-Za-z0-9]+", title)
    name = "".join(word[0].upper() + word[1:] for word in words)
    if not name[:1].isalpha():
        return f"Net{name}"
    return f"{name}Net" if name in reserved or keyword.iskeyword(name) else name


class Expression(str):
    """Code and how tightly its outermost operator binds: 0 for + -, 1 for * /, 2 for **, 3 for all else."""

    strength = 3

    @classmethod
    def of(cls, text: str, strength: int) -> Expression:
        """Parse a text as an expression."""
        made = cls(text)
        made.strength = strength
        return made


def operation(symbol: str, left: str, right: str) -> Expression:
    """Join two expressions by an operator, with brackets where they need them.

    >>> operation("*", "2.0", operation("+", "1.0", "x")), operation("**", operation("*", "a", "b"), "3.0")
    ('2.0 * (1.0 + x)', '(a * b) ** 3.0')
    """
    own = {"+": 0, "-": 0, "*": 1, "/": 1, "**": 2}[symbol]
    first = _bracketed(left, own + (symbol == "**"))
    return Expression.of(f"{first} {symbol} {_bracketed(right, own + 1)}", own)


def _bracketed(text: str, least: int) -> str:
    return f"({text})" if getattr(text, "strength", 3) < least else text


def filled(template: str, *inputs: str, **words: object) -> str:
    """Fill inputs into the {0}, {1} of a template; operators get brackets if the template is no call.

    >>> filled("{0}.abs()", operation("+", "x", "y"))
    '(x + y).abs()'
    """
    loose = [_bracketed(each, 3) for each in inputs]
    given = loose if re.search(r"\{\d\}(\.|\[| )", template) else inputs
    return template.format(*given, **words)


def call(function: str, *positional: object, **named: Any) -> str:
    """Write a call; arguments that are None are left out.

    >>> call("nn.Conv2d", 3, 20, kernel_size=(5, 5), stride=2, bias=None)
    'nn.Conv2d(3, 20, kernel_size=5, stride=2)'
    """
    return f"{function}({', '.join(arguments(positional, named))})"


def arguments(positional: Iterable[object], named: Mapping[str, Any]) -> list[str]:
    """Write the arguments of a call."""
    words = [literal(each) for each in positional]
    return words + [f"{name}={literal(value)}" for name, value in named.items() if value is not None]


def literal(value: object) -> str:
    """Write a value: a tuple of equal numbers as that number, a float as the shortest float32.

    >>> literal((3, 3)), literal((3, 5)), literal(0.1)
    ('3', '(3, 5)', '0.1')
    """
    if isinstance(value, tuple) and len(set(value)) == 1:
        return repr(value[0])
    return number(value) if isinstance(value, float) else str(value)


def unless(default: object, value: Any) -> Any:
    """Return the value, or None if it is the default, so that `call` leaves it out."""
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
        items = _items(line[start + 1 : end])
        called = re.match(r"[\w)\]]\(", line[max(start - 1, 0) : start + 1])
        comma = "," if called or len(items) > 1 else ""  # one in brackets would become a tuple
        for item in items:
            yield from _wrapped(f"{indent}    {item}{comma}")
    yield indent + line[end:]


def _brackets(line: str) -> list[tuple[int, int]]:
    """Return where the outermost brackets that hold something open and close."""
    ends = [at for at, character, depth in _marks(line) if character != "," and depth == 0]
    return [(start, end) for start, end in zip(ends[::2], ends[1::2], strict=False) if end > start + 1]


def _items(text: str) -> list[str]:
    """Split a text at its outermost commas."""
    commas = [at for at, character, depth in _marks(text) if character == "," and depth == 0]
    starts = [0, *(at + 1 for at in commas)]
    return [text[start:end].strip() for start, end in zip(starts, [*commas, len(text)], strict=True)]


def _marks(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield brackets and commas outside of strings: where each is, and how deep in brackets."""
    depth = 0
    for found in _MARK.finditer(text):
        mark = found.group()
        depth -= mark in ")]}"
        if len(mark) == 1:
            yield found.start(), mark, depth
        depth += mark in "([{"


_MARK = re.compile(r"""[][(){},]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""")
