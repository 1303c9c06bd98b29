"""Result of the analysis of a net's signal: a row per layer, plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from caffe_fillers.shapes import Shape

VANISHING, EXPLODING = 1e-3, 1e3
"""A std that is smaller or larger than at its source by these factors is flagged.

The source of activations is the input, that of gradients the end of the net.
"""


@dataclass(frozen=True)
class TopSignal:
    """A blob as one layer leaves it; a layer that works in place makes a new row under the same name.

    `mean` and `std` are of all values of the blob, over items, channels and
    positions; `gradient_std` is of the gradient that comes back to it, in units
    of the gradient at the net's end. None is 'not predicted', a
    `gradient_std` of 0 means that no gradient comes here.
    """

    blob: str
    shape: Shape | None
    mean: float | None
    std: float | None
    gradient_std: float | None


@dataclass(frozen=True)
class LayerSignal:
    """One layer.

    `forward_gain` is, for a layer with weights, the number of connections of
    an output times E[w^2] (fan_in * Var(W) where weights have mean 0 and
    there is no padding); for others the second moment of its top over that of
    its bottom, which for an activation is its factor. `backward_gain` is the
    same for gradients: connections of an input times E[w^2], or the second
    moment of the bottom's gradient over that of the top's. `fan_in` and
    `fan_out` are the connections themselves, without those into padding,
    averaged over positions; not always Caffe's fans. `flags` are any of
    'signal vanishes', 'signal explodes', 'gradient vanishes', 'gradient
    explodes'. `level_filler` is what would keep the signal level from this
    layer to the next one with weights, such as 'msra FAN_IN' or 'gaussian std
    0.021'; empty where it is level or nothing is to be done.
    """

    layer: str
    layer_type: str
    tops: tuple[TopSignal, ...]
    forward_gain: float | None = None
    backward_gain: float | None = None
    fan_in: float | None = None
    fan_out: float | None = None
    flags: tuple[str, ...] = ()
    level_filler: str = ""

    @property
    def predicted(self) -> bool:
        """Whether every top of it is."""
        return all(top.std is not None for top in self.tops)


@dataclass(frozen=True)
class SignalReport:
    """Every layer's signal, in the net's order, Split layers included.

    `input_mean` and `input_std` were assumed of the input, whose values are
    independent of each other; `phase` is the one whose dropout and batch norm
    were assumed, train or test.
    """

    layers: tuple[LayerSignal, ...]
    input_mean: float = 0.0
    input_std: float = 1.0
    phase: str = "train"

    def __getitem__(self, layer: str) -> LayerSignal:
        """The row of a layer by its name; KeyError if there is none."""
        for row in self.layers:
            if row.layer == layer:
                return row
        raise KeyError(layer)

    def __iter__(self) -> Iterator[LayerSignal]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def flagged(self) -> tuple[LayerSignal, ...]:
        """Layers with a flag."""
        return tuple(row for row in self.layers if row.flags)
