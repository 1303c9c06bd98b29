"""A net as a function of parameters and inputs; others draw the parameters and load them."""

from __future__ import annotations

from collections.abc import Iterator

from caffe_fillers.port import axes, channels_last
from caffe_fillers.port.code import wrapped
from caffe_fillers.port.contract import Layer, Target, port_all, targets
from caffe_fillers.port.graph import Graph
from caffe_fillers.port.initialize import drawn
from caffe_fillers.port.names import docstring, quoted
from caffe_fillers.port.printing import Site, expression, helper_texts, imports
from caffe_fillers.port.reading.contract import Node
from caffe_fillers.port.targets.jax import jax, lay_out

RESERVED = frozenset(
    """
    affine apply average_pool batch_norm biased bilinear conv deconv dense embed init initializers jax jnp
    keys lax len load local_response local_response_within lstm math max_pool mean_variance normal_about
    params positive_unitball prelu sparse_normal uniform_between
    """.split()  # noqa: SIM905 - thirty lines otherwise
)
"""What the printed file calls."""


def print_graph(graph: Graph) -> str:
    """A file with functions that compute the net, draw its parameters, and load them."""
    shared, helpers = channels_last.layer_owners(graph, lay_out), list[str]()
    init, lines = _Init(graph), list[str]()

    def make(node: Node, constructor: str, words: list[str]) -> str:
        return f"params[{quoted(shared.get(node.name, node.name))}]"

    def work(layer: Layer) -> None:
        node = layer.node
        codes = [expression(Site(node, value, jax, make, helpers), node.inputs) for value in layer.values]
        made, code = ", ".join(node.outputs), ", ".join(codes)
        if made != code:
            lines.append(f"    {made} = {code}")
        if node.name not in shared:
            init.add(layer)

    port_all("jax", graph, work)
    apply = [f"def apply(params, {', '.join(graph.arguments)}):"]
    apply += ['    """The net\'s outputs; images are num x height x width x channels."""', *lines]
    apply += [f"    return {', '.join(graph.results)}"]
    parts = ["\n".join(wrapped(each)) + "\n" for each in (init.lines(), apply)]
    texts = [*helper_texts("jax", helpers), *init.helpers, *parts, *helper_texts("jax", ["load"])]
    body = "\n\n".join(texts)
    return f"{docstring(graph.title)}\n\n{_imports(body)}\n\n{body}"


class _Init:
    """The function that draws the parameters, line by line."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.entries: list[str] = []
        self.helpers: dict[str, None] = {}
        self.told: set[str] = set()

    def add(self, layer: Layer) -> None:
        """A layer's parameters: drawn, or of statistics what a first step begins with."""
        shapes = channels_last.shapes(layer, lay_out)
        if not shapes:
            return
        names = axes.NAMES[type(layer.settings)]
        initializers = {names[each.role]: each.initializer for each in drawn("jax", self.graph, layer)}
        self.entries.append(f"        {quoted(layer.node.name)}: {{")
        for name, shape in shapes.items():
            made = f"jnp.{'ones' if name == 'moving_variance' else 'zeros'}({shape})"
            if name in initializers:
                initializer = initializers[name]
                if initializer.comment and initializer.comment not in self.told:
                    self.told.add(initializer.comment)
                    self.entries.append(f"            # {initializer.comment}")
                if initializer.helper:
                    self.helpers.setdefault(initializer.helper)
                made = f"{initializer.code or 'initializers.zeros'}(next(keys), {shape})"
            self.entries.append(f"            {quoted(name)}: {made},")
        self.entries.append("        },")

    def lines(self) -> Iterator[str]:
        """The whole function."""
        yield "def init(key):"
        yield '    """Parameters by layer, drawn as the prototxt declares them."""'
        number = sum("next(keys)" in line for line in self.entries)
        if number:
            yield f"    keys = iter(jax.random.split(key, {number}))"
        yield from ["    return {", *self.entries, "    }"] if self.entries else ["    return {}"]


def _imports(body: str) -> str:
    needed = {"math": "import math", "jax": "import jax", "lax": "from jax import lax"}
    return imports(
        body, needed | {"initializers": "from jax.nn import initializers"}, ["import jax.numpy as jnp"]
    )


targets.add(
    "jax",
    Target(
        name="jax",
        rules=jax,
        print_graph=print_graph,
        lay_out=lay_out,
        reserved=RESERVED,
        separator="/",
        repeats=False,
    ),
)
