"""Tests of values against a law: what can be said without a seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import laws
from caffe_fillers.errors import MissingExtraError
from caffe_fillers.fillers.forks import UnitNorm

Floats = NDArray[np.floating]

_FEW, _MANY = 8, 100
_SLACK = 1e-6
"""Relative room at the bounds and for constants, for the rounding of the law's own parameters."""


@dataclass(frozen=True)
class Fit:
    """How values fit a law: a p-value, 0 where it is impossible; the scale's relative error; words for it."""

    p_value: float
    effect: float
    evidence: str


def fit(law: laws.Law, values: Floats, tolerance: float = 0.0) -> Fit:
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
    extreme = min(1.0, (bound + room) ** values.size)  # P(all |u| <= bound)
    return Fit(min(1.0, 2 * min(extreme, _kolmogorov(law, values))), effect, evidence)


def _normal(law: laws.Law, values: Floats, tolerance: float) -> Fit:
    """Mean and variance by their exact laws, the shape by Kolmogorov-Smirnov."""
    stats = _scipy()
    size = values.size
    deviation = float(values.std()) if size > 1 else law.std
    measured = math.sqrt(float(np.mean((values - law.mean) ** 2)))
    effect = measured / law.std - 1
    evidence = f"std {deviation:.6g}, declared {law.std:.6g}"
    if size < _FEW:
        return Fit(1.0, effect, evidence)
    statistic = size * (measured / law.std) ** 2
    spread = 2 * min(stats.chi2.cdf(statistic, size), stats.chi2.sf(statistic, size))
    mean = 2 * stats.norm.sf(abs(float(values.mean()) - law.mean) / law.std * math.sqrt(size))
    return Fit(min(1.0, 3 * min(spread, mean, _kolmogorov(law, values))), effect, evidence)


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
    return Fit(_kolmogorov(laws.Normal(0.0, law.std), values), off, "rows have length 1")


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


_TESTS: dict[type, Callable[[laws.Law, Floats, float], Fit]] = {
    laws.Uniform: _uniform,
    laws.Normal: _normal,
    laws.SparseNormal: _sparse,
    laws.UnitSum: _unit_sum,
    UnitNorm: _unit_norm,
    laws.Constant: _constant,
    laws.Exact: _exact,
}


def _kolmogorov(law: laws.Law, values: Floats) -> float:
    stats = _scipy()
    if isinstance(law, laws.Normal):
        reference = stats.norm(law.mean, law.std)
    else:
        low, high = law.support
        reference = stats.uniform(low, high - low)
    return float(stats.ks_1samp(values, reference.cdf).pvalue)


def _scipy() -> Any:
    """scipy.stats, which has no types."""
    try:
        from scipy import stats
    except ImportError:
        raise MissingExtraError("scipy", "check") from None
    return stats
