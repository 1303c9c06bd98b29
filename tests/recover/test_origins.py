"""Seeds of nets of which little is left as it was drawn: one blob, rounded values, some steps of training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from paths import LENET

import caffe_fillers as cf
from caffe_fillers.distributions import Normal, Uniform
from caffe_fillers.frameworks.mxnet.stream import RandomState
from caffe_fillers.plan import Fill
from caffe_fillers.recover import MXNET, Found, Options, Sample, recover
from caffe_fillers.recover.anywhere import recover_signed
from caffe_fillers.recover.leading import outputs_of_leading_bits
from caffe_fillers.recover.relations import is_mt19937, relation
from caffe_fillers.rng import Stream
from caffe_fillers.rng.twister import MT19937

SEED = 1701
NET = cf.load_net(LENET).plan
Values = np.ndarray


def drawn(skipped: int = 0) -> dict[str, Values]:
    """LeNet's weights, flat; something drew so many outputs first."""
    stream, weights = Stream(SEED), {}
    stream.skip(skipped)
    for step in NET.steps:
        if isinstance(step, Fill):
            values = step.distribution().sample(step.shape, stream).ravel()
            if step.distribution().is_random:
                weights[step.layer] = values
    return weights


def samples(weights: dict[str, Values]) -> list[Sample]:
    steps = ((number, step) for number, step in enumerate(NET.steps) if isinstance(step, Fill))
    return [
        Sample(number, number, step, weights[step.layer].astype(np.float32))
        for number, step in steps
        if step.distribution().is_random
    ]


def first(weights: dict[str, Values]) -> Found | None:
    return next(recover(NET, samples(weights), lambda number: False, Options()), None)


def foreign(values: Values) -> Values:
    return np.random.default_rng(0).laplace(0, values.std() / np.sqrt(2), values.size)


def bfloat16(values: Values) -> Values:
    return (values.view(np.uint32) + np.uint32(0x8000) & np.uint32(0xFFFF0000)).view(np.float32)


@pytest.mark.parametrize("kept", ["ip2", "conv2"])
def test_one_layer_of_a_trained_net_gives_the_seed(kept: str) -> None:
    """The fresh head of a fine-tune, and a frozen layer in the middle."""
    weights = {name: values if name == kept else foreign(values) for name, values in drawn().items()}
    found = first(weights)
    assert found is not None
    assert (found.seed, found.offset, found.first_step, found.assumption) == (SEED, 0, 0, "")


ROUNDED: dict[str, Callable[[Values], Values]] = {
    "rounded to float16": lambda values: values.astype(np.float16),
    "rounded to bfloat16": bfloat16,
    "rounded to 3 decimals": lambda values: np.round(values, 3),
    "negated": np.negative,
}


@pytest.mark.parametrize("treatment", ROUNDED)
def test_signs_give_the_seed(treatment: str) -> None:
    values = ROUNDED[treatment](drawn()["conv2"]).astype(np.float32)
    distribution = next(each.fill.distribution() for each in samples(drawn()) if each.fill.layer == "conv2")
    hit = recover_signed(distribution, values)
    assert hit is not None
    assert (hit.seed, hit.position - hit.value, hit.treatment) == (SEED, 500, treatment)


