"""MXNet's initial weights against values recorded from the package itself."""

import json
from hashlib import sha256

import numpy as np
import pytest
from paths import GOLDENS

from caffe_fillers.errors import CaffeFillersError, UnknownNameError
from caffe_fillers.frameworks import mxnet
from caffe_fillers.frameworks.mxnet.lanes import Lanes
from caffe_fillers.frameworks.mxnet.text import float32_parameter

GOLDENS = json.loads((GOLDENS / "mxnet-1.9.json").read_text())
SHAPES = GOLDENS["header"]["shapes"]


def digest(values):
    return sha256(values.tobytes()).hexdigest()[:16]


def head(values):
    flat = values.ravel()[:3]
    return [f"{bits:x}" for bits in flat.view(f"u{flat.dtype.itemsize}").tolist()]


@pytest.mark.parametrize("row", GOLDENS["sequences"], ids=lambda row: "-".join(map(str, row[:4])))
def test_every_shape_one_after_another(row):
    name, arguments, seed, dtype, digests, last_head = row
    assert len(SHAPES) >= 12
    initializer = mxnet.create(json.dumps([name, arguments]))
    state = mxnet.RandomState(seed)
    draws = [initializer.fill(shape, state, dtype) for shape in SHAPES]
    assert [digest(draw) for draw in draws] == digests
    assert head(draws[-1]) == last_head
    assert [list(draw.shape) for draw in draws] == SHAPES


@pytest.mark.parametrize("row", GOLDENS["mixed"], ids=lambda row: f"seed {row[0]}")
def test_draws_of_all_kinds_from_one_stream(row):
    seed, draws = row
    state = mxnet.RandomState(seed)
    for kind, first, second, size, dtype, values in draws:
        assert digest(getattr(state, kind)(first, second, (size,), dtype)) == values, (kind, size, dtype)


def test_a_uniform_value_can_be_one():
    seed, shape, values, largest = GOLDENS["one"][0]
    draw = mxnet.RandomState(seed).uniform(0, 1, shape)
    assert (digest(draw), draw.max()) == (values, largest)
    assert largest == 1.0


def test_numbers_as_mxnet_reads_them():
    rows = GOLDENS["numbers"]
    assert [head(np.array([float32_parameter(number)]))[0] for number, _ in rows] == [
        bits for _, bits in rows
    ]
    assert any(float32_parameter(number) != np.float32(number) for number, _ in rows)


@pytest.mark.parametrize(("name", "rule", "expected"), GOLDENS["names"])
def test_names(name, rule, expected):
    """`rule` is whether the bare name is given, MXNet's older way, or the parameter's attributes."""
    description = name if rule is True else mxnet.InitDesc(name, rule or {})
    state = mxnet.RandomState(1)
    if expected == "ValueError":
        with pytest.raises(ValueError, match=name) as caught:
            mxnet.initialize(description, (2, 3), mxnet.Xavier(), state)
        assert isinstance(caught.value, CaffeFillersError)
        return
    values = mxnet.initialize(description, (2, 3), mxnet.Xavier(), state)
    if expected == "drawn":
        assert np.array_equal(values, mxnet.Xavier().fill((2, 3), mxnet.RandomState(1)))
    else:
        assert np.array_equal(values, np.full((2, 3), expected, np.float32))


def test_a_net_in_order():
    net = [
        ("conv_weight", (4, 3, 2, 2), mxnet.Xavier()),
        ("conv_bias", (4,), mxnet.Xavier()),
        (mxnet.InitDesc("norm_moving_var", {"__init__": '["one", {}]'}), (4,), mxnet.Xavier()),
        ("fc_weight", (2, 4), mxnet.MSRAPrelu()),
    ]
    drawn = dict(mxnet.draw_all(net, seed=3))
    state = mxnet.RandomState(3)
    assert np.array_equal(drawn["conv_weight"], mxnet.Xavier().fill((4, 3, 2, 2), state))
    assert np.array_equal(drawn["fc_weight"], mxnet.MSRAPrelu().fill((2, 4), state))
    assert drawn["conv_bias"].tolist() == [0] * 4
    assert drawn["norm_moving_var"].tolist() == [1] * 4


