"""A net's initializers alone, as code: `caffe-fill port NET --to FRAMEWORK --only init`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from caffe_fillers.frameworks.initializers import Initializer, equivalent, frameworks
from caffe_fillers.plan import Fill
from caffe_fillers.planner import PlannedBlob, PlannedNet
from caffe_fillers.port.code import wrapped
from caffe_fillers.port.keywords import FLAX, KERAS, MXNET, TORCH, Keywords, keyword
from caffe_fillers.port.names import identifiers, numbered
from caffe_fillers.schema import LayerParameter, NetParameter

_KEYWORDS: dict[str, Keywords] = {"torch": TORCH, "keras": KERAS, "tf1": KERAS, "mxnet": MXNET, "jax": FLAX}
_STATISTICS = {"BatchNorm"}  # what their blobs hold is counted, not drawn
_STRANGE = re.compile(r"[^\w .,+/()-]")  # what a stranger could end the printed docstring with


@dataclass(frozen=True)
class _Drawn:
    layer: str
    keyword: str
    initializer: Initializer


def print_initializers(framework: str, plan: PlannedNet, net: NetParameter) -> str:
    """Code with an initializer for every parameter that the net draws, named as in the framework.

    In torch it is a function that draws a module's parameters; elsewhere a
    dictionary of each layer's arguments: `Conv2D(20, 5, **INITIALIZERS["conv1"])`.
    Layers of one name are numbered. A shared parameter is its owner's; values
    that stand in the prototxt, and the statistics of a BatchNorm, are to be
    loaded. Errors: `UnknownNameError` for a framework, `FillerError` for a blob.
    """
    frameworks[framework]  # an unknown one is told before anything else is done
    drawn = list(_drawn(framework, plan, net))
    lines = {line for each in drawn for line in each.initializer.imports}
    imports = sorted(lines, key=lambda line: (line.startswith("from"), line))
    helpers = list(dict.fromkeys(each.initializer.helper for each in drawn if each.initializer.helper))
    name = _STRANGE.sub("_", net.name) or "the net"
    title = f'"""Initial weights of {name}, as its prototxt declares them."""'
    names = identifiers(each.layer for each in drawn)
    body = _function(drawn, names) if framework == "torch" else _dictionary(drawn)
    parts = [f"{title}\n\n" + "".join(f"{line}\n" for line in imports), *helpers, body]
    return "\n\n".join(part for part in parts if part)


def _drawn(framework: str, plan: PlannedNet, net: NetParameter) -> Iterator[_Drawn]:
    labels = numbered([layer.name for layer in net.layer])
    counts: dict[int, int] = {}
    for blob in plan.blobs:
        counts[blob.layer_id] = counts.get(blob.layer_id, 0) + 1
    for blob in plan.blobs:
        layer = net.layer[blob.layer_id]
        if blob.owner is None and layer.type not in _STATISTICS:
            name = keyword(_KEYWORDS[framework], layer, blob.index, counts[blob.layer_id])
            yield _Drawn(labels[blob.layer_id], name, _initializer(framework, plan, blob, layer))


def _initializer(framework: str, plan: PlannedNet, blob: PlannedBlob, layer: LayerParameter) -> Initializer:
    step = plan.steps[blob.step]
    if isinstance(step, Fill):
        return equivalent(framework, step, layer)
    return Initializer("", exact=False, comment="the prototxt holds its values: load them")


def _function(drawn: list[_Drawn], names: Mapping[str, str]) -> str:
    lines = ["def initialize(net):", '    """Draw all parameters of a module, in place."""']
    told: set[str] = set()
    for each in drawn:
        tensor = f"net.{names[each.layer]}.{each.keyword}"
        lines += _commented(each.initializer, tensor, told, "    ")
        if each.initializer.code:
            lines.append(f"    {each.initializer.on(tensor)}")
    return "\n".join(wrapped([*lines, "    return net\n"]))


def _dictionary(drawn: list[_Drawn]) -> str:
    layers: dict[str, list[_Drawn]] = {}
    for each in drawn:
        layers.setdefault(each.layer, []).append(each)
    lines, told = ["INITIALIZERS = {"], set[str]()
    for layer, parameters in layers.items():
        lines.append(f"    {_quoted(layer)}: {{")
        for each in parameters:
            lines += _commented(each.initializer, each.keyword, told, "        ")
            if each.initializer.code:
                lines.append(f'        "{each.keyword}": {each.initializer.code},')
        lines.append("    },")
    return "\n".join([*lines, "}\n"])


def _commented(initializer: Initializer, name: str, told: set[str], margin: str) -> Iterator[str]:
    """Why the code is what it is: once, unless nothing could be written."""
    comment = initializer.comment
    if not initializer.code:
        yield f"{margin}# {name}: {comment}"
    elif comment and comment not in told:
        told.add(comment)
        yield f"{margin}# {comment}"


def _quoted(name: str) -> str:
    """A string literal in double quotes."""
    literal = repr(name)
    return literal if '"' in name else f'"{literal[1:-1]}"'
