"""A net as a functional Keras model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from caffe_fillers.errors import UsageError
from caffe_fillers.plan import Plan
from caffe_fillers.port import channels_last
from caffe_fillers.port.contract import Code, Target, targets
from caffe_fillers.port.graph import Graph, Node, build_graph
from caffe_fillers.port.initialisers.contract import Initialiser
from caffe_fillers.port.initialisers.printing import layer_initialisers
from caffe_fillers.port.keras.target import OPTIONS, translations
from caffe_fillers.port.parameters import Drawn
from caffe_fillers.port.sharing import owners
from caffe_fillers.port.titles import docstring, quoted
from caffe_fillers.port.translate import translate
from caffe_fillers.port.wrapping import wrapped
from caffe_fillers.schema import NetParameter
from caffe_fillers.shapes import Shape

RESERVED = frozenset(
    """
    Affine BiasedEmbedding ContinuedLSTM GroupedConv2DTranspose average_pool bilinear build edged keras layers
    load local_response local_response_within math mean_variance np ops positive_unitball sparse_normal
    """.split()  # noqa: SIM905 - thirty lines otherwise
)
"""What the printed file calls."""
_DEFAULTS = {
    "bias_initializer": "keras.initializers.Zeros()",
    "beta_initializer": "keras.initializers.Zeros()",
    "gamma_initializer": "keras.initializers.Ones()",
    "alpha_initializer": "keras.initializers.Zeros()",
}
_LOAD = '''\
def load(model, arrays):
    """Set all weights to the arrays of a file that caffe-fill --layout keras wrote."""
    for weight in model.weights:
        weight.assign(arrays[weight.path])
    return model
'''


def print_module(net: NetParameter, plan: Plan) -> str:
    """A file with a function that builds the model, and one that loads weights.

    What Keras cannot compute as Caffe does is a `UsageError` that names the layer.
    """
    graph = build_graph(net, plan, RESERVED)
    codes = [translate(KERAS_TARGET, node) for node in graph.nodes]
    drawn = layer_initialisers("keras", plan, net)
    used = [each for node in graph.nodes for _, each in _drawn(node, drawn)]
    helpers = [code.helper for code in codes] + [each.helper for each in used]
    build = "\n".join(wrapped(_build(graph, codes, drawn, owners(graph, KERAS_TARGET))))
    body = "\n\n".join([*dict.fromkeys(filter(None, helpers)), f"{build}\n", _LOAD])
    return f"{docstring(graph.title)}\n\n{_imports(body)}\n\n{body}"


def _build(graph: Graph, codes: list[Code], drawn: Drawn, shared: Mapping[str, str]) -> Iterator[str]:
    yield "def build():"
    yield '    """The model, with weights drawn as the prototxt declares them."""'
    for name, shape in _arguments(graph).items():
        yield f"    {name} = {_input(graph, name, shape)}"
    told: set[str] = set()
    modules = {node.name: code.module for node, code in zip(graph.nodes, codes, strict=True)}
    for node, code in zip(graph.nodes, codes, strict=True):
        options = []
        for keyword, initialiser in _drawn(node, drawn):
            if initialiser.comment and initialiser.comment not in told:
                told.add(initialiser.comment)
                yield f"    # {initialiser.comment}"
            if initialiser.code and _DEFAULTS.get(keyword) != initialiser.code:
                options.append(f"{keyword}={initialiser.code}")
        module = code.module.replace(OPTIONS, ", ".join([*options, f"name={quoted(node.name)}"]))
        if node.name in shared.values():
            yield f"    {node.name}_layer = {module}"
            module = f"{node.name}_layer"
        elif node.name in shared:
            if code.module != modules[shared[node.name]]:
                raise UsageError(
                    f"layer {node.layer.name!r} has other settings than the layer that it shares"
                )
            module = f"{shared[node.name]}_layer"
        yield f"    {', '.join(node.outputs)} = {code.call.format(*node.inputs, self=module)}"
    inputs, results = (_one_or_list(names) for names in (graph.arguments, graph.results))
    title = f", name={quoted(re.sub(r'[^A-Za-z0-9_]', '_', graph.title))}" if graph.title else ""
    yield f"    return keras.Model({inputs}, {results}{title})"


def _drawn(node: Node, drawn: Drawn) -> Iterator[tuple[str, Initialiser]]:
    """The initialisers of a layer and of the Scale that it has taken in."""
    for layer in (node.layer, node.scale):
        for keyword, initialiser in drawn.get(layer.name, ()) if layer is not None else ():
            plain = keyword == "depthwise_initializer" and not channels_last.is_depthwise(node)
            yield "kernel_initializer" if plain else keyword, initialiser


def _arguments(graph: Graph) -> dict[str, Shape | None]:
    shapes: dict[str, Shape | None] = dict.fromkeys(graph.arguments)
    for node in graph.nodes:
        for name, shape in zip(node.inputs, node.bottoms, strict=True):
            if name in shapes and shapes[name] is None:
                shapes[name] = shape
    return shapes


def _input(graph: Graph, name: str, shape: Shape | None) -> str:
    """An input of any number of items, but of fixed steps and streams where there is an LSTM."""
    if shape is None:
        return f"keras.Input(batch_shape=None, name={quoted(name)})"
    lengths = [str(length) if length >= 0 else "None" for length in channels_last.arranged(shape)]
    if any(node.layer.type == "LSTM" for node in graph.nodes):
        return f"keras.Input(batch_shape=({', '.join(lengths)},), name={quoted(name)})"
    _, *behind = lengths or [""]
    inner = f"{behind[0]}," if len(behind) == 1 else ", ".join(behind)
    return f"keras.Input(({inner}), name={quoted(name)})"


def _imports(body: str) -> str:
    lines = ["import math\n"] if re.search(r"(?<![\w.])math\.", body) else []
    lines += ["import keras"]
    lines += ["import numpy as np"] if re.search(r"(?<![\w.])np\.", body) else []
    names = [name for name in ("layers", "ops") if re.search(rf"(?<![\w.]){name}\.", body)]
    lines += [f"from keras import {', '.join(names)}"] if names else []
    return "\n".join(lines) + "\n"


def _one_or_list(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


KERAS_TARGET = Target("keras", translations, print_module, RESERVED, separator="/")
targets.add("keras", KERAS_TARGET)
