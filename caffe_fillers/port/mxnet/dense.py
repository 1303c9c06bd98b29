"""Products with a matrix: InnerProduct and Embed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from caffe_fillers.distributions import Values
from caffe_fillers.errors import UsageError
from caffe_fillers.port.calls import call
from caffe_fillers.port.channels_first import outputs_first, product_ends
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.mxnet.target import mxnet_layer, named
from caffe_fillers.shapes import canonical_axis

_EMBEDDING = '''\
class BiasedEmbedding(nn.HybridBlock):
    """A row for each index, and a bias on all of them, as Caffe's Embed has it."""

    def __init__(
        self,
        rows,
        width,
        weight_initializer=None,
        bias_initializer="zeros",
        **options,
    ):
        super().__init__(**options)
        self.size = {"input_dim": rows, "output_dim": width}
        with self.name_scope():
            self.weight = self.params.get(
                "weight", shape=(rows, width), init=weight_initializer
            )
            self.bias = self.params.get("bias", shape=(width,), init=bias_initializer)

    def hybrid_forward(self, F, index, weight, bias):
        return F.broadcast_add(F.Embedding(index, weight, **self.size), bias)
'''


def _outputs_first(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """nn.Dense keeps outputs x inputs."""
    return named(node, outputs_first(node, arrays))


@mxnet_layer("InnerProduct", lay_out=_outputs_first, limits="not from axis 0 on")
def inner_product(node: Node) -> Code:
    """All axes from `axis` on are one; nn.Dense flattens from axis 1 on, or takes the last alone."""
    parameter, (inputs, outputs) = node.layer.inner_product_param, product_ends(node)
    axis = canonical_axis(parameter.axis, node.rank)
    if axis == 0:
        raise UsageError("a product over the axes from 0 on leaves no axis of items")
    module = call(
        "nn.Dense",
        outputs,
        use_bias=None if parameter.bias_term else False,
        flatten=None if axis == 1 else False,
        in_units=inputs,
    )
    given = "{0}" if axis in (1, node.rank - 1) else f"F.reshape({{0}}, shape={(*[0] * axis, -1)})"
    return Code(f"{{self}}({given})", module)


@mxnet_layer("Embed")
def embed(node: Node) -> Code:
    """Indices may be floats, as in Caffe."""
    rows, width = node.blobs[0]
    if not node.layer.embed_param.bias_term:
        return Code("{self}({0})", f"nn.Embedding({rows}, {width})")
    return Code("{self}({0})", f"BiasedEmbedding({rows}, {width})", _EMBEDDING)
