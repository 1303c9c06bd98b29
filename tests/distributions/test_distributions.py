"""What a distribution says of itself, and what it draws: moments, support, words, type."""

from __future__ import annotations

import math

import numpy as np
import pytest

import caffe_fillers as cf
from caffe_fillers import distributions, rng
from caffe_fillers.distributions import Distribution
from caffe_fillers.fillers import filler_types, from_parameter
from caffe_fillers.fillers.gabor import _BANKS
from caffe_fillers.prototxt import parse
from caffe_fillers.schema import FillerParameter
from caffe_fillers.shapes import Shape

pytestmark = pytest.mark.usefixtures("both_paths")

ROW = 120
"""Long enough for formulas that hold to first order in one over it."""
SIZE = 300_000 // ROW * ROW
KERNEL = np.float64([0.1, 0.2, 0.7])

DISTRIBUTIONS: list[Distribution] = [
    distributions.Uniform(-1.0, 3.0),
    distributions.Normal(2.0, 3.0),
    distributions.SparseNormal(distributions.Normal(2.0, 3.0), 0.25),
    distributions.UnitSum(ROW),
    distributions.UnitNorm(ROW),
    distributions.TruncatedNormal(2.0, 3.0),
    distributions.Constant(0.1),
    distributions.Exact(3, lambda: KERNEL),
]
SHORT_ROWS = [
    *(distributions.UnitSum(row) for row in (1, 2, 3, 12, 20, 30)),
    *(distributions.UnitNorm(row) for row in (2, 3)),
]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_and_support_are_those_of_what_is_drawn(
    distribution: Distribution, dtype: type[np.floating]
) -> None:
    values = distribution.sample((SIZE,), rng.Stream(7), dtype)
    assert values.dtype == dtype
    low, high = (dtype(bound) for bound in distribution.support)
    assert low <= values.min() <= values.max() <= high
    exact = values.astype(np.float64)
    error = 5 * max(distribution.std, 1e-6) / math.sqrt(SIZE)
    assert exact.mean() == pytest.approx(distribution.mean, abs=error)
    assert exact.std() == pytest.approx(distribution.std, rel=0.01, abs=1e-7)


