"""A torch.nn.Module for a net, and a function that draws its parameters."""

from __future__ import annotations

from collections.abc import Iterator

from caffe_fillers.errors import UsageError
from caffe_fillers.port.code import wrapped
from caffe_fillers.port.contract import Layer, Target, port_all, read_layers, targets
from caffe_fillers.port.graph import Graph
from caffe_fillers.port.initialize import Drawn, drawn
from caffe_fillers.port.names import class_name, docstring, free_name
from caffe_fillers.port.printing import Site, expression, helper_texts, imports
from caffe_fillers.port.reading.contract import Node
from caffe_fillers.port.targets.torch import NAMES, lay_out
from caffe_fillers.port.targets.torch_vision import RULES

RESERVED = frozenset(
    """
    add_module Affine aligned apply bfloat16 BiasedEmbedding Blob buffers call_super_init cell_edges
    children compile ContinuedLSTM cpu crop cuda decoded detection_output double dump_patches eval
    extra_repr F float forward get_buffer get_extra_state get_parameter get_submodule half ipu
    load_state_dict local_response_within MaskedMaxPool2d math mean_variance modules mtia named_buffers
    named_children named_modules named_parameters nn parameters PriorBoxes ps_roi_pool
    register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ roi_pool rounded self set_extra_state set_submodule
    share_memory state_dict suppressed to to_empty torch train training type unpool UnscaledDropout xpu
    zero_grad
    """.split()  # noqa: SIM905 - sixty lines otherwise
)
"""What torch.nn.Module has of its own, and what the printed file calls."""


def print_graph(graph: Graph) -> str:
    """A file with the net as a module, and a function that draws its parameters as the prototxt says."""
    name = class_name(graph.title, RESERVED)
    modules: dict[str, str] = {}
    helpers: list[str] = []
    lines: list[str] = []
    drawing = _Drawing()

    def make(node: Node, constructor: str, words: list[str]) -> str:
        attribute = free_name(node.name, modules)
        modules[attribute] = f"{constructor}({', '.join(words)})"
        return f"self.{attribute}"

    def work(layer: Layer) -> None:
        node = layer.node
        codes = [expression(Site(node, value, RULES, make, helpers), node.inputs) for value in layer.values]
        lines.append(f"        {', '.join(node.outputs)} = {', '.join(codes)}")
        drawing.add(graph, layer)

    port_all("torch", graph, work)
    made = [f"self.{attribute} = {code}" for attribute, code in modules.items()]
    text = [f"class {name}(nn.Module):", "    def __init__(self):", "        super().__init__()"]
    text += [f"        {line}" for line in (*made, *_shared(graph))]
    text += ["", f"    def forward(self, {', '.join(graph.arguments)}):", *lines]
    module = "\n".join(wrapped([*text, f"        return {', '.join(graph.results)}", ""]))
    body = "\n\n".join([*helper_texts("torch", helpers), *drawing.helpers, module, drawing.function()])
    return f"{docstring(graph.title)}\n\n{imports(body, _IMPORTS)}\n\n{body}"


_IMPORTS = {
    "F": "import torch.nn.functional as F",
    "math": "import math",
    "nn": "from torch import nn",
    "torch": "import torch",
}


class _Drawing:
    """The function that draws all parameters of a module."""

    def __init__(self) -> None:
        self.lines = ["def initialize(net):", '    """Draw all parameters of a module, in place."""']
        self.told: set[str] = set()
        self.helpers: dict[str, None] = {}

    def add(self, graph: Graph, layer: Layer) -> None:
        """The statements of one layer."""
        for each in drawn("torch", graph, layer):
            self._add(each, f"net.{layer.node.name}.{parameter_name(layer, each.role)}")

    def _add(self, each: Drawn, tensor: str) -> None:
        initializer = each.initializer
        if not initializer.code:
            self.lines.append(f"    # {tensor}: {initializer.comment}")
            return
        if initializer.comment and initializer.comment not in self.told:
            self.told.add(initializer.comment)
            self.lines.append(f"    # {initializer.comment}")
        self.lines.append(f"    {initializer.on(tensor)}")
        if initializer.helper:
            self.helpers.setdefault(initializer.helper)

    def function(self) -> str:
        """Its text."""
        return "\n".join(wrapped([*self.lines, "    return net\n"]))


def parameter_name(layer: Layer, role: str) -> str:
    """What torch calls a layer's parameter."""
    return NAMES.get(type(layer.settings), {}).get(role, role)


def _shared(graph: Graph) -> Iterator[str]:
    """Parameters that are another layer's."""
    layers = {each.node.name: each for each in read_layers(graph) if isinstance(each, Layer)}
    for layer in layers.values():
        op = layer.settings
        for index, role in enumerate(op.roles[: len(layer.node.places)]):
            found = graph.owner(layer.node, index)
            if found is None:
                continue
            owner, place = layers[found[0].name], found[1]
            other = owner.settings
            if getattr(op, "transpose", False) != getattr(other, "transpose", False):
                raise UsageError(
                    f"layer {layer.node.label!r} would keep its weight transposed, "
                    f"layer {owner.node.label!r} not"
                )
            theirs = parameter_name(owner, other.roles[place])
            yield f"self.{layer.node.name}.{parameter_name(layer, role)} = self.{owner.node.name}.{theirs}"


targets.add(
    "torch",
    Target(name="torch", rules=RULES, print_graph=print_graph, lay_out=lay_out, reserved=RESERVED),
)
