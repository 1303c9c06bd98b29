"""A function that builds a functional Keras model for a net, and one that loads its weights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from caffe_fillers.errors import UsageError
from caffe_fillers.port import axes, channels_last, ops
from caffe_fillers.port.code import wrapped
from caffe_fillers.port.contract import Layer, Target, port_all, targets
from caffe_fillers.port.graph import Graph
from caffe_fillers.port.initialize import Drawn, drawn
from caffe_fillers.port.names import docstring, free_name, quoted
from caffe_fillers.port.printing import Site, expression, helper_texts, imports
from caffe_fillers.port.reading.contract import Node
from caffe_fillers.port.targets.keras import keras, lay_out
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


def print_graph(graph: Graph) -> str:
    """A file with a function that builds the model, and one that loads weights."""
    build = _Build(graph)
    port_all("keras", graph, build.add)
    text = "\n".join(wrapped(build.lines()))
    body = "\n\n".join(
        [
            *helper_texts("keras", build.helpers),
            *build.drawn_helpers,
            f"{text}\n",
            *helper_texts("keras", ["load"]),
        ]
    )
    return f"{docstring(graph.title)}\n\n{_imports(body)}\n\n{body}"


class _Build:
    """The function that builds the model, line by line."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.shared = graph, channels_last.layer_owners(graph, axes.lay_out)
        self.helpers: list[str] = []
        self.drawn_helpers: dict[str, None] = {}
        self.told: set[str] = set()
        self.settings: dict[str, str] = {}
        self.body: list[str] = []

    def add(self, layer: Layer) -> None:
        """A layer's line, after comments on its initializers."""
        node = layer.node

        def make(node: Node, constructor: str, words: list[str]) -> str:
            options = self._options(layer)
            plain = f"{constructor}({', '.join(words)})"
            whole = f"{constructor}({', '.join([*words, *options, f'name={quoted(node.name)}'])})"
            return self._kept(node, plain, whole)

        codes = [
            expression(Site(node, value, keras, make, self.helpers), node.inputs) for value in layer.values
        ]
        self.body.append(f"    {', '.join(node.outputs)} = {', '.join(codes)}")

    def _kept(self, node: Node, plain: str, whole: str) -> str:
        """The layer itself, or a name for it where another one shares its parameters."""
        self.settings[node.name] = plain
        if node.name in self.shared.values():
            self.body.append(f"    {node.name}_layer = {whole}")
            return f"{node.name}_layer"
        if node.name not in self.shared:
            return whole
        owner = self.shared[node.name]
        if plain != self.settings[owner]:
            raise UsageError("it has other settings than the layer that it shares")
        return f"{owner}_layer"

    def _options(self, layer: Layer) -> list[str]:
        """The initializers that are not the layer's own defaults."""
        options = []
        for each in drawn("keras", self.graph, layer):
            initializer = each.initializer
            if initializer.comment and initializer.comment not in self.told:
                self.told.add(initializer.comment)
                self.body.append(f"    # {initializer.comment}")
            if initializer.helper:
                self.drawn_helpers.setdefault(initializer.helper)
            keyword = _keyword(layer, each)
            if initializer.code and _DEFAULTS.get(keyword) != initializer.code:
                options.append(f"{keyword}={initializer.code}")
        return options

    def lines(self) -> Iterator[str]:
        """The whole function."""
        yield "def build():"
        yield '    """The model, with weights drawn as the prototxt declares them."""'
        inputs = {name: self._input_name(name) for name in self.graph.arguments}
        for name, shape in self.graph.arguments.items():
            also = f"{inputs[name]} = " if inputs[name] != name else ""
            yield f"    {also}{name} = {self._input(name, shape)}"
        yield from self.body
        model = ", ".join(map(_one_or_list, ([*inputs.values()], self.graph.results)))
        title = re.sub(r"[^A-Za-z0-9_]", "_", self.graph.title)
        yield f"    return keras.Model({model}{f', name={quoted(title)}' if title else ''})"

    def _input_name(self, name: str) -> str:
        """The name of an input, another one where a layer overwrites its variable."""
        made = {each for node in self.graph.nodes for each in node.outputs}
        return free_name(f"{name}_input", made | set(self.graph.arguments)) if name in made else name

    def _input(self, name: str, shape: Shape | None) -> str:
        if shape is None:
            return f"keras.Input(batch_shape=None, name={quoted(name)})"
        lengths = [str(length) if length >= 0 else "None" for length in axes.arranged(shape)]
        if any(node.layer.type == "LSTM" for node in self.graph.nodes):
            return f"keras.Input(batch_shape=({', '.join(lengths)},), name={quoted(name)})"
        _, *rest = lengths or [""]
        inner = f"{rest[0]}," if len(rest) == 1 else ", ".join(rest)
        return f"keras.Input(({inner}), name={quoted(name)})"


def _keyword(layer: Layer, each: Drawn) -> str:
    """The argument that an initializer is given by."""
    op = layer.settings
    if isinstance(op, ops.Conv) and op.depthwise and each.role == "weight":
        return "depthwise_initializer"
    name = axes.NAMES[type(op)][each.role]
    return "recurrent_initializer" if name == "recurrent_kernel" else f"{name}_initializer"


def _imports(body: str) -> str:
    names = [name for name in ("layers", "ops") if re.search(rf"(?<![\w.]){name}\.", body)]
    more = [f"from keras import {', '.join(names)}"] if names else []
    return imports(body, {"math": "import math", "np": "import numpy as np"}, ["import keras", *more])


def _one_or_list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


targets.add(
    "keras",
    Target(
        name="keras",
        rules=keras,
        print_graph=print_graph,
        lay_out=lay_out,
        reserved=RESERVED,
        separator="/",
        repeats=False,
    ),
)
