"""Weights on their way between a Plan, files and a person: layers with blobs that are read when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.plan import Occurrence, occurrences
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.shapes import Shape, count


@dataclass(frozen=True)
class ModelBlob:
    """One blob: its shape, and its float32 values in C order, piece by piece.

    `chunks` can be called any number of times and gives the same values each
    time; asking for a net's blobs in their order is the cheapest. `owner` is
    the layer and index of the blob whose values this one shares; `four_axes`
    marks a blob of an old file, which had num, channels, height and width.
    """

    shape: Shape
    chunks: Callable[[], Iterator[Values]] = field(repr=False)
    owner: tuple[str, int] | None = None
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

    @property
    def layers_with_blobs(self) -> Mapping[Occurrence, ModelLayer]:
        """By name, and by how many layers of that name come before."""
        layers = [layer for layer in self.layers if layer.blobs]
        return dict(zip(occurrences(layer.name for layer in layers), layers, strict=True))

    @property
    def num_parameters(self) -> int:
        """Number of values in blobs that are not shared."""
        return sum(blob.count for _, _, blob in self.blobs() if blob.owner is None)

    @property
    def num_bytes(self) -> int:
        """What these take as float32."""
        return 4 * self.num_parameters
