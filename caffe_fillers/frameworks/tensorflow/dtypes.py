"""The floating types that TensorFlow draws in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from caffe_fillers.errors import MissingExtraError, UnknownNameError


@dataclass(frozen=True)
class Dtype:
    """A floating type and how random words become values of it.

    fraction_bits: how many random bits a uniform value has.
    values_per_block: how many values come of the four words of a block.
    compute: the type that normal values are computed in before they are rounded.
    """

    name: str
    numpy: np.dtype[np.generic]
    fraction_bits: int
    values_per_block: int = 4
    compute: type[np.floating] = np.float32

    @property
    def computed(self) -> Dtype:
        """The type that normal values of this one are computed in."""
        return dtype_of(self.compute)


_FLOATS = {
    "float16": Dtype("float16", np.dtype(np.float16), 10),
    "float32": Dtype("float32", np.dtype(np.float32), 23),
    "float64": Dtype("float64", np.dtype(np.float64), 52, values_per_block=2, compute=np.float64),
}
_BFLOAT16 = "bfloat16"


def dtype_of(dtype: DTypeLike | Dtype) -> Dtype:
    """Return the type of a name or a numpy dtype; bfloat16 needs the package ml_dtypes.

    >>> dtype_of("float64").values_per_block
    2
    >>> dtype_of("float8")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    caffe_fillers.errors.UnknownNameError: unknown floating type 'float8' (did you mean 'float64'?); ...
    """
    if isinstance(dtype, Dtype):
        return dtype
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    if name == _BFLOAT16:
        return _bfloat16()
    if name not in _FLOATS:
        raise UnknownNameError("floating type", name, [*_FLOATS, _BFLOAT16])
    return _FLOATS[name]


def _bfloat16() -> Dtype:
    try:
        import ml_dtypes
    except ImportError:
        raise MissingExtraError("ml_dtypes", "bfloat16") from None
    return Dtype(_BFLOAT16, np.dtype(ml_dtypes.bfloat16), 7)
