"""The C library's functions: their last bit is tested by the frameworks' float64 goldens, the rest here."""

import math
from fractions import Fraction

import numpy as np
import pytest

from caffe_fillers import libm

RANDOM = np.random.default_rng(1)
UNITS = RANDOM.random(3000)
EDGES = np.array([0.126, 0.85546875, 2.426265, math.pi / 2, math.pi, 1.5 * math.pi, 2 * math.pi, 2.0**-30])


def test_fma_rounds_once():
    a, b, c = RANDOM.standard_normal((3, 2000)) * 2.0 ** RANDOM.integers(-30, 30, (3, 2000))
    c[::2] = -(a * b)[::2]  # nothing is left but the product's rounding error
    exact = [float(Fraction(x) * Fraction(y) + Fraction(z)) for x, y, z in zip(a, b, c, strict=True)]
    assert np.array_equal(libm.double.fma(a, b, c), exact)


@pytest.mark.parametrize("x", [UNITS, 1 - UNITS / 16, 1 + UNITS / 16, UNITS * 1e-6 + 1e-7])
def test_log_is_within_an_ulp(x):
    exact = np.array([math.log(each) for each in x])
    assert (np.abs(libm.log(x) - exact) <= np.spacing(np.abs(exact))).all()


@pytest.mark.parametrize(
    "x", [2 * math.pi * UNITS, UNITS / 8, np.concatenate((EDGES, np.nextafter(EDGES, 9)))]
)
def test_sine_and_cosine_are_within_an_ulp(x):
    for values, function in zip(libm.sincos(x), (math.sin, math.cos), strict=True):
        exact = np.array([function(each) for each in x])
        assert (np.abs(values - exact) <= np.spacing(np.abs(exact))).all()


def test_floats_stay_floats():
    x = UNITS.astype(np.float32)
    assert libm.log(x).dtype == np.float32
    assert [part.dtype for part in libm.sincos(x)] == [np.float32] * 2


def test_zero():
    sine, cosine = libm.sincos(np.zeros(1))
    assert (sine[0], cosine[0], np.signbit(sine[0])) == (0, 1, False)
    assert libm.log(np.ones(1))[0] == 0
