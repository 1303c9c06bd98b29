"""Blobs whose channels differ: a signal or a gradient is a row of parts along axis 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TypeAlias, TypeVar

import numpy as np

from caffe_fillers.shapes import UNKNOWN, Shape
from caffe_fillers.signal.distribution import Part, Reals
from caffe_fillers.signal.windows import followed


@dataclass(frozen=True, eq=False)
class Power:
    """The gradient of some channels: its second moment at each position (its mean is taken as 0)."""

    channels: int
    power: Reals


Signal: TypeAlias = tuple[Part, ...]
Gradient: TypeAlias = tuple[Power, ...]
Piece = TypeVar("Piece", Part, Power)
_ROUNDING = 1e-12  # a mean that is smaller than this part of the std is 0


def layout(shape: Shape | None) -> tuple[int, Shape] | None:
    """Number of channels and shape of a map, whose unknown axes have length 1.

    None where the channels are unknown, or the blob has no values.

    >>> layout((8, 3, 5, UNKNOWN)), layout((8,)), layout((8, UNKNOWN)), layout((8, 0))
    ((3, (5, 1)), (1, ()), None, None)
    """
    if shape is None or 0 in shape or (len(shape) > 1 and shape[1] is UNKNOWN):
        return None
    spatial = tuple(1 if dim is UNKNOWN else dim for dim in followed(shape[2:]))
    return (shape[1] if len(shape) > 1 else 1), spatial


def flat(shape: Shape | None, power: float) -> Gradient | None:
    """A gradient of the same second moment everywhere."""
    known = layout(shape)
    return known and (Power(known[0], np.full(known[1], power)),)


def num_channels(pieces: Sequence[Piece]) -> int:
    """Return the number of all parts together."""
    return sum(piece.channels for piece in pieces)


def flattened(signal: Signal) -> Signal:
    """All of a blob's axes from the channels on as channels; the map has one position."""
    return tuple(
        replace(part, channels=part.channels * part.scale.size, scale=np.array([part.level]))
        for part in signal
    )


def cut(pieces: tuple[Piece, ...], start: int, stop: int) -> tuple[Piece, ...]:
    """Channels from start to stop."""
    kept, position = [], 0
    for piece in pieces:
        length = min(position + piece.channels, stop) - max(position, start)
        if length > 0:
            kept.append(replace(piece, channels=length))
        position += piece.channels
    return tuple(kept)


def boundaries(*rows: Sequence[Part] | Sequence[Power]) -> list[int]:
    """Return where any of some rows of parts has a boundary, from 0 to the end.

    >>> boundaries([Power(2, np.ones(())), Power(4, np.ones(()))], [Power(6, np.ones(()))])
    [0, 2, 6]
    """
    return sorted({0, *(end for row in rows for end in accumulate(piece.channels for piece in row))})


def moments(signal: Signal) -> tuple[float, float]:
    """Mean and standard deviation of all values of a blob."""
    channels = num_channels(signal)
    mean = sum(part.channels * part.mean for part in signal) / channels
    second = sum(part.channels * part.second for part in signal) / channels
    std = math.sqrt(max(second - mean**2, 0.0))
    return (mean if abs(mean) > _ROUNDING * std else 0.0), std


def second_moment(signal: Signal) -> float:
    """Second moment of all values."""
    return sum(part.channels * part.second for part in signal) / num_channels(signal)


def mean_power(gradient: Gradient) -> float:
    """Second moment of all of a blob's gradient."""
    return sum(each.channels * float(np.mean(each.power)) for each in gradient) / num_channels(gradient)


def times(gradient: Gradient, factors: Sequence[Power]) -> Gradient:
    """A gradient multiplied by powers that stand in parts as well."""
    marks = boundaries(gradient, factors)
    return tuple(
        Power(stop - start, cut(gradient, start, stop)[0].power * cut(tuple(factors), start, stop)[0].power)
        for start, stop in pairwise(marks)
    )
