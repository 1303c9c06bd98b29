"""Tests of values against a law: what can be said without a seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import laws
from caffe_fillers.check.candidates import CUT, TruncatedNormal
from caffe_fillers.errors import MissingExtraError
from caffe_fillers.fillers.forks import UnitNorm

Floats = NDArray[np.floating]

_FEW, _MANY, _EXACT = 8, 100, 5000
_SHAPE_VALUES = 1 << 20
_LEAST, _MISSED = 4, 1e-3
"""Values that say anything of a scale, and how often what is said is wrong."""
_SLACK = 1e-6
"""Relative room at the bounds and for constants, for the rounding of the law's own parameters."""

_TRUNCATED_EXCESS = 1.3655367
"""Fourth moment over squared second, less 1, of a normal cut at two deviations: E[(z**2 - 1)**2]."""


@dataclass(frozen=True)
class Fit:
    """How values fit a law: a p-value, 0 where it is impossible; the scale's relative error; words for it."""

    p_value: float
    effect: float
    evidence: str


def fit(law: laws.Law | TruncatedNormal, values: Floats, tolerance: float = 0.0) -> Fit:
    """Test values, in any order, against a law; `tolerance` is an absolute error that is forgiven.

    The p-value is Bonferroni's over the tests that are made of one blob. Under
    the law it is below p in at most p of all cases; a constant law knows only
    0 and 1.

    >>> fit(laws.Constant(0.0), np.zeros(3)).p_value
    1.0
    """
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        return Fit(0.0, math.nan, f"{bad} of {values.size:,} values are NaN or infinite")
    return _TESTS[type(law)](law, np.asarray(values, np.float64).ravel(), tolerance)


def scale_interval(law: laws.Law, values: Floats) -> tuple[float, float] | None:
    """The positive factors that a uniform's or normal's values may have been multiplied by.

    The true one is missed in one case of a thousand. Nothing is said of other
    laws, nor of values that no positive factor explains.

    >>> low, high = scale_interval(laws.Uniform(0.0, 1.0), np.linspace(0.02, 1.1, 100))
    >>> round(low, 4), round(high, 4)
    (1.1, 1.2132)
    """
    size = values.size
    if size < _LEAST or not law.std > 0:
        return None
    if isinstance(law, laws.Normal):
        chi2 = _scipy().chi2
        squares = float(np.sum((values - (values.mean() if law.mean else 0.0)) ** 2, dtype=np.float64))
        tails = chi2.isf(_MISSED / 2, size), chi2.ppf(_MISSED / 2, size)
        low, high = (math.sqrt(squares / tail) / law.std for tail in tails)
        return low, high
    if not isinstance(law, laws.Uniform):
        return None
    least, greatest = float(values.min()), float(values.max())
    share = (_MISSED / size) ** (1 / (size - 1))  # P(all lie within a share) < size * share**(size - 1)
    above = [(greatest - least) / (law.high - law.low)]
    below = [(greatest - least) / (law.high - law.low) / share]
    for bound, extreme, opens in ((law.low, least, law.low < 0), (law.high, greatest, law.high > 0)):
        if bound:
            (above if opens else below).append(extreme / bound)
    low, high = max(above) * (1 - _SLACK), min(below) * (1 + _SLACK)
    return (low, high) if 0 < low <= high else None


def log_likelihood(law: laws.Law | TruncatedNormal, values: Floats) -> float:
    """Of values that fit a law the logarithm of their density; infinite where the law leaves no choice.

    >>> round(log_likelihood(laws.Uniform(0.0, 2.0), np.ones(3)), 4)
    -2.0794
    """
    if isinstance(law, laws.Uniform):
        return -values.size * math.log(law.high - law.low)
    if isinstance(law, laws.Normal):
        return float(_scipy().norm(law.mean, law.std).logpdf(values).sum())
    if isinstance(law, TruncatedNormal):
        return float(_scipy().truncnorm(-2, 2, law.mean, law.std / CUT).logpdf(values).sum())
    return math.inf


def _uniform(law: laws.Law, values: Floats, tolerance: float) -> Fit:
    """Support; spread by the exact law of the extreme value and Kolmogorov-Smirnov."""
    low, high = law.support
    bound = float(np.abs(values - law.mean).max()) / ((high - low) / 2)
    effect = bound - 1
    evidence = f"largest value at {bound:.6f} of the bound {(high - low) / 2:.6g}"
    room = _SLACK + tolerance / ((high - low) / 2)
    if bound > 1 + room:
        return Fit(0.0, effect, f"{evidence}: beyond it")
    if values.size < _FEW:
        return Fit(1.0, effect, evidence)
    extreme = min(1.0, bound + room) ** values.size  # P(all |u| <= bound)
    return Fit(min(1.0, 2 * min(extreme, _kolmogorov(law, values, tolerance))), effect, evidence)


def _normal(law: laws.Law, values: Floats, tolerance: float) -> Fit:
    """Mean and variance by their exact laws, the shape by Kolmogorov-Smirnov."""
    stats = _scipy()
    size = values.size
    measured = math.sqrt(float(np.mean((values - law.mean) ** 2)))
    effect = measured / law.std - 1
    evidence = f"std {float(values.std()) if size > 1 else law.std:.6g}, declared {law.std:.6g}"
    if size < _FEW:
        return Fit(1.0, effect, evidence)
    shifted = max(0.0, abs(float(values.mean()) - law.mean) - tolerance)
    mean = 2 * stats.norm.sf(shifted / law.std * math.sqrt(size))
    shape = _kolmogorov(law, values, tolerance)
    nearest = min(max(law.std, measured - tolerance), measured + tolerance)
    return Fit(min(1.0, 3 * min(_spread(size, nearest / law.std), mean, shape)), effect, evidence)


