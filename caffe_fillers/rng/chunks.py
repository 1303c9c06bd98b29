"""Values of a whole blob, chunk after chunk; several threads draw parts of it where that pays."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from caffe_fillers.rng.reals import Dtype, Reals
from caffe_fillers.rng.stream import Stream

if TYPE_CHECKING:
    from concurrent.futures import Future

CHUNK = 1 << 18
"""Values that are drawn at a time, so that a blob of any size passes through a processor's cache."""
_PART = 1 << 20
"""Words that a thread draws from: 4 MB, of which two threads hold three."""

Draw: TypeAlias = Callable[[Stream, Reals], object]
"""Fill an array."""
DrawPart: TypeAlias = Callable[[Stream, Reals, int], int]
"""Fill an array until it is full or a number of words is taken; return how many values were drawn."""


def chunks(stream: Stream, size: int, dtype: Dtype, draw: Draw) -> Iterator[Reals]:
    """Draw `size` values of `dtype`, CHUNK at a time; the stream then stands after the last one.

    >>> def draw(stream, out):
    ...     out[:] = stream.words(out.size)
    >>> [chunk.tolist() for chunk in chunks(Stream(5489), 2, np.float64, draw)]
    [[3499211612.0, 581869302.0]]
    """
    for begin in range(0, size, CHUNK):
        values = np.empty(min(CHUNK, size - begin), dtype)
        draw(stream, values)
        yield values


def chunks_in_parts(stream: Stream, size: int, dtype: Dtype, draw: DrawPart) -> Generator[Reals, None, int]:
    """Draw parts of `_PART` words, each in a thread, and return how many values they made.

    None where one thread or numpy draws, else all but the last, too few for a
    part. A word gives one value at most, so each part is wanted whole. Threads
    pass over the words of earlier parts if every part ends with its last word.
    One in eighty parts of normals does not, because its last value takes words
    of the next part; the parts after it are then begun anew. A thread draws
    into memory of its own, which is still in its processor's cache.
    """
    if stream.threads == 1 or stream.key is None or size < 2 * _PART:
        return 0
    from concurrent.futures import ThreadPoolExecutor  # 5 ms, for large blobs alone

    drawn, start = 0, stream.copy()
    turns: deque[Future[tuple[Reals, Stream]]] = deque()

    def begin_parts() -> None:
        nonlocal start
        while len(turns) < stream.threads and (len(turns) + 1) * _PART <= size - drawn:
            following = start.jumped(_PART)
            turns.append(pool.submit(_part, start, dtype, draw))
            start = following

    with ThreadPoolExecutor(stream.threads, "parts") as pool:
        begin_parts()
        while turns:
            end = stream.position + _PART
            values, reached = turns.popleft().result()
            stream.move_to(reached)
            drawn += values.size
            if stream.position != end:
                turns.clear()
                start = stream.copy()
            begin_parts()
            yield from (values[begin : begin + CHUNK] for begin in range(0, values.size, CHUNK))
    return drawn


def _part(stream: Stream, dtype: Dtype, draw: DrawPart) -> tuple[Reals, Stream]:
    values = np.empty(_PART, dtype)
    return values[: draw(stream, values, _PART)], stream
