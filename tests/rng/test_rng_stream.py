"""Streams as objects: positions, jumps, copies, words drawn ahead, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from caffe_fillers import rng
from caffe_fillers.errors import UnknownNameError, UsageError
from caffe_fillers.rng.attempts import bucket_tables
from caffe_fillers.rng.jumps import jump, times_characteristic, words_needed
from caffe_fillers.rng.tables import NORMAL
from caffe_fillers.rng.twister import MT19937, MT19937_64, Twister, temper, untemper

pytestmark = pytest.mark.usefixtures("both_paths")

TWISTERS = pytest.mark.parametrize("twister", [MT19937, MT19937_64], ids=lambda twister: twister.name)
DISTANCES = [0, 1, 2, 311, 312, 313, 623, 624, 625, 8191, 8192, 8193, 65536, 100_000, 1 << 20, (1 << 20) + 7]


def start(twister: Twister, seed: int = 1701) -> rng.Stream:
    return rng.Stream(seed, generator=twister.name)


@pytest.mark.parametrize(
    ("generator", "ten_thousandth"), [("mt19937", 4123659995), ("mt19937_64", 9981545732273789042)]
)
def test_the_standards_own_check(generator: str, ten_thousandth: int) -> None:
    """C++11, [rand.predef]: the 10000th word of a default-constructed engine, whose seed is 5489."""
    stream = rng.Stream(5489, generator=generator)
    stream.skip(9999)
    assert stream.words(1).tolist() == [ten_thousandth]


@TWISTERS
def test_untempering(twister: Twister) -> None:
    words = start(twister).words(1000)
    assert np.array_equal(temper(twister, untemper(twister, words)), words)


@TWISTERS
def test_the_characteristic_polynomial_annihilates_the_words(twister: Twister) -> None:
    polynomial = times_characteristic(twister, 1)
    words = start(twister).words(twister.degree + 500)
    total = np.zeros(500, words.dtype)
    for place in (place for place in range(twister.degree + 1) if polynomial >> place & 1):
        total ^= words[place : place + 500]
    assert polynomial.bit_length() == twister.degree + 1
    assert not total.any()


@TWISTERS
@pytest.mark.parametrize("distance", DISTANCES)
def test_skips_and_jumps_equal_drawing(twister: Twister, distance: int) -> None:
    words = start(twister).words(distance + 1000)
    skipped = start(twister)
    skipped.skip(distance)
    assert skipped.position == distance
    assert np.array_equal(skipped.words(1000), words[distance:])
    jumped = jump(twister, start(twister).words(words_needed(twister)), distance)
    assert np.array_equal(jumped, words[distance : distance + twister.n])


@TWISTERS
def test_jumps_add_up(twister: Twister) -> None:
    far, further = 10**15 + 3, 10**9
    assert start(twister).jumped(far).jumped(further) == start(twister).jumped(further + far)


@TWISTERS
def test_a_copy_goes_its_own_way(twister: Twister) -> None:
    stream = start(twister)
    stream.words(1000)
    twin = stream.copy()
    assert twin == stream
    expected = stream.words(5000)
    assert np.array_equal(twin.words(5000), expected)
    twin.skip(1)
    assert twin != stream


def test_equality_is_of_generator_position_and_state() -> None:
    assert rng.Stream(1) == rng.Stream(1, boost="1.54") == rng.Stream(1 + 2**32)
    assert rng.Stream(1) != rng.Stream(2)
    assert rng.Stream(1) != rng.Stream(1, generator="mt19937_64")
    moved = rng.Stream(1)
    moved.position = 1
    assert moved != rng.Stream(1)
    assert rng.Stream(1) != 1


def test_words_given_back_come_again() -> None:
    stream = rng.Stream(3)
    first = stream.words(10).tolist()
    stream.give_back(4)
    assert stream.position == 6
    assert stream.peek(4).tolist() == stream.words(4).tolist() == first[6:]


def test_words_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        rng.Stream(3).words(1)[0] = 0


@pytest.mark.parametrize("code", "fd")
def test_a_limit_is_the_first_number_not_below_the_corner(code: str) -> None:
    """So that comparing with it is comparing with the double corner, as Boost does with a float too."""
    _, limit = bucket_tables(code)
    corner = np.repeat(NORMAL.x[1:], 2)
    below = np.nextafter(limit, limit.dtype.type(-1))
    assert np.all(limit.astype(np.float64) >= corner)
    assert np.all(below.astype(np.float64) < corner)


@pytest.mark.parametrize("release", ["1.54", "1.55.0", "1.56", "1.63.0", "1.64", "1.65.1", " 1.74.0", "1.90"])
def test_releases(release: str) -> None:
    minor = int(release.split(".")[1])
    family = rng.boost_family(release)
    assert family.value == (
        "box_muller" if minor < 56 else "ziggurat_1.56" if minor < 64 else "ziggurat_1.64"
    )


@pytest.mark.parametrize("release", ["", "1", "2.0", "1.x", "1.74.0.1", "boost", "1.-5"])
def test_no_release(release: str) -> None:
    with pytest.raises(UsageError, match="release of Boost"):
        rng.boost_family(release)


REFUSED = {
    "backwards": (UsageError, lambda: rng.Stream(1).skip(-1)),
    "generator": (UnknownNameError, lambda: rng.Stream(1, generator="mt19937_46")),
    "low above high": (UsageError, lambda: rng.uniform(rng.Stream(1), 1, 1, 0, np.float32)),
    "no number": (UsageError, lambda: rng.uniform(rng.Stream(1), 1, np.nan, 0, np.float32)),
    "infinite": (UsageError, lambda: rng.uniform(rng.Stream(1), 1, 0, np.inf, np.float64)),
    "no step above": (
        UsageError,
        lambda: rng.uniform(rng.Stream(1), 1, *[np.finfo("f").max] * 2, np.float32),
    ),
    "too wide": (
        UsageError,
        lambda: rng.uniform(rng.Stream(1, "1.54"), 1, -np.finfo("f").max, np.finfo("f").max, np.float32),
    ),
    "std": (UsageError, lambda: rng.normal(rng.Stream(1), 1, 0, 0, np.float32)),
    "mean": (UsageError, lambda: rng.normal(rng.Stream(1), 1, np.inf, 1, np.float32)),
    "probability": (UsageError, lambda: rng.bernoulli(rng.Stream(1), 1, 1.5, np.float32)),
    "half": (UsageError, lambda: rng.uniform(rng.Stream(1), 1, 0, 1, np.float16)),
    "out": (UsageError, lambda: rng.normal(rng.Stream(1), 2, 0, 1, np.float32, out=np.empty(2))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    error, call = REFUSED[name]
    with pytest.raises(error):
        call()


def test_given_arrays_are_filled() -> None:
    for draw in (rng.uniform, rng.normal):
        out = np.empty(1000, np.float32)
        assert draw(rng.Stream(1), 1000, 0, 1, np.float32, out=out) is out
        assert np.array_equal(out, draw(rng.Stream(1), 1000, 0, 1, np.float32))
