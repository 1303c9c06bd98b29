"""A layer's parameters as code must make them: names, shapes, and what draws each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from caffe_fillers.port.contract import Target
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import Initialiser
from caffe_fillers.port.sharing import laid_shapes
from caffe_fillers.shapes import Shape

Drawn = Mapping[str, list[tuple[str, Initialiser]]]
"""By layer, initialisers in the order of its blobs."""

_BEGINNINGS = {"moving_mean": "zeros", "moving_variance": "ones"}
_BLOBS_ORDER = ["kernel", "embeddings", "gamma", "alpha", "bias", "beta", "recurrent_kernel"]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a printed layer.

    A statistic is counted, not drawn, and has no initialiser but a `beginning`, zeros or ones; what another
    layer owns has neither.
    """

    name: str
    shape: Shape
    initialiser: Initialiser | None
    beginning: str = ""


def parameters(target: Target, node: Node, drawn: Drawn) -> Iterator[Parameter]:
    """What a layer's layout names, what is drawn first; a BatchNorm's factor and bias are its Scale's."""
    laid = laid_shapes(target, node)
    layer = node.layer if node.scale is None else node.scale
    named = sorted((name for name in laid if name not in _BEGINNINGS), key=_BLOBS_ORDER.index)
    initialisers = [initialiser for _, initialiser in drawn.get(layer.name, ())]
    for name, initialiser in zip_longest(named, initialisers[: len(named)]):
        yield Parameter(name, laid[name], initialiser)
    for name in laid:
        if name in _BEGINNINGS:
            yield Parameter(name, laid[name], None, _BEGINNINGS[name])


def remark(parameter: Parameter, told: set[str]) -> Iterator[str]:
    """Why its initialiser is what it is, as a comment; once in a file, which `told` remembers."""
    comment = parameter.initialiser.comment if parameter.initialiser else ""
    if comment and comment not in told:
        told.add(comment)
        yield f"# {comment}"


def functions(helpers: Iterable[str]) -> list[str]:
    """The functions of helpers, each once: two helpers may bring the same along."""
    parts = (part for helper in helpers for part in helper.split("\n\n\n") if part)
    return list(dict.fromkeys(part.rstrip("\n") + "\n" for part in parts))