def trained(weights: dict[str, Values], steps: int) -> dict[str, Values]:
    """Both inner products after some steps of SGD with momentum on random data: ReLU, softmax loss."""
    random = np.random.default_rng(0)
    hidden, out = weights["ip1"].reshape(500, 800).copy(), weights["ip2"].reshape(10, 500).copy()
    speed = [np.zeros_like(hidden), np.zeros_like(out)]
    for _ in range(steps):
        data, labels = random.random((64, 800), np.float32), random.integers(10, size=64)
        before = data @ hidden.T
        active = np.maximum(before, 0)
        scores = active @ out.T
        share = np.exp(scores - scores.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        share[np.arange(64), labels] -= 1
        share /= 64
        gradients = ((share @ out * (before > 0)).T @ data, share.T @ active)
        for number, (blob, gradient) in enumerate(zip((hidden, out), gradients, strict=True)):
            speed[number] = 0.9 * speed[number] - np.float32(0.01) * (gradient + np.float32(0.0005) * blob)
            blob += speed[number]  # noqa: PLW2901 - in place
    return weights | {"ip1": hidden.ravel(), "ip2": out.ravel()}


@pytest.mark.parametrize("steps", [1, 10])
def test_some_steps_of_training_leave_the_seed(steps: int) -> None:
    before = drawn()
    after = trained(before, steps)
    assert np.abs(after["ip1"] - before["ip1"]).max() > 1e-5
    sample = samples(after)[2]
    hit = recover_signed(sample.fill.distribution(), sample.values)
    assert hit is not None
    assert (hit.seed, hit.position - hit.value) == (SEED, 500 + 25_000)
    assert hit.treatment.startswith("each moved by")


@pytest.mark.parametrize("scale", [1.0, 0.5, -1.0])
def test_normals_of_old_boost_give_the_seed_by_their_angles(scale: float) -> None:
    """Box and Muller's angle is each second output; scaled and rounded it is still in the right half."""
    stream, distribution = Stream(SEED, "1.54"), Normal(0.0, 0.01)
    stream.skip(5000)
    values = (distribution.draw(50_000, stream) * np.float32(scale)).astype(np.float16)
    hit = recover_signed(distribution, values.astype(np.float32))
    assert hit is not None
    assert (hit.seed, hit.position - hit.value) == (SEED, 5000)


def test_nonzero_neighbors_of_a_sparse_gaussian_give_the_seed() -> None:
    net = cf.load_net(
        """layer { name: "d" type: "Input" top: "d" input_param { shape { dim: 1 dim: 30 } } }
        layer { name: "ip" type: "InnerProduct" bottom: "d" top: "ip" inner_product_param {
        num_output: 40 weight_filler { type: "gaussian" std: 0.1 sparse: 15 } } }"""
    )
    step = net.plan.steps[0]
    assert isinstance(step, Fill)
    values = step.distribution().sample(step.shape, Stream(SEED)).ravel()
    assert (values == 0).mean() > 0.5
    found = next(recover(net.plan, [Sample(0, 0, step, values)], lambda number: False, Options()))
    assert (found.seed, found.offset) == (SEED, 0)


@pytest.mark.parametrize("millions", [10, pytest.param(60, marks=pytest.mark.slow)])
def test_millions_of_outputs_before(millions: int) -> None:
    skipped = drawn(millions * 10**6)
    found = first({name: values if name == "conv2" else foreign(values) for name, values in skipped.items()})
    assert found is not None
    assert (found.seed, found.offset) == (SEED, millions * 10**6)


def test_what_mxnet_drew() -> None:
    state, weights = RandomState(99), {}
    for sample in samples(drawn()):
        bound = sample.fill.distribution().support[1]
        weights[sample.fill.layer] = state.uniform(-bound, bound, (sample.fill.count,))
    found = list(recover(NET, samples(weights), lambda number: False, Options(quick=True)))
    assert {(each.seed, each.maker) for each in found} == {(99, MXNET)}
    assert len({each.number for each in found}) == 4


@pytest.mark.parametrize("leading", [17, 12, 8, 4, 2, 1])
def test_relations_hold(leading: int) -> None:
    words, sums = Stream(5).words(21_000), np.zeros(1000, np.uint32)
    for output, bit in relation(leading):
        assert bit >= MT19937.w - leading
        sums ^= words[output : output + 1000] >> np.uint32(bit)
    assert not (sums & 1).any()


def test_each_second_output_shows_the_stream_too() -> None:
    words = Stream(SEED).words(41_000)
    signs = (words[::2] >> 31).astype(np.uint8)
    place, outputs = outputs_of_leading_bits(signs, np.ones(signs.size), stride=2)  # type: ignore[misc]
    assert np.array_equal(outputs, words[2 * place : 2 * place + 624])


@pytest.mark.parametrize("seed", range(5))
def test_other_words_are_told_apart(seed: int) -> None:
    foreign_words = np.random.default_rng(seed).integers(2**32, size=60_000, dtype=np.uint32)
    assert not is_mt19937(foreign_words)
    assert not is_mt19937(np.random.default_rng(seed).permutation(Stream(seed).words(60_000)))
    unit = Uniform(0.0, 1.0)
    assert recover_signed(unit, (foreign_words * 2.0**-32).astype(np.float32)) is None
