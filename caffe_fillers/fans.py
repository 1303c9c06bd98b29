"""Fan-in and fan-out as Caffe counts them; `eras` says which Caffe counts how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from caffe_fillers.errors import FillerError, UnknownNameError
from caffe_fillers.shapes import Shape, count, format_shape


class VarianceNorm(IntEnum):
    """Fan that xavier and msra divide by: `FillerParameter.VarianceNorm`, caffe.proto."""

    FAN_IN = 0
    FAN_OUT = 1
    AVERAGE = 2

    @classmethod
    def of(cls, value: VarianceNorm | str | int) -> VarianceNorm:
        """Return the convention of a name in any case or a number, as prototxt has it.

        >>> VarianceNorm.of("average"), VarianceNorm.of(1)
        (<VarianceNorm.AVERAGE: 2>, <VarianceNorm.FAN_OUT: 1>)
        """
        try:
            return cls[value.upper()] if isinstance(value, str) else cls(value)
        except (KeyError, ValueError):
            raise UnknownNameError("variance_norm", str(value), cls.__members__) from None


class Fans(NamedTuple):
    """Number of inputs and of outputs of a weight blob, by Caffe's counting."""

    fan_in: int
    fan_out: int


@dataclass(frozen=True, kw_only=True)
class Convention:
    """Rules by which one Caffe's fillers compute; the defaults are BVLC's master, `name` is for messages.

    legacy_blobs: inner product weights are 1x1xNxK and biases 1x1x1xN, so
    that fan_in is N*K (BVLC/caffe#1575).
    legacy_accessors: fans come from num() and channels(), which give 1 for
    an axis that is not there and refuse more than four, unless `five_axes`
    holds, as in C3D; Intel's PReLU takes five as well.
    one_axis: whether xavier and msra can fill a blob of one axis.
    bilinear: which formula the filler has, None before there was one.
    variance_norm: whether the field exists (and with it the msra filler).
    """

    name: str = "master"
    legacy_blobs: bool = False
    legacy_accessors: bool = False
    five_axes: bool = False
    one_axis: bool = True
    bilinear: str | None = "double"
    variance_norm: bool = True

    def fans(self, shape: Shape) -> Fans:
        """Fan-in and fan-out of a blob.

        >>> MASTER.fans((64, 3, 7, 7)), MASTER.fans((10,)), MASTER.fans((1, 1, 10, 20))
        (Fans(fan_in=147, fan_out=3136), Fans(fan_in=1, fan_out=10), Fans(fan_in=200, fan_out=200))
        """
        if self.legacy_accessors:
            if len(shape) > 4 and not self.five_axes:
                raise FillerError(
                    f"Caffe {self.name} cannot compute fans of the {len(shape)} axes of "
                    f"{format_shape(shape)}: num() and channels() end at four"
                )
            num, channels = (*shape, 1, 1)[:2]
        elif not shape:
            raise FillerError("a blob without axes has no fan-in: Caffe's xavier and msra need shape(0)")
        elif len(shape) == 1 and not self.one_axis:
            raise FillerError(f"Caffe {self.name} crashes on xavier or msra for a blob of one axis")
        else:
            num, channels = shape[0], shape[1] if len(shape) > 1 else 1
        return Fans(count(shape) // num, count(shape) // channels)


def scale_count(fans: Fans, norm: VarianceNorm, dtype: type[np.floating]) -> np.floating:
    """The `n` of sqrt(3/n) and sqrt(2/n), in the arithmetic of Caffe's `Dtype`.

    The sum of the fans is taken in integers and halved in floating point
    (`XavierFiller`, include/caffe/filler.hpp, BVLC/caffe 9b8915401).
    """
    numbers = {
        VarianceNorm.FAN_IN: dtype(fans.fan_in),
        VarianceNorm.FAN_OUT: dtype(fans.fan_out),
        VarianceNorm.AVERAGE: dtype(fans.fan_in + fans.fan_out) / dtype(2),
    }
    n: np.floating = numbers[norm]
    return n


MASTER = Convention()
