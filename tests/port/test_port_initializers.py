"""Every initializer that is printed draws the filler's distribution.

The printed code itself is run. Without the frameworks their names stand for
the formulae of their sources, restated here: each call gives the distribution
of a tensor of some shape, which must be the distribution that Caffe draws from. Where
a framework is installed the code draws, and the values are looked at.
"""

from __future__ import annotations

import ast
import io
import math
import re
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from paths import CORPUS, ROOT
from port_workers import worker

import caffe_fillers as cf
from caffe_fillers import distributions, fillers
from caffe_fillers.cli.main import main
from caffe_fillers.eras import find_era
from caffe_fillers.errors import UnknownNameError
from caffe_fillers.fillers import filler_types
from caffe_fillers.frameworks.initializers import equivalent, frameworks
from caffe_fillers.plan import Fill
from caffe_fillers.port.initializers import print_initializers
from caffe_fillers.schema import ConvolutionParameter, InnerProductParameter, LayerParameter

FRAMEWORKS = ("torch", "mxnet", "keras", "tf1", "jax")
FIRST, LAST, DEPTHWISE = {"torch", "mxnet"}, {"keras", "tf1", "jax"}, {"keras", "tf1"}


def _layer(type_name: str, group: int = 1, transpose: bool = False) -> LayerParameter:
    return LayerParameter(
        type=type_name,
        convolution_param=ConvolutionParameter(group=group),
        inner_product_param=InnerProductParameter(transpose=transpose),
    )


# A layer, its weight in Caffe, where channels are first and where they are last.
LAYERS = {
    "convolution": (_layer("Convolution"), (8, 4, 3, 5), (8, 4, 3, 5), (3, 5, 4, 8)),
    "volume": (_layer("Convolution"), (8, 4, 3, 5, 2), (8, 4, 3, 5, 2), (3, 5, 2, 4, 8)),
    "grouped": (_layer("Convolution", group=2), (8, 2, 3, 3), (8, 2, 3, 3), (3, 3, 2, 8)),
    "depthwise": (_layer("Convolution", group=4), (8, 1, 3, 3), (8, 1, 3, 3), (3, 3, 1, 8)),
    "deconvolution": (_layer("Deconvolution"), (4, 8, 3, 3), (4, 8, 3, 3), (3, 3, 8, 4)),
    "inner product": (_layer("InnerProduct"), (10, 6), (10, 6), (6, 10)),
    "transposed": (_layer("InnerProduct", transpose=True), (6, 10), (10, 6), (6, 10)),
    "embed": (_layer("Embed"), (6, 10), (6, 10), (6, 10)),
    "lstm": (_layer("LSTM"), (20, 3), (20, 3), (3, 20)),
}
FILLERS = {
    "constant": fillers.Constant(0.1),
    "zero": fillers.Constant(),
    "one": fillers.Constant(1.0),
    "uniform": fillers.Uniform(-0.25, 0.75),
    "unit uniform": fillers.Uniform(),
    "even uniform": fillers.Uniform(-0.1, 0.1),
    "gaussian": fillers.Gaussian(std=0.01),
    "gaussian with mean": fillers.Gaussian(-1.0, 0.5),
    **{f"xavier {norm}": fillers.Xavier(norm) for norm in ("FAN_IN", "FAN_OUT", "AVERAGE")},
    **{f"msra {norm}": fillers.MSRA(norm) for norm in ("FAN_IN", "FAN_OUT", "AVERAGE")},
    **{
        f"leaky {norm}": filler_types.variant("msra", "alpha")(variance_norm=norm, alpha=0.25)
        for norm in range(3)
    },
    **{
        f"intel {norm}": filler_types.variant("msra", "scale")(variance_norm=norm, scale=0.5)
        for norm in range(3)
    },
}
HELPED = {
    "sparse": fillers.Gaussian(0.0, 0.5, sparse=2),
    "positive_unitball": fillers.PositiveUnitball(),
    "bilinear": fillers.Bilinear(),
}


def _shape(framework: str, name: str) -> tuple[int, ...]:
    _, _, first, last = LAYERS[name]
    if name == "depthwise" and framework in DEPTHWISE:
        return (3, 3, 4, 2)  # height x width x inputs x multiplier
    return first if framework in FIRST else last


@dataclass(frozen=True)
class Normal:
    mean: float
    std: float


@dataclass(frozen=True)
class Uniform:
    low: float
    high: float


