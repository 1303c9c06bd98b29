"""Functions that printed JAX code needs beyond JAX."""

import jax.numpy as jnp

import jax
from jax import lax

init = None  # the printed module's own


def biased(x, layer):
    """An array with the layer's bias, if it has one."""
    return x + layer["bias"] if "bias" in layer else x


def dense(x, layer):
    """A product with the layer's kernel."""
    return biased(x @ layer["kernel"], layer)


def embed(x, layer):
    """A row for each index, which may be a float as in Caffe."""
    return biased(layer["embeddings"][x.astype(int)], layer)


def lstm(layer, x, cont):
    """An LSTM over time x stream x input whose state is cleared where `cont` is 0."""

    def step(state, each):
        values, goes_on = each
        hidden, cell = (part * goes_on[:, None] for part in state)
        gates = values @ layer["kernel"] + hidden @ layer["recurrent_kernel"]
        i, f, g, o = jnp.split(gates + layer["bias"], 4, axis=1)
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
        return (hidden, cell), hidden

    zeros = jnp.zeros((x.shape[1], layer["recurrent_kernel"].shape[0]))
    return lax.scan(step, (zeros, zeros), (x, cont))[1]


def prelu(x, layer):
    """A rectifier that multiplies negative values by the layer's slopes."""
    return jnp.where(x > 0, x, layer["alpha"] * x)


def batch_norm(x, layer, eps, axis=-1):
    """Normalization by the layer's statistics, and its factor and bias if it has them."""
    shape = [1] * x.ndim
    shape[axis] = -1
    layer = {name: values.reshape(shape) for name, values in layer.items()}
    x = (x - layer["moving_mean"]) / jnp.sqrt(layer["moving_variance"] + eps)
    return x * layer.get("gamma", 1.0) + layer.get("beta", 0.0)


def affine(x, layer):
    """A factor, a bias, or both, shaped as the last axes: Caffe's Scale and Bias."""
    return x * layer.get("gamma", 1.0) + layer.get("beta", 0.0)


def local_response(x, size, alpha, beta, k=1.0):
    """Response normalization over neighboring channels."""
    half, channels = size // 2, x.shape[-1]
    squares = jnp.pad(jnp.square(x), [(0, 0), (0, 0), (0, 0), (half, half)])
    total = sum(squares[..., first : first + channels] for first in range(size))
    return x * (k + alpha / size * total) ** -beta


def mean_variance(x, axes, variance=True, eps=1e-9):
    """Each image less its mean and over its deviation, to which eps is added."""
    x = x - jnp.mean(x, axes, keepdims=True)
    if not variance:
        return x
    squares = jnp.mean(jnp.square(x), axes, keepdims=True)
    # a square root of zero has no gradient
    root = jnp.sqrt(jnp.where(squares > 0, squares, 1.0))
    return x / (jnp.where(squares > 0, root, 0.0) + eps)


def conv(x, layer, stride=(1, 1), pad=(0, 0), dilation=(1, 1), groups=1):
    """A convolution of images, which are num x height x width x channels."""
    y = lax.conv_general_dilated(
        x,
        layer["kernel"],
        stride,
        [(each, each) for each in pad],
        rhs_dilation=dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )
    return biased(y, layer)


def deconv(x, layer, stride=(1, 1), pad=(0, 0), dilation=(1, 1), groups=1):
    """The gradient of a convolution; the kernel is height x width x outputs x inputs."""
    height, width, outputs, inputs = layer["kernel"].shape
    flipped = layer["kernel"][::-1, ::-1].reshape(height, width, outputs, groups, -1)
    by_inputs = flipped.transpose(0, 1, 4, 3, 2)
    kernel = by_inputs.reshape(height, width, -1, outputs * groups)
    edges = [d * (k - 1) - p for k, p, d in zip((height, width), pad, dilation)]
    y = lax.conv_general_dilated(
        x,
        kernel,
        (1, 1),
        [(each, each) for each in edges],
        lhs_dilation=stride,
        rhs_dilation=dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )
    return biased(y, layer)


def max_pool(x, size, stride, before=(0, 0), after=(0, 0)):
    """Maxima of windows that may reach over the edge."""
    edges = [(0, 0), *zip(before, after), (0, 0)]
    windows = (1, *size, 1), (1, *stride, 1), edges
    return lax.reduce_window(x, -jnp.inf, lax.max, *windows)


def average_pool(x, size, stride, pad=(0, 0), beyond=(0, 0)):
    """Averages that count the padding, but not what windows see beyond it, as Caffe does."""
    x = jnp.pad(x, [(0, 0), *((each, each) for each in pad), (0, 0)])
    edges = [(0, 0), *((0, each) for each in beyond), (0, 0)]
    windows = (1, *size, 1), (1, *stride, 1), edges
    counted = lax.reduce_window(jnp.ones((1, *x.shape[1:3], 1)), 0.0, lax.add, *windows)
    return lax.reduce_window(x, 0.0, lax.add, *windows) / counted


def load(arrays):
    """Parameters from the arrays of a file that caffe-fill --layout jax wrote."""
    params: dict[str, dict[str, jax.Array]] = {}
    for path in arrays:
        layer, name = path.split("/")
        params.setdefault(layer, {})[name] = jnp.asarray(arrays[path])
    drawn = jax.eval_shape(init, jax.random.key(0))
    shapes = [jax.tree.map(jnp.shape, each) for each in (params, drawn)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"the file has {shapes[0]}, the net needs {shapes[1]}")
    return params
