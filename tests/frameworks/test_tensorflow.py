"""TensorFlow's and Keras's initial weights against values recorded from the packages themselves."""

import dataclasses
import json
from hashlib import sha256

import numpy as np
import pytest
from paths import GOLDENS

from caffe_fillers.errors import (
    CaffeFillersError,
    InitializerError,
    MissingExtraError,
    UnknownNameError,
    UsageError,
)
from caffe_fillers.frameworks import keras
from caffe_fillers.frameworks import tensorflow as tf
from caffe_fillers.frameworks.tensorflow.philox import Philox

GRAPHS = {
    release: json.loads((GOLDENS / f"tensorflow-{release}.json").read_text()) for release in ("1.15", "2.21")
}
EAGER = GRAPHS["2.21"]["eager"]
KERAS = json.loads((GOLDENS / "keras-3.15.json").read_text())

WIDE_NORMAL = tf.VarianceScaling(0.7, "fan_out", "untruncated_normal")
INITIALIZERS = {
    "glorot_uniform": tf.GLOROT_UNIFORM,
    "glorot_normal": tf.GLOROT_NORMAL,
    "he_uniform": tf.HE_UNIFORM,
    "he_normal": tf.HE_NORMAL,
    "lecun_uniform": tf.LECUN_UNIFORM,
    "lecun_normal": tf.LECUN_NORMAL,
    "wide_normal": WIDE_NORMAL,
}
PLAIN = {"uniform": tf.RandomUniform, "normal": tf.RandomNormal, "truncated": tf.TruncatedNormal}


def digest(values):
    return sha256(values.tobytes()).hexdigest()[:16]


def head(values):
    flat = values.ravel()[:3]
    return [f"{bits:x}" for bits in flat.view(f"u{flat.dtype.itemsize}").tolist()]


def cases(release):
    """The recorded operations, those with one initializer and one pair of seeds together."""
    groups = {}
    for name, graph_seed, seed, *row in GRAPHS[release]["operations"]:
        groups.setdefault((name, graph_seed, seed), []).append(row)
    return [pytest.param(*key, rows, id=f"{release}-{key}") for key, rows in groups.items()]


@pytest.mark.parametrize(("name", "graph_seed", "seed", "rows"), [*cases("1.15"), *cases("2.21")])
def test_operations_run_three_times(name, graph_seed, seed, rows):
    assert len({tuple(shape) for _, shape, *_ in rows}) >= 12
    graph, session = tf.Graph(graph_seed), tf.Session()
    for dtype, shape, digests, first in rows:
        operation = graph.add(INITIALIZERS[name], shape, seed, dtype)
        draws = [session.run(operation) for _ in digests]
        assert head(draws[0]) == first
        assert [digest(draw) for draw in draws] == digests
        assert draws[0].shape == tuple(shape)


@pytest.mark.parametrize("row", GRAPHS["2.21"]["unseeded"], ids=lambda row: f"graph seed {row[0]}")
def test_operations_without_seeds(row):
    graph_seed, recorded = row
    graph, session = tf.Graph(graph_seed), tf.Session()
    for name, op_seed, values in recorded:
        operation = graph.add(INITIALIZERS[name], (3, 4))
        assert operation.seeds == (graph_seed, op_seed)
        assert digest(session.run(operation)) == values
    net = [(name, (3, 4), INITIALIZERS[name]) for name, *_ in recorded]
    assert [digest(draw) for _, draw in tf.draw_all(net, graph_seed)] == [values for *_, values in recorded]


@pytest.mark.parametrize("row", GRAPHS["1.15"]["unseeded"], ids=lambda row: f"graph seed {row[0]}")
def test_the_old_numbers_of_operations_can_be_given(row):
    graph_seed, recorded = row
    for name, op_seed, values in recorded:
        assert digest(tf.draw(INITIALIZERS[name], (3, 4), seed=op_seed, global_seed=graph_seed)) == values


@pytest.mark.parametrize("release", GRAPHS)
def test_plain_initializers(release):
    for kind, numbers, dtype, values, first in GRAPHS[release]["plain"]:
        draw = tf.draw(PLAIN[kind](*numbers), (1000,), seed=1, dtype=dtype)
        assert (head(draw), digest(draw)) == (first, values), (kind, numbers, dtype)


@pytest.mark.parametrize("row", EAGER, ids=lambda row: f"seed {row[0]}")
def test_eager_calls(row):
    seed, calls = row
    eager = tf.Eager(seed)
    for name, own_seed, dtype, shape, values in calls:
        assert digest(eager.draw(INITIALIZERS[name], shape, own_seed, dtype)) == values, (
            name,
            own_seed,
            dtype,
        )


