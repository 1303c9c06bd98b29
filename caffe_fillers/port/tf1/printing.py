"""A net as a graph of TensorFlow 1, with its variables under scopes named after layers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from caffe_fillers.errors import UsageError
from caffe_fillers.plan import Plan
from caffe_fillers.port.contract import Code, Target, targets
from caffe_fillers.port.graph import Graph, build_graph
from caffe_fillers.port.initialisers.printing import layer_initialisers
from caffe_fillers.port.parameters import Drawn, Parameter, functions, parameters, remark
from caffe_fillers.port.sharing import owners
from caffe_fillers.port.tf1.target import translations
from caffe_fillers.port.titles import docstring, quoted
from caffe_fillers.port.translate import translate
from caffe_fillers.port.wrapping import wrapped
from caffe_fillers.schema import NetParameter

RESERVED = frozenset(
    """
    alpha average_pool beta bias bilinear build deconv2d embeddings float gamma grouped_conv2d kernel load
    local_response_within lstm math mean_variance moving_mean moving_variance np positive_unitball
    recurrent_kernel sparse_normal spread tf
    """.split()  # noqa: SIM905 - thirty lines otherwise
)
"""What the printed file calls, and the variables of Python that parameters are in."""
_LOAD = '''\
def load(session, arrays, variables=None):
    """Set variables to the arrays of a file that caffe-fill --layout tf1 wrote.

    These are all of the graph, unless some are given; a name that only the graph or only
    the file has is an error.
    """
    variables = tf.global_variables() if variables is None else variables
    named = {variable.op.name: variable for variable in variables}
    missing, extra = set(named) - set(arrays), set(arrays) - set(named)
    if missing or extra:
        raise ValueError(f"missing: {sorted(missing)}, extra: {sorted(extra)}")
    values = {named[name].initializer.inputs[1]: arrays[name] for name in named}
    session.run([variable.initializer for variable in variables], values)
'''


def print_module(net: NetParameter, plan: Plan) -> str:
    """A file with a function that builds the graph, and one that loads its variables.

    What TensorFlow cannot compute on a CPU as Caffe does is a `UsageError` that names the layer.
    """
    graph = build_graph(net, plan, RESERVED)
    _check_scopes(graph)
    codes = [translate(TF1_TARGET, node) for node in graph.nodes]
    drawn = layer_initialisers("tf1", plan, net)
    used = [each.helper for layer in drawn.values() for _, each in layer]
    helpers = functions([code.helper for code in codes] + used)
    build = "\n".join(wrapped(_build(graph, codes, drawn, owners(graph, TF1_TARGET))))
    body = "\n\n".join([*helpers, f"{build}\n", _LOAD])
    return f"{docstring(graph.title)}\n\n{_imports(body)}\n\n{body}"


def _check_scopes(graph: Graph) -> None:
    """A graph takes names that differ in case alone for the same, and gives the second variable another."""
    scopes: dict[str, str] = {}
    for node in (node for node in graph.nodes if node.blobs):
        scope = node.name.lower()
        if scope in scopes:
            raise UsageError(
                f"layer {node.layer.name!r} cannot be carried over to tf1: TensorFlow does not tell its name "
                f"from that of {scopes[scope]!r}"
            )
        scopes[scope] = node.layer.name


def _build(graph: Graph, codes: list[Code], drawn: Drawn, shared: Mapping[str, str]) -> Iterator[str]:
    yield f"def build({', '.join(graph.arguments)}):"
    yield '    """The net\'s outputs; images are num x height x width x channels."""'
    told: set[str] = set()
    for node, code in zip(graph.nodes, codes, strict=True):
        made, call = ", ".join(node.outputs), code.call.format(*node.inputs)
        variables = list(parameters(TF1_TARGET, node, drawn)) if node.blobs else []
        if node.name in shared:
            yield f"    with tf.variable_scope({quoted(shared[node.name])}, reuse=True):"
            yield from (f"        {each.name} = tf.get_variable({quoted(each.name)})" for each in variables)
        elif variables:
            yield f"    with tf.variable_scope({quoted(node.name)}):"
            for each in variables:
                yield from (f"        {comment}" for comment in remark(each, told))
                yield f"        {each.name} = {_variable(each)}"
        if call != made:
            yield f"    {'    ' if node.blobs else ''}{made} = {call}"
    yield f"    return {', '.join(graph.results)}"


def _variable(parameter: Parameter) -> str:
    words = [quoted(parameter.name), str(list(parameter.shape))]
    drawn = parameter.initialiser.code if parameter.initialiser else ""
    made = drawn or f"tf.{parameter.beginning or 'zeros'}_initializer()"
    words.append(f"initializer={made}")
    words += ["trainable=False"] if parameter.beginning else []
    return f"tf.get_variable({', '.join(words)})"


def _imports(body: str) -> str:
    lines = ["import math\n"] if re.search(r"(?<![\w.])math\.", body) else []
    lines += ["import numpy as np"] if re.search(r"(?<![\w.])np\.", body) else []
    return "\n".join([*lines, "import tensorflow.compat.v1 as tf"]) + "\n"


TF1_TARGET = Target("tf1", translations, print_module, RESERVED, separator="/", repeats=False)
targets.add("tf1", TF1_TARGET)
