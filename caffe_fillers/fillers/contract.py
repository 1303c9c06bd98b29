"""Contract of a filler, the registry, and the filler of a FillerParameter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import ClassVar, TypeVar

import numpy as np

from caffe_fillers import distributions, rng
from caffe_fillers._registry import Registry
from caffe_fillers.errors import FillerError, UsageError
from caffe_fillers.fans import MASTER, Convention
from caffe_fillers.resources import require_memory
from caffe_fillers.schema import FillerParameter
from caffe_fillers.schema.extras import PRIVATE
from caffe_fillers.shapes import Shape, count, format_shape, given_shape

NOT_SPARSE = -1


@dataclass(frozen=True)
class Filler(ABC):
    """Filling of a parameter blob, as a layer asks for it.

    A subclass is a frozen dataclass whose fields are those of FillerParameter
    that it reads; the others are ignored, as Caffe does. Numbers are rounded
    to float32 first, for that is what FillerParameter holds.
    """

    sparse: int = field(default=NOT_SPARSE, kw_only=True)
    type_name: ClassVar[str]

    @abstractmethod
    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """The distribution that Caffe draws a blob of this shape from.

        `dtype` is Caffe's `Dtype`, in whose arithmetic bounds and deviations
        are computed. A blob that Caffe refuses to fill is a `FillerError`.
        """

    def fill(
        self,
        shape: Shape,
        stream: rng.Stream,
        dtype: type[np.floating] = np.float32,
        convention: Convention = MASTER,
    ) -> distributions.Values:
        """Draw a blob, moving the stream on; see `distribution` for arguments and errors.

        >>> from caffe_fillers.fillers import Xavier
        >>> Xavier(variance_norm="FAN_OUT").fill((2, 3), rng.Stream(1701)).shape
        (2, 3)
        """
        if not isinstance(stream, rng.Stream):
            raise UsageError(
                f"fill draws from a stream, not from {stream!r}: {type(self).__name__}(...).fill(shape, "
                f"cf.Stream(1701)), or cf.fill(shape, {self.type_name!r}, seed=1701)"
            )
        dims = given_shape(shape)
        return self.distribution(dims, dtype, convention).sample(dims, stream, dtype)

    def require_dense(self, shape: Shape) -> None:
        """The two checks that all fillers share; only gaussian supports `sparse`."""
        require_values(shape)
        if self.sparse != NOT_SPARSE:
            raise FillerError(
                f"the {self.type_name} filler does not support sparse (here {self.sparse}); "
                "gaussian is the only one that does"
            )


def require_values(shape: Shape) -> None:
    """Caffe's CHECK(count): no filler accepts a blob without values."""
    if count(shape) == 0:
        raise FillerError(f"a filler cannot fill a blob of shape {format_shape(shape)}: it holds no values")


def require_finite(filler: Filler, *fields: str) -> None:
    """Caffe's generators take no infinity and no NaN."""
    for name in fields:
        value = float(np.float32(getattr(filler, name)))
        if not np.isfinite(value):
            raise FillerError(f"the {filler.type_name} filler has {name} {value:g}: give a finite number")


def require_held(size: int) -> None:
    """Refuse values that must all be in memory at once, with what they are computed from, and cannot."""
    require_memory(4 * 4 * size, f"a filler that makes {size:,} values at once needs")


_ELSEWHERE = {
    **dict.fromkeys(("normal", "random_normal", "randn"), "gaussian"),
    **dict.fromkeys(("glorot", "glorot_uniform", "xavier_uniform"), "xavier"),
    **dict.fromkeys(("he", "he_normal", "kaiming", "kaiming_normal"), "msra"),
    **dict.fromkeys(("zero", "zeros", "one", "ones"), "constant"),
    **dict.fromkeys(("random_uniform", "rand"), "uniform"),
    "upsample": "bilinear",
}
"""What other frameworks call Caffe's fillers, or nearly so."""

filler_types: Registry[type[Filler]] = Registry("filler type", __package__, mark="+", elsewhere=_ELSEWHERE)

FillerClass = TypeVar("FillerClass", bound=type[Filler])


def filler(type_name: str) -> Callable[[FillerClass], FillerClass]:
    """Register a filler class under the name that prototxts use."""

    def decorate(filler_class: FillerClass) -> FillerClass:
        filler_class.type_name = type_name
        filler_types.add(type_name, filler_class)
        return filler_class

    return decorate


def from_parameter(parameter: FillerParameter) -> Filler:
    """Return the filler that a FillerParameter describes; an unset type is constant, as in caffe.proto.

    >>> from_parameter(FillerParameter(type="gaussian", std=0.5))
    Gaussian(sparse=-1, mean=0.0, std=0.5)
    """
    filler_class = _class_for(parameter)
    return filler_class(**{each.name: getattr(parameter, each.name) for each in fields(filler_class)})


def ignored_fields(parameter: FillerParameter) -> list[str]:
    """Return the fields that are set although the filler's type does not read them.

    >>> ignored_fields(FillerParameter(type="xavier", std=0.1))
    ['std']
    """
    read = {each.name for each in fields(_class_for(parameter))} | {"type", "text_extra"}
    return [descriptor.name for descriptor, _ in parameter.ListFields() if descriptor.name not in read]


def _class_for(parameter: FillerParameter) -> type[Filler]:
    """The type's class, or the one it becomes by a fork's field, registered as type+field.

    Fields of two different forks are a `FillerError`: no Caffe has both.
    """
    variants = {
        descriptor.name: variant
        for descriptor, _ in parameter.ListFields()
        if descriptor.number >= PRIVATE and (variant := filler_types.variant(parameter.type, descriptor.name))
    }
    if len(variants) > 1:
        raise FillerError(
            f"the {parameter.type} filler has {' and '.join(variants)}, each of another fork, and no Caffe "
            "has both: remove one"
        )
    return next(iter(variants.values()), None) or filler_types[parameter.type]