@pytest.mark.parametrize("name", INITIALIZERS)
def test_keras_with_seeds(name):
    rows = [row for row in KERAS["seeded"] if row[0] == name]
    assert len(rows) == (13 * 5 + 1) * 4
    for _, seed, dtype, shape, values, first in rows:
        draw = tf.draw(INITIALIZERS[name], shape, seed=seed, dtype=dtype, semantics="keras")
        assert (head(draw), digest(draw)) == (first, values), (seed, dtype, shape)


@pytest.mark.parametrize("row", KERAS["generators"], ids=lambda row: f"seed {row[0]}")
def test_keras_seed_generators(row):
    seed, draws = row
    keras, generator = tf.Keras(), tf.SeedGenerator(seed)
    for name, values in draws:
        assert digest(keras.draw(INITIALIZERS[name], (9, 7), generator)) == values, name


@pytest.mark.parametrize("row", KERAS["defaults"], ids=lambda row: f"seed {row[0]}")
def test_keras_default_seeds(row):
    seed, draws = row
    keras = tf.Keras(seed)
    assert [keras.new_seed() for _ in draws] == [own for _, own, _ in draws]
    net = [(name, (9, 7), INITIALIZERS[name]) for name, *_ in draws]
    assert [digest(draw) for _, draw in tf.draw_all(net, seed, "keras")] == [values for *_, values in draws]


@pytest.mark.parametrize("row", KERAS["models"], ids=lambda row: f"seed {row[0]}")
def test_a_keras_model_with_a_dropout(row):
    seed, weights = row
    keras = tf.Keras(seed)
    constants = {"gamma": 1.0, "moving_variance": 1.0}
    for place, (name, shape, values) in enumerate(weights):
        if shape == [144, 5]:
            keras.new_seed()  # the Dropout before it
        default = {0: tf.GLOROT_UNIFORM, 6: tf.HE_NORMAL, 8: tf.GLOROT_UNIFORM}
        initializer = default.get(place, tf.Constant(constants.get(name, 0.0)))
        assert digest(keras.draw(initializer, shape)) == values, name


def test_a_new_session_starts_again_and_sessions_do_not_meet():
    operation = tf.Graph().add(tf.GLOROT_UNIFORM, (4,), seed=1)
    one, other = tf.Session(), tf.Session()
    first, second = one.run(operation), one.run(operation)
    assert not np.array_equal(first, second)
    assert np.array_equal(other.run(operation), first)


def test_operations_of_one_seed_draw_alike_in_a_graph_but_go_on_when_eager():
    graph, session, eager = tf.Graph(1), tf.Session(), tf.Eager(1)
    twins = [session.run(graph.add(tf.GLOROT_UNIFORM, (4,), seed=1)) for _ in range(2)]
    assert np.array_equal(*twins)
    assert not np.array_equal(*(eager.draw(tf.GLOROT_UNIFORM, (4,), seed=1) for _ in range(2)))


@pytest.mark.parametrize("counter", [2**64 - 2, 2**128 - 2])
def test_the_counter_carries(counter):
    offsets = np.arange(4, dtype=np.uint64)
    whole = Philox(5, counter).blocks(offsets)
    singles = [Philox(5, counter).skip(int(offset)).blocks(offsets[:1])[0] for offset in offsets]
    assert np.array_equal(whole, singles)


@pytest.mark.parametrize("semantics", tf.SEMANTICS)
def test_without_any_seed_it_refuses(semantics):
    with pytest.raises(UsageError, match="seed"):
        tf.draw(tf.GLOROT_UNIFORM, (2, 2), semantics=semantics)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0.0}, "scale"),
        ({"mode": "fan"}, "mode"),
        ({"distribution": "gaussian"}, "distribution"),
    ],
)
def test_what_tensorflow_refuses_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        tf.VarianceScaling(**arguments)
    assert isinstance(caught.value, CaffeFillersError)


def test_other_mistakes():
    with pytest.raises(UnknownNameError, match="tf3"):
        tf.draw(tf.GLOROT_UNIFORM, (2, 2), seed=1, semantics="tf3")
    with pytest.raises(UnknownNameError, match="int32"):
        tf.glorot_uniform_initializer(seed=1, dtype="int32")((2, 2))
    with pytest.raises(InitializerError, match="negative"):
        tf.glorot_uniform_initializer(seed=1)((2, -1))


