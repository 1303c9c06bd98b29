"""What values are, if they are not what is declared: damage, the best candidate, and the evidence for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import laws
from caffe_fillers.check.candidates import TruncatedNormal, candidates
from caffe_fillers.check.statistics import fit
from caffe_fillers.plan import Fill

Floats = NDArray[np.floating]

ACCEPTED = 0.01
"""The p-value from which on a candidate fits; a true one is below it in one case of a hundred."""

_BEGINNING = 16
"""Values of a row that tell it from others, if they differ: most rows need not be compared as a whole."""


def diagnose(fill: Fill, values: Floats, tolerance: float = 0.0, layer_type: str = "") -> str:
    """A sentence that says what the values are, and why.

    >>> from caffe_fillers import fillers, rng
    >>> fill = Fill("ip1", 0, (40, 50), fillers.Xavier())
    >>> drawn = fillers.Xavier("AVERAGE").fill((40, 50), rng.Stream(3))
    >>> diagnose(fill, drawn)  # doctest: +ELLIPSIS
    "declared xavier FAN_IN, U(-0.244949, 0.244949); values fit xavier AVERAGE, ...
    """
    damage = damaged(values)
    if damage:
        return damage
    declared = f"declared {name_of(fill)}, {fill.law()}"
    fitting = [
        (result.p_value, candidate)
        for candidate in candidates(fill, layer_type)
        if (result := fit(candidate.law, values, tolerance)).p_value >= ACCEPTED
    ]
    if fitting:
        p_value, best = max(fitting, key=lambda pair: pair[0])
        return f"{declared}; values fit {best.names}, {best.law}, p = {p_value:.2g}"
    return f"{declared}; {_scaled(fill, values, tolerance) or _trained(values)}"


def damaged(values: Floats) -> str:
    """What no continuous law gives: values that are not finite, all equal, zero or copied by whole rows."""
    return next((found for damage in _DAMAGES if (found := damage(values))), "")


def _not_finite(values: Floats) -> str:
    bad = np.flatnonzero(~np.isfinite(values.ravel()))
    if not bad.size:
        return ""
    first = values.ravel()[bad[0]]
    return f"{bad.size} of {values.size:,} values are NaN or infinite, the first is {first} at {bad[0]}"


def _constant(values: Floats) -> str:
    flat = values.ravel()
    return f"all {flat.size:,} values are {flat[0]:g}" if flat.size and (flat == flat[0]).all() else ""


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


def _scaled(fill: Fill, values: Floats, tolerance: float) -> str:
    """The declared law, times a factor; or a normal or a uniform of the values' own scale."""
    law = fill.law()
    flat = values.ravel().astype(np.float64)
    bound = float(np.abs(flat).max()) * (1 + 1 / flat.size)
    uniform = laws.Uniform(-bound, bound)
    normal = laws.Normal(0.0, float(np.sqrt(np.mean(flat**2))) or 1.0)
    cut = TruncatedNormal(normal.std)
    for own in (uniform, normal, cut):
        result = fit(own, flat, tolerance)
        if result.p_value < ACCEPTED:
            continue
        if type(own) is type(law) and law.mean == 0:
            return f"values fit it times {own.std / law.std:.4f}, {own}, p = {result.p_value:.2g}"
        return f"values fit {own}, p = {result.p_value:.2g}"
    return ""


def _trained(values: Floats) -> str:
    flat = values.ravel().astype(np.float64)
    spread = flat.std() or 1.0
    kurtosis = float(np.mean(((flat - flat.mean()) / spread) ** 4)) - 3
    return (
        f"values fit no initialisation that is known here: trained? "
        f"mean {flat.mean():.4g}, std {spread:.4g}, excess kurtosis {kurtosis:.2g}"
    )


def name_of(fill: Fill) -> str:
    """The declared filler, with its variance norm where it has one."""
    norm = getattr(fill.filler, "variance_norm", None)
    return f"{fill.filler.type_name} {norm.name}" if norm is not None else fill.filler.type_name
