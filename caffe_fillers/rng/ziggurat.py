"""The normal ziggurat of Boost from 1.56, many attempts at a time.

An attempt takes one word (float32) or two (float64) and nearly always gives
a value. About one in eighty ends in a wedge or in the tail and takes more
words, so that where later attempts begin depends on it. Here every word is
first taken for the beginning of an attempt; the slow ones among them are
worked out, and then the chain of those that really begin somewhere is
followed from one slow attempt to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng.stream import Stream
from caffe_fillers.rng.tables import NORMAL
from caffe_fillers.rng.tails import unit_uniform

Values = NDArray[np.floating]
Positions = NDArray[np.intp]
Wedge = Callable[[Values, Values, Positions, "type[np.floating]"], NDArray[np.bool_]]
Tail = Callable[[Iterator[int], "type[np.floating]"], np.floating]

_SLOW_SHARE = 0.02
_SPARE = 64


def ziggurat(stream: Stream, size: int, dtype: type[np.floating], wedge: Wedge, tail: Tail) -> Values:
    """`size` standard normals; `wedge` and `tail` are what tells the releases of Boost apart."""
    stride = 1 if dtype is np.float32 else 2
    pieces: list[Values] = [np.empty(0, dtype)]
    missing, spare = size, _SPARE
    while missing:
        words = stream.words(int(missing * stride * (1 + _SLOW_SHARE)) + spare)
        values, used = _block(words, missing, dtype, wedge, tail)
        stream.give_back(words[used:])
        pieces.append(values)
        missing -= values.size
        spare = _SPARE if values.size else 2 * spare  # a tail longer than the block
    return np.concatenate(pieces)


def below_curve(x: Values, y01: Values, layer: Positions, dtype: type[np.floating]) -> NDArray[np.bool_]:
    """Boost 1.56 to 1.63: a point of the wedge is accepted below the density."""
    accepted: NDArray[np.bool_] = _height(y01, layer, dtype) < _density(x, dtype)
    return accepted


def between_bounds(x: Values, y01: Values, layer: Positions, dtype: type[np.floating]) -> NDArray[np.bool_]:
    """Boost from 1.64: the chord and the tangent decide first, the density only between them.

    Layers with x >= 1 lie where the density is convex, the others where it
    is concave, and there chord and tangent change their parts.
    """
    corner, corner_y = NORMAL.x[layer], NORMAL.y[layer]
    y = _height(y01, layer, dtype)
    left = corner.astype(dtype) - x
    chord = (corner - NORMAL.x[layer + 1]).astype(dtype) * y01 - left
    tangent = y - (corner_y.astype(dtype) + left * corner_y.astype(dtype) * corner.astype(dtype))
    convex = corner >= 1
    upper, lower = np.where(convex, chord, tangent), np.where(convex, tangent, chord)
    accepted: NDArray[np.bool_] = (upper < 0) & ((lower < 0) | (y < _density(x, dtype)))
    return accepted


def _height(y01: Values, layer: Positions, dtype: type[np.floating]) -> Values:
    rise = (NORMAL.y[layer + 1] - NORMAL.y[layer]).astype(dtype)
    height: Values = NORMAL.y[layer].astype(dtype) + y01 * rise
    return height


def _density(x: Values, dtype: type[np.floating]) -> Values:
    """exp(-x*x/2); it only decides a comparison, so an ulp of double more or less does not show."""
    return np.exp(-(x * x / dtype(2)).astype(np.float64)).astype(dtype)


@dataclass
class _Slow:
    """The slow attempts of a block: where, how many words they take, and what comes of them.

    A length of 0 marks one whose words reach beyond the block.
    """

    position: Positions
    length: Positions
    accepted: NDArray[np.bool_]
    value: Values


def _block(
    words: NDArray[np.uint32], size: int, dtype: type[np.floating], wedge: Wedge, tail: Tail
) -> tuple[Values, int]:
    """Up to `size` values from these words, and how many of the words they took."""
    stride = 1 if dtype is np.float32 else 2
    values, bucket, fast = _attempts(words, dtype)
    # A slow attempt needs at least one word more, so the last words of the block begin none.
    values, bucket, fast = values[:-1], bucket[:-1], fast[:-1]
    slow = _slow_attempts(words, values, bucket, np.flatnonzero(~fast), dtype, wedge, tail)
    chain, end = _follow(slow, stride, values.size)
    begins = _beginnings(slow, chain, end, stride)
    values[slow.position[chain]] = slow.value[chain]
    taken = np.flatnonzero(begins)
    if taken.size <= size:
        return values[taken], end
    taken = taken[:size]
    lengths = dict(zip(slow.position[chain].tolist(), slow.length[chain].tolist(), strict=True))
    last = int(taken[-1])
    return values[taken], last + lengths.get(last, stride)


def _attempts(
    words: NDArray[np.uint32], dtype: type[np.floating]
) -> tuple[Values, NDArray[np.uint8], NDArray[np.bool_]]:
    """For an attempt at each word: the signed value, the eight bits that chose, whether it is done."""
    scale, limit = bucket_tables(np.dtype(dtype).char)
    if dtype is np.float64:
        low = (words[1:] & np.uint32((1 << 29) - 1)).astype(np.float64)
        words = words[:-1]
        fraction = (words >> np.uint32(8)).astype(np.float64) * 2.0**-24
        fraction = (fraction + low) * 2.0**-5
    else:
        fraction = (words >> np.uint32(8)).astype(np.float32)
    bucket = words.astype(np.uint8)
    values = fraction * scale.take(bucket)
    return values, bucket, np.abs(values) < limit.take(bucket)


@cache
def bucket_tables(code: str) -> tuple[Values, Values]:
    """By the eight bits: the signed width of the layer over 2**24, and the next corner.

    Powers of two scale exactly. Boost compares a float with the double corner;
    that is a comparison with the next float that is not below it.
    """
    dtype = np.dtype(code).type
    bucket = np.arange(256)
    scale = NORMAL.x[bucket >> 1].astype(dtype) * ((bucket & 1) * 2 - 1) * dtype(2.0**-24)
    corner = NORMAL.x[(bucket >> 1) + 1]
    limit = corner.astype(dtype)
    limit = np.where(limit < corner, np.nextafter(limit, dtype(np.inf)), limit)
    return scale.astype(dtype), limit.astype(dtype)


def _slow_attempts(
    words: NDArray[np.uint32],
    values: Values,
    bucket: NDArray[np.uint8],
    position: Positions,
    dtype: type[np.floating],
    wedge: Wedge,
    tail: Tail,
) -> _Slow:
    """Work out every slow attempt, as if it began where it stands."""
    stride = 1 if dtype is np.float32 else 2
    layer = (bucket[position] >> 1).astype(np.intp)
    x = np.abs(values[position])
    y01 = words[position + stride].astype(dtype) * dtype(2.0**-32)
    slow = _Slow(
        position,
        np.full(position.size, stride + 1),
        wedge(x, y01, layer, dtype),
        values[position],
    )
    for index in np.flatnonzero((layer == 0) | (y01 >= 1)).tolist():
        _scalar(slow, index, words, x[index], layer[index], bucket, dtype, wedge, tail)
    return slow


def _scalar(
    slow: _Slow,
    index: int,
    words: NDArray[np.uint32],
    x: np.floating,
    layer: int,
    bucket: NDArray[np.uint8],
    dtype: type[np.floating],
    wedge: Wedge,
    tail: Tail,
) -> None:
    """An attempt that ends in the tail, or whose uniform was drawn again; both are rare."""
    begin = int(slow.position[index])
    behind = begin + (1 if dtype is np.float32 else 2)
    count = 0

    def following() -> Iterator[int]:
        nonlocal count
        for start in range(behind, words.size, _SPARE):
            for word in words[start : start + _SPARE].tolist():
                count += 1
                yield word

    iterator = following()
    try:
        if layer == 0:
            sign = dtype(1 if bucket[begin] & 1 else -1)
            slow.value[index], slow.accepted[index] = tail(iterator, dtype) * sign, True
        else:
            y01 = unit_uniform(iterator, dtype)
            point = np.array([x]), np.array([y01]), np.array([layer])
            slow.accepted[index] = wedge(*point, dtype)[0]
        slow.length[index] = behind + count - begin
    except StopIteration:
        slow.length[index] = 0


def _follow(slow: _Slow, stride: int, size: int) -> tuple[list[int], int]:
    """The slow attempts that really begin, and where the first attempt begins that cannot be told."""
    after = (slow.position + slow.length).tolist()
    successors = _next_slow(slow.position, slow.position + slow.length, stride).tolist()
    unknown = (slow.length == 0).tolist()
    current = int(_next_slow(slow.position, np.zeros(1, np.intp), stride)[0])
    chain: list[int] = []
    begin = 0
    while current < len(after):
        if unknown[current]:
            return chain, int(slow.position[current])
        chain.append(current)
        begin, current = after[current], successors[current]
    # All further attempts that lie in the block whole are fast.
    return chain, begin + max(0, -(-(size - begin) // stride)) * stride


def _next_slow(position: Positions, begin: Positions, stride: int) -> Positions:
    """For attempts that begin at `begin` and go on by `stride`: the index of the first slow one."""
    following = np.full(begin.size, position.size)
    for residue in range(stride):
        own = np.flatnonzero(position % stride == residue)
        asked = np.flatnonzero(begin % stride == residue)
        found = np.searchsorted(position[own], begin[asked])
        following[asked] = np.append(own, position.size)[found]
    return following


def _beginnings(slow: _Slow, chain: list[int], end: int, stride: int) -> NDArray[np.bool_]:
    """For each word before `end` whether an attempt begins there that gives a value."""
    position, length = slow.position[chain], slow.length[chain]
    begins = np.ones(end, np.bool_)
    if stride > 1:
        resumed = np.concatenate(([0], position + length))
        runs = np.diff(np.append(resumed, max(end, int(resumed[-1]))))
        begins &= ((np.arange(runs.sum()) - np.repeat(resumed, runs)) % stride == 0)[:end]
    for behind in range(1, int(length.max(initial=1))):
        hidden = position[length > behind] + behind
        begins[hidden[hidden < end]] = False
    begins[position[~slow.accepted[chain]]] = False
    return begins
