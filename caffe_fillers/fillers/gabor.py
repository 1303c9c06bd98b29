"""Intel's gabor filler: banks of colored waves for four first layers, intel/caffe gabor.hpp at 44d536385.

A kernel is amplitude * exp(-(x^2 + y^2) / (2 sigma^2)) * cos(omega * (x cos theta - y sin theta) + phi),
x and y from -1 to 1 across the window, times a factor for each of three channels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from caffe_fillers import distributions
from caffe_fillers.errors import FillerError
from caffe_fillers.fans import MASTER, Convention
from caffe_fillers.fillers.contract import Filler, filler
from caffe_fillers.shapes import Shape, count, format_shape

PI = math.pi
Number: TypeAlias = "float | Callable[[int], float]"  # a Callable takes the kernel's index

# The C library's own: numpy's differ from it, and between processors, by an ulp.
_exp = np.vectorize(math.exp, otypes=[np.float64])
_cos = np.vectorize(math.cos, otypes=[np.float64])


@dataclass(frozen=True)
class _Segment:
    """Kernels up to `stop`; `omega` is in half widths of the window unless `absolute`."""

    stop: int
    amplitude: Number
    sigma: Number
    omega: Number
    theta: Number = 0.0
    phi: Number = 0.0
    color: tuple[float, float, float] = (1, 1, 1)
    absolute: bool = False

    def kernel(self, index: int, size: int) -> distributions.Values:
        """The 3 x size x size values in double precision."""
        amplitude, sigma, omega, theta, phi = (
            value(index) if callable(value) else value
            for value in (self.amplitude, self.sigma, self.omega, self.theta, self.phi)
        )
        x = 2.0 * np.arange(size) / (size - 1) - 1
        y = x[:, np.newaxis]
        envelope = _exp(-(x * x + y * y) / (2 * sigma * sigma))
        along = x * math.cos(theta) - y * math.sin(theta)
        scaled = omega if self.absolute else PI * (size - 1) / 2 / omega
        wave: distributions.Values = amplitude * envelope * _cos(along * scaled + phi)
        return np.multiply.outer(np.asarray(self.color, np.float64), wave)


_CIFAR = (
    _Segment(8, 0.5, 0.6, 1, lambda k: (k % 8) * PI / 8),
    _Segment(14, 0.5, 0.6, 2, lambda k: ((k - 2) % 6) * PI / 6 + PI / 12),
    _Segment(16, 0.5, 0.75, 8, 0.0, lambda k: (k % 2) * PI, (1, -1, 1)),
    _Segment(20, 0.5, 0.6, 4, lambda k: (k % 4) * PI / 2 + PI / 4 + PI / 8, PI / 2),
    _Segment(24, 0.5, 0.6, 4, lambda k: (k % 4) * PI / 2 + PI / 4 + PI / 8, PI / 2, (1, 0, -1)),
    _Segment(28, 0.5, 0.6, 4, lambda k: (k % 4) * PI / 2 + PI / 4 + PI / 8, PI / 2, (-1, 1, 1)),
    _Segment(30, 0.5, 0.6, 4, lambda k: (k % 2) * PI / 2 + PI / 4 - PI / 8, PI / 2, (-1, 1, -1)),
    _Segment(32, 0.5, 0.6, 4, lambda k: (k % 2) * PI / 2 + PI / 4 + PI / 8, PI / 2, (1, 1, 0)),
)
_GOOGLENET = (
    _Segment(
        32,
        lambda k: 1 / (1 + k % 8 / 8.0),
        lambda k: 0.4 + 0.2 * (k % 8) / 8,
        lambda k: 1 + k % 8 / 2.0,
        lambda k: (k // 8) * PI / 4,
        lambda k: (k % 2) * PI + PI * 12 / 32,
    ),
    _Segment(40, 0.5, 0.45, 1, lambda k: (k % 8) * PI / 8, PI),
    _Segment(
        46,
        lambda k: 1 / (1 + (k - 1) % 3 / 2.0),
        lambda k: 1.0 / (2.5 - (k - 1) % 3 / 2.0),
        PI / 4,
        0.0,
        lambda k: (k - 1) // 3 * PI,
        (0.25, -1, 1),
        absolute=True,
    ),
    _Segment(48, 2.0 / 3, 1, 12, lambda k: (k % 8) * PI + PI / 8, PI / 2, (1, 0.1, -0.5)),
    _Segment(56, 2.0 / 3, 1, 12, lambda k: (k % 8) * PI / 4 + PI / 32, PI / 2, (-0.5, 0.1, 1)),
    _Segment(60, 1, 1, 12, lambda k: (k % 8) * PI / 2 + PI / 8, PI / 2, (0.25, -1, 1)),
    _Segment(64, 2.0 / 3, 1, 12, lambda k: (k % 8) * PI / 2 + PI / 8, PI / 2, (-1, -1, 1)),
)
_ALEXNET = (
    _Segment(
        48,
        lambda k: 1.0 / 3 / (1 + k % 8 / 8.0),
        lambda k: 0.5 + 0.2 * (k % 8) / 8,
        lambda k: 1 + k % 8 / 2.0,
        lambda k: (k // 8) * PI / 6,
        lambda k: (k % 2) * PI + PI * 12 / 32,
    ),
    _Segment(
        56,
        lambda k: 1.0 / 3 / (1 + k % 4 / 2.0),
        lambda k: 1.0 / (2.5 - k % 4 / 2.0),
        PI / 4,
        0.0,
        lambda k: k // 4 * PI,
        (0.25, -1, 1),
        absolute=True,
    ),
    _Segment(60, 1 / 3 / 1.5, 0.75, 8, lambda k: (k % 4) * PI / 2 + PI / 8, PI / 2, (-1, 1, -0.5)),
    _Segment(64, 1 / 3 / 3, 2, 8, lambda k: (k % 4) * PI / 2 + PI / 8, PI / 2, (1, -0.5, -0.75)),
    _Segment(72, 1 / 3 / 1.5, 0.75, 4, lambda k: (k % 8) * PI / 4 + PI / 32, PI / 2, (1, 0.1, -0.75)),
    _Segment(80, 1 / 3 / 1.5, 1, 12, lambda k: (k % 8) * PI / 4 + PI / 32, PI / 2, (-0.5, 0.1, 1)),
    _Segment(88, 1 / 3 / 2.5, 1, 8, lambda k: (k % 8) * PI / 4 + PI / 32, PI / 2, (-1, -1, 1)),
    _Segment(92, 1 / 3, 0.6, 16, lambda k: (k % 4) * PI / 2 + PI / 16, PI / 2),
    _Segment(96, 1 / 3 / 4, 0.75, 4, lambda k: (k % 8) * PI / 4 + PI / 32, PI / 2, (-1, -1, 1)),
)
_VGG = tuple(replace(segment, sigma=1) for segment in _GOOGLENET)
_BANKS = {(32, 5): _CIFAR, (64, 7): _GOOGLENET, (64, 3): _VGG, (96, 11): _ALEXNET}


@filler("gabor")
@dataclass(frozen=True)
class Gabor(Filler):
    """A fixed bank for the first layer of CIFAR's net, GoogLeNet, VGG or AlexNet; nothing is drawn.

    >>> Gabor().distribution((96, 3, 11, 11)).block.shape
    (96, 3, 11, 11)
    """

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """Computed in double precision; any other shape is refused, as Intel's Caffe does."""
        self.require_dense(shape)
        bank = _BANKS.get((shape[0], shape[-1])) if len(shape) == 4 else None
        if bank is None or shape[1] != 3 or shape[2] != shape[3]:
            raise FillerError(
                f"the gabor filler has no bank for {format_shape(shape)}, only for 32x3x5x5, 64x3x7x7, "
                "64x3x3x3 and 96x3x11x11"
            )
        return distributions.Exact(count(shape), lambda: _bank(bank, shape).astype(dtype))


def _bank(bank: tuple[_Segment, ...], shape: Shape) -> distributions.Values:
    kernels = []
    for index in range(shape[0]):
        segment = next(each for each in bank if index < each.stop)
        kernels.append(segment.kernel(index, shape[3]))
    return np.stack(kernels)
