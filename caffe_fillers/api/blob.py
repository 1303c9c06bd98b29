"""One blob, filled as Caffe fills it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_fillers import fillers
from caffe_fillers.api.seeds import make_stream
from caffe_fillers.eras import find_era
from caffe_fillers.errors import UsageError
from caffe_fillers.resources import require_memory
from caffe_fillers.shapes import check_blob_shape, count, given_shape

if TYPE_CHECKING:
    from caffe_fillers.distributions import Values
    from caffe_fillers.rng import Stream


def fill(
    shape: tuple[int, ...],
    type: str = "constant",
    *,
    seed: int | None = None,
    stream: Stream | None = None,
    dtype: str | type[np.floating] = "float32",
    boost: str | None = None,
    caffe: str = "master",
    **parameters: Any,
) -> Values:
    """Return an array of `shape`, drawn by the filler `type` as Caffe draws it.

    `parameters` are fields of FillerParameter: value, min, max, mean, std,
    sparse, variance_norm. Give `seed` for a stream of its own or `stream` to
    go on with one; without either the seed is fresh. `dtype` is float32 or
    float64, Caffe's `Dtype`; `boost` and `caffe` name releases. What Caffe
    refuses is a `FillerError`, an unknown type an `UnknownNameError`.

    >>> fill((2, 3), "xavier", variance_norm="AVERAGE", seed=1701).shape
    (2, 3)
    """
    filler_class = fillers.filler_types[type]
    try:
        filler = filler_class(**parameters)
    except TypeError:
        known = ", ".join(sorted(filler_class.__dataclass_fields__))
        raise UsageError(f"the {type} filler takes {known}; not {', '.join(sorted(parameters))}") from None
    shape = given_shape(shape)
    check_blob_shape(shape)
    require_memory(8 * count(shape), "the values take")
    scalar = np.dtype(dtype).type
    if scalar not in (np.float32, np.float64):
        raise UsageError(f"Caffe computes in float32 or float64, not {np.dtype(dtype)}")
    return filler.fill(shape, make_stream(seed, stream, boost), scalar, find_era(caffe).convention)
