# ruff: noqa: E501 - layers stand in a table, one to a line
"""Layers of forks, and rarer ones of BVLC's, in torch and onnxruntime beside the forks' formulas in numpy, float64."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import port_clients
import pytest

import caffe_fillers as cf
from caffe_fillers.cli import main

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the frameworks' own
Arrays = list[np.ndarray]
IMAGE = (2, 4, 6, 8)
CONSTANT = "{ type: 'uniform' min: 0.5 max: 1.5 }"


def channels(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, 1, 1)


def fork_bn(
    x: np.ndarray, slope: np.ndarray, bias: np.ndarray, mean: np.ndarray, var: np.ndarray
) -> np.ndarray:
    """bn_layer.cpp of yjxiong/caffe in TEST."""
    return (x - channels(mean)) / np.sqrt(channels(var) + 1e-5) * channels(slope) + channels(bias)


def batch_bn(x: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """bn_layer.cpp of alexgkendall/caffe-segnet, bn_mode LEARN, whatever the phase."""
    mean = x.mean((0, 2, 3), keepdims=True)
    variance = (x**2).mean((0, 2, 3), keepdims=True) - mean**2
    return (x - mean) / np.sqrt(variance + 1e-9) * channels(scale) + channels(shift)


def interpolated(x: np.ndarray, height: int, width: int) -> np.ndarray:
    """caffe_cpu_interp2 of hszhao/PSPNet interp.cpp."""
    made = np.zeros((*x.shape[:2], height, width))
    ratios = [(old - 1) / (new - 1) for old, new in zip(x.shape[2:], (height, width), strict=True)]
    for h, w in np.ndindex(height, width):
        (h1, dh), (w1, dw) = ((int(r * i), r * i - int(r * i)) for r, i in zip(ratios, (h, w), strict=True))
        h2, w2 = min(h1 + 1, x.shape[2] - 1), min(w1 + 1, x.shape[3] - 1)
        upper = (1 - dw) * x[:, :, h1, w1] + dw * x[:, :, h1, w2]
        lower = (1 - dw) * x[:, :, h2, w1] + dw * x[:, :, h2, w2]
        made[:, :, h, w] = (1 - dh) * upper + dh * lower
    return made


def normalized(x: np.ndarray, scale: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """normalize_layer.cpp of weiliu89/caffe."""
    scale = channels(scale) if scale.ndim else scale
    return x / np.sqrt((x**2).sum(axes, keepdims=True) + 1e-10) * scale


def unpooled(x: np.ndarray) -> np.ndarray:
    """A max pooling 2 x 2 and the Upsample of caffe-segnet: each maximum at its place, zeros elsewhere."""
    blocks = x.reshape(2, 4, 3, 2, 4, 2)
    return np.where(blocks == blocks.max((3, 5), keepdims=True), blocks, 0).reshape(x.shape)


def depthwise(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    made = sum(
        weight[:, 0, i, j].reshape(-1, 1, 1) * padded[:, :, i : i + x.shape[2], j : j + x.shape[3]]
        for i, j in np.ndindex(3, 3)
    )
    return made + channels(bias)


def pyramid(x: np.ndarray) -> np.ndarray:
    """spp_layer.cpp: kernels and pads that give just 1 and 2 windows along each axis."""
    halves = x.reshape(2, 4, 2, 3, 2, 4).max((3, 5))
    return np.concatenate([x.max((2, 3)), halves.reshape(2, -1)], 1)


def reorganized(x: np.ndarray) -> np.ndarray:
    """reorg_cpu of eric612/MobileNet-YOLO reorg_layer.hpp with `forward` false: stride 2, value by value."""
    items, channels, height, width = x.shape
    flat, made = x.reshape(items, -1), np.zeros((items, x[0].size))
    for c, h, w in np.ndindex(channels, height, width):
        offset, inner = divmod(c, channels // 4)
        w2, h2 = w * 2 + offset % 2, h * 2 + offset // 2
        made[:, w + width * (h + height * c)] = flat[:, w2 + width * 2 * (h2 + height * 2 * inner)]
    return made.reshape(items, channels * 4, height // 2, width // 2)


def reorganized_back(x: np.ndarray) -> np.ndarray:
    """The same with `forward` true."""
    items, channels, height, width = x.shape
    made = np.zeros((items, channels // 4, 2 * height, 2 * width))
    for c, h, w in np.ndindex(channels, height, width):
        offset, inner = divmod(c, channels // 4)
        made[:, inner, h * 2 + offset // 2, w * 2 + offset % 2] = x[:, c, h, w]
    return made


def columns_of(x: np.ndarray, size: int, stride: int, pad: int, dilation: int = 1) -> np.ndarray:
    """im2col_cpu of im2col.cpp, square windows."""
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    extent = dilation * (size - 1) + 1
    height, width = ((length + 2 * pad - extent) // stride + 1 for length in x.shape[2:])
    made = np.zeros((x.shape[0], x.shape[1] * size * size, height, width))
    for c, i, j in np.ndindex(x.shape[1], size, size):
        rows = slice(i * dilation, i * dilation + stride * height, stride)
        across = slice(j * dilation, j * dilation + stride * width, stride)
        made[:, (c * size + i) * size + j] = padded[:, c, rows, across]
    return made


def local(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """local_layer.cpp: columns times weights of each place, summed."""
    columns = columns_of(x, 3, 2, 1)
    rows = columns.reshape(len(x), 1, -1, weight.shape[3])
    made = (rows * weight[np.newaxis, :, 0]).sum(2) + bias[0]
    return made.reshape(len(x), -1, *columns.shape[2:])


def cubic(x: np.ndarray, height: int, width: int, margin: tuple[int, int]) -> np.ndarray:
    """imresize_cubic_kernel of caffe_rtpose imresize_layer.cu, one image."""
    (y0, x0), sizes = margin, x.shape[2:]
    made, inner = (
        np.zeros((*x.shape[:2], height, width)),
        [n - 2 * m for n, m in zip(sizes, margin, strict=True)],
    )

    def near(i: int, target: int, length: int) -> tuple[list[int], float]:
        place = (i - (target / length / 2 - 0.5)) * (length / target)
        second = max(int(place + 1e-5), 0)
        third = length - 1 if second + 1 >= length else second + 1
        fourth = length - 1 if third + 1 >= length else third + 1
        return [max(second - 1, 0), second, third, fourth], place - second

    def between(v: list[np.ndarray], d: float) -> np.ndarray:
        third, second = (
            -0.5 * v[0] + 1.5 * v[1] - 1.5 * v[2] + 0.5 * v[3],
            v[0] - 2.5 * v[1] + 2 * v[2] - 0.5 * v[3],
        )
        return third * d**3 + second * d**2 + (-0.5 * v[0] + 0.5 * v[2]) * d + v[1]

    for row, column in np.ndindex(height, width):
        (ys, dy), (xs, dx) = near(row, height, inner[0]), near(column, width, inner[1])
        rows = [between([x[:, :, y + y0, each + x0] for each in xs], dx) for y in ys]
        made[:, :, row, column] = between(rows, dy)
    return made


def selu(x: np.ndarray, scale: float, alpha: float) -> np.ndarray:
    """selu_layer.cpp of the SNNs plug-in."""
    return np.where(x > 0, scale * x, scale * alpha * (np.exp(np.minimum(x, 0)) - 1))


LAYERS: dict[str, tuple[str, Callable[..., np.ndarray]]] = {
    "SeLu": ("type: 'SeLu'", lambda x: selu(x, 1.050700987, 1.67326324)),
    "SeLU": ("type: 'SeLU' selu_param { lambda: 1.5 alpha: 0.5 }", lambda x: selu(x, 1.5, 0.5)),
    "GRN": (
        "type: 'GRN' grn_param { bias: 0.25 }",
        lambda x: x / np.sqrt((x**2).sum(1, keepdims=True) + 0.25),
    ),
    "Reorg": ("type: 'Reorg' reorg_param { stride: 2 }", reorganized),
    "Reorg back": ("type: 'Reorg' reorg_param { stride: 2 reverse: true }", reorganized_back),
    "Im2col": (
        "type: 'Im2col' convolution_param { kernel_size: 2 stride: 2 pad: 1 dilation: 3 }",
        lambda x: columns_of(x, 2, 2, 1, 3),
    ),
    "Local": (
        "type: 'Local' local_param { num_output: 5 kernel_size: 3 stride: 2 pad: 1"
        " weight_filler { type: 'xavier' } }",
        local,
    ),
    "ReLU6": ("type: 'ReLU6'", lambda x: np.clip(x, 0, 6)),
    "HardSigmoid": ("type: 'HardSigmoid'", lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
    "HardSwish": ("type: 'HardSwish'", lambda x: x * np.clip(x + 3, 0, 6) / 6),
    "Mish": ("type: 'Mish'", lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    "Permute": (
        "type: 'Permute' permute_param { order: 0 order: 2 order: 3 }",
        lambda x: x.transpose(0, 2, 3, 1),
    ),
    "Flip": ("type: 'Flip' flip_param { flip_height: true }", lambda x: x[:, :, ::-1, ::-1]),
    "ShuffleChannel": (
        "type: 'ShuffleChannel' shuffle_channel_param { group: 2 }",
        lambda x: x.reshape(2, 2, 2, 6, 8).swapaxes(1, 2).reshape(x.shape),
    ),
    "Normalize": (
        f"type: 'Normalize' norm_param {{ across_spatial: false channel_shared: false scale_filler {CONSTANT} }}",
        lambda x, scale: normalized(x, scale, (1,)),
    ),
    "Normalize of all": (
        f"type: 'Normalize' norm_param {{ scale_filler {CONSTANT} }}",
        lambda x, scale: normalized(x, scale, (1, 2, 3)),
    ),
    "Interp zoomed": ("type: 'Interp' interp_param { zoom_factor: 3 }", lambda x: interpolated(x, 16, 22)),
    "Interp to a size": (
        "type: 'Interp' interp_param { height: 4 width: 5 }",
        lambda x: interpolated(x, 4, 5),
    ),
    "Depthwise": (
        "type: 'DepthwiseConvolution' convolution_param { num_output: 4 group: 4 kernel_size: 3 pad: 1"
        " weight_filler { type: 'xavier' } }",
        depthwise,
    ),
    "BN of yjxiong": (
        f"type: 'BN' bn_param {{ slope_filler {CONSTANT} bias_filler {CONSTANT} }}",
        fork_bn,
    ),
    "BN of SegNet": (f"type: 'BN' bn_param {{ scale_filler {CONSTANT} shift_filler {CONSTANT} }}", batch_bn),
    "BN of ENet in inference": (
        f"type: 'BN' bn_param {{ bn_mode: INFERENCE scale_filler {CONSTANT} shift_filler {CONSTANT} }}",
        lambda x, scale, shift: x * channels(scale) + channels(shift),
    ),
    "BatchNorm of NVIDIA": (
        "type: 'BatchNorm' batch_norm_param { scale_bias: true eps: 1e-3 }",
        lambda x, mean, var, factor, scale, bias: (
            (x - channels(mean / factor)) / np.sqrt(channels(var / factor) + 1e-3) * channels(scale)
            + channels(bias)
        ),
    ),
    "SPP": ("type: 'SPP' spp_param { pyramid_height: 2 }", pyramid),
    "ArgMax": ("type: 'ArgMax' argmax_param { axis: 1 }", lambda x: x.argmax(1)[:, np.newaxis].astype(float)),
    "ArgMax of all": (
        "type: 'ArgMax' argmax_param { top_k: 3 out_max_val: true }",
        lambda x: np.stack(
            [np.argsort(-x.reshape(2, -1), 1)[:, :3].astype(float), -np.sort(-x.reshape(2, -1), 1)[:, :3]], 1
        )[..., np.newaxis],
    ),
    "ENet's spatial dropout": (
        "type: 'Python' python_param { module: 'spatial_dropout' layer: 'SpatialDropoutLayer'"
        " param_str: \"{'phase': 'TEST', 'p': '0.1'}\" }",
        lambda x: x / 0.9,
    ),
    "unscaled dropout": (
        "type: 'Dropout' dropout_param { dropout_ratio: 0.3 scale_train: false }",
        lambda x: 0.7 * x,
    ),
}
NETS: dict[str, tuple[str, Callable[..., np.ndarray]]] = {
    "Upsample": (
        "layer { name: 'pool' type: 'Pooling' bottom: 'data' top: 'pool' top: 'mask'"
        " pooling_param { kernel_size: 2 stride: 2 } }"
        "layer { name: 'up' type: 'Upsample' bottom: 'pool' bottom: 'mask' top: 'up' upsample_param { scale: 2 } }",
        unpooled,
    ),
    "the mask of a whole image": (
        "layer { name: 'pool' type: 'Pooling' bottom: 'data' top: 'pool' top: 'mask'"
        " pooling_param { global_pooling: true } }"
        "layer { name: 'sum' type: 'Eltwise' bottom: 'pool' bottom: 'mask' top: 'sum' }",
        lambda x: (x.max((2, 3)) + x.reshape(*x.shape[:2], -1).argmax(2))[:, :, None, None],
    ),
    "Axpy": (
        "layer { name: 'mean' type: 'Pooling' bottom: 'data' top: 'mean'"
        " pooling_param { pool: AVE global_pooling: true } }"
        "layer { name: 'axpy' type: 'Axpy' bottom: 'mean' bottom: 'data' bottom: 'data' top: 'axpy' }",
        lambda x: x.mean((2, 3), keepdims=True) * x + x,
    ),
    "Parameter": (
        "layer { name: 'p' type: 'Parameter' top: 'p' parameter_param {"
        " shape { dim: 2 dim: 4 dim: 6 dim: 8 } } }"
        "layer { name: 'sum' type: 'Eltwise' bottom: 'data' bottom: 'p' top: 'sum' }",
        lambda x, p: x + p,
    ),
    "Intel's relu fields": (
        "layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' convolution_param { num_output: 4"
        " kernel_size: 3 pad: 1 group: 4 relu: true weight_filler { type: 'xavier' } } }"
        "layer { name: 'e' type: 'Eltwise' bottom: 'c' bottom: 'data' top: 'e' eltwise_param { relu: true } }",
        lambda x, w, b: np.maximum(np.maximum(depthwise(x, w, b), 0) + x, 0),
    ),
}


def inputs(*shapes: tuple[int, ...]) -> str:
    text = ""
    for name, shape in zip(("data", "second", "third", "fourth", "fifth"), shapes, strict=False):
        dims = " ".join(f"dim: {length}" for length in shape)
        text += (
            f"layer {{ name: '{name}' type: 'Input' top: '{name}' input_param {{ shape {{ {dims} }} }} }}\n"
        )
    return text


def check(text: str, given: Arrays, reference: Callable[..., np.ndarray], target: str, folder: Path) -> None:
    """The last result beside the formula, which is given the inputs and then all blobs."""
    path = folder / "net.prototxt"
    path.write_text(text)
    ours = port_clients.RUN[target](path, folder, given)
    weights = cf.load_weights(folder / "trained.caffemodel")
    blobs = [blob for layer in weights for blob in weights[layer]]
    theirs = reference(*(each.astype(np.float64) for each in (*given, *blobs)))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 2e-5 * max(1.0, np.abs(theirs).max())
    assert np.ptp(theirs) > 0


@pytest.fixture(params=["torch", "onnx"])
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def data(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_their_forks(name: str, target: str, tmp_path: Path) -> None:
    layer, reference = LAYERS[name]
    text = inputs(IMAGE) + f"layer {{ name: 'layer' bottom: 'data' top: 'top' {layer} }}"
    check(text, [3 * data(*IMAGE)], reference, target, tmp_path)


def test_parameters_in_jax(tmp_path: Path) -> None:
    layers, reference = NETS["Parameter"]
    check(inputs(IMAGE) + layers, [data(*IMAGE)], reference, "jax", tmp_path)


@pytest.mark.parametrize("last", ["keras", "jax"])
@pytest.mark.parametrize(
    "name",
    [
        "SeLu",
        "GRN",
        "ReLU6",
        "HardSwish",
        "Permute",
        "Flip",
        "ShuffleChannel",
        "Normalize",
        "BN of yjxiong",
        "Depthwise",
    ],
)
def test_layers_where_channels_are_last(name: str, last: str, tmp_path: Path) -> None:
    layer, reference = LAYERS[name]
    text = inputs(IMAGE) + f"layer {{ name: 'layer' bottom: 'data' top: 'top' {layer} }}"
    check(text, [3 * data(*IMAGE)], reference, last, tmp_path)


def test_dropout_that_is_always_at_work(target: str, tmp_path: Path) -> None:
    text = inputs(IMAGE) + (
        "layer { name: 'd' type: 'Dropout' bottom: 'data' top: 'd'"
        " dropout_param { dropout_ratio: 0.5 sample_weights_test: true } }"
        "layer { name: 'same' type: 'AbsVal' bottom: 'd' top: 'same' }"
    )
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    made = port_clients.RUN[target](path, tmp_path, [np.ones(IMAGE, np.float32)])
    assert set(np.unique(made)) == {0.0, 2.0}
    assert 0.4 < (made == 0).mean() < 0.6


@pytest.mark.parametrize("name", NETS)
def test_nets_of_several_layers(name: str, target: str, tmp_path: Path) -> None:
    layers, reference = NETS[name]
    check(inputs(IMAGE) + layers, [data(*IMAGE)], reference, target, tmp_path)


def regions(number: int, size: int) -> np.ndarray:
    corners = np.random.default_rng(1).uniform(0, size, (number, 2, 2))
    low, high = corners.min(1), corners.max(1)
    return np.concatenate([np.arange(number)[:, np.newaxis] % 2, low, high], 1).astype(np.float32)


def pooled_regions(x: np.ndarray, rois: np.ndarray) -> np.ndarray:
    """roi_pooling_layer.cpp of caffe-fast-rcnn: 3 x 2 cells, a scale of 1 / 4."""
    made = np.zeros((len(rois), x.shape[1], 3, 2))
    for n, (item, *corners) in enumerate(rois):
        left, top, right, bottom = (math.floor(each * 0.25 + 0.5) for each in corners)
        height, width = (
            max(length, 1) / cells for length, cells in ((bottom - top + 1, 3), (right - left + 1, 2))
        )
        for row, column in np.ndindex(3, 2):
            y1, y2 = (
                np.clip(each + top, 0, x.shape[2])
                for each in (math.floor(row * height), math.ceil((row + 1) * height))
            )
            x1, x2 = (
                np.clip(each + left, 0, x.shape[3])
                for each in (math.floor(column * width), math.ceil((column + 1) * width))
            )
            cell = x[int(item), :, y1:y2, x1:x2]
            made[n, :, row, column] = cell.max((1, 2)) if cell.size else 0
    return made


def test_regions_are_pooled(target: str, tmp_path: Path) -> None:
    text = inputs((2, 3, 8, 8), (5, 5)) + (
        "layer { name: 'roi' type: 'ROIPooling' bottom: 'data' bottom: 'second' top: 'roi'"
        " roi_pooling_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.25 } }"
    )
    check(text, [data(2, 3, 8, 8), regions(5, 31)], pooled_regions, target, tmp_path)


def pooled_scores(x: np.ndarray, rois: np.ndarray) -> np.ndarray:
    """psroi_pooling_layer.cu of daijifeng001/caffe-rfcn: 3 x 3 cells, a scale of 1 / 4."""
    made = np.zeros((len(rois), 2, 3, 3))
    for n, (item, *corners) in enumerate(rois):
        left, top, right, bottom = (math.floor(each + 0.5) for each in corners)
        left, top, right, bottom = (each * 0.25 for each in (left, top, right + 1, bottom + 1))
        height, width = (max(each, 0.1) / 3 for each in (bottom - top, right - left))
        for c, row, column in np.ndindex(2, 3, 3):
            y1, y2 = np.clip(
                [math.floor(row * height + top), math.ceil((row + 1) * height + top)], 0, x.shape[2]
            )
            x1, x2 = np.clip(
                [math.floor(column * width + left), math.ceil((column + 1) * width + left)], 0, x.shape[3]
            )
            cell = x[int(item), (c * 3 + row) * 3 + column, y1:y2, x1:x2]
            made[n, c, row, column] = cell.mean() if cell.size else 0
    return made


def test_scores_of_places_are_pooled(target: str, tmp_path: Path) -> None:
    text = inputs((1, 18, 8, 9), (6, 5)) + (
        "layer { name: 'roi' type: 'PSROIPooling' bottom: 'data' bottom: 'second' top: 'roi'"
        " psroi_pooling_param { output_dim: 2 group_size: 3 spatial_scale: 0.25 } }"
    )
    rois = regions(6, 31)
    rois[:, 0] = 0
    rois[0, 1:] = 100, 100, 120, 120  # beside the image
    check(text, [data(1, 18, 8, 9), rois], pooled_scores, target, tmp_path)


PROPOSAL = """
layer { name: 'proposal' type: 'Python' bottom: 'data' bottom: 'second' bottom: 'third' top: 'rois'
        python_param { module: 'rpn.proposal_layer' layer: 'ProposalLayer' param_str: "'feat_stride': 16" } }
