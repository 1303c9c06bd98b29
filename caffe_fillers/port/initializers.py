"""Initializers of a net's parameters in a framework: by layer, and for the whole net as code of its own.

The code is what `caffe-fill port NET --to FRAMEWORK --only init` prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.initializers import Initializer, equivalent, frameworks
from caffe_fillers.plan import Fill
from caffe_fillers.planner import PlannedBlob, PlannedLayer, PlannedNet
from caffe_fillers.port import Op, ops
from caffe_fillers.port.code import identifiers, numbered, plain_title, wrapped
from caffe_fillers.port.graph import Graph, Layer
from caffe_fillers.port.reading import Node, reader_of

_COUNTED = ("mean", "variance", "factor")


def drawn(framework: str, graph: Graph, layer: Layer) -> Iterator[tuple[str, Initializer]]:
    """Yield role and initializer of the parameters that a layer draws itself, in the order of its blobs.

    Statistics are counted, not drawn, and what another layer owns is not drawn again.
    """
    return _drawn(framework, graph.net, layer.settings.roles, layer.node.parameters)


def _drawn(
    framework: str, net: PlannedNet, roles: Sequence[str], blobs: Sequence[PlannedBlob]
) -> Iterator[tuple[str, Initializer]]:
    for role, blob in zip(roles, blobs, strict=False):
        if role in _COUNTED or blob.owner is not None:
            continue
        step = net.steps[blob.step]
        if isinstance(step, Fill):
            yield role, equivalent(framework, step, net.layer(blob.layer_id).parameter)
        else:
            yield role, Initializer("", exact=False, comment="the prototxt holds its values: load them")


_GATES = {"weight": "i2h_weight", "bias": "i2h_bias", "recurrent_weight": "h2h_weight"}
_NAMES: Mapping[str, Mapping[type[Op], Mapping[str, str]]] = {
    "torch": {
        ops.BatchNorm: {"mean": "running_mean", "variance": "running_var"},
        ops.LSTM: {"weight": "weight_ih_l0", "bias": "bias_ih_l0", "recurrent_weight": "weight_hh_l0"},
    },
    "keras": {
        Op: {"weight": "kernel", "recurrent_weight": "recurrent_kernel"},
        ops.Affine: {"weight": "gamma", "bias": "beta"},
        ops.BatchNorm: {
            "weight": "gamma",
            "bias": "beta",
            "mean": "moving_mean",
            "variance": "moving_variance",
        },
        ops.Embed: {"weight": "embeddings"},
        ops.PReLU: {"weight": "alpha"},
        ops.Tensor: {"weight": "weight"},
    },
    "mxnet": {
        ops.Affine: {"weight": "gamma", "bias": "beta"},
        **dict.fromkeys((ops.LSTM, ops.RNN), _GATES),
        ops.PReLU: {"weight": "alpha"},
    },
    "flax": {
        Op: {"weight": "kernel", "recurrent_weight": "recurrent_kernel"},
        ops.Affine: {"weight": "scale"},
        ops.Embed: {"weight": "embedding"},
    },
}
"""Names of parameters by library, operation (Op: all) and role; a role that is missing is the name."""


def parameter_name(library: str, op: Op, role: str) -> str:
    """Return a library's name of a parameter; printed JAX code has Keras's names."""
    names = _NAMES[library]
    return {**names.get(Op, {}), **names.get(type(op), {})}.get(role, role)


def _keras_argument(op: Op, role: str) -> str:
    if isinstance(op, ops.Conv) and op.depthwise and role == "weight":
        return "depthwise_initializer"
    return f"{parameter_name('keras', op, role)}_initializer".replace("recurrent_kernel", "recurrent")


ARGUMENTS: Mapping[str, Callable[[Op, str], str]] = {
    "torch": lambda op, role: parameter_name("torch", op, role),
    "keras": _keras_argument,
    "tf1": _keras_argument,
    "mxnet": lambda op, role: f"{parameter_name('mxnet', op, role)}_initializer",
    "jax": lambda op, role: f"{parameter_name('flax', op, role)}_init",
}
"""The argument that an initializer is given by, in torch the parameter that it draws."""


@dataclass(frozen=True)
class _Named:
    """An initializer, the layer that it belongs to, and the argument that it is given by."""

    layer: str
    argument: str
    initializer: Initializer


def print_initializers(framework: str, net: PlannedNet) -> str:
    """Print code with an initializer for every parameter that the net draws, named as in the framework.

    In torch it is a function that draws a module's parameters; elsewhere a
    dictionary of each layer's arguments: `Conv2D(20, 5, **INITIALIZERS["conv1"])`.
    Layers of one name are numbered. A shared parameter is its owner's; values
    that stand in the prototxt, and the statistics of a BatchNorm, are to be
    loaded. Errors: `UnknownNameError` for a framework, `FillerError` for a blob.
    """
    frameworks[framework]  # an unknown one is refused before anything else is done
    labels = numbered([layer.name for layer in net.layers])
    named = zip(net.layers, labels, strict=True)
    every = [each for layer, label in named for each in _named(framework, net, layer, label)]
    lines = {line for each in every for line in each.initializer.imports}
    imports = sorted(lines, key=lambda line: (line.startswith("from"), line))
    helpers = list(dict.fromkeys(each.initializer.helper for each in every if each.initializer.helper))
    title = f'"""Initial weights of {plain_title(net.name) or "the net"}, as its prototxt declares them."""'
    body = _function(every) if framework == "torch" else _dictionary(every)
    parts = [f"{title}\n\n" + "".join(f"{line}\n" for line in imports), *helpers, body]
    return "\n\n".join(part for part in parts if part)


def _named(framework: str, net: PlannedNet, layer: PlannedLayer, label: str) -> Iterator[_Named]:
    op = _learning(layer)
    unknown = ("weight", "bias", *(f"blob{index}" for index in range(2, len(layer.blobs))))
    for role, initializer in _drawn(framework, net, op.roles or unknown, layer.blobs):
        argument = role if role.startswith("blob") else ARGUMENTS[framework](op, role)
        yield _Named(label, argument, initializer)


def _learning(layer: PlannedLayer) -> Op:
    """Return the operation that uses a layer's blobs; one without roles if port has no rule for the layer."""
    bottoms, tops = (tuple(wire.name for wire in wires) for wires in (layer.inputs, layer.tops))
    node, reader = Node(layer, layer.name, layer.name, bottoms, tops), reader_of(layer.parameter)
    try:
        return Layer(node, reader.read(node)).settings if reader else Op()
    except UsageError:
        return Op()


