"""Products with a matrix: InnerProduct and Embed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from caffe_fillers.distributions import Values
from caffe_fillers.port.calls import call
from caffe_fillers.port.channels_first import outputs_first, product_ends
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.torch.target import named, torch_layer
from caffe_fillers.shapes import canonical_axis

_EMBEDDING = '''\
class BiasedEmbedding(nn.Embedding):
    """A row for each index, and a bias on all of them, as Caffe's Embed has it."""

    def __init__(self, rows, width):
        super().__init__(rows, width)
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, index):
        return super().forward(index.long()) + self.bias
'''


def _outputs_first(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """torch.nn.Linear keeps outputs x inputs."""
    return named(node, outputs_first(node, arrays))


@torch_layer("InnerProduct", lay_out=_outputs_first)
def inner_product(node: Node) -> Code:
    """All axes from `axis` on are one; channels come before height and width in both."""
    parameter = node.layer.inner_product_param
    module = call("nn.Linear", *product_ends(node), bias=None if parameter.bias_term else False)
    axis = canonical_axis(parameter.axis, node.rank)
    given = "{0}" if node.rank == axis + 1 else f"torch.flatten({{0}}, {axis})"
    return Code(f"{{self}}({given})", module)


@torch_layer("Embed")
def embed(node: Node) -> Code:
    """Indices come as floats in Caffe."""
    rows, width = node.blobs[0]
    if not node.layer.embed_param.bias_term:
        return Code("{self}({0}.long())", f"nn.Embedding({rows}, {width})")
    return Code("{self}({0})", f"BiasedEmbedding({rows}, {width})", _EMBEDDING)
