"""Values of a blob in another order: its axes exchanged or reversed, as other frameworks have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations, permutations
from typing import NamedTuple

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.shapes import Shape

_MOST_AXES = 5


class Arrangement(NamedTuple):
    """A rearrangement of values in words, and the functions that do so and undo it."""

    name: str
    of: Callable[[Values], Values]
    undo: Callable[[Values], Values]


def arrangements(shape: Shape) -> Iterator[Arrangement]:
    """All orders of the axes and all reversals of some of them that change anything, the usual ones first.

    What the functions take and give has the blob's own shape.

    >>> [each.name for each in arrangements((2, 3))][:2]
    ['axes in the order 1, 0: transposed', 'axis 1 reversed: another order of the channels']
    """
    long = [axis for axis, length in enumerate(shape) if length > 1]
    if not 1 <= len(shape) <= _MOST_AXES or not long:
        return
    usual = _usual(len(shape))
    orders = sorted(permutations(range(len(shape))), key=lambda order: order not in usual)
    seen = {tuple(long)}
    for order in orders:
        moved = tuple(axis for axis in order if axis in long)
        if moved not in seen:
            seen.add(moved)
            name = f"axes in the order {', '.join(map(str, order))}: transposed"
            yield Arrangement(name, partial(_ordered, order, shape), partial(_restored, order, shape))
        if order == orders[min(len(usual), len(orders)) - 1]:
            yield from _reversals(long)


def _usual(axes: int) -> list[tuple[int, ...]]:
    """The axes the other way round; of kernels the channels last, or the kernel's own axes exchanged."""
    backwards = tuple(range(axes))[::-1]
    space = tuple(range(2, axes))
    return [backwards, (*space, 1, 0), (0, *space, 1), (0, 1, *space[::-1])] if space else [backwards]


def _reversals(long: list[int]) -> Iterator[Arrangement]:
    by_use = sorted(
        (axes for number in range(1, len(long) + 1) for axes in combinations(long, number)),
        key=lambda axes: (axes != (2, 3), axes != (1,)),
    )
    for axes in by_use:
        use = {(2, 3): ": kernels turned", (1,): ": another order of the channels"}.get(axes, "")
        turned = partial(np.flip, axis=axes)
        name = f"{'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))} reversed{use}"
        yield Arrangement(name, turned, turned)


def _ordered(order: tuple[int, ...], shape: Shape, values: Values) -> Values:
    moved: Values = values.transpose(order).reshape(shape)
    return moved


def _restored(order: tuple[int, ...], shape: Shape, values: Values) -> Values:
    moved = values.reshape([shape[axis] for axis in order])
    restored: Values = moved.transpose(np.argsort(order).tolist()).reshape(shape)
    return restored


def rearranged(values: Values, wanted: Values) -> str:
    """Describe how values are the wanted ones in another order, or an empty string if they are not.

    >>> wanted = np.arange(6, dtype=np.float32).reshape(2, 3)
    >>> rearranged(wanted.T.reshape(2, 3), wanted)
    'axes in the order 1, 0: transposed'
    """
    if values.size < 2 or not np.array_equal(np.sort(values.ravel()), np.sort(wanted.ravel())):
        return ""
    for each in arrangements(wanted.shape):
        if np.array_equal(each.of(wanted), values):
            return each.name
    for axis, name in ((0, "filters"), (1, "channels")):
        if axis < values.ndim and _slices(values, axis) == _slices(wanted, axis):
            return f"axis {axis} permuted: its {name} in another order"
    return "in another order"


def _slices(values: Values, axis: int) -> list[bytes]:
    """Return what each place of an axis holds, sorted."""
    moved = np.moveaxis(values, axis, 0)
    return sorted(each.tobytes() for each in moved)
