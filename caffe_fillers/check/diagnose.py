"""What values are, if they are not what is declared: damage, the best candidate, and the evidence for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import distributions
from caffe_fillers.check.result import Kind, Mismatch
from caffe_fillers.check.statistics import fit, log_likelihood
from caffe_fillers.frameworks.candidates import candidates
from caffe_fillers.plan import Fill

Floats = NDArray[np.floating]

ACCEPTED = 1e-4
"""The p-value from which on a candidate fits: of a hundred right ones one is missed in a hundred nets."""

_TELLING = 64
"""Values from which on they tell one distribution from others."""

_ANY = 1.0
"""What a distribution that is not the declared one in any way must be likelier by."""

_BEGINNING = 16
"""Values of a row that tell it from others, if they differ: most rows need not be compared as a whole."""


def diagnose(fill: Fill, values: Floats, tolerance: float = 0.0) -> str:
    """A sentence that says what the values are, and why.

    >>> from caffe_fillers import fillers, rng
    >>> fill = Fill("ip1", 0, (40, 50), fillers.Xavier())
    >>> drawn = fillers.Xavier("AVERAGE").fill((40, 50), rng.Stream(3))
    >>> diagnose(fill, drawn)  # doctest: +ELLIPSIS
    "declared xavier FAN_IN, U(-0.244949, 0.244949); values fit xavier AVERAGE, ...
    """
    return explain(fill, values, tolerance).text


def explain(fill: Fill, values: Floats, tolerance: float = 0.0) -> Mismatch:
    """What the values are, as far as they tell: damage, another distribution, or none that is known here."""
    damage = damaged(values)
    if damage:
        return Mismatch(Kind.DAMAGED, damage)
    declared = f"declared {name_of(fill)}, {fill.distribution()}"
    flat = values.ravel().astype(np.float64)
    if flat.size < _TELLING:
        return Mismatch(
            Kind.TRAINED, f"{declared}; {flat.size} values are too few to say what they are: trained?"
        )
    known = [
        _Guess(f"{each.names}, {each.distribution}", each.distribution, 0.0) for each in candidates(fill)
    ]
    fitting = [
        (log_likelihood(guess.distribution, flat) - guess.penalty, guess.name, result.p_value)
        for guess in (*known, *_fitted(fill.distribution(), flat))
        if (result := fit(guess.distribution, values, tolerance)).p_value >= ACCEPTED
        and not _has_other_tails(guess.distribution, flat)
    ]
    if not fitting:
        return Mismatch(Kind.TRAINED, f"{declared}; {_trained(flat)}", {"std": float(flat.std())})
    _, name, p_value = max(fitting, key=lambda entry: entry[0])
    return Mismatch(
        Kind.OTHER_FILLER, f"{declared}; values fit {name}, p = {p_value:.2g}", {"p": float(p_value)}
    )


def damaged(values: Floats) -> str:
    """What no continuous distribution gives: values not finite, all equal, zero or copied by whole rows."""
    return next((found for damage in _DAMAGES if (found := damage(values))), "")


def _not_finite(values: Floats) -> str:
    bad = np.flatnonzero(~np.isfinite(values.ravel()))
    if not bad.size:
        return ""
    first = values.ravel()[bad[0]]
    return f"{bad.size} of {values.size:,} values are NaN or infinite, the first is {first} at {bad[0]}"


def _constant(values: Floats) -> str:
    flat = values.ravel()
    return f"all {flat.size:,} values are {flat[0]:g}" if flat.size > 1 and (flat == flat[0]).all() else ""


def _dead_rows(values: Floats) -> str:
    if values.ndim < 2:
        return ""
    rows = values.reshape(values.shape[0], -1)
    dead = np.flatnonzero(~rows.any(axis=1))
    return f"{dead.size} of {rows.shape[0]} rows are all zero, the first is {dead[0]}" if dead.size else ""


def _duplicates(values: Floats) -> str:
    if values.ndim < 2 or values[0].size < 4:
        return ""
    rows = np.ascontiguousarray(values.reshape(values.shape[0], -1))
    if len({row.tobytes() for row in rows[:, :_BEGINNING]}) == rows.shape[0]:
        return ""
    distinct = len({row.tobytes() for row in rows})
    same = rows.shape[0] - distinct
    return f"{same} of {rows.shape[0]} filters are copies of others" if same else ""


_DAMAGES: tuple[Callable[[Floats], str], ...] = (_not_finite, _constant, _dead_rows, _duplicates)


class _Guess(NamedTuple):
    """A distribution that the values may have, and what to lower its likelihood by if it was fitted."""

    name: str
    distribution: distributions.Distribution
    penalty: float


def _fitted(distribution: distributions.Distribution, flat: distributions.Reals) -> Iterator[_Guess]:
    """The declared distribution times a factor; a uniform and normals of the values' own scale.

    A fitted bound is nearer to the true one, by the number of values, than a
    fitted deviation, by its root: that is the penalty, Schwarz's.
    """
    outer, inner = math.log(flat.size), math.log(flat.size) / 2
    interval = distribution.scale_interval(flat)
    if interval and isinstance(distribution, distributions.Uniform):
        factor = interval[0] * (1 + 1 / flat.size)
        stretched = distributions.Uniform(distribution.low * factor, distribution.high * factor)
        yield _Guess(f"it times {factor:.4f}, {stretched}", stretched, outer)
    elif interval and isinstance(distribution, distributions.Normal):
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
    yield from (_Guess(str(each), each, penalty + _ANY) for each, penalty in own)


def _has_other_tails(distribution: distributions.Distribution, flat: Floats) -> bool:
    """Whether the excess kurtosis, which training raises, is not 0, that of a normal, by five errors."""
    if not isinstance(distribution, distributions.Normal):
        return False
    return abs(_kurtosis(flat)) > 5 * math.sqrt(24 / flat.size)


def _kurtosis(flat: Floats) -> float:
    return float(np.mean(((flat - flat.mean()) / (flat.std() or 1.0)) ** 4)) - 3


def _trained(flat: Floats) -> str:
    spread, kurtosis = flat.std() or 1.0, _kurtosis(flat)
    return (
        f"values fit no initialisation that is known here: trained? "
        f"mean {flat.mean():.4g}, std {spread:.4g}, excess kurtosis {kurtosis:.2g}"
    )


def name_of(fill: Fill) -> str:
    """The declared filler, with its variance norm where it has one."""
    norm = getattr(fill.filler, "variance_norm", None)
    return f"{fill.filler.type_name} {norm.name}" if norm is not None else fill.filler.type_name