def _function(every: list[_Named]) -> str:
    names = identifiers(each.layer for each in every)
    return drawing_function((f"net.{names[each.layer]}.{each.argument}", each.initializer) for each in every)


def drawing_function(tensors: Iterable[tuple[str, Initializer]]) -> str:
    """Write a function that draws torch tensors; a comment says once how, or each time why it does not."""
    lines = ["def initialize(net):", '    """Draw all parameters of a module, in place."""']
    written: set[str] = set()
    for tensor, initializer in tensors:
        lines += _commented(initializer, tensor, written, "    ")
        if initializer.code:
            lines.append(f"    {initializer.on(tensor)}")
    return "\n".join(wrapped([*lines, "    return net\n"]))


def _dictionary(every: list[_Named]) -> str:
    layers: dict[str, list[_Named]] = {}
    for each in every:
        layers.setdefault(each.layer, []).append(each)
    lines, written = ["INITIALIZERS = {"], set[str]()
    for layer, parameters in layers.items():
        lines.append(f"    {_quoted(layer)}: {{")
        for each in parameters:
            lines += _commented(each.initializer, each.argument, written, "        ")
            if each.initializer.code:
                lines.append(f'        "{each.argument}": {each.initializer.code},')
        lines.append("    },")
    return "\n".join([*lines, "}\n"])


def _commented(initializer: Initializer, name: str, written: set[str], margin: str) -> Iterator[str]:
    """Yield the comment on an initializer: once, or each time with the name if nothing draws it."""
    comment = initializer.comment
    if not initializer.code:
        yield f"{margin}# {name}: {comment}"
    elif comment and comment not in written:
        written.add(comment)
        yield f"{margin}# {comment}"


def _quoted(name: str) -> str:
    """A string literal in double quotes."""
    literal = repr(name)
    return literal if '"' in name else f'"{literal[1:-1]}"'
