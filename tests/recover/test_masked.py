"""Seeds of sparse gaussians and unit balls, behind a million outputs of which nothing is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import caffe_fillers as cf
from caffe_fillers.distributions import SparseNormal, UnitSum
from caffe_fillers.plan import Fill
from caffe_fillers.recover import Options, Sample, recover
from caffe_fillers.recover.anywhere import recover_rows
from caffe_fillers.recover.coins import recover_coins
from caffe_fillers.rng import Stream

SEED, SKIPPED = 1701, 1_000_003
SPARSE = 'type: "gaussian" std: 0.1 sparse: {}'
BALLS = 'type: "positive_unitball"'
CASES = {
    "a quarter kept": (SPARSE.format(15), 60, 784, "1.74", 1.0),
    "half kept, float16, Boost 1.58": (SPARSE.format(20), 40, 784, "1.58", 1.0),
    "most kept, decayed, Boost 1.54": (SPARSE.format(40), 50, 1600, "1.54", 0.9),
    "unit balls": (BALLS, 32, 784, "1.74", 1.0),
    "unit balls, few, decayed": (BALLS, 32, 400, "1.74", 0.9),
}


def fill_of(filler: str, outputs: int, inputs: int) -> tuple[cf.Net, Fill]:
    net = cf.load_net(
        f"""layer {{ name: "d" type: "Input" top: "d" input_param {{ shape {{ dim: 1 dim: {inputs} }} }} }}
        layer {{ name: "ip" type: "InnerProduct" bottom: "d" top: "ip" inner_product_param {{
        num_output: {outputs} bias_term: false weight_filler {{ {filler} }} }} }}"""
    )
    step = net.plan.steps[0]
    assert isinstance(step, Fill)
    return net, step


@pytest.mark.parametrize("name", CASES)
def test_the_seed_is_found_and_where_the_blob_begins(name: str) -> None:
    filler, outputs, inputs, release, factor = CASES[name]
    net, step = fill_of(filler, outputs, inputs)
    stream = Stream(SEED, release)
    stream.skip(SKIPPED)
    values = step.distribution().sample(step.shape, stream).ravel() * np.float32(factor)
    if "float16" in name:
        values = values.astype(np.float16).astype(np.float32)
    found = next(recover(net.plan, [Sample(0, 0, step, values)], lambda number: False, Options()))
    assert (found.seed, found.offset, found.release) == (SEED, SKIPPED, release)
    assert not found.assumption


def test_zeros_that_nobody_drew_by_mt19937_have_no_seed() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(0, 0.1, 47_040) * (generator.random(47_040) < 0.25)
    _, step = fill_of(SPARSE.format(15), 60, 784)
    assert isinstance(step.distribution(), SparseNormal)
    assert recover_coins(step.distribution(), values.astype(np.float32)) is None
    rows = generator.random((32, 784))
    rows /= rows.sum(axis=1, keepdims=True)
    assert recover_rows(UnitSum(784), rows.astype(np.float32)) is None


def test_the_check_names_the_seed_of_a_unit_ball_and_where_it_begins(tmp_path: Path) -> None:
    net, step = fill_of(BALLS, 32, 784)
    stream = Stream(SEED)
    stream.skip(SKIPPED)
    values = step.distribution().sample(step.shape, stream)
    np.savez(tmp_path / "late.npz", **{"ip.0": values})
    result = net.check(tmp_path / "late.npz")
    assert (result.passed, result.seed) == (True, SEED)
    assert f"--skip-words {SKIPPED}" in " ".join(result.notes)
