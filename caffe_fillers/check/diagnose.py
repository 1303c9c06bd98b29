"""Diagnose values that no seed explains: damaged, of another distribution, or of none that is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import distributions
from caffe_fillers.check.evidence import damage, name_of
from caffe_fillers.check.findings import Kind, Mismatch, Numbers
from caffe_fillers.check.statistics import fit, log_likelihood
from caffe_fillers.frameworks.candidates import candidates
from caffe_fillers.plan import Fill

Floats = NDArray[np.floating]

ACCEPTED = 1e-4
"""The p-value from which on a candidate fits: of a hundred right ones one is missed in a hundred nets."""

_MIN_VALUES = 256
"""Fewest values that tell one distribution from others."""

_UNRELATED = 1.0
"""Log-likelihood by which a distribution unrelated to the declared one must be ahead."""


def explain(fill: Fill, values: Floats, tolerance: float = 0.0) -> Mismatch:
    """Explain values: by damage, another distribution, or none that is known here.

    >>> from caffe_fillers import fillers, rng
    >>> fill = Fill("ip1", 0, (40, 50), fillers.Xavier())
    >>> drawn = fillers.Xavier("AVERAGE").fill((40, 50), rng.Stream(3))
    >>> explain(fill, drawn).numbers["fits"]
    "xavier AVERAGE, Keras' and TensorFlow's glorot_uniform, MXNet's Xavier, U(-0.258199, 0.258199)"
    """
    if (damaged := damage(values, fill.distribution().zeros)) is not None:
        return damaged
    declared: Numbers = {"filler": name_of(fill), "declared": str(fill.distribution())}
    flat = values.ravel().astype(np.float64)
    if flat.size < _MIN_VALUES:
        return Mismatch.of(Kind.TRAINED, **declared, size=flat.size)
    known = [
        _Guess(f"{each.names}, {each.distribution}", each.distribution, 0.0) for each in candidates(fill)
    ]
    fitting = [
        (log_likelihood(guess.distribution, flat) - guess.penalty, guess.name, fitted.p_value)
        for guess in (*known, *_fitted(fill.distribution(), flat))
        if (fitted := fit(guess.distribution, values, tolerance)).p_value >= ACCEPTED
        and not _has_other_tails(guess.distribution, flat)
    ]
    if not fitting:
        shown = {"mean": float(flat.mean()), "std": float(flat.std()), "kurtosis": _kurtosis(flat)}
        return Mismatch.of(Kind.TRAINED, **declared, **shown)
    _, name, p_value = max(fitting, key=lambda entry: entry[0])
    return Mismatch.of(Kind.OTHER_FILLER, **declared, fits=name, p=float(p_value))


class _Guess(NamedTuple):
    """A distribution that the values may have, and what to lower its likelihood by if it was fitted."""

    name: str
    distribution: distributions.Distribution
    penalty: float


def _fitted(distribution: distributions.Distribution, flat: distributions.Reals) -> Iterator[_Guess]:
    """Yield the declared distribution times a factor, and a uniform and normals of the values' own scale.

    A fitted bound is nearer to the true one, by the number of values, than a
    fitted standard deviation, by its root: that is the penalty, Schwarz's.
    """
    outer, inner = math.log(flat.size), math.log(flat.size) / 2
    interval = distribution.scale_interval(flat)
    if interval and distribution.bound is not None:
        factor = interval[0] * (1 + 1 / flat.size)
        low, high = distribution.support
        stretched = distributions.Uniform(low * factor, high * factor)
        yield _Guess(f"it times {factor:.4f}, {stretched}", stretched, outer)
    elif interval and distribution.from_normals:
        factor = float(np.sqrt(np.mean(flat**2) / (distribution.mean**2 + distribution.std**2)))
        normal = distributions.Normal(distribution.mean * factor, distribution.std * factor)
        yield _Guess(f"it times {factor:.4f}, {normal}", normal, inner)
    bound = float(np.abs(flat).max()) * (1 + 1 / flat.size)
    spread = float(np.sqrt(np.mean(flat**2))) or 1.0
    own: tuple[tuple[distributions.Distribution, float], ...] = (
        (distributions.Uniform(-bound, bound), outer),
        (distributions.Normal(0.0, spread), inner),
        (distributions.TruncatedNormal(0.0, spread), inner),
    )
    yield from (_Guess(str(each), each, penalty + _UNRELATED) for each, penalty in own)


def _has_other_tails(distribution: distributions.Distribution, flat: Floats) -> bool:
    """Return whether the excess kurtosis, which training raises, is five errors from a normal's 0."""
    if not distribution.from_normals or distribution.zeros or math.isfinite(distribution.support[1]):
        return False
    return abs(_kurtosis(flat)) > 5 * math.sqrt(24 / flat.size)


def _kurtosis(flat: Floats) -> float:
    return float(np.mean(((flat - flat.mean()) / (flat.std() or 1.0)) ** 4)) - 3
