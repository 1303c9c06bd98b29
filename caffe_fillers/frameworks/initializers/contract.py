"""The initializer of another framework that draws what a filler draws: its code, and the rule itself.

`--as` draws by the rule, `port` prints the code.

Xavier and msra take their scale from a fan. A framework's own rule is the
same distribution where the fan that it counts, on the tensor as it keeps it,
is the one that Caffe counts; where none of its fans is, the numbers are
written out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from caffe_fillers import fillers
from caffe_fillers._registry import Registry
from caffe_fillers.distributions import Distribution, Normal, TruncatedNormal, Uniform, Values
from caffe_fillers.fans import Fans, VarianceNorm
from caffe_fillers.fillers.forks import IntelMSRA, LeakyMSRA
from caffe_fillers.layers import Weights, weights_of
from caffe_fillers.plan import Fill
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class Initializer:
    """Code that draws a blob's distribution in another framework.

    `exact` is whether the framework's own initializer is the filler's
    distribution, knowing the tensor's shape and the prototxt's numbers alone.
    If it is not, `code` has numbers computed from Caffe's fans, or calls what
    `helper` defines, and `comment` says why: the distribution is the filler's
    all the same. `code` is empty where the values can only be loaded.

    In torch the code is a statement with `{tensor}` where the
    parameter's name belongs; elsewhere it is an expression. `imports` are the
    statements that code and helper need.
    """

    code: str
    exact: bool
    comment: str = ""
    imports: tuple[str, ...] = ()
    helper: str = ""
    rule: Any = None
    """The initializer as `frameworks.tensorflow` or `frameworks.mxnet` has it, if it is one of these."""

    def on(self, tensor: str) -> str:
        """The code for a parameter of that name.

        >>> Initializer("nn.init.zeros_({tensor})", exact=True).on("self.fc.bias")
        'nn.init.zeros_(self.fc.bias)'
        """
        return self.code.replace("{tensor}", tensor)


@dataclass(frozen=True)
class Tensor:
    """A blob as a framework keeps it.

    `outputs` are the axes that Caffe's first axis has become; `axes` are the
    tensor's in Caffe's order, empty where the order is the same. `weight` is
    whether it multiplies inputs, so that its axes have fans.
    """

    shape: Shape
    outputs: tuple[int, ...] = (0,)
    weight: bool = True
    axes: tuple[int, ...] = ()

    def to_caffe(self, values: Values, shape: Shape) -> Values:
        """Values of the tensor as a blob of `shape`.

        >>> Tensor((2, 3), (1,), axes=(1, 0)).to_caffe(np.arange(6.0), (3, 2)).tolist()
        [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
        """
        tensor = values.reshape(self.shape)
        return (tensor.transpose(self.axes) if self.axes else tensor).reshape(shape)


@dataclass(frozen=True)
class Scaling:
    """A rule that takes its scale from a fan: variance `scale` / (1 + slope^2) / fan, uniform or normal.

    A `truncated` normal is cut at two of the standard deviations that it had
    before. `mode` is the fan's name in the framework: another than the prototxt's
    where the tensor's axes are exchanged. `slope` is a leaky rectifier's.
    """

    scale: float
    mode: VarianceNorm
    uniform: bool
    slope: float = 0.0
    truncated: bool = False

    @property
    def gain(self) -> float:
        """The factor of a variance of 1 / fan."""
        return self.scale / (1 + self.slope**2)

    def distribution(self, fans: Fans) -> Distribution:
        """Return what is drawn for a weight with these fans.

        >>> Scaling(1.0, VarianceNorm.FAN_IN, uniform=False).distribution(Fans(4, 8))
        Normal(mean=0.0, std=0.5)
        """
        std = math.sqrt(self.gain / _fan(fans, self.mode))
        if self.uniform:
            return Uniform(-math.sqrt(3) * std, math.sqrt(3) * std)
        return TruncatedNormal(0.0, std) if self.truncated else Normal(0.0, std)


Written = Callable[[Any, Fill, Tensor], Initializer]


@dataclass(frozen=True)
class Framework:
    """Rules by which a framework keeps a blob, counts its fans, and writes its initializers.

    `fans` is the framework's own count on a shape, None where it refuses;
    `scaled` writes a rule on a fan, None where there is none; `written` has a function for each distribution,
    or for a filler's class where the distribution alone is not enough.
    """

    tensor: Callable[[Fill, LayerParameter], Tensor]
    fans: Callable[[Shape], Fans | None]
    scaled: Callable[[Scaling], Initializer | None]
    written: Mapping[type, Written]


frameworks: Registry[Framework] = Registry("framework", __package__)


def equivalent(framework: str, fill: Fill, layer: LayerParameter) -> Initializer:
    """The initializer of `framework` (torch, keras, mxnet, jax, tf1) for a blob of that layer.

    An unknown framework is an `UnknownNameError`, a blob that Caffe refuses to fill a `FillerError`.

    >>> weights = Fill("ip", 0, (10, 500), fillers.Xavier())
    >>> equivalent("torch", weights, LayerParameter(type="InnerProduct")).on("fc.weight")
    'nn.init.kaiming_uniform_(fc.weight, nonlinearity="linear")'
    """
    rules, distribution = frameworks[framework], fill.distribution()
    tensor = rules.tensor(fill, layer)
    scaling = _scaling(fill)
    mode = None if scaling is None else _mode(rules, scaling.mode, fill, tensor)
    if scaling is not None and mode is not None:
        named = rules.scaled(replace(scaling, mode=mode))
        if named is not None:
            return named if mode is scaling.mode else replace(named, comment=_exchanged(layer))
    kinds = (*type(fill.filler).__mro__, type(distribution))
    write = next((rules.written[kind] for kind in kinds if kind in rules.written), None)
    if write is None:
        name = fill.filler.type_name
        return Initializer("", exact=False, comment=f"{framework} has nothing like {name}: load the values")
    written = write(distribution, fill, tensor)
    if scaling is None:
        return written
    why = _differs(layer) if mode is None else f"{framework} has no rule with this gain"
    return replace(written, exact=False, comment=why)


def _mode(rules: Framework, wanted: VarianceNorm, fill: Fill, tensor: Tensor) -> VarianceNorm | None:
    """The framework's name for the fan that Caffe divides by: its own, the exchanged one, or none."""
    fans = rules.fans(tensor.shape) if tensor.weight else None
    if fans is None:
        return None
    length = _fan(fill.convention.fans(fill.counted_shape), wanted)
    return next((mode for mode in _modes(wanted) if _fan(fans, mode) == length), None)


def bilinear_numbers(fill: Fill) -> str:
    """The factor and the center of a bilinear kernel, as the filler's own Caffe has them, as code.

    >>> bilinear_numbers(Fill("up", 0, (1, 1, 4, 4), fillers.Bilinear()))
    '2, 0.75'
    """
    assert isinstance(fill.filler, fillers.Bilinear)
    size = fill.shape[-1]
    factor, center = fill.filler.factor(size, fill.convention), fill.filler.center(size, fill.convention)
    return f"{factor}, {number(center)}"


def number(value: float) -> str:
    """The shortest decimal that is the same float32; what no decimal is, as a call.

    >>> number(0.1), number(float(np.float32(0.1))), number(3.0), number(-np.inf)
    ('0.1', '0.1', '3.0', 'float("-inf")')
    """
    text = str(np.float32(value))
    return text if np.isfinite(value) else f'float("{text}")'


def _scaling(fill: Fill) -> Scaling | None:
    """The filler as a rule on a fan; None where it is none."""
    match fill.filler:
        case fillers.Xavier(variance_norm=norm):
            return Scaling(1.0, VarianceNorm.of(norm), uniform=True)
        case fillers.MSRA(variance_norm=norm):
            return Scaling(2.0, VarianceNorm.of(norm), uniform=False)
        case IntelMSRA(variance_norm=norm, scale=scale):
            return Scaling(2 * scale**2, VarianceNorm.of(norm), uniform=False)
        case LeakyMSRA(variance_norm=norm, alpha=alpha):
            return Scaling(2.0, VarianceNorm.of(norm), uniform=False, slope=alpha)
    return None


def _modes(mode: VarianceNorm) -> Iterator[VarianceNorm]:
    """Caffe's own mode first, then the exchanged one."""
    yield mode
    if mode is not VarianceNorm.AVERAGE:
        yield VarianceNorm.FAN_OUT if mode is VarianceNorm.FAN_IN else VarianceNorm.FAN_IN


def _fan(fans: Fans, mode: VarianceNorm) -> float:
    return {
        VarianceNorm.FAN_IN: fans.fan_in,
        VarianceNorm.FAN_OUT: fans.fan_out,
        VarianceNorm.AVERAGE: (fans.fan_in + fans.fan_out) / 2,
    }[mode]


def _exchanged(layer: LayerParameter) -> str:
    if layer.convolution_param.group > 1:
        return (
            "a depthwise kernel's channels are its inputs here, in Caffe its outputs: the fans are exchanged"
        )
    reason = {
        Weights.DENSE: "Caffe keeps a transposed weight as inputs x outputs",
        Weights.ROWS: "Caffe takes the length of a row for the fan-in",
        Weights.BACKWARD_KERNEL: "Caffe takes a deconvolution's outputs for its inputs",
    }
    why = reason.get(weights_of(layer), "the axes stand the other way round")  # type: ignore[arg-type]
    return f"{why}, so the fans are exchanged"


def _differs(layer: LayerParameter) -> str:
    if layer.convolution_param.group > 1:
        return "Caffe counts the fans within one group, this framework over all"
    if weights_of(layer) is Weights.GATES:
        return "Caffe counts the fans of all gates together"
    return "no fan is counted here as Caffe counts it"