@pytest.mark.parametrize(
    ("initializer", "shape", "message"),
    [
        (mxnet.Xavier(), (5,), "layer_weight .* two axes"),
        (mxnet.Xavier(factor_type="fan_in"), (2, 2), "factor_type"),
        (mxnet.Xavier(rnd_type="normal"), (2, 2), "rnd_type"),
        (mxnet.Xavier(magnitude=-1), (2, 2), "magnitude"),
        (mxnet.Xavier("gaussian", magnitude=0), (2, 2), "must be positive"),
        (mxnet.Xavier(), (2, 0), "without a zero"),
        (mxnet.Uniform(-1.0), (2, 2), "low must not be above high"),
        (mxnet.Normal(1e-40), (2, 2), "out of the range"),
    ],
)
def test_what_mxnet_refuses_is_refused(initializer, shape, message):
    with pytest.raises(ValueError, match=message) as caught:
        initializer.fill(shape, mxnet.RandomState(1), name="layer_weight")
    assert isinstance(caught.value, CaffeFillersError)


def test_unknown_names():
    with pytest.raises(UnknownNameError, match="'xavier'"):
        mxnet.create("xaviar")
    with pytest.raises(UnknownNameError, match="bfloat16"):
        mxnet.RandomState(1).uniform(0, 1, (2,), "bfloat16")


def test_dumps_is_what_mxnet_writes():
    assert mxnet.dumps(mxnet.MSRAPrelu()) == '["msraprelu", {"factor_type": "avg", "slope": 0.25}]'
    assert mxnet.create(mxnet.dumps(mxnet.Constant(2.5))) == mxnet.Constant(2.5)


def test_lanes_are_the_generators_of_numpy():
    seeds = np.array([5489, 1, 2**32 - 1], np.uint32)
    lanes = Lanes(seeds)
    counts = [np.array([1500, 3, 700]), np.array([1, 0, 624]), np.array([623, 2000, 625])]
    taken = [np.split(lanes.take(count), np.cumsum(count)[:-1]) for count in counts]
    for lane, seed in enumerate(seeds):
        words = np.concatenate([parts[lane] for parts in taken])
        # numpy's seeding from one number is another; its RandomState takes the plain one.
        expected = np.random.RandomState(int(seed)).randint(0, 2**32, len(words), dtype=np.uint32)
        assert np.array_equal(words, expected)


@pytest.mark.parametrize("row", GOLDENS["sequences"][::5], ids=lambda row: "-".join(map(str, row[:4])))
def test_initializers_fill_arrays_from_the_process_generator(row):
    name, arguments, seed, dtype, digests, _ = row
    initializer = mxnet.initializer.create(json.dumps([name, arguments]))
    mxnet.random.seed(seed)
    filled = [np.empty(shape, dtype) for shape in SHAPES]
    for array in filled:
        initializer(mxnet.init.InitDesc("fc1_weight"), array)
    assert [digest(array) for array in filled] == digests


def test_arrays_are_filled_by_their_names(monkeypatch):
    bias, weight = np.ones(3, np.float32), np.zeros((3, 4), np.float32)
    mxnet.random.seed(1)
    mxnet.initializer.Xavier(rnd_type="uniform", factor_type="avg", magnitude=3)("fc1_bias", bias)
    mxnet.init.Xavier()("fc1_weight", weight)
    mxnet.init.One()("fc2_weight", bias)
    assert bias.tolist() == [1, 1, 1]
    assert np.array_equal(weight, mxnet.Xavier().fill((3, 4), mxnet.RandomState(1)))
    with pytest.raises(CaffeFillersError, match="no initializer for this name"):
        mxnet.init.Xavier()("fc1_scale", weight)
    monkeypatch.setattr(mxnet.random, "_states", [])
    with pytest.raises(CaffeFillersError, match=r"random\.seed"):
        mxnet.init.Xavier()("fc1_weight", weight)
