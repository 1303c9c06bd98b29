"""torch's translations, and how a layer's type is registered with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from caffe_fillers._registry import Registry
from caffe_fillers.laws import Values
from caffe_fillers.port.contract import LayOut, Translate, Translation
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.initialisers.keywords import TORCH, keyword

translations: Registry[Translation] = Registry("torch layer", __package__)


def named(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Blobs as they are, under torch's names."""
    return {keyword(TORCH, node.layer, index, len(arrays)): array for index, array in enumerate(arrays)}


def torch_layer(*types: str, lay_out: LayOut = named, limits: str = "") -> Callable[[Translate], Translate]:
    """Register a translation under the types that it is for."""

    def decorate(translate: Translate) -> Translate:
        for each in types:
            translations.add(each, Translation(translate, lay_out, limits))
        return translate

    return decorate


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
