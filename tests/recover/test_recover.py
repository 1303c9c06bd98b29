"""Seeds from values anywhere in the stream: as drawn, damaged in part, rounded or moved; none from others."""

from __future__ import annotations

import numpy as np
import pytest

from caffe_fillers.distributions import Distribution, Normal, Uniform
from caffe_fillers.recover.anywhere import recover_64, recover_exact, recover_moved, recover_torch
from caffe_fillers.recover.found import Hit
from caffe_fillers.recover.inverse import candidates, on_grid, value_of
from caffe_fillers.recover.rewind import Seeding, find_seeding
from caffe_fillers.rng import Stream
from caffe_fillers.rng.twister import MT19937, MT19937_64, Twister, untemper

XAVIER, SKEW, UNIT, HIGH = Uniform(-0.0612, 0.0612), Uniform(-0.1, 0.3), Uniform(0.0, 1.0), Uniform(3.0, 4.0)
GAUSSIAN = Normal(0.0, 0.01)
SEED, POSITION, MOST = 1701, 123_456, 1 << 20


def drawn(
    distribution: Distribution, size: int, boost: str = "1.74", generator: str = "mt19937"
) -> np.ndarray:
    stream = Stream(SEED, boost, generator)
    stream.skip(POSITION)
    return distribution.draw(size, stream)


def exact(distribution: Distribution, values: np.ndarray) -> Hit | None:
    return recover_exact(distribution, values, most_words=MOST)


@pytest.mark.parametrize("twister", [MT19937, MT19937_64], ids=lambda twister: twister.name)
@pytest.mark.parametrize("position", [0, 1, 311, 624, 262_143, 262_144, 700_001])
def test_a_state_is_run_back_to_its_seeding(twister: Twister, position: int) -> None:
    stream = Stream(SEED, generator=twister.name)
    stream.skip(position)
    state = untemper(twister, stream.words(twister.n))
    assert find_seeding(twister, state) == Seeding(seed=SEED, position=position)


@pytest.mark.parametrize("distribution", [XAVIER, SKEW, UNIT, HIGH], ids=str)
def test_uniforms_anywhere(distribution: Distribution) -> None:
    values = drawn(distribution, 1313)
    assert exact(distribution, values) == Hit(seed=SEED, position=POSITION)
    assert exact(distribution, values[:1248]) is None


@pytest.mark.parametrize(("mean", "std"), [(0, 1), (0.1, 1), (-1, 1), (1, 0.5), (1, 0.2)])
def test_words_of_a_normal_whose_mean_hides_their_last_bits(mean: float, std: float) -> None:
    normal, words = Normal(mean, std), Stream(SEED).words(200)
    values = value_of(normal, words)
    is_fast = ~np.isnan(values)
    assert all(
        word in candidates(normal, each) for word, each in zip(words[is_fast], values[is_fast], strict=True)
    )


def test_a_uniform_whose_width_no_float_holds_has_no_inverse() -> None:
    wide = Uniform(-3e38, 3e38)
    values = wide.sample((9,), Stream(SEED))
    assert not any(candidates(wide, each).size for each in values)
    assert not on_grid(wide, values).any()


@pytest.mark.parametrize("boost", ["1.58", "1.74"])
def test_normals_anywhere(boost: str) -> None:
    found = exact(GAUSSIAN, drawn(GAUSSIAN, 3000, boost))
    assert found is not None
    assert (found.seed, found.treatment) == (SEED, "")
    assert 0 <= found.position - POSITION - found.value <= 3


def test_negated_values() -> None:
    assert exact(XAVIER, -drawn(XAVIER, 3000)) == Hit(seed=SEED, position=POSITION, treatment="negated")


def test_the_end_of_a_blob_whose_beginning_is_damaged() -> None:
    values = drawn(XAVIER, 9000)
    values[:6000] = 0
    assert exact(XAVIER, values) == Hit(seed=SEED, position=POSITION + 9000 - 1313, value=9000 - 1313)


@pytest.mark.parametrize("fused", [False, True])
def test_what_pytorch_drew(fused: bool) -> None:
    """Product and sum, each rounded, or fused as AVX2 does: torch 2.13.0 was seen to do so."""
    stream, bound = Stream(SEED), np.float32(1 / np.sqrt(150))
    stream.skip(777)
    unit = (stream.words(1400) & np.uint32(2**24 - 1)).astype(np.float32) * np.float32(2.0**-24)
    values = unit * (bound - -bound) + -bound
    if fused:
        values = (unit.astype(np.float64) * float(bound - -bound) - float(bound)).astype(np.float32)
    assert recover_torch(float(bound), values, MOST) == Hit(seed=SEED, position=777, maker="PyTorch")
    assert recover_torch(float(bound), drawn(Uniform(-float(bound), float(bound)), 1400), MOST) is None


@pytest.mark.slow
def test_what_mt19937_64_drew() -> None:
    values = drawn(XAVIER, 2000, generator="mt19937_64")
    found = recover_64(XAVIER, values, MOST)
    assert found == Hit(seed=SEED, position=POSITION, generator="mt19937_64")


def bfloat16(values: np.ndarray) -> np.ndarray:
    return (values.view(np.uint32) + np.uint32(0x8000) & np.uint32(0xFFFF0000)).view(np.float32)


MOVED = {
    "rounded to float16": lambda values: values.astype(np.float16).astype(np.float32),
    "rounded to bfloat16": bfloat16,
    "rounded to 6 decimals": lambda values: np.round(values, 6),
    "rounded to 245 levels": lambda values: np.float32(np.round(values * 2000) / 2000),
    "each moved by 6.1e-05 at most": lambda values: (
        values + np.random.default_rng(0).uniform(-6e-5, 6e-5, values.size).astype(np.float32)
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("treatment", MOVED)
def test_values_that_lost_bits(treatment: str) -> None:
    values = MOVED[treatment](drawn(XAVIER, 16_000))
    assert recover_moved(XAVIER, values, most_words=MOST) == Hit(
        seed=SEED, position=POSITION, treatment=treatment
    )


@pytest.mark.parametrize("distribution", [XAVIER, GAUSSIAN], ids=str)
def test_foreign_values_have_no_seed(distribution: Distribution) -> None:
    foreign = np.random.default_rng(1)
    values = (
        foreign.uniform(-0.0612, 0.0612, 3000) if distribution == XAVIER else foreign.normal(0, 0.01, 3000)
    )
    assert exact(distribution, values.astype(np.float32)) is None
    assert exact(distribution, foreign.permutation(drawn(distribution, 3000))) is None
