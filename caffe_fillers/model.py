"""Weights on their way between a planned net, files and a person: blobs are read when asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.shapes import Shape, count

if TYPE_CHECKING:
    from caffe_fillers.planner import PlannedNet

Place: TypeAlias = tuple[int, int]
"""Where a blob is in a model: its layer's position, and its index in the layer."""


@dataclass(frozen=True)
class ModelBlob:
    """One blob: its shape, and its float32 values in C order, piece by piece.

    `chunks` can be called any number of times and gives the same values each
    time; asking for a net's blobs in their order is the cheapest. `owner` is
    the place of the blob whose values this one shares; `four_axes` marks a
    blob of an old file, which had num, channels, height and width.
    """

    shape: Shape
    chunks: Callable[[], Iterator[Values]] = field(repr=False)
    owner: Place | None = None
    four_axes: bool = False

    @property
    def count(self) -> int:
        """Number of values."""
        return count(self.shape)

    def array(self) -> Values:
        """All values, as a new array.

        >>> ModelBlob((2,), lambda: iter([np.ones(1, np.float32)] * 2)).array()
        array([1., 1.], dtype=float32)
        """
        values = np.empty(self.count, np.float32)
        position = 0
        for chunk in self.chunks():
            values[position : position + chunk.size] = chunk
            position += chunk.size
        return values.reshape(self.shape)


@dataclass(frozen=True)
class ModelLayer:
    """A layer as a model file holds it; `parameter` is without blobs."""

    parameter: LayerParameter
    blobs: tuple[ModelBlob, ...] = ()

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.parameter.name


@dataclass(frozen=True)
class Model:
    """A net's layers with their blobs, in order; `net` is what it says beside its layers."""

    net: NetParameter
    layers: tuple[ModelLayer, ...]

    def blobs(self) -> Iterable[tuple[ModelLayer, int, ModelBlob]]:
        """Every blob with its layer and index."""
        for layer in self.layers:
            for index, blob in enumerate(layer.blobs):
                yield layer, index, blob

    def owner_name(self, blob: ModelBlob) -> tuple[str, int] | None:
        """Layer name and index of a shared blob's owner, as files say it.

        None for a blob with its own values, and where several layers with
        blobs have the owner's name: a file then holds the values twice.
        """
        if blob.owner is None:
            return None
        position, index = blob.owner
        name = self.layers[position].name
        return (name, index) if self._times[name] == 1 else None

    def layers_of(self, net: PlannedNet) -> dict[int, ModelLayer]:
        """Map ids to the model's layers for those of a net that have blobs, as far as it has them.

        Layers belong together by name: of several with one name the first
        belongs to the net's first, the second to its second.
        """
        found: dict[str, list[ModelLayer]] = {}
        for layer in self.layers:
            if layer.blobs:
                found.setdefault(layer.name, []).append(layer)
        left = {name: iter(layers) for name, layers in found.items()}
        pairs = ((each.id, next(left.get(each.name, iter(())), None)) for each in net.layers if each.blobs)
        return {layer_id: layer for layer_id, layer in pairs if layer is not None}

    @property
    def num_parameters(self) -> int:
        """Number of values in blobs that are not shared."""
        return sum(blob.count for _, _, blob in self.blobs() if blob.owner is None)

    @property
    def num_bytes(self) -> int:
        """The bytes that these take as float32."""
        return 4 * self.num_parameters

    @cached_property
    def _times(self) -> Mapping[str, int]:
        """The number of layers with blobs that have each name."""
        return Counter(layer.name for layer in self.layers if layer.blobs)


def same_bits(left: Values, right: Values) -> bool:
    """Return whether two float32 arrays have one shape and the same bits.

    >>> zeros = np.zeros(2, np.float32)
    >>> same_bits(zeros, zeros.copy()), same_bits(zeros, -zeros)
    (True, False)
    """
    return left.shape == right.shape and np.array_equal(left.view(np.uint32), right.view(np.uint32))


def model_of(net: PlannedNet, values: Callable[[int], Iterator[Values]]) -> Model:
    """A model of a planned net; `values` gives what a step makes, each time it is called."""
    positions = {layer.id: position for position, layer in enumerate(net.layers)}
    layers = tuple(
        ModelLayer(
            layer.parameter,
            tuple(
                ModelBlob(
                    blob.shape,
                    partial(values, blob.step),
                    blob.owner and (positions[blob.owner[0]], blob.owner[1]),
                )
                for blob in layer.blobs
            ),
        )
        for layer in net.layers
    )
    return Model(net.head, layers)
