"""The compiled loops. A state is n words, not tempered, and how many of them are used up.

Those that draw return how many values they drew and of how many words.
"""

from typing import Any

from numpy import bool_, floating, int32, uint64
from numpy.typing import NDArray

from caffe_fillers.rng.twister import Words

Reals = NDArray[floating[Any]]

INTERFACE: int

def words(state: Words, out: Words, /) -> tuple[int, int]: ...
def uniform(state: Words, out: Reals, is_double: bool, low: float, upper: float, /) -> tuple[int, int]: ...
def normal(
    state: Words,
    out: Reals,
    is_double: bool,
    mean: float,
    std: float,
    most: int,
    family: int,
    tables: Reals,
    libm: Reals,
    /,
) -> tuple[int, int]: ...
def bernoulli(state: Words, out: NDArray[bool_], is_double: bool, limit: float, /) -> tuple[int, int]: ...
def add(words: Words, begins: NDArray[int32], total: Words, /) -> None: ...
def subtract(
    rows: NDArray[uint64],
    width: int,
    begin: int,
    left: int,
    chosen: NDArray[uint64],
    tables: NDArray[uint64],
    /,
) -> None: ...
def skip(state: Words, size: int, /) -> tuple[int, int]: ...
def untwist(state: Words, /) -> tuple[int, int]: ...
