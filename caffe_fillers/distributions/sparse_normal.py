"""Normal values most of which are set to zero: the gaussian filler with `sparse`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from caffe_fillers import rng
from caffe_fillers.distributions.contract import Distribution, Reals, Values
from caffe_fillers.distributions.goodness import Test
from caffe_fillers.distributions.normal import Normal


@dataclass(frozen=True)
class SparseNormal(Distribution):
    """A normal of which each value is kept with probability `keep` and is zero otherwise.

    Caffe multiplies by a mask of 0 and 1 that it draws after all the
    normals; a negative value that is dropped becomes -0.

    >>> SparseNormal(Normal(), 0.5).cdf(np.array([-1e-9, 0.0]))
    array([0.25, 0.75])
    """

    normal: Normal
    keep: float

    outputs_per_value = 2
    from_normals = True

    def __str__(self) -> str:
        return f"{self.normal}, {self.keep:.4g} kept"

    def draw(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> Values:
        """Draw the normals, then the mask."""
        values = self.normal.draw(size, stream, dtype)
        values *= rng.bernoulli(stream, size, dtype(self.keep), dtype)
        return values

    def chunks(
        self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32
    ) -> Iterator[Values]:
        """Draw the normals twice: the first time to learn where the mask begins."""
        masks = stream.copy()
        for _ in self.normal.chunks(size, masks, dtype):
            pass
        for values in self.normal.chunks(size, stream, dtype):
            yield values * rng.bernoulli(masks, values.size, dtype(self.keep), dtype).astype(dtype)
        stream.skip(masks.position - stream.position)

    def words(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> int | None:
        """Unknown, as for the normal."""

    @property
    def mean(self) -> float:
        """The normal's, as far as it is kept."""
        return self.normal.mean * self.keep

    @property
    def std(self) -> float:
        """The std of the mixture of the normal and zero."""
        second_moment = self.keep * (self.normal.std**2 + self.normal.mean**2)
        return math.sqrt(second_moment - self.mean**2)

    @property
    def support(self) -> tuple[float, float]:
        """All numbers."""
        return self.normal.support

    @property
    def zeros(self) -> float:
        """Those that are not kept."""
        return 1 - self.keep

    def cdf(self, points: Reals) -> Reals:
        """The normal's as far as it is kept, and a step at zero."""
        return self.keep * self.normal.cdf(points) + self.zeros * (points >= 0)

    def density(self, points: Reals) -> Reals:
        """Return the density of the values that are kept."""
        return self.keep * self.normal.density(points)

    def tests(self, values: Reals, tolerance: float = 0.0) -> tuple[Test, ...]:
        """Compare the number of values that are not zero, which is binomial, and these with the normal."""
        from scipy.special import bdtr, bdtrc

        kept = values[values != 0]
        if 0 < self.keep < 1:
            tails = bdtr(kept.size, values.size, self.keep), bdtrc(kept.size - 1, values.size, self.keep)
            p_value = float(min(1.0, 2 * min(tails)))
        else:
            p_value = float(kept.size == round(self.keep * values.size))
        number = Test("nonzero", kept.size / values.size, self.keep, p_value)
        return number, *(self.normal.tests(kept, tolerance) if kept.size else ())
