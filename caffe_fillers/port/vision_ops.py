"""Operations that move values, and those of segmentation and detection; axes are Caffe's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.port import Arrays, Op
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class Permute(Op):
    """Axes in another order."""

    order: Shape


@dataclass(frozen=True)
class Flip(Op):
    """Some axes reversed."""

    axes: Shape


@dataclass(frozen=True)
class Crop(Op):
    """As long as the second input from an axis on, beginning at `offsets`, one for each of these axes."""

    axis: int
    offsets: Shape


@dataclass(frozen=True)
class Tile(Op):
    """A whole axis several times."""

    axis: int
    tiles: int


@dataclass(frozen=True)
class ArgMax(Op):
    """The indices of the largest values along an axis, or these values, the largest first."""

    axis: int
    top_k: int
    values: bool


@dataclass(frozen=True)
class Take(Op):
    """The items whose indices the second input has."""


@dataclass(frozen=True)
class Select(Op):
    """The items of the first input for which the second is not 0."""


@dataclass(frozen=True)
class Part(Op):
    """From one index of an axis to before another."""

    axis: int
    begin: int
    end: int


@dataclass(frozen=True)
class Columns(Op):
    """The values of each window as channels: Caffe's im2col of an image."""

    kernel: Shape
    stride: Shape
    pad: Shape
    dilation: Shape


@dataclass(frozen=True)
class Local(Op):
    """A product of the channels of each place with a matrix of its own."""

    inputs: int
    outputs: int
    size: Shape
    bias: bool
    learned: ClassVar = ("weight", "bias")

    def assigned(self, arrays: Sequence[NDArray[np.float32]]) -> Arrays:
        """Reshape the blobs to outputs x inputs x places, and outputs x places."""
        area = self.size[0] * self.size[1]
        shapes = ((self.outputs, self.inputs, area), (self.outputs, area))
        named = zip(self.learned, arrays, shapes, strict=False)
        return {role: array.reshape(shape) for role, array, shape in named}


@dataclass(frozen=True)
class Resize(Op):
    """An image of another size: `bilinear` between the corners, or the `nearest` value before."""

    height: int
    width: int
    bilinear: bool


@dataclass(frozen=True)
class Cubic(Op):
    """An image without its `margins`, of another size by Keys's cubic with a slope of -1/2."""

    height: int
    width: int
    margins: Shape

    def matrix(self, axis: int, length: int) -> NDArray[np.float32]:
        """The weights of the image's rows (axis 0) or columns (1) in each of the result's."""
        size, margin = (self.height, self.width)[axis], self.margins[axis]
        inner = length - 2 * margin
        place = (np.arange(size) - (size / inner / 2 - 0.5)) * (inner / size)
        first = np.maximum((place + 1e-5).astype(int), 0)
        t = place - first
        after = np.minimum(first + 1, inner - 1)
        near = np.maximum(first - 1, 0), first, after, np.minimum(after + 1, inner - 1)
        weights = (
            *(-0.5 * t**3 + t**2 - 0.5 * t, 1.5 * t**3 - 2.5 * t**2 + 1),
            *(-1.5 * t**3 + 2 * t**2 + 0.5 * t, 0.5 * t**3 - 0.5 * t**2),
        )
        made = np.zeros((size, length))
        for index, weight in zip(near, weights, strict=True):
            np.add.at(made, (np.arange(size), index + margin), weight)
        return made.astype(np.float32)


@dataclass(frozen=True)
class Margin(Op):
    """A product with rows of length 1, and a factor; the label's value has an angle `margin` times as wide.

    The factor, the second result, is how much the plain product counts beside it: base (1 + gamma i)^-power,
    or `least`, where i is the number of the forward after `iteration`.
    """

    inputs: int
    outputs: int
    margin: int
    base: float
    gamma: float
    power: float
    least: float
    iteration: int
    factor: bool
    learned: ClassVar = ("weight",)

    @property
    def results(self) -> int:
        """The product, and the factor where it is asked for."""
        return 1 + self.factor


@dataclass(frozen=True)
class Unpool(Op):
    """Zeros, but for the values of the first input at the places that the second has, row by row."""

    height: int
    width: int


@dataclass(frozen=True)
class RoiPool(Op):
    """The maxima of height x width cells of each region, a row of item, x1, y1, x2, y2."""

    height: int
    width: int
    scale: float


@dataclass(frozen=True)
class PsRoiPool(Op):
    """The averages of group x group cells of each region, every cell over channels of its own."""

    outputs: int
    group: int
    scale: float


@dataclass(frozen=True)
class Priors(Op):
    """SSD's prior boxes over a grid, 1 x 2 x 4 times their number: their corners, then their variances.

    `sizes` has the width and height of each box of a place, in pixels; `step` and `image` are width and
    height.
    """

    grid: Shape
    image: Shape
    step: tuple[float, float]
    sizes: tuple[tuple[float, float], ...]
    variance: tuple[float, ...]
    offset: float
    clip: bool

    def array(self) -> NDArray[np.float32]:
        """The boxes, as prior_box_layer.cpp of weiliu89/caffe computes them: centers in float32.

        >>> Priors((1, 1), (10, 10), (10.0, 10.0), ((4.0, 4.0),), (0.1,) * 4, 0.5, False).array()[0, 0]
        array([0.3, 0.3, 0.7, 0.7], dtype=float32)
        """
        height, width = self.grid
        place = np.indices((height, width), np.float32)
        x, y = ((place[1 - axis] + np.float32(self.offset)) * np.float32(self.step[axis]) for axis in (0, 1))
        centers = np.stack([x, y], -1)[:, :, np.newaxis].astype(np.float64)
        half = np.asarray(self.sizes, np.float32).astype(np.float64) / 2
        corners = np.concatenate([centers - half, centers + half], -1) / (*self.image, *self.image)
        boxes = corners.astype(np.float32)
        boxes = boxes.clip(0, 1) if self.clip else boxes
        variances = np.broadcast_to(np.asarray(self.variance, np.float32), boxes.shape)
        return np.stack([boxes.ravel(), variances.ravel()])[np.newaxis]


@dataclass(frozen=True)
class Detect(Op):
    """SSD's boxes: decoded, suppressed by class, the best kept; a row of item, label, score and corners each.

    Inputs are locations, confidences and priors. `top_k` and `keep` are -1 where there is no limit.
    """

    classes: int
    code: str
    overlap: float
    background: int
    encoded: bool
    shared: bool
    threshold: float
    eta: float
    top_k: int
    keep: int


@dataclass(frozen=True)
class Propose(Op):
    """The regions of py-faster-rcnn's ProposalLayer: a row of 0 and corners for each box that is kept.

    Inputs are scores of 2 x anchors channels, offsets of 4 x anchors, and height, width and scale of the
    image. The `top_k` best boxes of at least `least` pixels are suppressed, and `keep` kept.
    """

    anchors: tuple[tuple[float, float, float, float], ...]
    stride: int
    least: float
    overlap: float
    top_k: int
    keep: int
