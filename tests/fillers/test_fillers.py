"""What Caffe refuses to fill, and what fans were at each time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import caffe_fillers as cf
from caffe_fillers.eras import find_era

pytestmark = pytest.mark.usefixtures("both_paths")


@pytest.mark.parametrize(
    ("shape", "type_name", "parameters", "said"),
    [
        ((4,), "uniform", {"min": 1, "max": 0}, "min 1 above max 0"),
        ((4,), "gaussian", {"std": 0}, "std above 0"),
        ((4,), "gaussian", {"std": -1}, "std above 0"),
        ((4, 5), "gaussian", {"sparse": 5}, "sparse 5 for 4 outputs"),
        ((4, 5), "gaussian", {"sparse": -2}, "sparse -2"),
        ((4, 5), "xavier", {"sparse": 3}, "does not support sparse"),
        ((4, 5), "constant", {"sparse": 0}, "does not support sparse"),
        ((0, 5), "xavier", {}, "no values"),
        ((), "xavier", {}, "without axes"),
        ((), "positive_unitball", {}, "at least one axis"),
        ((4, 4), "bilinear", {}, "4 axes"),
        ((1, 1, 3, 4), "bilinear", {}, "square"),
        ((4,), "xaviar", {}, "did you mean 'xavier'"),
        ((4, 5), "xavier", {"variance_norm": "FAN"}, "variance_norm"),
        ((4, 5), "xavier", {"std": 1}, "not std"),
        ((-1, 5), "constant", {}, "negative"),
        ((1 << 16, 1 << 16), "constant", {}, "2,147,483,647"),
    ],
)
def test_refused(shape: tuple[int, ...], type_name: str, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(cf.CaffeFillersError, match=said):
        cf.fill(shape, type_name, seed=1, **parameters)


@pytest.mark.parametrize(
    ("caffe", "shape", "fans"),
    [
        ("master", (5,), (1, 5)),
        ("master", (5, 7), (7, 5)),
        ("master", (5, 7, 3, 3), (63, 45)),
        ("master", (5, 7, 3, 3, 3), (189, 135)),
        ("1.0", (5,), (1, 5)),
        ("1.0", (5, 7, 3, 3), (63, 45)),
        ("rc", (1, 1, 5, 7), (35, 35)),
    ],
)
def test_fans(caffe: str, shape: tuple[int, ...], fans: tuple[int, int]) -> None:
    assert find_era(caffe).convention.fans(shape) == fans


@pytest.mark.parametrize(("caffe", "shape"), [("1.0", (5, 7, 3, 3, 3)), ("2018-02-20", (5,)), ("master", ())])
def test_fans_that_caffe_could_not_count(caffe: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(cf.CaffeFillersError):
        find_era(caffe).convention.fans(shape)


@pytest.mark.parametrize("width", range(1, 13))
def test_old_and_new_bilinear_differ_for_two_and_three_modulo_four(width: int) -> None:
    old, new = (cf.fill((1, 1, width, width), "bilinear", seed=1, caffe=caffe) for caffe in ("1.0", "master"))
    assert (old.tobytes() != new.tobytes()) == (width % 4 in (2, 3))


@pytest.mark.parametrize(
    ("norm", "shape", "n"),
    [
        ("FAN_IN", (2, 3), 3),
        ("FAN_OUT", (2, 3), 2),
        ("AVERAGE", (2, 3), 2.5),  # the sum of the fans is odd, and halved in floating point
        ("AVERAGE", (2, 3, 4, 5, 6), (360 + 240) / 2),
    ],
)
def test_what_xavier_divides_by(norm: str, shape: tuple[int, ...], n: float) -> None:
    low, high = cf.Xavier(variance_norm=norm).distribution(shape).support
    assert (low, high) == (-high, float(np.float32(np.sqrt(np.float32(3) / np.float32(n)))))


@pytest.mark.parametrize(
    ("caffe", "shape", "outputs"),
    [("rc", (1, 1, 12, 20), 12), ("2015-03-03", (12, 20), 12), ("master", (12, 20), 12)],
)
def test_outputs_that_sparse_is_measured_against(caffe: str, shape: tuple[int, ...], outputs: int) -> None:
    """Until 2015-03 they are the height of a 1x1xNxK blob, since then the first axis."""
    drawn = cf.Gaussian(sparse=3).distribution(shape, convention=find_era(caffe).convention)
    assert drawn.zeros == pytest.approx(1 - 3 / outputs)
    with pytest.raises(cf.CaffeFillersError, match=f"for {outputs} outputs"):
        cf.Gaussian(sparse=outputs + 1).distribution(shape, convention=find_era(caffe).convention)


def test_old_conventions_lack_what_came_later() -> None:
    for parameters in ({"type": "msra"}, {"type": "xavier", "variance_norm": "AVERAGE"}):
        with pytest.raises(cf.CaffeFillersError, match="Caffe rc has no"):
            cf.fill((4, 5), seed=1, caffe="rc", **parameters)
    with pytest.raises(cf.CaffeFillersError, match="bilinear"):
        cf.fill((1, 1, 4, 4), "bilinear", seed=1, caffe="rc2")


def test_a_stream_goes_on_where_a_seed_starts_again() -> None:
    stream = cf.Stream(3)
    first, second = (cf.fill((50,), "uniform", stream=stream) for _ in range(2))
    assert first.tobytes() == cf.fill((50,), "uniform", seed=3).tobytes() != second.tobytes()
    assert stream.position == 100
    with pytest.raises(cf.CaffeFillersError, match="stream or a seed"):
        cf.fill((2,), seed=1, stream=stream)


def test_float64_is_caffes_double() -> None:
    values = cf.fill((3, 4), "xavier", seed=1, dtype="float64")
    assert values.dtype == np.float64
    assert np.abs(values).max() <= np.sqrt(3 / 4)
    with pytest.raises(cf.CaffeFillersError, match="float32 or float64"):
        cf.fill((3, 4), seed=1, dtype="float16")