"""
ANCHORS = [  # printed in the head of rpn/generate_anchors.py
    *((-83, -39, 100, 56), (-175, -87, 192, 104), (-359, -183, 376, 200)),
    *((-55, -55, 72, 72), (-119, -119, 136, 136), (-247, -247, 264, 264)),
    *((-35, -79, 52, 96), (-79, -167, 96, 184), (-167, -343, 184, 360)),
]


def proposed(scores: np.ndarray, offsets: np.ndarray, info: np.ndarray) -> np.ndarray:
    """rpn/proposal_layer.py with bbox_transform_inv, clip_boxes and nms, box by box."""
    boxes = []
    height, width, scale = info.ravel()
    for row, column in np.ndindex(scores.shape[2:]):
        for a, anchor in enumerate(np.array(ANCHORS, float) - 1):
            x1, y1, x2, y2 = anchor + np.array([column, row, column, row]) * 16
            w, h = x2 - x1 + 1, y2 - y1 + 1
            dx, dy, dw, dh = offsets[0, 4 * a : 4 * a + 4, row, column]
            cx, cy, w, h = dx * w + x1 + w / 2, dy * h + y1 + h / 2, np.exp(dw) * w, np.exp(dh) * h
            box = np.array([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
            box = np.clip(box, 0, [width - 1, height - 1] * 2)
            if (box[2:] - box[:2] + 1 >= 16 * scale).all():
                boxes.append((scores[0, len(ANCHORS) + a, row, column], *box))
    boxes.sort(key=lambda each: -each[0])
    kept: list[np.ndarray] = []
    for _, *corners in boxes[:6000]:
        box = np.array([*corners[:2], *np.add(corners[2:], 1)])
        if all(overlap(box, other) <= 0.7 for other in kept):
            kept.append(box)
    rows = [[0, *box[:2], *box[2:] - 1] for box in kept[:300]]
    return np.array(rows)


def test_regions_are_proposed(target: str, tmp_path: Path) -> None:
    shapes = (1, 18, 6, 7), (1, 36, 6, 7), (1, 3)
    given = [data(*shapes[0], seed=5), 0.3 * data(*shapes[1], seed=6), np.array([[96, 112, 1.5]], np.float32)]
    check(inputs(*shapes) + PROPOSAL, given, proposed, target, tmp_path)


def test_several_images_are_searched(target: str, tmp_path: Path) -> None:
    """Two images of one batch, and one in which nothing is found."""
    x = np.concatenate([2 * data(1, 3, 16, 16, seed=4), 2 * data(1, 3, 16, 16, seed=8)])

    def both(x: np.ndarray, *weights: np.ndarray) -> np.ndarray:
        rows = [detected(each[np.newaxis], *weights) for each in x]
        for item, found in enumerate(rows):
            found[..., 0] = item
        return np.concatenate(rows, 2)

    check(inputs((2, 3, 16, 16)) + SSD, [x], both, target, tmp_path)
    nothing = SSD.replace("confidence_threshold: 0.3", "confidence_threshold: 1.1")
    path = tmp_path / "net.prototxt"
    path.write_text(inputs((2, 3, 16, 16)) + nothing)
    made = port_clients.RUN[target](path, tmp_path, [x])
    assert made.tolist() == [[[[0, *[-1] * 6], [1, *[-1] * 6]]]]


def test_spatial_dropout_of_training_takes_whole_channels(target: str, tmp_path: Path) -> None:
    text = inputs((64, 8, 3, 3)) + (
        "layer { name: 'd' type: 'Python' bottom: 'data' top: 'd' python_param { module: 'spatial_dropout'"
        " layer: 'SpatialDropoutLayer' param_str: \"{'phase': 'TRAIN', 'p': '0.5'}\" } }"
    )
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    made = port_clients.RUN[target](path, tmp_path, [np.ones((64, 8, 3, 3), np.float32)])
    assert set(np.unique(made)) == {0.0, 2.0}
    assert (made == made[:, :, :1, :1]).all() and 0.4 < (made == 0).mean() < 0.6


def test_a_batch_norm_of_nvidia_015(tmp_path: Path) -> None:
    """Factor, bias, mean, variance: batch_norm_layer.cpp of NVIDIA/caffe, branch caffe-0.15, in TEST."""
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed", exc_type=ImportError)
    path, made = tmp_path / "net.prototxt", tmp_path / "net.onnx"
    path.write_text(
        inputs(IMAGE)
        + f"layer {{ name: 'bn' type: 'BatchNorm' bottom: 'data' top: 'bn' batch_norm_param {{ eps: 1e-3"
        f" scale_filler {CONSTANT} bias_filler {CONSTANT} }} }}"
    )
    weights = cf.load_net(path, phase="test", dialect="nvidia15").fill(seed=3)
    for blob in weights["bn"][2:4]:
        blob[...] = np.random.default_rng(1).uniform(0.5, 1.5, blob.shape)
    weights.save(tmp_path / "w.caffemodel")
    words = ["port", str(path), "--phase", "test", "--dialect", "nvidia15", "--to", "onnx", "-o", str(made)]
    assert main([*words, "--weights", str(tmp_path / "w.caffemodel")]) == 0
    x, (scale, bias, mean, variance, _) = data(*IMAGE), weights["bn"]
    (ours,) = runtime.InferenceSession(str(made)).run(None, {"data": x})
    theirs = (x - channels(mean)) / np.sqrt(channels(variance) + 1e-3) * channels(scale) + channels(bias)
    assert np.abs(ours - theirs).max() < 1e-5


@pytest.mark.parametrize("across", ["false", "true"])
def test_a_constant_map_has_a_gradient(across: str, tmp_path: Path) -> None:
    """mvn_layer.cpp divides by the deviation plus eps, which is finite, where a root of zero has no slope."""
    torch = pytest.importorskip("torch", reason="torch is not installed", exc_type=ImportError)
    layer = f"layer {{ name: 'm' type: 'MVN' bottom: 'data' top: 'm' mvn_param {{ across_channels: {across} eps: 0.5 }} }}"
    path = tmp_path / "net.prototxt"
    path.write_text(inputs(IMAGE) + layer)
    module, _ = port_clients.carried(path, tmp_path, "torch")
    x = torch.zeros(IMAGE, requires_grad=True)
    top = torch.from_numpy(data(*IMAGE))
    module.Net()(x).backward(top)
    axes = (1, 2, 3) if across == "true" else (2, 3)
    assert torch.allclose(x.grad, (top - top.mean(axes, keepdim=True)) / 0.5, atol=1e-5)


@pytest.mark.parametrize(
    ("param", "size", "margin"),
    [
        ("factor: 4", (20, 28), (0, 0)),
        ("factor: 0 target_spatial_height: 9 target_spatial_width: 5 start_scale: 0.5", (9, 5), (1, 1)),
    ],
)
def test_an_image_is_resized_as_rtpose_does(
    param: str, size: tuple[int, int], margin: tuple[int, int], target: str, tmp_path: Path
) -> None:
    text = (
        inputs((1, 3, 5, 7))
        + f"layer {{ name: 'r' type: 'ImResize' bottom: 'data' top: 'r' imresize_param {{ {param} }} }}"
    )
    check(text, [data(1, 3, 5, 7)], lambda x: cubic(x, *size, margin), target, tmp_path)


def clustered(x: np.ndarray) -> np.ndarray:
    """prior_box_clustered_layer.cpp of training_toolbox_caffe."""
    rows = []
    for (row, column), (width, height) in itertools.product(np.ndindex(3, 5), [(9.5, 4), (6, 30)]):
        cx, cy = (column + 0.5) * 40 / 5, (row + 0.5) * 24 / 3
        rows.append(
            [(cx - width / 2) / 40, (cy - height / 2) / 24, (cx + width / 2) / 40, (cy + height / 2) / 24]
        )
    boxes = np.clip(rows, 0, 1).ravel()
    return np.stack([boxes, np.tile([0.1, 0.1, 0.2, 0.2], 30)])[np.newaxis]


def test_clustered_priors(target: str, tmp_path: Path) -> None:
    text = inputs((1, 3, 24, 40)) + (
        "layer { name: 'pool' type: 'Pooling' bottom: 'data' top: 'pool' pooling_param { kernel_size: 8 stride: 8 } }"
        "layer { name: 'p' type: 'PriorBoxClustered' bottom: 'pool' bottom: 'data' top: 'p' prior_box_param {"
        " width: 9.5 width: 6 height: 4 height: 30 clip: true variance: [0.1, 0.1, 0.2, 0.2] } }"
    )
    check(text, [data(1, 3, 24, 40)], clustered, target, tmp_path)


def margins(kind: str, factor: float, x: np.ndarray, label: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """margin_inner_product_layer.cpp of wy1iu/sphereface, value by value."""
    weight = weight / np.sqrt((weight**2).sum(1, keepdims=True))
    made, norms = x @ weight.T, np.sqrt((x**2).sum(1))
    for i, chosen in enumerate(label.astype(int)):
        cos = made[i, chosen] / norms[i]
        sign = np.sign(cos)
        one, three = np.sign(abs(cos) - 0.5), sign * np.sign(2 * cos**2 - 1)
        wide = {
            "DOUBLE": 2 * sign * cos**2 - 1,
            "TRIPLE": one * (4 * cos**3 - 3 * cos) + sign * (1 + one) - 2,
            "QUADRUPLE": three * (8 * cos**4 - 8 * cos**2 + 1) + 2 * sign + three - 3,
        }
        if kind != "SINGLE":
            made[i, chosen] = (norms[i] * wide[kind] + factor * made[i, chosen]) / (1 + factor)
    return made


@pytest.mark.parametrize(
    ("kind", "more"),
    [("SINGLE", "top: 'lambda'"), ("DOUBLE", "top: 'lambda'"), ("TRIPLE", ""), ("QUADRUPLE", "")],
)
def test_a_margin_is_spherefaces(kind: str, more: str, target: str, tmp_path: Path) -> None:
    text = inputs((40, 6), (40,)) + (
        f"layer {{ name: 'm' type: 'MarginInnerProduct' bottom: 'data' bottom: 'second' top: 'm' {more}"
        f" margin_inner_product_param {{ num_output: 5 type: {kind} base: 10 gamma: 0.5 power: 1 iteration: 2"
        " lambda_min: 3 weight_filler { type: 'xavier' } } }"
        "layer { name: 'same' type: 'Power' bottom: 'm' top: 'same' power_param { scale: 2 } }"
    )
    given = [data(40, 6), np.arange(40, dtype=np.float32) % 5]
    check(text, given, lambda *each: 2 * margins(kind, 4, *each), target, tmp_path)


SSD = """
layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv'
        convolution_param { num_output: 8 kernel_size: 3 pad: 1 stride: 2 weight_filler { type: 'xavier' } } }