def _spread(size: int, ratio: float) -> float:
    """The p-value of a standard deviation that is so many times the normal's."""
    stats = _scipy()
    return float(2 * min(stats.chi2.cdf(size * ratio**2, size), stats.chi2.sf(size * ratio**2, size)))


def _truncated(law: laws.Law | TruncatedNormal, values: Floats, tolerance: float) -> Fit:
    """Support, variance (by its own fourth moment) and Kolmogorov-Smirnov."""
    assert isinstance(law, TruncatedNormal)
    effect = float(np.sqrt(np.mean(values**2))) / law.std - 1
    evidence = f"std {values.std():.6g}, {law.std:.6g} is that of {law}"
    if float(np.abs(values).max()) > law.support[1] * (1 + _SLACK) + tolerance:
        return Fit(0.0, effect, f"{evidence}: values beyond")
    if values.size < _FEW:
        return Fit(1.0, effect, evidence)
    error = math.sqrt(_TRUNCATED_EXCESS / (4 * values.size))
    spread = float(2 * _scipy().norm.sf(abs(effect) / error))
    return Fit(min(1.0, 2 * min(spread, _kolmogorov(law, values, tolerance))), effect, evidence)


def _sparse(law: laws.Law, values: Floats, tolerance: float) -> Fit:
    """The number of values that are not zero is binomial, and these are normal."""
    assert isinstance(law, laws.SparseNormal)
    kept = values[values != 0]
    number = (
        _scipy().binomtest(kept.size, values.size, law.keep).pvalue
        if 0 < law.keep < 1
        else float(kept.size == round(law.keep * values.size))
    )
    rest = _normal(law.normal, kept, tolerance) if kept.size else Fit(1.0, 0.0, "")
    share = f"{kept.size / values.size:.4g} are not zero, {law.keep:.4g} declared; {rest.evidence}"
    return Fit(min(1.0, 2 * min(number, rest.p_value)), rest.effect, share)


def _unit_sum(law: laws.Law, values: Floats, tolerance: float) -> Fit:
    """No negative values, and rows that sum to 1."""
    assert isinstance(law, laws.UnitSum)
    rows = values.reshape(-1, law.row)
    off = float(np.abs(rows.sum(axis=1) - 1).max())
    if values.min() < 0 or off > 1e-4 + tolerance * law.row:
        return Fit(0.0, off, f"rows miss the sum 1 by up to {off:.3g}, least value {values.min():.3g}")
    if law.row < _FEW:
        return Fit(1.0, off, "rows sum to 1")
    spread = float(rows.std()) / law.std - 1
    probability = 2 * _scipy().norm.sf(abs(spread) * math.sqrt(values.size))
    return Fit(float(probability), spread, f"rows sum to 1, std {rows.std():.4g}")


def _unit_norm(law: laws.Law, values: Floats, tolerance: float) -> Fit:
    """Rows of length 1; the spread follows from that, so the shape is tested against the normal."""
    assert isinstance(law, UnitNorm)
    lengths = np.sqrt((values.reshape(-1, law.row) ** 2).sum(axis=1))
    off = float(np.abs(lengths - 1).max())
    if off > 1e-4 + tolerance * law.row:
        return Fit(0.0, off, f"rows miss the length 1 by up to {off:.3g}")
    if law.row < _MANY:
        return Fit(1.0, off, "rows have length 1")
    return Fit(_kolmogorov(laws.Normal(0.0, law.std), values, tolerance), off, "rows have length 1")


def _constant(law: laws.Law, values: Floats, tolerance: float) -> Fit:
    assert isinstance(law, laws.Constant)
    wrong = int((np.abs(values - law.value) > _SLACK * abs(law.value) + tolerance).sum())
    return Fit(float(wrong == 0), float(wrong), f"{wrong} of {values.size:,} values are not {law.value:g}")


def _exact(law: laws.Law, values: Floats, tolerance: float) -> Fit:
    assert isinstance(law, laws.Exact)
    block = law.block.ravel().astype(np.float64)
    error = np.abs(values.reshape(-1, block.size) - block)
    wrong = int((error > _SLACK + tolerance).sum())
    return Fit(float(wrong == 0), float(error.max()), f"{wrong} of {values.size:,} values differ")


_TESTS: dict[type, Callable[[Any, Floats, float], Fit]] = {
    laws.Uniform: _uniform,
    laws.Normal: _normal,
    TruncatedNormal: _truncated,
    laws.SparseNormal: _sparse,
    laws.UnitSum: _unit_sum,
    UnitNorm: _unit_norm,
    laws.Constant: _constant,
    laws.Exact: _exact,
}


def _kolmogorov(law: laws.Law | TruncatedNormal, values: Floats, tolerance: float) -> float:
    """Kolmogorov-Smirnov's p-value; of a large blob some million values stand for all.

    What a tolerance can move over any place is taken off the statistic.
    """
    stats = _scipy()
    values = values[:: -(-values.size // _SHAPE_VALUES)]
    if isinstance(law, TruncatedNormal):
        reference = stats.truncnorm(-2, 2, law.mean, law.std / CUT)
    elif isinstance(law, laws.Normal):
        reference = stats.norm(law.mean, law.std)
    else:
        low, high = law.support
        reference = stats.uniform(low, high - low)
    method = "auto" if values.size < _EXACT else "asymp"
    result = stats.ks_1samp(values, reference.cdf, method=method)
    if not tolerance:
        return float(result.pvalue)
    moved = tolerance * float(reference.pdf(law.mean))
    return float(stats.kstwo.sf(max(0.0, float(result.statistic) - moved), values.size))


def _scipy() -> Any:
    """scipy.stats, which has no types."""
    try:
        from scipy import stats
    except ImportError:
        raise MissingExtraError("scipy", "check") from None
    return stats
