"""The operations that layers become, with all numbers resolved; axes are Caffe's.

A target turns each into its own code or graph nodes. What an operation cannot say is refused when the
layer is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError
from caffe_fillers.port import Arrays, Op, Value
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class Conv(Op):
    """A convolution, or its transpose, over one to three spatial axes; channels are on axis 1."""

    inputs: int
    outputs: int
    kernel: Shape
    stride: Shape
    pad: Shape
    dilation: Shape
    groups: int = 1
    bias: bool = True
    transposed: bool = False
    learned: ClassVar = ("weight", "bias")

    @property
    def depthwise(self) -> bool:
        """Whether each input channel has outputs of its own."""
        return self.groups > 1 and self.groups == self.inputs and not self.transposed


@dataclass(frozen=True)
class Pool(Op):
    """Maxima or averages of windows of an image; their number is rounded up unless `ceil` is false.

    An average counts the padding, and nothing beyond it. With `indices` the second result is where each
    maximum was, row by row in its image.
    """

    average: bool
    kernel: Shape
    stride: Shape
    pad: Shape
    ceil: bool = True
    indices: bool = False

    @property
    def results(self) -> int:
        """The maxima or averages, and the indices."""
        return 1 + self.indices

    def edges(self, value: Value) -> tuple[Shape, Shape]:
        """Return how far windows see beyond the image's end, and beyond padding, not counted in averages."""
        if set(self.stride) == {1}:  # the last window ends where the padding does
            return self.pad, (0,) * len(self.pad)
        length, outputs = value.inputs[0].known[2:], value.known[2:]
        axes = list(zip(length, outputs, self.kernel, self.stride, self.pad, strict=True))
        if any((number - 1) * step >= each + edge for each, number, _, step, edge in axes):
            raise UsageError("its last window lies outside of the image")
        after = [max((number - 1) * step + size - edge - each, 0) for each, number, size, step, edge in axes]
        return tuple(after), tuple(max(end - pad, 0) for end, pad in zip(after, self.pad, strict=True))


@dataclass(frozen=True)
class GlobalPool(Op):
    """The maximum or average of each image."""

    average: bool


@dataclass(frozen=True)
class Dense(Op):
    """A product with a matrix along the last axis; `flatten` puts all axes from that one on into it first."""

    inputs: int
    outputs: int
    bias: bool
    transpose: bool
    flatten: int | None
    learned: ClassVar = ("weight", "bias")


@dataclass(frozen=True)
class Embed(Op):
    """A row of the weight for each index, plus the bias."""

    rows: int
    width: int
    bias: bool
    learned: ClassVar = ("weight", "bias")


@dataclass(frozen=True)
class BatchNorm(Op):
    """(x - mean) / sqrt(variance + eps), times weight plus bias where it has these; channels are on axis 1.

    `sums` is whether the layer keeps sums of its statistics; `fraction` is the moving average's.
    """

    channels: int
    eps: float
    fraction: float
    weight: bool = False
    bias: bool = False
    sums: bool = True

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the blobs: BVLC's layer keeps sums and their factor; forks' begin with weight and bias."""
        if self.sums:
            return ("mean", "variance", "factor", "weight", "bias")
        return ("weight", "bias", "mean", "variance")

    def assigned(self, arrays: Sequence[NDArray[np.float32]]) -> Arrays:
        """Divide sums by their factor, which is 0 before any step."""
        found = {role: array.reshape(-1) for role, array in zip(self.roles, arrays, strict=False)}
        if self.sums:
            total = found.pop("factor")[0]
            factor = np.float32(0) if total == 0 else np.float32(1) / total
            found |= {"mean": found["mean"] * factor, "variance": found["variance"] * factor}
        return found


@dataclass(frozen=True)
class Affine(Op):
    """A factor, a bias, or both for every index of the axes from `axis` on."""

    lengths: Shape
    axis: int = 1
    weight: bool = True
    bias: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the blobs: the factor comes first."""
        return ("weight",) * self.weight + ("bias",) * self.bias

    def assigned(self, arrays: Sequence[NDArray[np.float32]]) -> Arrays:
        """Drop the outer axes of length 1 that some forks' blobs have."""
        return {role: each.reshape(self.lengths) for role, each in zip(self.roles, arrays, strict=False)}


@dataclass(frozen=True)
class PReLU(Op):
    """Negative values times the slope of their channel, or of all channels where `slopes` is 1."""

    slopes: int
    learned: ClassVar = ("weight",)


@dataclass(frozen=True)
class Recurrent(Op):
    """A layer over time x stream x input whose state is cleared where the second input is 0.

    `static` is the width of a third input that is the same at all steps, 0 without one. With `states` the
    last inputs are the states that it begins with, and the results after the first those that it ends with.
    """

    inputs: int
    outputs: int
    static: int = 0
    states: bool = False
    output: ClassVar[tuple[str, ...]] = ()
    kept: ClassVar[int]

    @property
    def results(self) -> int:
        """The output, and the states that it keeps."""
        return 1 + self.kept * self.states

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the blobs, in the order of the unrolled net's layers."""
        return ("weight", "bias", *("static_weight",) * bool(self.static), "recurrent_weight", *self.output)


class LSTM(Recurrent):
    """Gates in the order i, f, o, g; its states are hidden and cell."""

    kept = 2


class RNN(Recurrent):
    """tanh of products, and of another product with the hidden state, the only state that it has."""

    output = ("output_weight", "output_bias")
    kept = 1


@dataclass(frozen=True)
class Tensor(Op):
    """A parameter blob by itself."""

    lengths: Shape
    learned: ClassVar = ("weight",)


@dataclass(frozen=True)
class LRN(Op):
    """x (k + alpha / n sum of squares)^-beta over neighboring channels."""

    size: int
    alpha: float
    beta: float
    k: float


@dataclass(frozen=True)
class MVN(Op):
    """x less its mean, over its standard deviation plus eps; by channel or `across` all of them."""

    across: bool
    variance: bool
    eps: float


@dataclass(frozen=True)
class Softmax(Op):
    """exp(x) over its sum along an axis."""

    axis: int


@dataclass(frozen=True)
class Dropout(Op):
    """Zeros with that probability while training, the others scaled up.

    Where `scales_later` is true they are not, and inference multiplies by what is kept on average. Where
    `always` is true inference is as training, and `channels` are then zeros as wholes if that is true.
    """

    ratio: float
    scales_later: bool = False
    always: bool = False
    channels: bool = False


@dataclass(frozen=True)
class Concat(Op):
    """Inputs one after another along an axis."""

    axis: int


@dataclass(frozen=True)
class Split(Op):
    """Parts along an axis, a result each; the last length may be unknown."""

    lengths: Shape
    axis: int

    @property
    def results(self) -> int:
        """The parts."""
        return len(self.lengths)


@dataclass(frozen=True)
class Flatten(Op):
    """Axes from one to another as one."""

    start: int
    end: int


Dims: TypeAlias = "tuple[int | str, ...]"


@dataclass(frozen=True)
class Reshape(Op):
    """Other lengths for the same values; a string is the number of the axis whose length stays."""

    dims: Dims


@dataclass(frozen=True)
class Reduce(Op):
    """The sum or mean over some axes, which vanish, or stay with length 1."""

    kind: str
    axes: Shape
    keep: bool = False


@dataclass(frozen=True)
class Align(Op):
    """Axes of length 1 around an array's own, so that its first meets `axis` of `rank`."""

    axis: int
    rank: int