layer { name: 'loc' type: 'Convolution' bottom: 'conv' top: 'loc'
        convolution_param { num_output: 16 kernel_size: 3 pad: 1 weight_filler { type: 'xavier' } } }
layer { name: 'loc_p' type: 'Permute' bottom: 'loc' top: 'loc_p' permute_param { order: 0 order: 2 order: 3 order: 1 } }
layer { name: 'loc_f' type: 'Flatten' bottom: 'loc_p' top: 'loc_f' }
layer { name: 'cls' type: 'Convolution' bottom: 'conv' top: 'cls'
        convolution_param { num_output: 12 kernel_size: 3 pad: 1 weight_filler { type: 'msra' } } }
layer { name: 'cls_p' type: 'Permute' bottom: 'cls' top: 'cls_p' permute_param { order: 0 order: 2 order: 3 order: 1 } }
layer { name: 'cls_r' type: 'Reshape' bottom: 'cls_p' top: 'cls_r' reshape_param { shape { dim: 0 dim: -1 dim: 3 } } }
layer { name: 'cls_s' type: 'Softmax' bottom: 'cls_r' top: 'cls_s' softmax_param { axis: 2 } }
layer { name: 'cls_f' type: 'Flatten' bottom: 'cls_s' top: 'cls_f' }
layer { name: 'priors' type: 'PriorBox' bottom: 'conv' bottom: 'data' top: 'priors'
        prior_box_param { min_size: 6 max_size: 11 aspect_ratio: 2 flip: true clip: true
                          variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 } }
