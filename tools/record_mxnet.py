"""Record the initial weights of MXNet on the CPU: tests/goldens/mxnet-*.json.

pip install mxnet==1.9.1 'numpy<1.24' && python tools/record_mxnet.py      # Python 3.8 or 3.9
"""

from __future__ import annotations

import warnings

import mxnet as mx
import numpy as np
from recording import Rows, digest, head, write

warnings.filterwarnings("ignore", category=DeprecationWarning)

SHAPES = (
    *((1, 1), (2, 3), (10, 20), (16, 16, 3), (8, 1, 5, 5), (4, 3, 2, 2, 2), (128, 513)),
    *((64, 3, 7, 7), (1, 64), (65, 1), (31, 33), (24, 48, 3, 3)),
)
SEEDS = (0, 1, 42, -5, 2**31 - 1)
DTYPES = ("float16", "float32", "float64")
INITIALIZERS = (
    *(
        ["xavier", {"rnd_type": "uniform", "factor_type": kind, "magnitude": 3}]
        for kind in ("avg", "in", "out")
    ),
    *(
        ["xavier", {"rnd_type": "gaussian", "factor_type": kind, "magnitude": 2.34}]
        for kind in ("avg", "in", "out")
    ),
    *(
        ["msraprelu", {"factor_type": "avg", "slope": 0.25}],
        ["msraprelu", {"factor_type": "in", "slope": 0.0}],
    ),
    *(["uniform", {"scale": 0.07}], ["normal", {"sigma": 0.01}]),
)
NAMES = (
    *("weight", "bias", "gamma", "beta", "moving_mean", "moving_var", "running_mean", "running_var"),
    *("moving_avg", "moving_inv_var", "min", "max", "bias_quantize", "foo"),
)


def filled(name: str, arguments: dict, desc: str, shape: tuple, dtype: str) -> np.ndarray:
    array = mx.nd.ones(shape, dtype=dtype) * 7
    mx.init.create(name, **arguments)(desc, array)
    return array.asnumpy()


def sequence_rows() -> Rows:
    """Every shape after every other, without seeding again in between."""
    weight = mx.init.InitDesc("a_weight")
    for name, arguments in INITIALIZERS:
        for seed in SEEDS:
            for dtype in DTYPES:
                mx.random.seed(seed)
                draws = [filled(name, arguments, weight, shape, dtype) for shape in SHAPES]
                heads = [head(draw) for draw in draws]
                yield [name, arguments, seed, dtype, [digest(draw) for draw in draws], heads[-1]]


def mixed_rows() -> Rows:
    """Draws of both kinds, all types and odd sizes from one stream."""
    calls = [
        *(["uniform", -0.3, 0.3, 10, "float32"], ["normal", 0, 0.05, 1000, "float32"]),
        *(
            ["uniform", 0, 1, 70000, "float64"],
            ["normal", 0, 1, 70000, "float16"],
            ["normal", 0, 0.013, 65, "float64"],
        ),
        *(["uniform", -1e-3, 1e-3, 1, "float16"], ["normal", 0.5, 2.0, 132096, "float32"]),
        *(
            ["uniform", -0.1, 0.7, 63, "float32"],
            ["normal", 0, 1, 64, "float32"],
            ["uniform", 0, 1, 65537, "float32"],
        ),
    ]
    for seed in SEEDS:
        mx.random.seed(seed)
        rows = []
        for kind, first, second, size, dtype in calls:
            draw = getattr(mx.nd.random, kind)(first, second, shape=(size,), dtype=dtype).asnumpy()
            rows.append([kind, first, second, size, dtype, digest(draw)])
        yield [seed, rows]


def name_rows() -> Rows:
    """What Xavier does with a parameter of each name: one value, the kind of error, or "drawn"."""
    for name in NAMES:
        for legacy in (False, True):
            desc = "layer_" + name if legacy else mx.init.InitDesc("layer_" + name)
            mx.random.seed(1)
            try:
                values = filled("xavier", {}, desc, (2, 3), "float32")
                result = "drawn" if len(set(values.ravel())) > 1 else float(values[0, 0])
            except ValueError:
                result = "ValueError"
            yield [str(desc), legacy, result]
    norm = mx.sym.BatchNorm(mx.sym.Variable("data"), name="norm")
    for name, attributes in sorted(norm.attr_dict().items()):
        values = filled("xavier", {}, mx.init.InitDesc(name, attributes), (3,), "float32")
        yield [name, attributes, float(values[0])]


def number_rows() -> Rows:
    """What a float parameter becomes: a uniform draw without width gives its bound."""
    random = np.random.RandomState(0)
    numbers = [*(10 ** random.uniform(-7, 3, 60)), *random.uniform(0.5, 3, 60), 1e-5, 0.07, 1.0, 3e10, 3**0.5]
    for number in map(float, numbers):
        yield [number, head(mx.nd.random.uniform(number, number, shape=(1,)).asnumpy())[0]]


def one_row() -> Rows:
    """A uniform float32 that is 1 itself: word 565 of lane 524 rounds up to 2**32."""
    mx.random.seed(1566)
    values = mx.nd.random.uniform(0, 1, shape=(1024, 624)).asnumpy()
    yield [1566, values.shape, digest(values), float(values.max())]


def main() -> None:
    sections = {
        "sequences": sequence_rows(),
        "mixed": mixed_rows(),
        "names": name_rows(),
        "numbers": number_rows(),
        "one": one_row(),
    }
    sections = {name: list(rows) for name, rows in sections.items()}
    release = ".".join(mx.__version__.split(".")[:2])
    write(f"mxnet-{release}.json", {"mxnet": mx.__version__, "shapes": SHAPES}, sections)


if __name__ == "__main__":
    main()
