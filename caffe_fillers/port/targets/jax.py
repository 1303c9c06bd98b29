"""JAX: plain functions of parameters and arrays, without a library of layers. Read at jax v0.4.35."""

from __future__ import annotations

from functools import partial

from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.initializers import number
from caffe_fillers.port import axes, channels_last, ops, values, vision_ops
from caffe_fillers.port.channels_last import Words
from caffe_fillers.port.code import operation
from caffe_fillers.port.contract import Rules
from caffe_fillers.port.printing import Site, named_numbers
from caffe_fillers.shapes import Shape

jax = Rules("jax")

_FUNCTIONS = {
    "abs": "jnp.abs({0})",
    "clip": "jnp.clip({0}, {n0}, {n1})",
    "elu": "jax.nn.elu({0}, {n0})",
    "exp": "jnp.exp({0})",
    "leaky_relu": "jax.nn.leaky_relu({0}, {n0})",
    "log": "jnp.log({0})",
    "log_to": "jnp.log({0}) / math.log({n0})",
    "maximum": "jnp.maximum({0}, {1})",
    "relu": "jax.nn.relu({0})",
    "sigmoid": "jax.nn.sigmoid({0})",
    "sqrt": "jnp.sqrt({0})",
    "softplus": "jax.nn.softplus({0})",
    "square": "jnp.square({0})",
    "tanh": "jnp.tanh({0})",
    "threshold": "({0} > {n0}).astype(jnp.float32)",
}


@jax(values.Binary, values.Function)
def function(name: str, *numbers: str) -> str:
    """A template for a function of each value."""
    return named_numbers(_FUNCTIONS, name, numbers)


channels_last.register(
    Words(
        concatenate="jnp.concatenate([{0}], axis={1})",
        split="jnp.split({0}, {1}, axis={2})",
        tile="jnp.tile({0}, {1})",
        reduce="jnp.{1}({0}, axis={2})",
        flatten="{0}.reshape(len({1}), -1)",
        reshape="{0}.reshape(len({3}), {2})",
        transpose="{0}.transpose(0, {1})",
        permute="{0}.transpose({1})",
        flip="jnp.flip({0}, {1})",
        softmax="jax.nn.softmax({0}{1})",
    ),
    jax,
)


@jax(ops.Conv, limits=channels_last.WINDOW_LIMITS)
def conv(op: ops.Conv, at: Site, x: str) -> str:
    """With Caffe's padding, whatever it is."""
    channels_last.check_image(op)
    given: list[tuple[str, Shape, int]] = [
        ("stride", op.stride, 1),
        ("pad", op.pad, 0),
        ("dilation", op.dilation, 1),
    ]
    words = [f", {name}={lengths}" for name, lengths, default in given if set(lengths) != {default}]
    words += [f", groups={op.groups}"] if op.groups > 1 else []
    return f"{at.helper('deconv' if op.transposed else 'conv')}({x}, {at.layer('')}{''.join(words)})"


@jax(ops.GlobalPool)
def global_pool(op: ops.GlobalPool, at: Site, x: str) -> str:
    """To one value for each channel."""
    return f"{x}.{'mean' if op.average else 'max'}((1, 2), keepdims=True)"


@jax(ops.Pool, limits=channels_last.POOLING_LIMITS)
def pool(op: ops.Pool, at: Site, x: str) -> str:
    """The last windows may reach over the edge, which then stands in the code."""
    edges = channels_last.edges(op, at.value)
    before, after = edges.before, edges.beyond if op.average else edges.after
    words = [str(op.kernel), str(op.stride)]
    words += [str(before), str(after)] if max(*before, *after) else []
    return f"{at.helper('average_pool' if op.average else 'max_pool')}({x}, {', '.join(words)})"


@jax(ops.Dense, limits="from axis 1 on, or the last axis alone")
def dense(op: ops.Dense, at: Site, x: str) -> str:
    """An image is flattened with its channels last, and the weight's rows are in that order."""
    given = f"{x}.reshape(len({x}), -1)" if channels_last.check_dense(op, at.x) else x
    return f"{at.helper('dense')}({given}, {at.layer('')})"


@jax(vision_ops.Tensor)
def tensor(op: vision_ops.Tensor, at: Site) -> str:
    """A parameter by itself."""
    return f'{at.layer("")}["weight"]'


@jax(ops.Embed, limits="bottoms of up to two axes")
def embed(op: ops.Embed, at: Site, x: str) -> str:
    """Indices come as floats in Caffe."""
    channels_last.check_embed(at.x)
    return f"{at.helper('embed')}({x}, {at.layer('')})"


@jax(ops.LSTM)
def lstm(op: ops.LSTM, at: Site, x: str, cont: str) -> str:
    """A scan over the steps."""
    channels_last.check_lstm(at.x)
    return f"{at.helper('lstm')}({at.layer('')}, {x}, {cont})"


@jax(ops.PReLU)
def prelu(op: ops.PReLU, at: Site, x: str) -> str:
    """A slope for each channel, or one for all."""
    return f"{at.helper('prelu')}({x}, {at.layer('')})"


@jax(ops.Dropout, limits="inference alone, where it does nothing")
def dropout(op: ops.Dropout, at: Site, x: str) -> str:
    """What Caffe does in the phase TEST."""
    if op.always:
        raise UsageError("dropout in inference, by sample_weights_test, is not ported")
    return operation("*", number(1 - op.ratio), x) if op.scales_later else x


@jax(ops.BatchNorm, limits="inference alone, by its statistics")
def batch_norm(op: ops.BatchNorm, at: Site, x: str) -> str:
    """By its statistics."""
    axis = channels_last.axis_word(at.x, 1)
    return f"{at.helper('batch_norm')}({x}, {at.layer('')}, {number(op.eps)}{axis})"


@jax(ops.Affine)
def affine(op: ops.Affine, at: Site, x: str) -> str:
    """Parameters in a shape that meets the last axes."""
    return f"{at.helper('affine')}({x}, {at.layer('')})"


@jax(ops.LRN)
def lrn(op: ops.LRN, at: Site, x: str) -> str:
    """By a function."""
    return channels_last.response_call(op, at, x)


@jax(ops.MVN, limits="images alone")
def mvn(op: ops.MVN, at: Site, x: str) -> str:
    """By a function."""
    return channels_last.deviation_call(op, at, x)


lay_out = partial(axes.lay_out, depthwise=False)
