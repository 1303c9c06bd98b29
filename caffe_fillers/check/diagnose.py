"""What values are, if they are not what is declared: candidates, damage, and the evidence for the best."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import laws
from caffe_fillers.check.statistics import fit
from caffe_fillers.errors import FillerError
from caffe_fillers.fans import CONVENTIONS, MASTER, Fans, VarianceNorm
from caffe_fillers.fillers import MSRA, Xavier
from caffe_fillers.plan import Fill
from caffe_fillers.shapes import count

Floats = NDArray[np.floating]

ACCEPTED = 0.01
"""The p-value from which on a candidate fits; a true one is below it in one case of a hundred."""


@dataclass(frozen=True)
class Candidate:
    """A law that the values may have instead of the declared one."""

    name: str
    law: laws.Law


def diagnose(fill: Fill, values: Floats, tolerance: float = 0.0) -> str:
    """A sentence that says what the values are, and why.

    >>> from caffe_fillers import fillers, rng
    >>> fill = Fill("ip1", 0, (40, 50), fillers.Xavier())
    >>> drawn = fillers.Xavier("AVERAGE").fill((40, 50), rng.Stream(3))
    >>> diagnose(fill, drawn)  # doctest: +ELLIPSIS
    'declared xavier FAN_IN, U(-0.244949, 0.244949); values fit xavier AVERAGE, ...'
    """
    damage = damaged(values)
    if damage:
        return damage
    declared = f"declared {_name(fill)}, {fill.law()}"
    fitting = [
        (result.p_value, candidate)
        for candidate in candidates(fill)
        if (result := fit(candidate.law, values, tolerance)).p_value >= ACCEPTED
    ]
    if fitting:
        p_value, best = max(fitting, key=lambda pair: pair[0])
        return f"{declared}; values fit {best.name}, {best.law}, p = {p_value:.2g}"
    return f"{declared}; {_scaled(fill, values, tolerance) or _trained(values)}"


def damaged(values: Floats) -> str:
    """What no continuous law gives: values that are not finite, all equal, zero or copied by whole rows."""
    return next((found for damage in _DAMAGES if (found := damage(values))), "")


def candidates(fill: Fill) -> Iterator[Candidate]:
    """Laws that people have had for such a blob, in Caffe of any age and beside it."""
    shape = fill.shape
    if len(shape) < 2 or count(shape) == 0:
        return
    fans = MASTER.fans(shape)
    for kind, label in ((Xavier, "xavier"), (MSRA, "msra")):
        for norm in VarianceNorm:
            yield Candidate(f"{label} {norm.name}", kind(norm).law(shape))
    if fill.legacy_shape:
        old = CONVENTIONS["rc"]
        yield Candidate("xavier of Caffe before 2015-03", Xavier().law(fill.legacy_shape, np.float32, old))
    yield from _beside_caffe(fans)
    if len(shape) == 4 and shape[2] == shape[3]:
        for name in ("1.0", "master"):
            yield from _try(f"bilinear of Caffe {name}", fill, name)


def _beside_caffe(fans: Fans) -> Iterator[Candidate]:
    """Defaults of other frameworks; their fans are Caffe's fan_in and fan_out of a convolution."""
    fan_in, fan_out = fans
    yield Candidate("PyTorch's default of Conv and Linear", _even(1 / math.sqrt(fan_in)))
    yield Candidate("TensorFlow's glorot_uniform", _even(math.sqrt(6 / (fan_in + fan_out))))
    glorot = math.sqrt(2 / (fan_in + fan_out))
    yield Candidate("glorot_normal, not truncated", laws.Normal(0.0, glorot))
    yield Candidate("MXNet's default Uniform(0.07)", _even(0.07))
    yield Candidate("Caffe's gaussian with std 0.01", laws.Normal(0.0, 0.01))


def _even(bound: float) -> laws.Uniform:
    return laws.Uniform(-bound, bound)


def _try(name: str, fill: Fill, convention: str) -> Iterator[Candidate]:
    from caffe_fillers.fillers import Bilinear

    try:
        yield Candidate(name, Bilinear().law(fill.shape, np.float32, CONVENTIONS[convention]))
    except FillerError:
        return


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
    distinct = len({row.tobytes() for row in rows})
    same = rows.shape[0] - distinct
    return f"{same} of {rows.shape[0]} filters are copies of others" if same else ""


_DAMAGES: tuple[Callable[[Floats], str], ...] = (_not_finite, _constant, _dead_rows, _duplicates)


def _scaled(fill: Fill, values: Floats, tolerance: float) -> str:
    """The declared law, times a factor; or a normal or a uniform of the values' own scale."""
    law = fill.law()
    flat = values.ravel().astype(np.float64)
    uniform = _even(float(np.abs(flat).max()) * (1 + 1 / flat.size))
    normal = laws.Normal(0.0, float(np.sqrt(np.mean(flat**2))) or 1.0)
    for own in (uniform, normal):
        result = fit(own, flat, tolerance)
        if result.p_value < ACCEPTED:
            continue
        if type(own) is type(law) and law.mean == 0:
            return f"values fit it times {own.std / law.std:.4f}, {own}, p = {result.p_value:.2g}"
        truncated = isinstance(own, laws.Normal) and float(np.abs(flat).max()) < 2.3 * own.std
        return f"values fit {own}{' truncated' if truncated else ''}, p = {result.p_value:.2g}"
    return _truncated(flat)


def _truncated(flat: Floats) -> str:
    """Keras' he_normal and its like: nothing beyond two deviations of the normal that was cut."""
    from scipy import stats

    deviation = float(flat.std()) / 0.87962566103423978  # the std of a standard normal cut at 2
    cut = stats.truncnorm(-2, 2, 0, deviation)
    p_value = float(stats.ks_1samp(flat, cut.cdf).pvalue)
    if np.abs(flat).max() > 2.02 * deviation or p_value < ACCEPTED:
        return ""
    return f"values fit a normal of std {deviation:.6g} cut at two deviations, as Keras', p = {p_value:.2g}"


def _trained(values: Floats) -> str:
    flat = values.ravel().astype(np.float64)
    spread = flat.std() or 1.0
    kurtosis = float(np.mean(((flat - flat.mean()) / spread) ** 4)) - 3
    return (
        f"values fit no initialisation that is known here: trained? "
        f"mean {flat.mean():.4g}, std {spread:.4g}, excess kurtosis {kurtosis:.2g}"
    )


def _name(fill: Fill) -> str:
    norm = getattr(fill.filler, "variance_norm", None)
    return f"{fill.filler.type_name} {norm.name}" if norm is not None else fill.filler.type_name
