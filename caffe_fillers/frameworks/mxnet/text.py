"""Numbers on their way into MXNet's operators: written as text by Python, read as float32 by dmlc.

`dmlc::stof` (dmlc-core, include/dmlc/strtonum.h, `ParseFloat<float>`) rounds
at every step, so that some numbers are not read as the nearest float32.
"""

from __future__ import annotations

import numpy as np

from caffe_fillers.errors import InitializerError

_DIGITS = 19
"""Digits after the point that are read; more are passed over."""


def float32_parameter(number: float) -> np.float32:
    """The float32 that an operator gets for a number; out of float32's range is an `InitializerError`.

    >>> [bool(float32_parameter(number) == np.float32(number)) for number in (0.1, 3**0.5)]
    [True, False]
    """
    limits = np.finfo(np.float32)
    if number != 0 and not limits.tiny <= abs(number) <= limits.max:
        raise InitializerError(f"{number} is out of the range that MXNet reads as float32")
    mantissa, _, exponent = repr(abs(float(number))).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction[:_DIGITS]
    value = np.float32(int(whole)) + np.float32(float(int(fraction or "0")) / float(10 ** len(fraction)))
    power = abs(int(exponent or "0"))
    scale = np.float32(1)
    for factor in [1e8] * (power // 8) + [10] * (power % 8):
        scale *= np.float32(factor)
    value = value / scale if exponent.startswith("-") else value * scale
    result: np.float32 = -value if number < 0 else value
    return result