layer { name: 'found' type: 'DetectionOutput' bottom: 'loc_f' bottom: 'cls_f' bottom: 'priors' top: 'found'
        detection_output_param { num_classes: 3 confidence_threshold: 0.3 keep_top_k: 20 code_type: CENTER_SIZE
                                 nms_param { nms_threshold: 0.4 top_k: 30 } } }
"""


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """JaccardOverlap of bbox_util.cpp, normalized."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    common = np.prod(np.maximum(sides, 0))
    areas = sum(np.prod(np.maximum(box[2:] - box[:2], 0)) for box in (one, other))
    return float(common / (areas - common))


def suppressed(boxes: np.ndarray, scores: np.ndarray) -> list[int]:
    """ApplyNMSFast of bbox_util.cpp."""
    order = [int(i) for i in np.argsort(-scores, kind="stable") if scores[i] > 0.3][:30]
    kept: list[int] = []
    for index in order:
        if all(overlap(boxes[index], boxes[other]) <= 0.4 for other in kept):
            kept.append(index)
    return kept


def detected(x: np.ndarray, *weights: np.ndarray) -> np.ndarray:
    """convolutions, prior_box_layer.cpp, DecodeBBox and detection_output_layer.cpp of weiliu89/caffe."""
    conv = convolved(x, weights[0], weights[1], 2)
    loc, cls = (convolved(conv, weights[index], weights[index + 1], 1) for index in (2, 4))
    offsets = loc.transpose(0, 2, 3, 1).reshape(-1, 4)
    scores = np.exp(cls.transpose(0, 2, 3, 1).reshape(-1, 3))
    scores /= scores.sum(1, keepdims=True)
    height, width = conv.shape[2:]
    boxes = []
    for (row, column), (w, h) in itertools.product(
        np.ndindex(height, width),
        [
            (6, 6),
            (math.sqrt(66),) * 2,
            (6 * math.sqrt(2), 6 / math.sqrt(2)),
            (6 / math.sqrt(2), 6 * math.sqrt(2)),
        ],
    ):
        cx, cy = (column + 0.5) * 16 / width, (row + 0.5) * 16 / height
        box = np.array([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]) / 16
        boxes.append(box.clip(0, 1))
    priors = np.array(boxes)
    size, center = priors[:, 2:] - priors[:, :2], (priors[:, 2:] + priors[:, :2]) / 2
    middle = 0.1 * offsets[:, :2] * size + center
    half = np.exp(0.2 * offsets[:, 2:]) * size / 2
    corners = np.concatenate([middle - half, middle + half], 1)
    rows = [
        (label, scores[i, label], *corners[i])
        for label in (1, 2)
        for i in suppressed(corners, scores[:, label])
    ]
    if len(rows) > 20:
        rows = sorted(sorted(rows, key=lambda row: -row[1])[:20], key=lambda row: row[0])
    return np.array([[0, *row] for row in rows])[np.newaxis, np.newaxis]


