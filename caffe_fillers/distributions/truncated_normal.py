"""Normal values without those beyond two standard deviations, which are drawn again: not Caffe's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from caffe_fillers import rng
from caffe_fillers.distributions.contract import Distribution, Reals, Values
from caffe_fillers.distributions.normal import Normal

CUT = 0.87962566103423978
"""Standard deviation of N(0, 1) cut at -2 and 2 (Keras, src/initializers/random_initializers.py)."""
_LIMIT = 2.0


@dataclass(frozen=True)
class TruncatedNormal(Distribution):
    """A normal cut at two standard deviations; `std` is what is left of that.

    TensorFlow and Keras have it. Caffe has no filler for it, so that a draw
    from Caffe's stream is merely one way to have such values.

    >>> [round(bound, 6) for bound in TruncatedNormal(0.0, 0.5).support]
    [-1.136847, 1.136847]
    """

    mean: float = 0.0
    std: float = 1.0

    from_normals = True

    def __str__(self) -> str:
        return f"a normal of std {self.std:.6g} cut at two standard deviations"

    @property
    def whole(self) -> Normal:
        """The normal before it was cut."""
        return Normal(self.mean, self.std / CUT)

    def draw(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> Values:
        """Draw again what lies beyond."""
        low, high = self.support
        values = self.whole.draw(size, stream, dtype)
        while (beyond := np.flatnonzero((values < low) | (values > high))).size:
            values[beyond] = self.whole.draw(beyond.size, stream, dtype)
        return values

    def words(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> int | None:
        """Unknown, as for the normal."""

    @property
    def support(self) -> tuple[float, float]:
        """Two standard deviations of the normal to either side of the mean."""
        half = _LIMIT * self.std / CUT
        return self.mean - half, self.mean + half

    def cdf(self, points: Reals) -> Reals:
        """The normal's, stretched over what is left."""
        tail = math.erfc(_LIMIT / math.sqrt(2)) / 2
        return np.clip((self.whole.cdf(points) - tail) / (1 - 2 * tail), 0.0, 1.0)

    def density(self, points: Reals) -> Reals:
        """The normal's, raised by what is cut."""
        low, high = self.support
        kept = 1 - math.erfc(_LIMIT / math.sqrt(2))
        return np.where((points < low) | (points > high), 0.0, self.whole.density(points) / kept)
