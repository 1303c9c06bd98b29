"""The distribution of a blob's values, on two levels, by quadrature.

A value of channel c at item and position p is `scale[p] * values(A_c, B_cp)`.
A is what the positions and items of one channel share (which weights the
channel happened to get), B is its own; both are standard normals. Behind a
layer with weights the value is a normal, mean + s*A + o*B, by the central
limit theorem; every function of single values then acts on the grid of nodes.
The normals are integrated by the trapezoidal rule, which converges faster
than any power of the step for smooth functions on the whole line (Trefethen
and Weideman, SIAM Review 56, 2014, section 5) and unlike Gauss-Hermite nodes stays
accurate at the kink of a rectifier.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Reals: TypeAlias = NDArray[np.float64]
Function: TypeAlias = Callable[[Reals], Reals]

_SCALE_NODES = 17  # between the least and the greatest scale of a map


def _nodes(number: int) -> tuple[Reals, Reals]:
    """Nodes and weights of a standard normal; seven standard deviations leave 3e-12 outside.

    An even number stands exactly opposite each other around 0, none on it.
    """
    nodes = (np.arange(number, dtype=np.float64) - (number - 1) / 2) * (14.0 / (number - 1))
    weights: Reals = np.exp(-(nodes**2) / 2)
    return nodes, weights / weights.sum()


_SHARED, _SHARED_WEIGHTS = _nodes(56)
_OWN, _OWN_WEIGHTS = _nodes(140)
_WEIGHTS = np.outer(_SHARED_WEIGHTS, _OWN_WEIGHTS)


@dataclass(frozen=True, eq=False)
class Part:
    """Channels of a blob that have the same distribution.

    `values` and `weights` are the grid, an array (A, B) each, weights summing
    to 1. `scale` has a factor for each position (the axes after the
    channels, of length 1 where unknown). Two parts of one `origin` are
    functions of the same A and B. `alike` marks channels that are not
    independent of each other.
    """

    channels: int
    values: Reals
    weights: Reals = field(repr=False)
    scale: Reals = field(repr=False)
    origin: object = field(repr=False)
    alike: bool = False

    @cached_property
    def level(self) -> float:
        """Root of the mean square of the scale."""
        return math.sqrt(float(np.mean(self.scale**2)))

    @cached_property
    def shared(self) -> Reals:
        """The part that positions share: E[values | A], an array (A,)."""
        totals = self.weights.sum(axis=1)
        products = (self.weights * self.values).sum(axis=1)
        return np.asarray(np.divide(products, totals, out=np.zeros_like(totals), where=totals > 0))

    @cached_property
    def grid_mean(self) -> float:
        """E[values], without the scale."""
        return float(np.sum(self.weights * self.values))

    @cached_property
    def grid_second(self) -> float:
        """E[values^2]."""
        return float(np.sum(self.weights * self.values**2))

    @cached_property
    def grid_shared(self) -> float:
        """E[E[values | A]^2], the second moment that positions share."""
        return float(np.sum(self.weights.sum(axis=1) * self.shared**2))

    @property
    def spread(self) -> float:
        """Var[E[values | A]], by which channels differ in their means."""
        return max(self.grid_shared - self.grid_mean**2, 0.0)

    @property
    def mean(self) -> float:
        """The mean of all values."""
        return self.grid_mean * float(np.mean(self.scale))

    @property
    def second(self) -> float:
        """Second moment of all values."""
        return self.grid_second * float(np.mean(self.scale**2))


def normal(channels: int, mean: Reals, shared: Reals, own: Reals, *, alike: bool = False) -> Part:
    """A normal part from maps of its mean and of the variances of its shared and own components.

    The shape of the distribution is taken from the maps' means, its size from
    each position's second moment.
    """
    second = mean**2 + shared + own
    average = float(np.mean(second))
    center = math.copysign(math.sqrt(float(np.mean(mean**2))), float(np.mean(mean)))
    values = (
        center
        + math.sqrt(max(float(np.mean(shared)), 0.0)) * _SHARED[:, None]
        + math.sqrt(max(float(np.mean(own)), 0.0)) * _OWN[None, :]
    )
    scale = np.sqrt(second / average) if average > 0 else np.ones_like(second)
    return Part(channels, values, _WEIGHTS, scale, object(), alike)


def elementwise(part: Part, function: Function) -> Part:
    """The part after a function of single values."""
    values = function(part.level * part.values)
    changed = replace(part, values=values, scale=np.ones_like(part.scale))
    if np.ptp(part.scale) == 0 or changed.grid_second == 0:
        return changed
    return replace(changed, scale=np.sqrt(second_moments(part, function) / changed.grid_second))


def second_moments(part: Part, function: Function) -> Reals:
    """E[function(value)^2] at each position."""
    low, high = float(part.scale.min()), float(part.scale.max())
    levels = np.linspace(low, high, _SCALE_NODES if high > low else 1)
    roots = [math.sqrt(float(np.sum(part.weights * function(level * part.values) ** 2))) for level in levels]
    return np.interp(part.scale, levels, roots) ** 2


def combined(function: Callable[[Reals, Reals], Reals], left: Part, right: Part) -> Part:
    """A function of two parts' values: exact for one origin, else of independent values, as a normal.

    Independent parts are integrated on every fourth A and every fifth B; the
    result's mean and both second moments are kept.
    """
    scale = np.broadcast_arrays(left.scale, right.scale)
    if left.origin is right.origin:
        values = function(left.level * left.values, right.level * right.values)
        return replace(left, values=values, scale=_unit(scale[0]))
    (x, x_weights), (y, y_weights) = _thinned(left), _thinned(right)
    joint = function(x[:, None, :, None], y[None, :, None, :])
    weights = x_weights[:, None, :, None] * y_weights[None, :, None, :]
    pairs = weights.sum(axis=(2, 3))
    shared = np.divide((weights * joint).sum(axis=(2, 3)), pairs, out=np.zeros_like(pairs), where=pairs > 0)
    mean = float(np.sum(pairs * shared))
    shared_second = float(np.sum(pairs * shared**2))
    second = float(np.sum(weights * joint**2))
    profile = (_unit(scale[0]) ** 2 * left.second + _unit(scale[1]) ** 2 * right.second) / (
        (left.second + right.second) or 1.0
    )
    moments = (
        mean,
        math.sqrt(max(shared_second - mean**2, 0.0)),
        math.sqrt(max(second - shared_second, 0.0)),
    )
    root = np.sqrt(profile)
    center, common, own = (moment * root for moment in moments)
    return normal(left.channels, center, common**2, own**2, alike=left.alike or right.alike)


def _unit(scale: Reals) -> Reals:
    """A map with mean square 1."""
    level = math.sqrt(float(np.mean(scale**2)))
    return scale / level if level > 0 else np.ones_like(scale)


def _thinned(part: Part) -> tuple[Reals, Reals]:
    rows, columns = max(part.values.shape[0] // 14, 1), max(part.values.shape[1] // 28, 1)
    values, weights = part.values[::rows, ::columns], part.weights[::rows, ::columns]
    return part.level * values, weights / weights.sum()


def maximum(part: Part, count: float) -> tuple[Reals, Reals]:
    """Values and weights of the greatest of `count` values of one channel, independent given A.

    The distribution function of the maximum is that of one value to the power
    of their number (David and Nagaraja, Order Statistics, 2003, equation 2.1.1).
    """
    order = np.argsort(part.values, axis=1, kind="stable")
    values = np.take_along_axis(part.values, order, axis=1)
    weights = np.take_along_axis(part.weights, order, axis=1)
    totals = weights.sum(axis=1, keepdims=True)
    safe = np.where(totals > 0, totals, 1.0)
    reached = np.minimum(np.cumsum(weights, axis=1) / safe, 1.0)
    before = np.concatenate([np.zeros_like(totals), reached[:, :-1]], axis=1)
    return values, totals * (reached**count - before**count)


def mixed(part: Part, chances: tuple[float, float], factors: tuple[float, float]) -> Part:
    """Each value on its own multiplied by one of two factors, as dropout does."""
    values = np.concatenate([factor * part.values for factor in factors], axis=1)
    weights = np.concatenate([chance * part.weights for chance in chances], axis=1)
    return replace(part, values=values, weights=weights, origin=object())


def normalized(part: Part, epsilon: float, *, variance: bool = True) -> tuple[Part, Reals]:
    """Each channel less its mean and, with `variance`, over its std; and 1/std^2 for each A."""
    shared = part.shared[:, None]
    centered = part.values - shared
    std = np.ones_like(shared)
    if variance:
        totals = part.weights.sum(axis=1, keepdims=True)
        square = (part.weights * centered**2).sum(axis=1, keepdims=True)
        own = np.divide(square, totals, out=np.zeros_like(totals), where=totals > 0)
        std = np.sqrt(own * part.level**2 + epsilon)
    made = replace(part, values=part.level * centered / std, scale=_unit(part.scale), origin=object())
    return made, 1 / std[:, 0] ** 2
