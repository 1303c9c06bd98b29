"""A net as a torch.nn.Module."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caffe_fillers.errors import UsageError
from caffe_fillers.plan import Plan
from caffe_fillers.port.contract import Code, Target, targets
from caffe_fillers.port.graph import Graph, Node, build_graph
from caffe_fillers.port.initialisers.keywords import TORCH, keyword
from caffe_fillers.port.initialisers.printing import initialise_function
from caffe_fillers.port.sharing import transposed
from caffe_fillers.port.titles import class_name, docstring
from caffe_fillers.port.torch.target import translations
from caffe_fillers.port.translate import translate
from caffe_fillers.port.wrapping import wrapped
from caffe_fillers.schema import NetParameter

RESERVED = frozenset(
    """
    Affine BiasedEmbedding ContinuedLSTM F
    add_module aligned apply bfloat16 buffers call_super_init children compile cpu crop cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule
    half ipu local_response_within load_state_dict math mean_variance modules mtia named_buffers
    named_children named_modules named_parameters nn parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook
    register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook
    requires_grad_ self set_extra_state set_submodule share_memory state_dict to to_empty torch train
    training type xpu zero_grad
    """.split()  # noqa: SIM905 - sixty lines otherwise
)
"""What torch.nn.Module has of its own, and what the printed file calls."""
_IMPORTS = {"math.": "import math", "torch.": "import torch", "nn.": "from torch import nn"}


def print_module(net: NetParameter, plan: Plan) -> str:
    """A file with the net as a module, and a function that draws its parameters as the prototxt says.

    What torch cannot compute as Caffe does is a `UsageError` that names the layer.
    """
    graph = build_graph(net, plan, RESERVED)
    codes = [translate(TORCH_TARGET, node) for node in graph.nodes]
    name = class_name(graph.title, RESERVED)
    helpers = list(dict.fromkeys(code.helper for code in codes if code.helper))
    function = initialise_function(plan, net, graph.names)
    body = "\n\n".join([*helpers, *function.helpers, _module(name, graph, codes), function.code])
    return f"{docstring(graph.title)}\n\n{_imports(body, function.imports)}\n\n{body}"


def _module(name: str, graph: Graph, codes: list[Code]) -> str:
    made = [
        f"self.{node.name} = {code.module}"
        for node, code in zip(graph.nodes, codes, strict=True)
        if code.module
    ]
    lines = [f"class {name}(nn.Module):", "    def __init__(self):", "        super().__init__()"]
    lines += [f"        {line}" for line in (*made, *_shared(graph))]
    lines += ["", f"    def forward(self, {', '.join(graph.arguments)}):"]
    for node, code in zip(graph.nodes, codes, strict=True):
        expression = code.call.format(*node.inputs, self=f"self.{node.name}")
        lines.append(f"        {', '.join(node.outputs)} = {expression}")
    return "\n".join(wrapped([*lines, f"        return {', '.join(graph.results)}", ""]))


def _shared(graph: Graph) -> Iterator[str]:
    """Parameters that are another layer's."""
    layers = {node.layer.name: node for node in graph.nodes}
    for (layer, index), (owner, owner_index) in graph.shared.items():
        if layer in layers and owner in layers:
            if transposed(layers[layer]) != transposed(layers[owner]):
                raise UsageError(f"layer {layer!r} would keep its weight turned round, layer {owner!r} not")
            yield f"{_attribute(layers[layer], index)} = {_attribute(layers[owner], owner_index)}"


def _attribute(node: Node, index: int) -> str:
    return f"self.{node.name}.{keyword(TORCH, node.layer, index, len(node.blobs))}"


def _imports(body: str, needed: frozenset[str]) -> str:
    lines = {line for word, line in _IMPORTS.items() if re.search(rf"(?<![\w.]){re.escape(word)}", body)}
    if re.search(r"(?<![\w.])F\.", body):
        lines.add("import torch.nn.functional as F")
    ordered = sorted(
        lines | needed, key=lambda line: (not line.startswith("import math"), line.startswith("from"), line)
    )
    text = "".join(f"{line}\n" for line in ordered)
    return text.replace("import math\n", "import math\n\n", 1)


TORCH_TARGET = Target("torch", translations, print_module, RESERVED)
targets.add("torch", TORCH_TARGET)
