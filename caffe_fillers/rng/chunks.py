"""Values of a whole blob, chunk after chunk; several threads draw parts of it where that pays."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from caffe_fillers.rng.kernel import ALL
from caffe_fillers.rng.reals import Dtype, Reals
from caffe_fillers.rng.stream import Stream

if TYPE_CHECKING:
    from concurrent.futures import Future

CHUNK = 1 << 18
"""Values that are drawn at a time, so that a blob of any size passes through a processor's cache."""
_PART = 3 << 19
"""Words that a thread draws from: 6 MB, of which two threads hold three, and a jump of 0.2 ms."""

Draw: TypeAlias = Callable[[Stream, Reals, int], int]
"""Fill an array until it is full or a number of words is taken; return how many values were drawn."""


def chunks(stream: Stream, size: int, dtype: Dtype, draw: Draw) -> Iterator[Reals]:
    """Draw `size` values of `dtype`, about CHUNK at a time; the stream then stands after the last one.

    >>> def draw(stream, out, most):
    ...     out[:] = stream.words(out.size)
    ...     return out.size
    >>> [chunk.tolist() for chunk in chunks(Stream(5489), 2, np.float64, draw)]
    [[3499211612.0, 581869302.0]]
    """
    if stream.threads > 1 and stream.key is not None and size >= 2 * _PART:
        size -= yield from _parts(stream, size, dtype, draw)
    for begin in range(0, size, CHUNK):
        values = np.empty(min(CHUNK, size - begin), dtype)
        draw(stream, values, ALL)
        yield values


def _parts(stream: Stream, size: int, dtype: Dtype, draw: Draw) -> Generator[Reals, None, int]:
    """Draw parts of `_PART` words each and return how many values they made: not all, for the last are few.

    A word gives one value at most, so each part is wanted whole. Threads jump
    to where later parts begin if every part ends with its last word. One in
    eighty parts of normals does not, because its last value takes words of
    the next part; the parts after it are then begun anew. A part is begun
    when the reader has let go of an earlier one, whose memory it takes.
    """
    from concurrent.futures import ThreadPoolExecutor  # 5 ms, for large blobs alone

    drawn, start = 0, stream.copy()
    turns: deque[Future[tuple[Reals, Stream]]] = deque()

    def begin_parts() -> None:
        nonlocal start
        while len(turns) < stream.threads and (len(turns) + 1) * _PART <= size - drawn:
            following = start.jumped(_PART)
            turns.append(pool.submit(_part, start, np.empty(_PART, dtype), draw))
            start = following

    with ThreadPoolExecutor(stream.threads, "parts") as pool:
        while size - drawn >= _PART:
            begin_parts()
            end = stream.position + _PART
            values, reached = turns.popleft().result()
            stream.move_to(reached)
            drawn += values.size
            if stream.position != end:
                turns.clear()
                start = stream.copy()
            for begin in range(0, values.size, CHUNK):
                yield values[begin : begin + CHUNK]
                begin_parts()
    return drawn


def _part(stream: Stream, values: Reals, draw: Draw) -> tuple[Reals, Stream]:
    return values[: draw(stream, values, _PART)], stream
