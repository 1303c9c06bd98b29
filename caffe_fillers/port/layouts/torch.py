"""A torch state_dict: weights as in Caffe, gates of a recurrent cell in another order.

Names and shapes are those of torch.nn's documentation (2.5); `num_batches_tracked`
of a batch norm is left to torch, which takes a state_dict without versions to be without it.
"""

from __future__ import annotations

from collections.abc import Iterator

from caffe_fillers.port.graph import Node
from caffe_fillers.port.layouts import channels_first
from caffe_fillers.port.layouts.arrange import constant, gates, same, statistic
from caffe_fillers.port.layouts.contract import Layout, Tensor, layouts

# The attributes of nn.Module, and what the printed code calls by name.
_RESERVED = """
    T_destination add_module apply bfloat16 bool buffers call_super_init children compile cpu cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu
    load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters
    register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty
    train training type xpu zero_grad self super torch nn F
"""
torch = Layout("torch", frozenset(_RESERVED.split()))
layouts.add("torch", torch)

torch.layer("Convolution", "Deconvolution", "Embed", "Scale")(channels_first.weight_and_bias)
torch.layer("InnerProduct")(channels_first.dense)


@torch.layer("BatchNorm")
def batch_norm(node: Node) -> Iterator[Tensor]:
    """Statistics without their scale factor, and what a Scale behind it multiplies and adds."""
    yield from channels_first.affine(node, "weight", "bias")
    yield statistic(f"{node.name}.running_mean", node, 0)
    yield statistic(f"{node.name}.running_var", node, 1)


@torch.layer("Bias")
def bias(node: Node) -> Iterator[Tensor]:
    """The one blob is a bias."""
    yield same(f"{node.name}.bias", node, 0)


@torch.layer("PReLU")
def prelu(node: Node) -> Iterator[Tensor]:
    """A slope shared by all channels is a vector of one, not a scalar."""
    yield same(f"{node.name}.weight", node, 0, node.blobs[0] or (1,))


@torch.layer("Parameter")
def parameter(node: Node) -> Iterator[Tensor]:
    """A parameter of the net's own module."""
    yield same(node.name, node, 0)


@torch.layer("LSTM")
def lstm(node: Node) -> Iterator[Tensor]:
    """Gates i, f, o, g become i, f, g, o; torch has a second bias, which is zero."""
    yield gates(f"{node.name}.weight_ih", node, 0, "ifgo")
    yield gates(f"{node.name}.weight_hh", node, len(node.blobs) - 1, "ifgo")
    yield gates(f"{node.name}.bias_ih", node, 1, "ifgo")
    yield constant(f"{node.name}.bias_hh", node.blobs[1], 0.0)
    if len(node.blobs) == 4:
        yield gates(f"{node.name}.static.weight", node, 2, "ifgo")


@torch.layer("RNN")
def rnn(node: Node) -> Iterator[Tensor]:
    """A cell and the product that makes its outputs."""
    *_, hidden, weight, bias = range(len(node.blobs))
    yield same(f"{node.name}.weight_ih", node, 0)
    yield same(f"{node.name}.weight_hh", node, hidden)
    yield same(f"{node.name}.bias_ih", node, 1)
    yield constant(f"{node.name}.bias_hh", node.blobs[1], 0.0)
    if len(node.blobs) == 6:
        yield same(f"{node.name}.static.weight", node, 2)
    yield same(f"{node.name}.output.weight", node, weight)
    yield same(f"{node.name}.output.bias", node, bias)
