"""Single layers and what Caffe computes with them, in numpy, for the tests of `caffe-fill port`.

Each reference follows Forward_cpu of the layer's file in src/caffe/layers.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

DATA = (2, 4, 7, 6)
Reference = Callable[..., np.ndarray]


def pooled(x: np.ndarray, kernel: int, stride: int, pad: int, *, average: bool) -> np.ndarray:
    """pooling_layer.cpp, rounding up."""
    sizes = []
    for length in x.shape[2:]:
        number = math.ceil((length + 2 * pad - kernel) / stride) + 1
        sizes.append(number - (pad > 0 and (number - 1) * stride >= length + pad))
    made = np.zeros((*x.shape[:2], *sizes), np.float32)
    for row, column in np.ndindex(*sizes):
        starts = [index * stride - pad for index in (row, column)]
        ends = [min(start + kernel, length + pad) for start, length in zip(starts, x.shape[2:], strict=True)]
        area = math.prod(end - start for start, end in zip(starts, ends, strict=True))
        (top, left), (bottom, right) = (max(start, 0) for start in starts), ends
        window = x[:, :, top : min(bottom, x.shape[2]), left : min(right, x.shape[3])]
        made[:, :, row, column] = window.sum((2, 3)) / area if average else window.max((2, 3))
    return made


def across(x: np.ndarray, size: int, alpha: float, beta: float, k: float) -> np.ndarray:
    half = size // 2
    squares = np.pad(x**2, ((0, 0), (half, half), (0, 0), (0, 0)))
    total = sum(squares[:, first : first + x.shape[1]] for first in range(size))
    return x * (k + alpha / size * total) ** -beta


def within(x: np.ndarray, size: int, alpha: float, beta: float) -> np.ndarray:
    return x * (1 + alpha * pooled(x**2, size, 1, (size - 1) // 2, average=True)) ** -beta


def normalized(x: np.ndarray, axes: tuple[int, ...], eps: float = 1e-9) -> np.ndarray:
    x = x - x.mean(axes, keepdims=True)
    return x / (np.sqrt((x**2).mean(axes, keepdims=True)) + eps)


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    exponents = np.exp(x - x.max(axis, keepdims=True))
    return exponents / exponents.sum(axis, keepdims=True)


def channels(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, 1, 1)


def batch_norm(x: np.ndarray, mean: np.ndarray, variance: np.ndarray, factor: np.ndarray) -> np.ndarray:
    return (x - channels(mean / factor)) / np.sqrt(channels(variance / factor) + 1e-3)


def product(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1) @ weight.T + bias


LAYERS: dict[str, tuple[str, Reference]] = {
    "absolute": ("type: 'AbsVal'", np.abs),
    "softplus": ("type: 'BNLL'", lambda x: np.log1p(np.exp(x))),
    "elu": ("type: 'ELU' elu_param { alpha: 0.5 }", lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
    "exponential": ("type: 'Exp' exp_param { base: 2 scale: 0.5 shift: 1 }", lambda x: 2 ** (1 + 0.5 * x)),
    "natural": ("type: 'Exp'", np.exp),
    "logarithm": ("type: 'Log' log_param { base: 10 shift: 20 }", lambda x: np.log10(20 + x)),
    "power": ("type: 'Power' power_param { power: 3 scale: 0.5 shift: 1 }", lambda x: (1 + 0.5 * x) ** 3),
    "leaky": ("type: 'ReLU' relu_param { negative_slope: 0.2 }", lambda x: np.where(x > 0, x, 0.2 * x)),
    "sigmoid": ("type: 'Sigmoid'", lambda x: 1 / (1 + np.exp(-x))),
    "swish": ("type: 'Swish' swish_param { beta: 2 }", lambda x: x / (1 + np.exp(-2 * x))),
    "tanh": ("type: 'TanH'", np.tanh),
    "threshold": ("type: 'Threshold' threshold_param { threshold: 0.3 }", lambda x: (x > 0.3).astype("f4")),
    "clip": ("type: 'Clip' clip_param { min: -0.5 max: 0.7 }", lambda x: np.clip(x, -0.5, 0.7)),
    "dropout": ("type: 'Dropout'", lambda x: x),
    "slopes": ("type: 'PReLU'", lambda x, a: np.where(x > 0, x, channels(a) * x)),
    "one slope": (
        "type: 'PReLU' prelu_param { channel_shared: true }",
        lambda x, a: np.where(x > 0, x, a * x),
    ),
    "statistics": ("type: 'BatchNorm' batch_norm_param { eps: 1e-3 }", batch_norm),
    "scale": (
        "type: 'Scale' scale_param { bias_term: true }",
        lambda x, gamma, beta: x * channels(gamma) + channels(beta),
    ),
    "scale of an image": (
        "type: 'Scale' scale_param { axis: 1 num_axes: 2 }",
        lambda x, gamma: x * gamma[..., np.newaxis],
    ),
    "bias of all": ("type: 'Bias' bias_param { axis: 1 num_axes: -1 }", lambda x, beta: x + beta),
    "across": (
        "type: 'LRN' lrn_param { local_size: 3 alpha: 2 beta: 0.6 k: 3 }",
        lambda x: across(x, 3, 2, 0.6, 3),
    ),
    "within": (
        "type: 'LRN' lrn_param { local_size: 3 alpha: 2 beta: 0.6 norm_region: WITHIN_CHANNEL }",
        lambda x: within(x, 3, 2, 0.6),
    ),
    "normalized": ("type: 'MVN'", lambda x: normalized(x, (2, 3))),
    "normalized whole": (
        "type: 'MVN' mvn_param { across_channels: true }",
        lambda x: normalized(x, (1, 2, 3)),
    ),
    "softmax": ("type: 'Softmax'", lambda x: softmax(x, 1)),
    "softmax of rows": ("type: 'Softmax' softmax_param { axis: -1 }", lambda x: softmax(x, 3)),
    "maxima over the edge": (
        "type: 'Pooling' pooling_param { kernel_size: 3 stride: 2 }",
        lambda x: pooled(x, 3, 2, 0, average=False),
    ),
    "maxima padded": (
        "type: 'Pooling' pooling_param { kernel_size: 3 stride: 2 pad: 1 }",
        lambda x: pooled(x, 3, 2, 1, average=False),
    ),
    "averages over the edge": (
        "type: 'Pooling' pooling_param { pool: AVE kernel_size: 3 stride: 2 }",
        lambda x: pooled(x, 3, 2, 0, average=True),
    ),
    "averages padded": (
        "type: 'Pooling' pooling_param { pool: AVE kernel_size: 4 stride: 3 pad: 2 }",
        lambda x: pooled(x, 4, 3, 2, average=True),
    ),
    "global average": (
        "type: 'Pooling' pooling_param { pool: AVE global_pooling: true }",
        lambda x: x.mean((2, 3), keepdims=True),
    ),
    "global maximum": (
        "type: 'Pooling' pooling_param { global_pooling: true }",
        lambda x: x.max((2, 3), keepdims=True),
    ),
    "product": (
        "type: 'InnerProduct' inner_product_param { num_output: 5 weight_filler { type: 'xavier' } }",
        product,
    ),
    "product transposed": (
        "type: 'InnerProduct' inner_product_param { num_output: 5 transpose: true"
        " weight_filler { type: 'xavier' } }",
        lambda x, weight, bias: product(x, weight.T, bias),
    ),
    "flatten": ("type: 'Flatten'", lambda x: x.reshape(len(x), -1)),
    "flatten some": ("type: 'Flatten' flatten_param { axis: 1 end_axis: 2 }", lambda x: x.reshape(2, 28, 6)),
    "reshape": (
        "type: 'Reshape' reshape_param { shape { dim: 0 dim: 2 dim: -1 dim: 3 } }",
        lambda x: x.reshape(2, 2, 28, 3),
    ),
    "sum": ("type: 'Reduction' reduction_param { axis: 1 }", lambda x: x.sum((1, 2, 3))),
    "mean": (
        "type: 'Reduction' reduction_param { operation: MEAN axis: 2 coeff: 2 }",
        lambda x: 2 * x.mean((2, 3)),
    ),
    "absolute sum": (
        "type: 'Reduction' reduction_param { operation: ASUM axis: 1 }",
        lambda x: np.abs(x).sum((1, 2, 3)),
    ),
    "squares": (
        "type: 'Reduction' reduction_param { operation: SUMSQ axis: 2 }",
        lambda x: (x**2).sum((2, 3)),
    ),
    "tile": ("type: 'Tile' tile_param { axis: 1 tiles: 3 }", lambda x: np.tile(x, (1, 3, 1, 1))),
    "concat of rows": (
        "type: 'Concat' bottom: 'data' concat_param { axis: 2 }",
        lambda x: np.concatenate([x, x], 2),
    ),
    "largest": (
        "type: 'Eltwise' bottom: 'data' bottom: 'data' eltwise_param { operation: MAX }",
        lambda x: x,
    ),
    "squared": ("type: 'Eltwise' bottom: 'data' eltwise_param { operation: PROD }", lambda x: x * x),
}
"""A layer that reads `data`, and what it makes of that and of its blobs."""


def one_layer(layer: str) -> str:
    """A net of that layer alone."""
    dims = " ".join(f"dim: {length}" for length in DATA)
    return (
        f"layer {{ name: 'data' type: 'Input' top: 'data' input_param {{ shape {{ {dims} }} }} }}\n"
        f"layer {{ name: 'layer' bottom: 'data' top: 'top' {layer} }}\n"
    )
