"""Seeds and the streams that come from them."""

from __future__ import annotations

from operator import index
from typing import SupportsIndex

from caffe_fillers.errors import UsageError
from caffe_fillers.rng import BOOST, Stream

MAX_SEED = 2**32 - 1  # Caffe::set_random_seed takes an unsigned int


def fresh_seed() -> int:
    """Return an unpredictable seed, for runs without one."""
    import secrets  # 6 ms, for runs without a seed

    return secrets.randbelow(MAX_SEED + 1)


def check_seed(seed: SupportsIndex) -> int:
    """Return the seed, if it is valid.

    >>> check_seed(1701)
    1701
    """
    try:
        number = index(seed)
    except TypeError:
        raise UsageError(f"seed {seed!r} is no whole number") from None
    if not 0 <= number <= MAX_SEED:
        raise UsageError(f"seed {number} is outside 0 to {MAX_SEED}, what Caffe's generator takes")
    return number


def make_stream(
    seed: int | None = None,
    stream: Stream | None = None,
    boost: str | None = None,
    generator: str = "mt19937",
) -> Stream:
    """Return the given stream, or that of the seed, or that of a fresh seed."""
    if stream is not None:
        if seed is not None or boost is not None:
            raise UsageError("give a stream or a seed with its boost, not both: a stream has them already")
        return stream
    return Stream(
        fresh_seed() if seed is None else check_seed(seed), boost=boost or BOOST, generator=generator
    )
