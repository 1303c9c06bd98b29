"""A net as a function of its parameters and inputs, in JAX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from caffe_fillers.plan import Plan
from caffe_fillers.port.contract import Code, Target, targets
from caffe_fillers.port.graph import Graph, Node, build_graph
from caffe_fillers.port.initialisers.printing import layer_initialisers
from caffe_fillers.port.jax.target import translations
from caffe_fillers.port.parameters import Drawn, functions, parameters, remark
from caffe_fillers.port.sharing import owners
from caffe_fillers.port.titles import docstring, quoted
from caffe_fillers.port.translate import translate
from caffe_fillers.port.wrapping import wrapped
from caffe_fillers.schema import NetParameter

RESERVED = frozenset(
    """
    affine apply average_pool batch_norm biased bilinear conv deconv dense embed init initializers jax jnp
    keys lax len load local_response local_response_within lstm math max_pool mean_variance normal_about
    params positive_unitball prelu sparse_normal uniform_between
    """.split()  # noqa: SIM905 - thirty lines otherwise
)
"""What the printed file calls."""
_LOAD = '''\
def load(arrays):
    """Parameters from the arrays of a file that caffe-fill --layout jax wrote."""
    params = {}
    for path in arrays:
        layer, name = path.split("/")
        params.setdefault(layer, {})[name] = jnp.asarray(arrays[path])
    return params
'''


def print_module(net: NetParameter, plan: Plan) -> str:
    """A file with a function that computes the net, one that draws its parameters, and one that loads them.

    What JAX's code cannot compute as Caffe does is a `UsageError` that names the layer.
    """
    graph = build_graph(net, plan, RESERVED)
    shared = owners(graph, JAX_TARGET)
    codes = [translate(JAX_TARGET, node) for node in graph.nodes]
    drawn = layer_initialisers("jax", plan, net)
    used = [each.helper for layer in drawn.values() for _, each in layer]
    parts = functions([code.helper for code in codes] + used)
    init, apply = _init(graph, drawn, shared), _apply(graph, codes, shared)
    body = "\n\n".join([*parts, *(["\n".join(wrapped(lines)) + "\n" for lines in (init, apply)]), _LOAD])
    return f"{docstring(graph.title)}\n\n{_imports(body)}\n\n{body}"


def _init(graph: Graph, drawn: Drawn, shared: Mapping[str, str]) -> Iterator[str]:
    nodes = [node for node in graph.nodes if node.blobs and node.name not in shared]
    yield "def init(key):"
    yield '    """Parameters by layer, drawn as the prototxt declares them."""'
    told: set[str] = set()
    entries = [line for node in nodes for line in _entry(node, drawn, told)]
    number = sum("next(keys)" in line for line in entries)
    if number:
        yield f"    keys = iter(jax.random.split(key, {number}))"
    yield "    return {" if entries else "    return {}"
    yield from entries
    if entries:
        yield "    }"


def _entry(node: Node, drawn: Drawn, told: set[str]) -> Iterator[str]:
    """A layer's parameters: drawn, or of a BatchNorm's statistics what its first step begins with."""
    yield f"        {quoted(node.name)}: {{"
    for parameter in parameters(JAX_TARGET, node, drawn):
        yield from (f"            {comment}" for comment in remark(parameter, told))
        made = f"jnp.{parameter.beginning}({parameter.shape})"
        if parameter.initialiser is not None:
            made = f"{parameter.initialiser.code or 'initializers.zeros'}(next(keys), {parameter.shape})"
        yield f"            {quoted(parameter.name)}: {made},"
    yield "        },"


def _apply(graph: Graph, codes: list[Code], shared: Mapping[str, str]) -> Iterator[str]:
    yield f"def apply(params, {', '.join(graph.arguments)}):"
    yield '    """The net\'s outputs; images are num x height x width x channels."""'
    for node, code in zip(graph.nodes, codes, strict=True):
        params = f"params[{quoted(shared.get(node.name, node.name))}]"
        made, call = ", ".join(node.outputs), code.call.format(*node.inputs, self=params)
        if call != made:
            yield f"    {made} = {call}"
    yield f"    return {', '.join(graph.results)}"


def _imports(body: str) -> str:
    lines = ["import math\n"] if re.search(r"(?<![\w.])math\.", body) else []
    lines += ["import jax"] if re.search(r"(?<![\w.])jax\.", body) else []
    lines += ["import jax.numpy as jnp"]
    lines += ["from jax import lax"] if re.search(r"(?<![\w.])lax\.", body) else []
    lines += ["from jax.nn import initializers"] if re.search(r"(?<![\w.])initializers\.", body) else []
    return "\n".join(lines) + "\n"


JAX_TARGET = Target("jax", translations, print_module, RESERVED, separator="/")
targets.add("jax", JAX_TARGET)
