"""Arrays of any length cut into batches of a net's, and results put together again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError


def batches(arrays: Mapping[str, NDArray[Any]], size: int) -> Iterator[dict[str, NDArray[Any]]]:
    """Arrays by name in batches of `size` items, the last one filled up with zeros.

    >>> [batch["data"].tolist() for batch in batches({"data": np.arange(1, 4)}, 2)]
    [[1, 2], [3, 0]]
    """
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) != 1:
        raise UsageError(f"inputs have {sorted(lengths)} items: give arrays of one length")
    for start in range(0, lengths.pop(), size):
        batch = {name: np.asarray(array[start : start + size]) for name, array in arrays.items()}
        yield {name: _filled_up(part, size) for name, part in batch.items()}


def _filled_up(part: NDArray[Any], size: int) -> NDArray[Any]:
    missing = np.zeros((size - len(part), *part.shape[1:]), part.dtype)
    return np.concatenate([part, missing]) if len(missing) else part
