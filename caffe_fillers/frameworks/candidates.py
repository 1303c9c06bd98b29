"""The distributions that people have had for a blob, in Caffe of any age and beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from caffe_fillers import distributions
from caffe_fillers.eras import find_era
from caffe_fillers.errors import FillerError
from caffe_fillers.fans import MASTER, VarianceNorm
from caffe_fillers.fillers import MSRA, Bilinear, Filler, Xavier
from caffe_fillers.frameworks.initializers.named import NAMED
from caffe_fillers.plan import Fill
from caffe_fillers.shapes import Shape, count


@dataclass(frozen=True)
class Candidate:
    """A distribution that values may have instead; `caffe` says that Caffe's stream makes them."""

    name: str
    distribution: distributions.Distribution
    caffe: bool = False
    also: tuple[str, ...] = ()
    """What else has the same distribution."""

    @property
    def names(self) -> str:
        """All names."""
        return ", ".join((self.name, *self.also))


def candidates(fill: Fill) -> list[Candidate]:
    """Every distribution but the declared one, those that are the same under all of their names.

    >>> names = [each.names for each in candidates(Fill("conv", 0, (8, 4, 3, 3), Xavier()))]
    >>> names[1]
    "xavier AVERAGE, Keras' and TensorFlow's glorot_uniform, MXNet's Xavier"
    """
    if not fill.shape or count(fill.shape) == 0:
        return []
    merged: dict[str, Candidate] = {}
    beside = _beside_caffe(fill.shape) if len(fill.shape) > 1 else ()  # elsewhere a vector is a bias, and 0
    for each in (*_of_caffe(fill), *beside):
        key = f"{each.distribution}" if each.distribution.is_random else each.name
        first = merged.get(key)
        merged[key] = replace(first, also=(*first.also, each.name)) if first else each
    declared = str(fill.distribution())
    return [each for key, each in merged.items() if key != declared]


def _of_caffe(fill: Fill) -> Iterator[Candidate]:
    swapped = {VarianceNorm.FAN_IN: VarianceNorm.FAN_OUT, VarianceNorm.FAN_OUT: VarianceNorm.FAN_IN}
    declared = getattr(fill.filler, "variance_norm", None)
    for kind in (Xavier, MSRA):
        for norm in VarianceNorm:
            turned = fill.inputs_first and declared is not None and swapped.get(declared) is norm
            name = f"{kind.type_name} {norm.name}{' (fans swapped: inputs come first)' if turned else ''}"
            yield Candidate(name, kind(norm).distribution(fill.shape), caffe=True)
    if fill.legacy_shape:
        yield from _of_old_caffe("xavier of Caffe before 2015-03", Xavier(), fill.legacy_shape, ["rc"])
    if len(fill.shape) == 4 and fill.shape[2] == fill.shape[3]:
        yield from _of_old_caffe("bilinear of Caffe", Bilinear(), fill.shape, ["1.0", "master"])
    yield Candidate("gaussian with std 0.01", distributions.Normal(0.0, float(np.float32(0.01))), caffe=True)
    yield Candidate("gaussian with std 1, the filler's default", distributions.Normal(0.0, 1.0), caffe=True)
    yield Candidate("uniform from 0 to 1, the filler's default", distributions.Uniform(0.0, 1.0), caffe=True)


def _of_old_caffe(name: str, filler: Filler, shape: Shape, releases: Iterable[str]) -> Iterator[Candidate]:
    for release in releases:
        try:
            distribution = filler.distribution(shape, np.float32, find_era(release).convention)
        except FillerError:  # that Caffe did not have the filler, or not for such a shape
            continue
        yield Candidate(
            f"{name} {release}" if name.startswith("bilinear") else name, distribution, caffe=True
        )


def _beside_caffe(shape: Shape) -> Iterator[Candidate]:
    """Other frameworks' initializers; their fans are Caffe's fan_in and fan_out of a convolution."""
    fans = MASTER.fans(shape)
    for each in NAMED:
        yield Candidate(each.name, each.distribution(fans))
