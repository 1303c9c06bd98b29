"""The steps of a plan: all that draws from the random stream while Caffe builds a net. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from caffe_fillers.distributions import Distribution
from caffe_fillers.fans import MASTER, Convention
from caffe_fillers.fillers import Filler
from caffe_fillers.shapes import Shape, count


@dataclass(frozen=True)
class Fill:
    """One filler call on one parameter blob.

    `legacy_shape` is the shape that Caffe gave the blob before 2015 where it
    was another (inner product weights were 1x1xNxK): old conventions compute
    fans from it. `convention` is how the Caffe that fills it computes.
    `inputs_first` marks weights whose first axis counts inputs, so that
    Caffe's fan_in is their fan-out.
    """

    layer: str
    index: int
    shape: Shape
    filler: Filler
    legacy_shape: Shape | None = None
    convention: Convention = field(default=MASTER, repr=False)
    inputs_first: bool = False

    @property
    def count(self) -> int:
        """Number of values."""
        return count(self.shape)

    @property
    def counted_shape(self) -> Shape:
        """The shape that fans are counted on."""
        return self.legacy_shape if self.convention.legacy_blobs and self.legacy_shape else self.shape

    def distribution(self) -> Distribution:
        """The distribution that Caffe draws the blob's float32 values from."""
        return self.filler.distribution(self.counted_shape, np.float32, self.convention)


@dataclass(frozen=True)
class Draw:
    """Words that something other than a filler takes from the stream while Caffe builds the net.

    `once` names what takes them a single time, whichever layers ask for it.
    """

    words: int
    why: str
    layer: str = ""
    once: str = ""


@dataclass(frozen=True)
class Given:
    """Values that the prototxt itself carries in a layer's `blobs`; nothing is drawn."""

    layer: str
    index: int
    shape: Shape
    values: bytes = field(repr=False)
    """float32, little-endian, in C order."""


Step: TypeAlias = Fill | Draw | Given
"""Step of a net on the stream while Caffe builds it."""
