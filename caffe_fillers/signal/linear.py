"""Sums of many inputs times random weights: the second moments of what comes out and of what comes back.

With weights w of mean m and variance v, independent of each other and of the
inputs x, each output is a normal with

    mean              m * sum E[x]
    shared variance   v * sum E[E[x|A]^2] + m^2 * sum Var[E[x|A]]
    own variance      (v + m^2) * sum E[Var[x|A]]

over its connections, plus the bias. For m = 0 it is He, Zhang, Ren and Sun,
Delving deep into rectifiers, ICCV 2015, equation 7; and the gradient is their
equation 13, (v + m^2) times the sum over what an input is connected to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from caffe_fillers import distributions
from caffe_fillers.signal.contract import Flow, Gradients
from caffe_fillers.signal.distribution import Part, Reals, normal
from caffe_fillers.signal.parts import Gradient, Power, Signal, cut, num_channels
from caffe_fillers.signal.windows import Connections

_ROUNDING = 1e-12  # a mean that is smaller than this part of the std is 0


@dataclass(frozen=True)
class Weights:
    """Connections and the first two moments of the weights on them.

    `plain` counts connections. Weights are either alike in distribution, with `mean`
    and `variance`, or one known kernel: then `weighted` sums with its values
    and `squared` with their squares, and mean and variance are 0. `unit_sum`
    marks weights that hang together by their sum.
    """

    plain: Connections
    mean: float = 0.0
    variance: float = 0.0
    weighted: Connections | None = None
    squared: Connections | None = None
    unit_sum: bool = False

    @property
    def centered(self) -> bool:
        """Whether all means are 0."""
        return self.mean == 0 and self.weighted is None

    def first(self, values: Reals) -> Reals:
        """Sum over an output's connections, weighted with E[w]."""
        if self.weighted is not None:
            return self.weighted.forward(values)
        return self.mean * self.plain.forward(values)

    def second(self, values: Reals) -> Reals:
        """Sum over an output's connections, weighted with E[w^2]."""
        if self.squared is not None:
            return self.squared.forward(values)
        return (self.variance + self.mean**2) * self.plain.forward(values)

    def second_back(self, values: Reals) -> Reals:
        """Sum over an input's connections, weighted with E[w^2]."""
        if self.squared is not None:
            return self.squared.backward(values)
        return (self.variance + self.mean**2) * self.plain.backward(values)


def weights(
    distribution: distributions.Distribution,
    connect: Callable[[Sequence[Reals] | None], Connections],
    kernel: int,
) -> Weights:
    """Moments of a distribution on connections, which `connect` makes with taps along each axis or none.

    A distribution that computes one kernel of rank 1 for all (bilinear) gives its taps
    themselves; `kernel` is the number of axes of the kernel.
    """
    plain = connect(None)
    taps = _taps(distribution, kernel)
    if taps is not None:
        return Weights(plain, weighted=connect(taps), squared=connect([axis**2 for axis in taps]))
    mean = distribution.mean if abs(distribution.mean) > _ROUNDING * distribution.std else 0.0
    return Weights(plain, mean, distribution.std**2, unit_sum=distribution.is_correlated)


def _taps(distribution: distributions.Distribution, axes: int) -> list[Reals] | None:
    if distribution.block is None or distribution.block.ndim != axes or distribution.block.sum() == 0:
        return None
    block = distribution.block.astype(np.float64)
    total = float(block.sum())
    taps = [block.sum(axis=tuple(other for other in range(axes) if other != axis)) for axis in range(axes)]
    taps = [axis / total ** (1 - 1 / axes) for axis in taps]
    product = taps[0]
    for axis in taps[1:]:
        product = np.multiply.outer(product, axis)
    return taps if np.allclose(product, block, atol=1e-6) else None


def forward(
    signal: Signal, kernel: Weights, outputs: int, group: int, bias: distributions.Distribution | None
) -> Signal | None:
    """The tops of a layer with `outputs` channels in `group` groups; None where inputs hang together."""
    channels = num_channels(signal) // group
    groups = (
        [signal]
        if len(signal) == 1
        else [cut(signal, i * channels, (i + 1) * channels) for i in range(group)]
    )
    made = [_output(part, kernel, channels, outputs // len(groups), bias) for part in groups]
    known = [part for part in made if part is not None]
    return tuple(known) if len(known) == len(made) else None


def _output(
    signal: Signal, kernel: Weights, channels: int, outputs: int, bias: distributions.Distribution | None
) -> Part | None:
    """One group's; a single part stands for any `channels` of its own."""
    hang_together = any(part.alike for part in signal) and channels > 1
    if not kernel.centered and hang_together:
        return None
    if kernel.unit_sum and any(part.grid_mean for part in signal):
        return None  # weights that sum to 1 hang together
    pieces = [(channels if len(signal) == 1 else part.channels, part) for part in signal]
    shared = sum(n * part.grid_shared * part.scale**2 for n, part in pieces)
    own = sum(n * (part.grid_second - part.grid_shared) * part.scale**2 for n, part in pieces)
    shared_variance = kernel.variance * kernel.plain.forward(np.asarray(shared))
    mean = np.zeros_like(shared_variance)
    if not kernel.centered:
        mean = kernel.first(np.asarray(sum(n * part.grid_mean * part.scale for n, part in pieces)))
        spread = [n * part.spread * kernel.first(part.scale) ** 2 for n, part in pieces if part.spread > 0]
        shared_variance = shared_variance + np.asarray(sum(spread))
    if bias is not None:
        mean, shared_variance = mean + bias.mean, shared_variance + bias.std**2
    one_to_one = channels == 1 and outputs == sum(n for n, _ in pieces)
    alike = (not kernel.centered and not one_to_one) or (channels == 1 and hang_together)
    return normal(outputs, mean, shared_variance, kernel.second(np.asarray(own)), alike=alike)


def backward(gradient: Gradient, kernel: Weights, inputs: int, group: int) -> Gradient:
    """The gradient that comes back to `inputs` channels."""
    outputs = num_channels(gradient) // group
    groups = [gradient]
    if len(gradient) > 1:
        groups = [cut(gradient, i * outputs, (i + 1) * outputs) for i in range(group)]
    powers = []
    for pieces in groups:
        total = sum((outputs if len(gradient) == 1 else each.channels) * each.power for each in pieces)
        powers.append(Power(inputs // len(groups), np.asarray(kernel.second_back(np.asarray(total)))))
    return tuple(powers)


def flow(
    bottoms: Sequence[Signal], tops: Sequence[Signal | None], kernel: Weights, outputs: int, group: int
) -> Flow:
    """The flow of a layer with weights, which all its bottoms share."""
    widths = [num_channels(each) for each in bottoms]
    channels, image = widths[0], bottoms[0][0].scale.shape

    def pull(gradients: tuple[Gradient, ...]) -> Gradients:
        return tuple(
            backward(gradient, kernel, width, group)
            for gradient, width in zip(gradients, widths, strict=True)
        )

    ones = np.ones(image)
    there = np.asarray(kernel.plain.forward(ones))
    back = np.ones(there.shape)
    inputs_per_group, outputs_per_group = channels / group, outputs / group
    return Flow(
        tuple(tops),
        pull,
        forward_gain=float(np.mean(kernel.second(ones))) * inputs_per_group,
        backward_gain=float(np.mean(kernel.second_back(back))) * outputs_per_group,
        fan_in=float(np.mean(there)) * inputs_per_group,
        fan_out=float(np.mean(kernel.plain.backward(back))) * outputs_per_group,
    )
