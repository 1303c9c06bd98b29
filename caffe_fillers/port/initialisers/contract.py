"""What an initialiser of another framework is, and how the equivalent of a filler is found.

Xavier and msra take their scale from a fan. A framework's own rule is the
same distribution where the fan that it counts, on the tensor as it keeps it,
is the one that Caffe counts; where none of its fans is, the numbers are
written out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from caffe_fillers import fillers
from caffe_fillers._registry import Registry
from caffe_fillers.fans import MASTER, Fans, VarianceNorm
from caffe_fillers.plan import Fill
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class Initialiser:
    """Code that draws a blob's distribution in another framework.

    `exact` is whether the framework's own rule, which knows the shape alone,
    is the filler's distribution. If it is not, `code` has the distribution's
    numbers or calls `helper`, and `comment` says why. In torch the code is a
    statement with `{tensor}` where the parameter's name belongs, which
    `on` puts there; elsewhere it is an expression. `code` is empty where the
    values can only be loaded.
    """

    code: str
    exact: bool
    comment: str = ""
    imports: tuple[str, ...] = ()
    helper: str = ""

    def on(self, tensor: str) -> str:
        """The code for a parameter of that name.

        >>> Initialiser("nn.init.zeros_({tensor})", exact=True).on("self.fc.bias")
        'nn.init.zeros_(self.fc.bias)'
        """
        return self.code.replace("{tensor}", tensor)


@dataclass(frozen=True)
class Scaling:
    """A rule that takes its scale from a fan: variance `scale` / fan, uniform or normal.

    `mode` is the fan as the framework counts it, FAN_IN where Caffe's mode is
    FAN_IN unless the tensor's axes are exchanged. `slope` is a rectifier's.
    """

    scale: float
    mode: VarianceNorm
    uniform: bool
    slope: float = 0.0


@dataclass(frozen=True)
class Framework:
    """How a framework keeps a blob, counts its fans, and writes its initialisers.

    `shape` is the tensor's in the framework, `fans` its own count on that
    shape (None where it refuses), `scaled` its rule for a fan. `written` has a
    function for each law; `fill` is there for values that depend on a shape.
    """

    shape: Callable[[Fill, LayerParameter], Shape]
    fans: Callable[[Shape], Fans | None]
    scaled: Callable[[Scaling], Initialiser]
    written: Mapping[type, Callable[[Any, Fill], Initialiser]]


frameworks: Registry[Framework] = Registry("framework", __package__)


def equivalent(framework: str, fill: Fill, layer: LayerParameter) -> Initialiser:
    """The initialiser of `framework` (torch, keras, mxnet, jax, tf1) for a blob of that layer.

    An unknown framework is an `UnknownNameError`, a blob that Caffe refuses to fill a `FillerError`.

    >>> weights = Fill("ip", 0, (10, 500), fillers.Xavier())
    >>> equivalent("torch", weights, LayerParameter(type="InnerProduct")).on("fc.weight")
    "nn.init.kaiming_uniform_(fc.weight, nonlinearity='linear')"
    """
    rules, law = frameworks[framework], fill.law()
    scaling = _scaling(fill)
    if scaling is None:
        return rules.written[type(law)](law, fill) if type(law) in rules.written else _loaded(fill)
    fans = rules.fans(rules.shape(fill, layer))
    for mode in _modes(scaling.mode):
        if fans is not None and _fan(fans, mode) == _fan(MASTER.fans(fill.shape), scaling.mode):
            found = rules.scaled(replace(scaling, mode=mode))
            return found if mode is scaling.mode else replace(found, comment=_exchanged(layer))
    return replace(rules.written[type(law)](law, fill), exact=False, comment=_differs(layer))


def number(value: float) -> str:
    """The shortest decimal that is the same float32.

    >>> number(0.1), number(float(np.float32(0.1)))
    ('0.1', '0.1')
    """
    return str(np.float32(value))


def _scaling(fill: Fill) -> Scaling | None:
    """The filler as a rule on a fan; None where it is none."""
    filler = fill.filler
    if isinstance(filler, fillers.Xavier):
        return Scaling(1.0, VarianceNorm.of(filler.variance_norm), uniform=True)
    if isinstance(filler, fillers.MSRA):
        return Scaling(2.0, VarianceNorm.of(filler.variance_norm), uniform=False)
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
    if layer.type == "InnerProduct":
        return "Caffe keeps this weight as inputs x outputs and counts its fans the other way round"
    return "Caffe counts the fans of this weight the other way round"


def _differs(layer: LayerParameter) -> str:
    if layer.convolution_param.group > 1:
        return "Caffe counts the fans of one group"
    return "no fan that is counted here is the one that Caffe counts"


def _loaded(fill: Fill) -> Initialiser:
    return Initialiser("", exact=False, comment=f"{fill.filler.type_name}: load the exported values")