def test_bfloat16_names_its_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ml_dtypes", None)
    with pytest.raises(MissingExtraError, match=r"caffe-fillers\[bfloat16\]"):
        tf.glorot_uniform_initializer(seed=1, dtype="bfloat16")((2, 2))


def test_normal_is_an_older_name():
    assert tf.VarianceScaling(distribution="Normal") == tf.VarianceScaling(distribution="truncated_normal")


@pytest.mark.parametrize(
    "name", ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal"]
)
def test_documented_names_of_tensorflow(name):
    made = getattr(tf, name)(seed=1)
    expected = tf.draw(INITIALIZERS[name], (5, 7), seed=1)
    assert np.array_equal(made((5, 7)), expected)
    assert np.array_equal(made([5, 7], partition_info=None), expected)
    assert made((5, 7), dtype="float64").dtype == getattr(tf, name)(seed=1, dtype="float64")((1,)).dtype


@pytest.mark.parametrize("row", GRAPHS["2.21"]["unseeded"], ids=lambda row: f"graph seed {row[0]}")
def test_the_graphs_seed_is_that_of_the_process(row):
    graph_seed, recorded = row
    tf.set_random_seed(graph_seed)
    drawn = [
        tf.variance_scaling_initializer(*dataclasses.astuple(INITIALIZERS[name]))((3, 4))
        for name, *_ in recorded
    ]
    tf.set_random_seed(None)
    assert [digest(draw) for draw in drawn] == [values for *_, values in recorded]
    with pytest.raises(UsageError, match="seed"):
        tf.glorot_uniform_initializer()((3, 4))


@pytest.mark.parametrize("release", GRAPHS)
def test_plain_initializers_by_their_names(release):
    names = {
        "uniform": tf.random_uniform_initializer,
        "normal": tf.random_normal_initializer,
        "truncated": tf.truncated_normal_initializer,
    }
    for kind, numbers, dtype, values, first in GRAPHS[release]["plain"]:
        draw = names[kind](*numbers, seed=1, dtype=dtype)((1000,))
        assert (head(draw), digest(draw)) == (first, values), (kind, numbers, dtype)
    assert tf.zeros_initializer()((2,)).tolist() == [0, 0]
    assert tf.ones_initializer("float64")((1,)).dtype == np.float64


def test_documented_names_of_keras():
    for name, seed, dtype, shape, values, first in KERAS["seeded"][::97]:
        if hasattr(keras.initializers, name):
            made = getattr(keras.initializers, name)(seed=seed)
            assert (head(made(shape, dtype=dtype)), digest(made(shape, dtype=dtype))) == (first, values)
    generator = keras.random.SeedGenerator(KERAS["generators"][0][0])
    for name, values in KERAS["generators"][0][1]:
        wide = keras.initializers.VarianceScaling(*dataclasses.astuple(INITIALIZERS[name]), seed=generator)
        assert digest(wide((9, 7))) == values, name


@pytest.mark.parametrize("row", KERAS["defaults"], ids=lambda row: f"seed {row[0]}")
def test_keras_gives_seeds_when_initializers_are_built(row):
    seed, draws = row
    keras.utils.set_random_seed(seed)
    made = [
        keras.initializers.VarianceScaling(*dataclasses.astuple(INITIALIZERS[name])) for name, *_ in draws
    ]
    assert [each.seed for each in made] == [own for _, own, _ in draws]
    assert [digest(each((9, 7))) for each in made] == [values for *_, values in draws]


def test_keras_names_and_aliases():
    both = keras.initializers
    assert both.GlorotUniform is both.glorot_uniform
    assert both.get("ones")((2,)).tolist() == [1, 1]
    assert both.RandomUniform(seed=3)((4,)).max() < 0.05
    with pytest.raises(UnknownNameError, match="did you mean 'he_normal'"):
        both.get("he_norm")


@pytest.mark.parametrize(
    "name", ["glorot_uniform", "he_normal", "random_uniform", "truncated_normal", "zeros"]
)
def test_tf_initializers_has_the_short_names(name: str) -> None:
    long = getattr(tf, f"{name}_initializer", None) or getattr(tf, name)
    seed = {} if name == "zeros" else {"seed": 3}
    assert getattr(tf.initializers, name)(**seed)((4, 5)).tobytes() == long(**seed)((4, 5)).tobytes()


def test_keras_initializers_stand_where_tensorflow_has_them() -> None:
    assert tf.keras.initializers is keras.initializers
    assert not hasattr(tf.keras, "nothing")
