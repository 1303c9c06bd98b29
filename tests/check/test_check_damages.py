"""Faults of every kind in the blob that is hardest: the first, which alone can give the seed away.

tools/measure_check.py tries every fault of every blob of every net; docs/check.md has the table.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from damages import SEED, Case, cases, changes, drawn, load, with_arrays

import caffe_fillers as cf
from caffe_fillers.check import check_model
from caffe_fillers.check.evidence import damage

NETS = ["msra_norms", "all_fillers", "scale_bias_prelu_bn", "parameter_layer", "recurrent", "siamese"]
NETS += ["sharing_modes", "shape_zoo", "lmdb_mirror", "splits", "inner_products"]
KINDS = ["2 % scale error", "one NaN", "one zeroed row", "swapped blobs", "another seed"]
KINDS += [
    f"{what} blob with {norm}" for what in ("one", "every") for norm in ("FAN_IN", "FAN_OUT", "AVERAGE")
]


@cache
def net_of(name: str) -> cf.Net:
    return load(name)


def first_cases() -> list[tuple[str, Case]]:
    """Of every second net the first case of each kind: cases come in the order of the draws."""
    first: dict[tuple[str, str], Case] = {}
    for name in NETS[::2]:
        for case in cases(net_of(name)):
            first.setdefault((name, case.kind), case)
    return [(name, case) for (name, _), case in first.items()]


CASES = first_cases()


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}-{case.kind}" for name, case in CASES])
def test_a_fault_is_found_and_named(name: str, case: Case) -> None:
    net = net_of(name)
    result = check_model(net.plan, case.model(net), seed=case.given)
    assert not result.passed
    assert case.named(net, result), [(each.layer, each.index, each.diagnosis) for each in result.verdicts]
    assert result.seed == SEED


FIRST = [
    ("inner_products", "flipped"),
    ("inner_products", "filters shuffled"),
    ("inner_products", "mirrored"),
    ("small_inception", "float16"),
    ("xavier_norms", "int8"),
]
"""Nets whose first blob alone, or the small blobs behind it together, give the seed away."""


@pytest.mark.parametrize(("name", "kind"), FIRST)
def test_a_changed_first_blob_is_named(name: str, kind: str) -> None:
    net = net_of(name)
    case = next(each for each in changes(net) if (each.kind, each.where) == (kind, "first"))
    result = check_model(net.plan, case.model(net))
    assert case.named(net, result), [(each.layer, each.index, each.diagnosis) for each in result.verdicts]
    assert result.seed == SEED


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_tried(kind: str) -> None:
    assert sum(case.kind == kind for _, case in CASES) >= 2


def test_a_given_seed_that_is_wrong_is_corrected() -> None:
    net = net_of("splits")
    result = check_model(net.plan, net.fill(seed=5).model(), seed=6)
    assert result.seed == 6
    assert "seed 5 is that of the values" in result.seed_origin
    assert check_model(net.plan, net.fill(seed=5).model(), seed=5 + 2**32).passed


SPARSE_ROWS = """
layer { name: "d" type: "Input" top: "d" input_param { shape { dim: 1 dim: 30 } } }
layer { name: "ip" type: "InnerProduct" bottom: "d" top: "ip" inner_product_param {
  num_output: 250 bias_term: false weight_filler { type: "gaussian" std: 1 sparse: 15 } } }
"""


@pytest.mark.parametrize(("zeroed", "word"), [(0, "rounded to float16"), (60, "rows are all zero")])
def test_rows_of_a_sparse_gaussian_may_be_zeros(zeroed: int, word: str) -> None:
    net = cf.load_net(SPARSE_ROWS)
    model, arrays = drawn(net, SEED)
    whole = arrays[1, 0]
    assert 20 < (~whole.any(axis=1)).sum() < 60
    whole[:] = whole.astype(np.float16)
    whole[:zeroed] = 0
    verdict = check_model(net.plan, with_arrays(model, arrays), seed=SEED).verdicts[0]
    assert word in verdict.diagnosis


def test_copied_rows_of_a_sparse_gaussian_are_damage() -> None:
    _, arrays = drawn(cf.load_net(SPARSE_ROWS), SEED)
    whole = arrays[1, 0]
    assert damage(whole, zeros=0.94) is None
    whole[10:20] = whole[np.flatnonzero(whole.any(axis=1))[-1]]
    found = damage(whole, zeros=0.94)
    assert found is not None
    assert found.numbers == {"copies": 10, "rows": 250}
