"""What a layout is: for each type of layer, the tensors that its blobs become."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from caffe_fillers._registry import Registry
from caffe_fillers.laws import Values
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.port.graph import Graph, Node, base_type
from caffe_fillers.shapes import Shape

Source = tuple[str, int]
"""A layer's name and the index of one of its blobs."""


@dataclass(frozen=True)
class Tensor:
    """A framework's tensor: its name there, its shape, and what makes its values of those of the sources.

    Without `change` they are the values of the one source, in the same order.
    """

    name: str
    shape: Shape
    sources: tuple[Source, ...]
    change: Callable[..., Values] | None = None


Family = Callable[[Node], Iterable[Tensor]]


@dataclass(frozen=True)
class Layout:
    """A framework's way to keep parameters: `families` has a function for each type of layer with blobs.

    `reserved` are names that neither layers nor blobs can have in its code.
    """

    name: str
    reserved: frozenset[str] = frozenset()
    families: dict[str, Family] = field(default_factory=dict)

    def layer(self, *types: str) -> Callable[[Family], Family]:
        """A decorator: this function is for layers of these types."""

        def decorate(family: Family) -> Family:
            for each in types:
                if each in self.families:
                    raise ValueError(f"layout {self.name}: {each} is registered twice")
                self.families[each] = family
            return family

        return decorate


layouts: Registry[Layout] = Registry("layout", __package__)


def tensors(layout: Layout, graph: Graph) -> Iterator[Tensor]:
    """All tensors of a net, those of shared parameters once; a layer that has no layout is a `PortError`."""
    for node in graph.nodes:
        if node.owner or not node.blobs:
            continue
        kind = base_type(node.parameter)
        if kind not in layout.families:
            raise node.refused(f"{layout.name} has no layout for its blobs")
        yield from layout.families[kind](node)


def arranged(layout: Layout, graph: Graph, model: Model) -> list[tuple[str, ModelBlob]]:
    """The tensors with the model's values, which are arranged one tensor at a time, when they are read."""
    blobs = {(layer.name, index): blob for layer, index, blob in model.blobs()}
    return [(tensor.name, _blob(tensor, blobs)) for tensor in tensors(layout, graph)]


def _blob(tensor: Tensor, blobs: dict[Source, ModelBlob]) -> ModelBlob:
    sources = [blobs[source] for source in tensor.sources]
    if tensor.change is None:
        return ModelBlob(tensor.shape, sources[0].chunks)
    return ModelBlob(tensor.shape, partial(_changed, tensor.change, sources))


def _changed(change: Callable[..., Values], sources: list[ModelBlob]) -> Iterator[Values]:
    yield np.ascontiguousarray(change(*(source.array() for source in sources)), np.float32).reshape(-1)
