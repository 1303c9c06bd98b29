"""Calls as code."""

from __future__ import annotations

from typing import Any

from caffe_fillers.port.initialisers.contract import number


def call(function: str, *positional: object, **named_arguments: Any) -> str:
    """A call as code; what is None is left out.

    >>> call("nn.Conv2d", 3, 20, kernel_size=(5, 5), stride=2, bias=None)
    'nn.Conv2d(3, 20, kernel_size=5, stride=2)'
    """
    words = [literal(each) for each in positional]
    words += [f"{name}={literal(value)}" for name, value in named_arguments.items() if value is not None]
    return f"{function}({', '.join(words)})"


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