def convolved(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int) -> np.ndarray:
    """3 x 3 with a pad of 1."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    height, width = ((length - 1) // stride + 1 for length in x.shape[2:])
    made = sum(
        np.einsum(
            "nchw,oc->nohw",
            padded[:, :, i : i + stride * height : stride, j : j + stride * width : stride],
            weight[:, :, i, j],
        )
        for i, j in np.ndindex(3, 3)
    )
    return made + channels(bias)


def test_a_detector_is_caffes(target: str, tmp_path: Path) -> None:
    check(inputs((1, 3, 16, 16)) + SSD, [2 * data(1, 3, 16, 16, seed=4)], detected, target, tmp_path)


def test_ceil_mode_rounds_down(tmp_path: Path) -> None:
    """A field that no schema has, in shapes as in code."""
    pooling = "layer { name: 'p' type: 'Pooling' bottom: 'data' top: 'p' pooling_param { kernel_size: 3 stride: 2 pad: 1 ceil_mode: false } }"
    path = tmp_path / "net.prototxt"
    path.write_text(inputs((1, 3, 8, 8)) + pooling)
    assert cf.load_net(path).blob_shapes["p"] == (1, 3, 4, 4)
    assert main(["port", str(path), "--to", "torch", "-o", str(tmp_path / "net.py")]) == 0
    assert "ceil_mode" not in (tmp_path / "net.py").read_text()


@pytest.mark.parametrize(
    ("layer", "field"),
    [
        ("type: 'InnerProduct' inner_product_param { num_output: 4 normalize: true }", "InnerProduct"),
        (
            "type: 'Pooling' pooling_param { pool: AVE kernel_size: 3 count_include_pad: false }",
            "count_include_pad",
        ),
        ("type: 'Convolution' convolution_param { num_output: 4 kernel_size: 3 pad_type: 1 }", "pad_type"),
        (
            "type: 'Dropout' dropout_param { sample_weights_test: true scale_train: false }",
            "sample_weights_test",
        ),
    ],
)
def test_fields_that_change_values_are_refused(layer: str, field: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(inputs((2, 3, 8, 8)) + f"layer {{ name: 'x' bottom: 'data' top: 'x' {layer} }}")
    assert main(["port", str(path), "--to", "torch"]) == 2
    assert field in capsys.readouterr().err


def test_all_blockers_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnx")
    text = inputs((2, 3, 8, 8))
    for number in range(2):
        text += f"layer {{ name: 'b{number}' type: 'Maximum' bottom: 'data' top: 'b{number}' }}"
    text += "layer { name: 'p' type: 'Pooling' bottom: 'data' top: 'p' pooling_param { pool: STOCHASTIC kernel_size: 2 } }"
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    assert main(["port", str(path), "--to", "onnx"]) == 2
    shown = capsys.readouterr().err
    assert "3 layers cannot be ported to onnx" in shown
    assert "2 x Maximum: no target has this layer type (layer 'b0', 'b1')" in shown
    assert "1 x Pooling: there is no stochastic pooling elsewhere (layer 'p')" in shown


def test_a_net_that_computes_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(inputs((2, 3)))
    assert main(["port", str(path), "--to", "torch"]) == 2
    assert "there is nothing to port" in capsys.readouterr().err


CUT = (
    "layer { name: 'a' type: 'Convolution' bottom: 'data' top: 'a' convolution_param { num_output: 3 kernel_size: 1"
    " weight_filler { type: 'xavier' } } }"
    "layer { name: 'code' type: 'Python' bottom: 'a' top: 'code' python_param { module: 'm' layer: 'L' } }"
    "layer { name: 'b' type: 'Eltwise' bottom: 'a' bottom: 'code' top: 'b' }"
)


def test_a_net_is_cut_where_it_cannot_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(inputs((2, 3, 4, 4)) + CUT)
    words = ["port", str(path), "--to", "torch"]
    assert main(words) == 2
    assert main([*words, "--cut", "1"]) == 0
    first = capsys.readouterr().out
    assert "def forward(self, data):" in first
    assert first.count("return a\n") == 1
    assert main([*words, "--cut", "2"]) == 0
    assert "def forward(self, a, code):" in capsys.readouterr().out
    assert main([*words, "--cut", "3"]) == 2
    assert "from 1 to 2" in capsys.readouterr().err
    assert (
        main([str(path), "--seed", "1", "--layout", "torch", "-o", str(tmp_path / "a.npz"), "--quiet"]) == 0
    )


def test_an_onnx_model_is_cut_too(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed", exc_type=ImportError)
    path, made = tmp_path / "net.prototxt", tmp_path / "net.onnx"
    path.write_text(inputs((2, 3, 4, 4)) + CUT)
    words = ["port", str(path), "--to", "onnx", "--seed", "1", "-o", str(made)]
    words += ["--shape", "code=2,3,4,4", "--cut"]
    ends = []
    for part in ("1", "2"):
        assert main([*words, part]) == 0
        graph = onnx.load(made).graph
        ends.append(([each.name for each in graph.input], [each.name for each in graph.output]))
    assert ends == [(["data"], ["a"]), (["a", "code"], ["b"])]


def test_a_whole_net_is_not_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(inputs((2, 3, 4, 4)) + "layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'r' }")
    assert main(["port", str(path), "--to", "torch", "--cut", "1"]) == 2
    assert "leave out --cut" in capsys.readouterr().err
