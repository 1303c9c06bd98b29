"""A net as a gluon HybridBlock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from caffe_fillers.plan import Plan
from caffe_fillers.port.contract import Code, Target, targets
from caffe_fillers.port.graph import Graph, Node, build_graph
from caffe_fillers.port.initialisers.contract import Initialiser
from caffe_fillers.port.initialisers.printing import layer_initialisers
from caffe_fillers.port.mxnet.target import translations
from caffe_fillers.port.sharing import owners
from caffe_fillers.port.titles import class_name, docstring
from caffe_fillers.port.translate import translate
from caffe_fillers.port.wrapping import wrapped
from caffe_fillers.schema import NetParameter

RESERVED = frozenset(
    """
    Affine BiasedEmbedding BilinearKernel ContinuedLSTM F NormalAbout PositiveUnitball SparseNormal
    UniformBetween apply cast collect_params export forward hybrid_forward hybridize infer_shape infer_type
    initialize load load_parameters load_params local_response_within math mean_variance mx name name_scope
    nn np optimize_for params prefix register_child register_forward_hook register_forward_pre_hook
    register_op_hook rnn save save_parameters save_params self summary tempfile
    """.split()  # noqa: SIM905 - forty lines otherwise
)
"""What a HybridBlock has of its own, and what the printed file calls."""
_DEFAULTS = {
    "alpha_initializer": "mx.init.Constant(0.25)",
    "beta_initializer": "mx.init.Zero()",
    "bias_initializer": "mx.init.Zero()",
    "gamma_initializer": "mx.init.One()",
    "i2h_bias_initializer": "mx.init.Zero()",
}
_LOAD = '''\
def load(net, arrays):
    """Set all parameters to the arrays of a file that caffe-fill --layout mxnet wrote."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/net.params"
        mx.nd.save(path, {name: mx.nd.array(arrays[name]) for name in arrays})
        net.load_parameters(path)
    return net
'''

Drawn = Mapping[str, list[tuple[str, Initialiser]]]


def print_module(net: NetParameter, plan: Plan) -> str:
    """A file with the net as a block that draws its parameters as the prototxt says, and a function to load.

    What MXNet cannot compute as Caffe does is a `UsageError` that names the layer.
    """
    graph = build_graph(net, plan, RESERVED)
    codes = [translate(MXNET_TARGET, node) for node in graph.nodes]
    drawn = layer_initialisers("mxnet", plan, net)
    used = [each for node in graph.nodes for _, each in _drawn(node, drawn)]
    helpers = [code.helper for code in codes] + [each.helper for each in used]
    shared = owners(graph, MXNET_TARGET, channels_last=False)
    block = "\n".join(wrapped(_block(graph, codes, drawn, shared)))
    body = "\n\n".join([*dict.fromkeys(filter(None, helpers)), f"{block}\n", _LOAD])
    return f"{docstring(graph.title)}\n\n{_imports(body)}\n\n{body}"


def _block(graph: Graph, codes: list[Code], drawn: Drawn, shared: Mapping[str, str]) -> Iterator[str]:
    yield f"class {class_name(graph.title, RESERVED)}(nn.HybridBlock):"
    yield "    def __init__(self, **options):"
    yield "        super().__init__(**options)"
    made = [f"            {line}" for line in _children(graph, codes, drawn, shared)]
    if made:
        yield from ("        with self.name_scope():", *made)
    yield ""
    yield f"    def hybrid_forward(self, F, {', '.join(graph.arguments)}):"
    for node, code in zip(graph.nodes, codes, strict=True):
        outputs = ", ".join(node.outputs)
        expression = code.call.format(*node.inputs, self=f"self.{node.name}")
        if expression != outputs:
            yield f"        {outputs} = {expression}"
    yield f"        return {', '.join(graph.results)}"


def _children(graph: Graph, codes: list[Code], drawn: Drawn, shared: Mapping[str, str]) -> Iterator[str]:
    """A layer that has all of its parameters from one like it is that layer; from another, it takes them."""
    modules = {node.name: code.module for node, code in zip(graph.nodes, codes, strict=True)}
    options: dict[str, list[str]] = {}
    told: set[str] = set()
    for node in graph.nodes:
        owner, module = shared.get(node.name), modules[node.name]
        if not module:
            continue
        if owner is not None and module == modules[owner]:
            yield f"self.{node.name} = self.{owner}"
            continue
        given = options[node.name] = []
        for keyword, initialiser in _drawn(node, drawn):
            if initialiser.comment and initialiser.comment not in told:
                told.add(initialiser.comment)
                yield f"# {initialiser.comment}"
            if initialiser.code and _DEFAULTS.get(keyword) != initialiser.code:
                given.append(f"{keyword}={initialiser.code}")
        if owner is not None:  # gluon compares what both say of a parameter
            given += [*options[owner], f"params=self.{owner}.params"]
        start = module[:-1] + (", " if given and not module.endswith("()") else "")
        yield f"self.{node.name} = {start}{', '.join(given)})"


def _drawn(node: Node, drawn: Drawn) -> Iterator[tuple[str, Initialiser]]:
    """The initialisers of a layer and of the Scale that it has taken in."""
    for layer in (node.layer, node.scale):
        yield from drawn.get(layer.name, ()) if layer is not None else ()


def _imports(body: str) -> str:
    """Of these modules those that are used; the standard library's first."""
    standard = [name for name in ("math", "tempfile") if _uses(body, name)]
    lines = [f"import {name}" for name in standard] + ["", "import mxnet as mx"]
    lines += ["import numpy as np"] if _uses(body, "np") else []
    names = [name for name in ("nn", "rnn") if _uses(body, name)]
    return "\n".join([*lines, f"from mxnet.gluon import {', '.join(names)}"]) + "\n"


def _uses(body: str, name: str) -> bool:
    return re.search(rf"(?<![\w.]){name}\.", body) is not None


MXNET_TARGET = Target("mxnet", translations, print_module, RESERVED)
targets.add("mxnet", MXNET_TARGET)