@pytest.mark.parametrize("distribution", [*DISTRIBUTIONS, *SHORT_ROWS], ids=str)
def test_the_cdf_is_that_of_what_is_drawn(distribution: Distribution) -> None:
    """Within the band of Dvoretzky, Kiefer and Wolfowitz (Massart 1990), wrong once in 10**8."""
    values = np.sort(distribution.sample((SIZE,), rng.Stream(7), np.float64).astype(np.float64))
    points = np.unique(np.concatenate([values[:: SIZE // 500], [-1e-9, 0.0, 1e-9]]))
    found = np.searchsorted(values, points, side="right") / SIZE
    assert np.abs(distribution.cdf(points) - found).max() < math.sqrt(math.log(2e8) / (2 * SIZE))
    assert (np.diff(distribution.cdf(np.linspace(-20, 20, 4001))) > -1e-12).all()
    assert distribution.cdf(np.array([-1e9, 1e9])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("distribution", [*DISTRIBUTIONS, *SHORT_ROWS], ids=str)
def test_the_density_is_the_slope_of_the_cdf(distribution: Distribution) -> None:
    if not distribution.is_continuous and not distribution.zeros:
        return
    points = distribution.mean + distribution.std * np.array([-1.1, -0.4, 0.3, 0.9])
    slope = (distribution.cdf(points + 1e-5) - distribution.cdf(points - 1e-5)) / 2e-5
    assert distribution.density(points) == pytest.approx(slope, rel=1e-3)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=str)
@pytest.mark.parametrize("size", [ROW * 3, distributions.CHUNK // (3 * ROW) * 3 * ROW + 3 * ROW])
def test_words_that_are_told_are_those_that_are_taken(distribution: Distribution, size: int) -> None:
    stream = rng.Stream(7)
    told = distribution.words(size, stream)
    drawn = sum(chunk.size for chunk in distribution.chunks(size, stream))
    assert drawn == size
    assert told is None or told == stream.position
    if isinstance(distribution, distributions.Normal | distributions.SparseNormal):
        assert told is None
    if isinstance(distribution, distributions.Constant | distributions.Exact):
        assert told == 0


def test_a_uniform_that_may_be_drawn_again_tells_no_number_of_words() -> None:
    told = {bound: distributions.Uniform(-bound, bound).words(9, rng.Stream(1)) for bound in (0.25, 0.1)}
    assert told == {0.25: 9, 0.1: None}


def test_computed_values_repeat_in_the_type_that_is_asked_for() -> None:
    distribution = distributions.Exact(3, lambda: KERNEL)
    for dtype in (np.float32, np.float64):
        drawn = distribution.sample((2, 3), rng.Stream(1), dtype)
        assert drawn.tobytes() == np.tile(KERNEL.astype(dtype), 2).tobytes()
    assert distribution.block is distribution.block


def test_zeros_of_a_sparse_normal_keep_the_sign_that_caffe_gives_them() -> None:
    distribution = distributions.SparseNormal(distributions.Normal(0.0, 1.0), 0.5)
    dropped = distribution.sample((1000,), rng.Stream(1))
    normals = distribution.normal.sample((1000,), rng.Stream(1))
    assert (np.signbit(dropped) == np.signbit(normals)).all()
    assert 400 < np.count_nonzero(dropped) < 600


def bilinear(width: int, dtype: type[np.floating], old: bool) -> list[float]:
    """One row of the kernel, by the loop of BilinearFiller."""
    real: type[np.floating] = np.float32 if old else dtype
    factor = math.ceil(width / 2)
    if old:
        center = real((2 * factor - 1 - factor % 2) / real(2.0 * factor))
    else:
        center = real(real(width - 1) / real(2.0 * factor))
    return [float(real(1) - abs(real(real(x) / real(factor)) - center)) for x in range(width)]


@pytest.mark.parametrize("caffe", ["1.0", "master"])
@pytest.mark.parametrize("width", range(1, 10))
def test_bilinear_kernels(width: int, caffe: str) -> None:
    for dtype in (np.float32, np.float64):
        row = np.array(bilinear(width, dtype, caffe == "1.0"))
        kernel = cf.fill((2, 1, width, width), "bilinear", seed=1, dtype=dtype.__name__, caffe=caffe)
        assert kernel.dtype == dtype
        digits = 1e-15 if dtype is np.float64 and caffe == "master" else 2e-7
        np.testing.assert_allclose(kernel[1, 0], np.outer(row, row), rtol=digits)


# prototxt of a filler, the shape, and standard deviation by the fork's formula
DEVIATIONS = [
    ("type: 'msra' scale: 0.5 variance_norm: FAN_OUT", (8, 32), 0.5 * math.sqrt(2 / 8)),
    ("type: 'msra' scale: 0.5", (8, 32), 0.5 * math.sqrt(2 / 32)),
    ("type: 'msra' alpha: 2 variance_norm: FAN_OUT", (8, 32), math.sqrt(2 / 8 / (1 + 4))),
    ("type: 'msra' alpha: 0.5", (8, 32), math.sqrt(2 / 32 / 1.25)),
]


@pytest.mark.parametrize(("text", "shape", "std"), DEVIATIONS)
def test_deviations_of_the_forks_msra(text: str, shape: Shape, std: float) -> None:
    distribution = from_parameter(parse(text, FillerParameter).message).distribution(shape)
    assert distribution.std == pytest.approx(std, rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(6, 7), (5, 1), (4, 2, 3)])
def test_gaussian_unitball_by_the_loop_of_caffe_windows(shape: Shape, dtype: type[np.floating]) -> None:
    values = cf.fill(shape, "gaussian_unitball", seed=3, dtype=dtype.__name__)
    normals = cf.fill(shape, "gaussian", seed=3, dtype=dtype.__name__)
    assert values.dtype == dtype
    for row, drawn in zip(values.reshape(shape[0], -1), normals.reshape(shape[0], -1), strict=True):
        total = 0.0
        for value in drawn.astype(np.float64):
            total += value * value
        factor = dtype(1) / np.sqrt(dtype(total + 1e-12))
        assert row.tobytes() == (drawn * factor).tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 3), (3, 4), (4, 3)])
def test_identity_is_a_matrix_of_ones_on_the_diagonal(shape: Shape, dtype: str) -> None:
    assert cf.fill(shape, "identity", seed=1, dtype=dtype).tobytes() == np.eye(*shape, dtype=dtype).tobytes()


@pytest.mark.parametrize("shape", [(32, 3, 5, 5), (64, 3, 7, 7), (64, 3, 3, 3), (96, 3, 11, 11)])
def test_gabor_by_loops(shape: Shape) -> None:
    """The formula of gabor.py's first lines, value by value, over the tables of its banks."""
    bank, size = _BANKS[shape[0], shape[3]], shape[3]
    kernels = cf.fill(shape, "gabor", seed=1, dtype="float64")
    for index in range(0, shape[0], 3):
        segment = next(each for each in bank if index < each.stop)
        numbers = (segment.amplitude, segment.sigma, segment.omega, segment.theta, segment.phi)
        amplitude, sigma, omega, theta, phi = (each(index) if callable(each) else each for each in numbers)
        if not segment.absolute:
            omega = math.pi / (2 / (size - 1) * omega)
        for channel, row, column in np.ndindex(3, size, size):
            x, y = (2 * place / (size - 1) - 1 for place in (column, row))
            wave = math.cos(omega * (x * math.cos(theta) - y * math.sin(theta)) + phi)
            value = segment.color[channel] * amplitude * math.exp(-(x * x + y * y) / (2 * sigma**2)) * wave
            assert kernels[index, channel, row, column] == pytest.approx(value, rel=1e-9, abs=1e-12)


def test_gabor_is_rounded_once() -> None:
    single, double = (cf.fill((64, 3, 7, 7), "gabor", seed=1, dtype=each) for each in ("float32", "float64"))
    assert single.tobytes() == double.astype(np.float32).tobytes()


@pytest.mark.parametrize("shape", [(96, 3, 11, 7), (64, 1, 7, 7), (64, 3, 7), (32, 3, 7, 7)])
def test_gabor_has_no_bank_for_other_shapes(shape: Shape) -> None:
    with pytest.raises(cf.CaffeFillersError, match="no bank"):
        cf.fill(shape, "gabor", seed=1)


def test_a_filler_knows_its_name() -> None:
    assert {name: filler_types[name].type_name for name in ("xavier", "msra", "constant")} == {
        name: name for name in ("xavier", "msra", "constant")
    }


F32 = np.float32
DECLARED: list[tuple[str, Shape, dict[str, object], Distribution]] = [
    ("constant", (3,), {"value": 0.1}, distributions.Constant(float(F32(0.1)))),
    ("uniform", (3,), {"min": 2.0, "max": 2.0}, distributions.Uniform(2.0, 2.0)),
    ("xavier", (8, 3), {}, distributions.Uniform(-1.0, 1.0)),
    ("xavier", (3, 8), {"variance_norm": "fan_out"}, distributions.Uniform(-1.0, 1.0)),
    ("xavier", (2, 4), {"variance_norm": "average"}, distributions.Uniform(-1.0, 1.0)),
    ("msra", (8, 2), {}, distributions.Normal(0.0, 1.0)),
    ("msra", (2, 8), {"variance_norm": 1}, distributions.Normal(0.0, 1.0)),
    (
        "gaussian",
        (8, 5),
        {"std": 0.5, "sparse": 2},
        distributions.SparseNormal(distributions.Normal(0.0, 0.5), 0.25),
    ),
    (
        "gaussian",
        (4, 5),
        {"std": 0.5, "sparse": 4},
        distributions.SparseNormal(distributions.Normal(0.0, 0.5), 1.0),
    ),
    ("gaussian", (4, 5), {"std": 0.5}, distributions.Normal(0.0, 0.5)),
    ("positive_unitball", (4, 5, 6), {}, distributions.UnitSum(30)),
]


@pytest.mark.parametrize(("name", "shape", "fields", "distribution"), DECLARED)
def test_distributions_of_the_standard_fillers(
    name: str, shape: Shape, fields: dict[str, object], distribution: Distribution
) -> None:
    assert filler_types[name](**fields).distribution(shape) == distribution


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["uniform", "positive_unitball", "constant"])
def test_a_blob_of_several_pieces_is_one(name: str, dtype: str) -> None:
    shape = (3, distributions.CHUNK // 2 + 1)
    whole, stream = cf.fill(shape, name, seed=1, dtype=dtype), cf.Stream(1)
    rows = [cf.fill((1, shape[1]), name, stream=stream, dtype=dtype) for _ in range(3)]
    assert whole.tobytes() == b"".join(row.tobytes() for row in rows)
    assert whole.dtype == dtype