def _torch(shape: tuple[int, ...]) -> dict[str, Any]:
    """torch/nn/init.py of v2.5.1: a call gives what it would fill the tensor with."""

    def fan(mode: str) -> float:
        assert len(shape) >= 2, (
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
        return {"fan_in": shape[1], "fan_out": shape[0]}[mode] * math.prod(shape[2:])

    def gain(nonlinearity: str, a: float) -> float:
        return {"linear": 1.0, "relu": math.sqrt(2), "leaky_relu": math.sqrt(2 / (1 + a**2))}[nonlinearity]

    def kaiming(a: float, mode: str, nonlinearity: str) -> float:
        return gain(nonlinearity, a) / math.sqrt(fan(mode))

    def xavier(gain: float) -> float:
        return gain * math.sqrt(2 / (fan("fan_in") + fan("fan_out")))

    def even(std: float) -> Uniform:
        return Uniform(-math.sqrt(3) * std, math.sqrt(3) * std)

    leaky = "leaky_relu"
    init = SimpleNamespace(
        zeros_=lambda _: Uniform(0, 0),
        ones_=lambda _: Uniform(1, 1),
        constant_=lambda _, value: Uniform(value, value),
        uniform_=lambda _, low=0.0, high=1.0: Uniform(low, high),
        normal_=lambda _, mean=0.0, std=1.0: Normal(mean, std),
        kaiming_uniform_=lambda _, a=0, mode="fan_in", nonlinearity=leaky: even(
            kaiming(a, mode, nonlinearity)
        ),
        kaiming_normal_=lambda _, a=0, mode="fan_in", nonlinearity=leaky: Normal(
            0, kaiming(a, mode, nonlinearity)
        ),
        xavier_uniform_=lambda _, gain=1.0: even(xavier(gain)),
        xavier_normal_=lambda _, gain=1.0: Normal(0, xavier(gain)),
    )
    return {"nn": SimpleNamespace(init=init)}


def _mxnet(shape: tuple[int, ...]) -> dict[str, Any]:
    """python/mxnet/initializer.py of 1.9.1."""

    def xavier(rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> Any:
        assert len(shape) >= 2, "Xavier initializer cannot be applied to vector"
        fan_in, fan_out = (size * math.prod(shape[2:]) for size in (shape[1], shape[0]))
        factor = {"avg": (fan_in + fan_out) / 2, "in": fan_in, "out": fan_out}[factor_type]
        scale = math.sqrt(magnitude / factor)
        return {"uniform": Uniform(-scale, scale), "gaussian": Normal(0, scale)}[rnd_type]

    def msra(factor_type: str = "avg", slope: float = 0.25) -> Any:
        return xavier("gaussian", factor_type, 2 / (1 + slope**2))

    init = SimpleNamespace(
        Zero=lambda: Uniform(0, 0),
        One=lambda: Uniform(1, 1),
        Constant=lambda value: Uniform(value, value),
        Uniform=lambda scale=0.07: Uniform(-scale, scale),
        Normal=lambda sigma=0.01: Normal(0, sigma),
        Xavier=xavier,
        MSRAPrelu=msra,
    )
    return {"mx": SimpleNamespace(init=init), "UniformBetween": Uniform, "NormalAbout": Normal}


def _variance_scaling(shape: tuple[int, ...], normal: str) -> Any:
    """VarianceScaling of Keras 3, TensorFlow 1.15.5 and JAX 0.4.35; `normal` is the plain one's name."""

    def scaling(scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal") -> Any:
        kernel = math.prod(shape[:-2])
        fan_in, fan_out = kernel * shape[-2], kernel * shape[-1]
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
        variance = scale / max(1.0, n)
        limit = math.sqrt(3 * variance)
        return {"uniform": Uniform(-limit, limit), normal: Normal(0, math.sqrt(variance))}[distribution]

    return scaling


def _keras(shape: tuple[int, ...]) -> dict[str, Any]:
    """keras/src/initializers of Keras 3."""
    scaling = _variance_scaling(shape, "untruncated_normal")
    initializers = SimpleNamespace(
        Zeros=lambda: Uniform(0, 0),
        Ones=lambda: Uniform(1, 1),
        Constant=lambda value=0.0: Uniform(value, value),
        RandomUniform=lambda minval=-0.05, maxval=0.05: Uniform(minval, maxval),
        RandomNormal=lambda mean=0.0, stddev=0.05: Normal(mean, stddev),
        VarianceScaling=scaling,
        GlorotUniform=lambda: scaling(1.0, "fan_avg", "uniform"),
        LecunUniform=lambda: scaling(1.0, "fan_in", "uniform"),
        HeUniform=lambda: scaling(2.0, "fan_in", "uniform"),
    )
    return {"keras": SimpleNamespace(initializers=initializers)}


def _tf1(shape: tuple[int, ...]) -> dict[str, Any]:
    """tensorflow/python/ops/init_ops.py of v1.15.5."""
    scaling = _variance_scaling(shape, "untruncated_normal")
    tf = SimpleNamespace(
        zeros_initializer=lambda: Uniform(0, 0),
        ones_initializer=lambda: Uniform(1, 1),
        constant_initializer=lambda value=0: Uniform(value, value),
        random_uniform_initializer=lambda minval=0, maxval=None: Uniform(minval, maxval),
        random_normal_initializer=lambda mean=0.0, stddev=1.0: Normal(mean, stddev),
        variance_scaling_initializer=scaling,
        glorot_uniform_initializer=lambda: scaling(1.0, "fan_avg", "uniform"),
    )
    return {"tf": tf}


def _jax(shape: tuple[int, ...]) -> dict[str, Any]:
    """jax/_src/nn/initializers.py of v0.4.35."""
    scaling = _variance_scaling(shape, "normal")
    initializers = SimpleNamespace(
        zeros=Uniform(0, 0),
        ones=Uniform(1, 1),
        constant=lambda value: Uniform(value, value),
        uniform=lambda scale=0.01: Uniform(0, scale),
        normal=lambda stddev=0.01: Normal(0, stddev),
        variance_scaling=scaling,
        glorot_uniform=lambda: scaling(1.0, "fan_avg", "uniform"),
        lecun_uniform=lambda: scaling(1.0, "fan_in", "uniform"),
        he_uniform=lambda: scaling(2.0, "fan_in", "uniform"),
    )
    return {"initializers": initializers, "uniform_between": Uniform, "normal_about": Normal}


STAND_INS = {"torch": _torch, "mxnet": _mxnet, "keras": _keras, "tf1": _tf1, "jax": _jax}


def _wanted(distribution: distributions.Distribution) -> tuple[float, ...]:
    if isinstance(distribution, distributions.Normal):
        return distribution.mean, distribution.std
    return distribution.support


@pytest.mark.parametrize("filler", FILLERS)
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_code_has_the_distribution_of_the_filler(framework: str, name: str, filler: str) -> None:
    layer, caffe_shape, *_ = LAYERS[name]
    fill = Fill("layer", 0, caffe_shape, FILLERS[filler])
    found = equivalent(framework, fill, layer)
    drawn = eval(found.on("weight"), STAND_INS[framework](_shape(framework, name)) | {"weight": None})
    distribution = fill.distribution()
    assert isinstance(drawn, Normal) == isinstance(distribution, distributions.Normal)
    got = (drawn.mean, drawn.std) if isinstance(drawn, Normal) else (drawn.low, drawn.high)
    assert got == pytest.approx(_wanted(distribution), rel=3e-7)
    assert found.exact or found.comment


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_vector_has_no_fans(framework: str) -> None:
    bias = Fill("layer", 1, (7,), fillers.Gaussian(std=0.5))
    assert "0.5" in equivalent(framework, bias, LAYERS["convolution"][0]).code
    scale = Fill("scale", 0, (4, 3, 3), fillers.Xavier())
    found = equivalent(framework, scale, LayerParameter(type="Scale"))
    assert found.exact == (framework in FIRST)  # where it keeps its axes, which are counted


DEPTHWISE_NUMBERS = {("depthwise", framework) for framework in DEPTHWISE}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_where_the_framework_counts_as_caffe_its_own_rule_is_named(framework: str, name: str) -> None:
    layer, caffe_shape, *_ = LAYERS[name]
    for filler in ("xavier FAN_IN", "xavier FAN_OUT", "xavier AVERAGE", "msra FAN_IN"):
        found = equivalent(framework, Fill("layer", 0, caffe_shape, FILLERS[filler]), layer)
        assert found.exact == ((name, framework) not in DEPTHWISE_NUMBERS)
        if not found.exact:
            assert "group" in found.comment


def test_what_the_wrong_rule_would_draw_is_seen() -> None:
    """The proof can fail: the untransposed rule on a transposed weight is another distribution."""
    _, caffe_shape, *_ = LAYERS["transposed"]
    distribution = Fill("layer", 0, caffe_shape, fillers.Xavier()).distribution()
    drawn = eval(
        "nn.init.kaiming_uniform_(None, nonlinearity='linear')", _torch(_shape("torch", "transposed"))
    )
    assert (drawn.low, drawn.high) != pytest.approx(distribution.support, rel=0.1)


@pytest.mark.parametrize("filler", HELPED)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_helpers_are_defined_where_they_are_called(framework: str, filler: str) -> None:
    found = equivalent(framework, Fill("layer", 0, (4, 8, 3, 3), HELPED[filler]), LAYERS["deconvolution"][0])
    assert not found.exact and found.comment and found.imports
    (defined,) = ast.parse(found.helper).body
    assert isinstance(defined, (ast.FunctionDef, ast.ClassDef))
    assert re.match(rf"{defined.name}\b", found.code)


@pytest.mark.parametrize("size", range(1, 20))
def test_bilinear_of_mxnet_is_named_where_its_center_is_caffes(size: int) -> None:
    """mx.init.Bilinear: the position is x / f - c with f = ceil(size / 2), c = (2f - 1 - f mod 2) / 2f."""
    fill = Fill("layer", 0, (1, 1, size, size), fillers.Bilinear())
    factor = math.ceil(size / 2)
    center = (2 * factor - 1 - factor % 2) / (2 * factor)
    line = 1 - abs(np.arange(size) / factor - center)
    distribution = fill.distribution()
    assert isinstance(distribution, distributions.Exact)
    same = np.allclose(np.outer(line, line), distribution.block, atol=1e-6)
    assert equivalent("mxnet", fill, LAYERS["deconvolution"][0]).exact == same


def _torch_like(namespace: dict[str, Any]) -> None:
    """What `bilinear_` uses of torch, by numpy."""

    class Line(np.ndarray):
        def abs(self) -> np.ndarray:
            return np.abs(self)

    namespace["torch"] = SimpleNamespace(
        no_grad=lambda: lambda function: function,
        arange=lambda size: np.arange(size).view(Line),
        outer=lambda x, y: SimpleNamespace(expand_as=lambda to: np.broadcast_to(np.outer(x, y), to.shape)),
    )


class _Filled(np.ndarray):
    def copy_(self, values: np.ndarray) -> np.ndarray:
        self[...] = values
        return self


@pytest.mark.parametrize("size", range(2, 14))
@pytest.mark.parametrize("caffe", ["rc3", "master", "nvidia", "ssd", "jacinto"])
@pytest.mark.parametrize("name", ["bilinear", "bilinearstatic"])
def test_bilinear_kernels_are_those_of_their_caffe(name: str, caffe: str, size: int) -> None:
    """The formula changed in 2017-10, and NVIDIA's has another factor."""
    fill = Fill("up", 0, (2, 1, size, size), filler_types[name](), convention=find_era(caffe).convention)
    wanted = np.broadcast_to(fill.distribution().block.reshape(size, size), fill.shape)
    found = equivalent("torch", fill, LAYERS["deconvolution"][0])
    space: dict[str, Any] = {"weight": np.zeros(fill.shape, np.float32).view(_Filled)}
    _torch_like(space)
    exec(f"{found.helper}\n{found.on('weight')}", space)
    assert np.allclose(space["weight"], wanted, atol=1e-6)
    numbers = re.search(r"\((?:weight, )?(.*)\)", found.on("weight"))
    assert numbers is not None
    for framework in ("keras", "tf1", "jax"):
        assert equivalent(framework, fill, LAYERS["deconvolution"][0]).code == f"bilinear({numbers[1]})"
    in_mxnet = equivalent("mxnet", fill, LAYERS["deconvolution"][0])
    assert in_mxnet.exact or in_mxnet.code == f"BilinearKernel({numbers[1]})"


def test_what_has_no_equivalent_says_so() -> None:
    fill = Fill("layer", 0, (4, 4), filler_types["identity"]())
    found = equivalent("keras", fill, LayerParameter(type="InnerProduct"))
    assert (found.code, found.exact) == ("", False) and "identity" in found.comment
    with pytest.raises(UnknownNameError, match="theano"):
        equivalent("theano", fill, LayerParameter())
    assert set(frameworks) == set(FRAMEWORKS)


@pytest.mark.parametrize("net", sorted(path.stem for path in CORPUS.glob("*.prototxt")))
def test_printed_code_compiles_and_names_every_layer(net: str) -> None:
    try:
        loaded = cf.load_net(CORPUS / f"{net}.prototxt")
    except cf.CaffeFillersError:
        pytest.skip("this net needs a file")
    layers = [layer for layer in loaded.plan.layers if layer.type != "BatchNorm"]
    drawn = [layer.name for layer in layers for blob in layer.blobs if blob.owner is None]
    for framework in FRAMEWORKS:
        code = print_initializers(framework, loaded.plan)
        compile(code, net, "exec")
        if framework == "torch":
            assert code.count("net.") >= len(drawn)
        else:
            assert all(f'"{name}": {{' in code for name in drawn)


def test_names_of_strangers_stay_names() -> None:
    net = """
    name: '\\"\\"\\"; import os  # \\\\'
    layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 2 } } }
    layer { name: 'x");os.abort()#' type: 'InnerProduct' bottom: 'data' top: 'ip'
            inner_product_param { num_output: 1 weight_filler { type: 'xavier' } } }
    """
    loaded = cf.load_net(io.BytesIO(net.encode()))
    for framework in FRAMEWORKS:
        tree = ast.parse(print_initializers(framework, loaded.plan))
        imported = {
            name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
        }
        assert "os" not in imported
        assert not any(isinstance(node, ast.Attribute) and node.attr == "abort" for node in ast.walk(tree))


def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = str(ROOT / "examples" / "lenet.prototxt")
    assert main(["port", net, "--to", "torch", "--only", "init"]) == 0
    printed = capsys.readouterr().out
    assert 'nn.init.kaiming_uniform_(net.conv1.weight, nonlinearity="linear")' in printed
    assert main(["port", net, "--to", "torch", "--only", "init", "-o", str(tmp_path / "init.py")]) == 0
    assert (tmp_path / "init.py").read_text() == printed


def test_the_table_in_the_documentation_is_that_of_the_registry() -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "initializers_table.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


# Live: the code draws with the framework itself.

BIG = {"convolution": (512, 64, 3, 3), "transposed": (300, 700), "depthwise": (4096, 1, 7, 7)}


def _check_values(values: Any, distribution: distributions.Distribution, exact: bool = True) -> None:
    values = np.asarray(values, np.float64)
    assert values.mean() == pytest.approx(
        distribution.mean, abs=5 * distribution.std / math.sqrt(values.size) + 1e-12
    )
    assert values.std() == pytest.approx(distribution.std, rel=0.02)
    low, high = distribution.support
    margin = 1e-6 * max(abs(low), abs(high)) if math.isfinite(low) else 0.0
    assert values.min() >= low - margin and values.max() <= high + margin
    if isinstance(distribution, distributions.Normal):
        assert np.abs(values - distribution.mean).max() > 3.5 * distribution.std  # not truncated
    if isinstance(distribution, distributions.SparseNormal):
        assert (values != 0).mean() == pytest.approx(distribution.keep, rel=0.02)


def _live_cases() -> list[tuple[str, str]]:
    kinds = [*FILLERS, "sparse"]
    return [(name, filler) for name in BIG for filler in kinds]


def _fill(name: str, filler: str) -> tuple[Fill, LayerParameter]:
    group = BIG[name][0] // 2 if name == "depthwise" else 1
    layer = _layer("InnerProduct" if name == "transposed" else "Convolution", group, name == "transposed")
    sparse = fillers.Gaussian(0.0, 0.5, sparse=BIG[name][0] // 4)
    return Fill("layer", 0, BIG[name], {**FILLERS, **HELPED, "sparse": sparse}[filler]), layer


def _run(found: Any, imports: tuple[str, ...] = ()) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec("\n".join([*found.imports, *imports, found.helper]), names)
    return names


def _import(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name)


def test_torch_draws_it() -> None:
    torch = _import("torch")
    torch.manual_seed(1)

    def drawn(name: str, filler: str) -> Any:
        fill, layer = _fill(name, filler)
        found = equivalent("torch", fill, layer)
        shape = fill.shape[::-1] if name == "transposed" else fill.shape
        weight = torch.nn.Parameter(torch.empty(shape))
        exec(found.on("weight"), _run(found) | {"weight": weight})
        return weight.detach().numpy(), fill.distribution()

    for name, filler in _live_cases():
        _check_values(*drawn(name, filler))
    rows, _ = drawn("transposed", "positive_unitball")
    assert rows.sum(axis=0) == pytest.approx(np.ones(300), rel=1e-5)
    rows, distribution = drawn("convolution", "positive_unitball")
    assert rows.sum(axis=(1, 2, 3)) == pytest.approx(np.ones(512), rel=1e-5)
    for size in (3, 4, 7):
        BIG["kernel"] = (2, 3, size, size)
        kernel, distribution = drawn("kernel", "bilinear")
        del BIG["kernel"]
        assert np.abs(kernel - distribution.block).max() < 1e-6


def _draw_last(framework: str, name: str, filler: str, call: Any) -> tuple[Any, distributions.Distribution]:
    fill, layer = _fill(name, filler)
    found = equivalent(framework, fill, layer)
    names = _run(found)
    shape = frameworks[framework].tensor(fill, layer).shape
    return np.asarray(call(eval(found.code, names), shape)), fill.distribution()


def _check_last(framework: str, call: Any) -> None:
    for name, filler in _live_cases():
        _check_values(*_draw_last(framework, name, filler, call))
    rows, _ = _draw_last(framework, "convolution", "positive_unitball", call)
    assert rows.sum(axis=(0, 1, 2)) == pytest.approx(np.ones(512), rel=1e-5)
    rows, _ = _draw_last(framework, "transposed", "positive_unitball", call)
    assert rows.sum(axis=1) == pytest.approx(np.ones(300), rel=1e-5)
    BIG["kernel"] = (2, 3, 4, 4)
    kernel, distribution = _draw_last(framework, "kernel", "bilinear", call)
    del BIG["kernel"]
    assert isinstance(distribution, distributions.Exact)
    assert np.abs(kernel - distribution.block[:, :, np.newaxis, np.newaxis]).max() < 1e-6


@pytest.mark.filterwarnings("ignore")
def test_keras_draws_it() -> None:
    keras = _import("keras")
    keras.utils.set_random_seed(1)
    _check_last("keras", lambda initializer, shape: keras.ops.convert_to_numpy(initializer(shape)))


@pytest.mark.filterwarnings("ignore")
def test_jax_draws_it() -> None:
    jax = _import("jax")
    _check_last("jax", lambda initializer, shape: initializer(jax.random.key(1), shape, jax.numpy.float32))


def _drawn_elsewhere(framework: str, program: str, folder: Path) -> dict[str, tuple[np.ndarray, Any]]:
    """Values and distributions, drawn in the framework's own Python, all at once."""
    its_own = worker(program)
    cases = [*_live_cases(), ("convolution", "positive_unitball")]
    kernels = {f"kernel{size}": (2, 3, size, size) for size in (3, 4, 7)}
    BIG.update(kernels)
    fills = {f"{name} {filler}": _fill(name, filler) for name, filler in cases}
    fills |= {name: _fill(name, "bilinear") for name in kernels}
    for name in kernels:
        del BIG[name]
    lines, listed = [], []
    for name, (fill, layer) in fills.items():
        found = equivalent(framework, fill, layer)
        lines += [*found.imports, found.helper]
        listed.append(f"    {name!r}: ({found.code}, {frameworks[framework].tensor(fill, layer).shape}),\n")
    code = "\n".join([*dict.fromkeys(lines), "INITIALIZERS = {\n", *listed, "}\n"])
    (folder / "carried.py").write_text(code)
    made = its_own.ask("initialize", folder)
    for name, filler in _live_cases():
        _check_values(made[f"{name} {filler}"], fills[f"{name} {filler}"][0].distribution())
    return {name: (made[name], fill.distribution()) for name, (fill, _) in fills.items()}


def test_mxnet_draws_it(tmp_path: Path) -> None:
    made = _drawn_elsewhere("mxnet", "mxnet", tmp_path)
    assert made["convolution positive_unitball"][0].sum((1, 2, 3)) == pytest.approx(np.ones(512), rel=1e-5)
    for size in (3, 4, 7):
        kernel, distribution = made[f"kernel{size}"]
        assert np.abs(kernel - distribution.block).max() < 1e-6


def test_tf1_draws_it(tmp_path: Path) -> None:
    made = _drawn_elsewhere("tf1", "tensorflow", tmp_path)
    assert made["convolution positive_unitball"][0].sum((0, 1, 2)) == pytest.approx(np.ones(512), rel=1e-5)
    for size in (3, 4, 7):
        kernel, distribution = made[f"kernel{size}"]
        assert np.abs(kernel - distribution.block[:, :, np.newaxis, np.newaxis]).max() < 1e-6
