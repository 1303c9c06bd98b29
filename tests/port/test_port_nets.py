# ruff: noqa: E501 - layers stand in a table, one to a line
"""Small nets of the kinds that people have, whole, in torch, onnxruntime and OpenCV beside numpy in float64."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import port_clients
import pytest
from test_port_forks import SSD, channels, check, data, depthwise, detected, inputs, interpolated

import caffe_fillers as cf

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the frameworks' own
CONV = (
    "layer {{ name: '{0}' type: 'Convolution' bottom: '{1}' top: '{0}' convolution_param {{ num_output: {2} kernel_size: {3} pad: {4}"
    " stride: {5} weight_filler {{ type: 'xavier' }} }} }}\n"
)
IN_PLACE = "layer {{ name: '{0}' type: '{2}' bottom: '{1}' top: '{1}' {3} }}\n"
FACTORS = "{ type: 'uniform' min: 0.5 max: 1.5 }"


def conv(name: str, bottom: str, outputs: int, kernel: int = 3, stride: int = 1) -> str:
    return CONV.format(name, bottom, outputs, kernel, kernel // 2, stride)


def relu(bottom: str) -> str:
    return IN_PLACE.format(f"relu_{bottom}", bottom, "ReLU", "")


def convolved(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int = 1) -> np.ndarray:
    """conv_layer.cpp, with a pad of half the kernel."""
    size = weight.shape[2]
    pad = size // 2
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    height, width = ((length + 2 * pad - size) // stride + 1 for length in x.shape[2:])
    made = np.zeros((len(x), len(weight), height, width))
    for i, j in np.ndindex(size, size):
        part = padded[:, :, i : i + stride * height : stride, j : j + stride * width : stride]
        made += np.einsum("nchw,oc->nohw", part, weight[:, :, i, j])
    return made + channels(bias)


def rectified(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def normed(x: np.ndarray, mean: np.ndarray, variance: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """batch_norm_layer.cpp in TEST."""
    return (x - channels(mean / factor)) / np.sqrt(channels(variance / factor) + 1e-5)


def in_blocks(x: np.ndarray) -> np.ndarray:
    """An even image as squares of two pixels."""
    return x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2)


def unpooled(x: np.ndarray, like: np.ndarray) -> np.ndarray:
    """upsample_layer.cpp of caffe-segnet: values at the places of the maxima of `like`."""
    blocks = in_blocks(like)
    chosen = blocks == blocks.max((3, 5), keepdims=True)
    return (chosen * x[:, :, :, np.newaxis, :, np.newaxis]).reshape(like.shape)


SEGNET = (
    conv("one", "data", 4)
    + f"layer {{ name: 'bn' type: 'BN' bottom: 'one' top: 'one' bn_param {{ bn_mode: INFERENCE scale_filler {FACTORS} shift_filler {FACTORS} }} }}\n"
    + relu("one")
    + "layer { name: 'pool' type: 'Pooling' bottom: 'one' top: 'pool' top: 'mask' pooling_param { kernel_size: 2 stride: 2 } }\n"
    + conv("two", "pool", 4)
    + "layer { name: 'up' type: 'Upsample' bottom: 'two' bottom: 'mask' top: 'up' upsample_param { scale: 2 } }\n"
    + conv("three", "up", 3)
    + "layer { name: 'best' type: 'Softmax' bottom: 'three' top: 'best' }\n"
)


def segnet(x: np.ndarray, *blobs: np.ndarray) -> np.ndarray:
    w1, b1, scale, shift, w2, b2, w3, b3 = blobs
    # alike values of a block would have one place in Caffe and another here: none is negative
    one = np.maximum(convolved(x, w1, b1) * channels(scale) + channels(shift), 0)
    pooled = in_blocks(one).max((3, 5))
    scores = convolved(unpooled(convolved(pooled, w2, b2), one), w3, b3)
    exponents = np.exp(scores - scores.max(1, keepdims=True))
    return exponents / exponents.sum(1, keepdims=True)


PSPNET = (
    conv("base", "data", 3)
    + relu("base")
    + "layer { name: 'p1' type: 'Pooling' bottom: 'base' top: 'p1' pooling_param { pool: AVE kernel_size: 8 stride: 8 } }\n"
    + conv("c1", "p1", 2, kernel=1)
    + "layer { name: 'i1' type: 'Interp' bottom: 'c1' top: 'i1' interp_param { height: 8 width: 8 } }\n"
    + "layer { name: 'p2' type: 'Pooling' bottom: 'base' top: 'p2' pooling_param { pool: AVE kernel_size: 4 stride: 4 } }\n"
    + conv("c2", "p2", 2, kernel=1)
    + "layer { name: 'i2' type: 'Interp' bottom: 'c2' top: 'i2' interp_param { height: 8 width: 8 } }\n"
    + "layer { name: 'all' type: 'Concat' bottom: 'base' bottom: 'i1' bottom: 'i2' top: 'all' }\n"
    + conv("last", "all", 2, kernel=1)
    + "layer { name: 'whole' type: 'Interp' bottom: 'last' top: 'whole' interp_param { zoom_factor: 2 } }\n"
)


def pspnet(x: np.ndarray, *blobs: np.ndarray) -> np.ndarray:
    base = rectified(convolved(x, *blobs[:2]))
    parts = [base]
    for index, size in ((2, 8), (4, 4)):
        cells = 8 // size
        pooled = base.reshape(*base.shape[:2], cells, size, cells, size).mean((3, 5))
        made = convolved(pooled, *blobs[index : index + 2])
        # a single pixel is everywhere the same; interp.cpp divides nothing by its length less one
        parts.append(
            np.broadcast_to(made, (*made.shape[:2], 8, 8)) if cells == 1 else interpolated(made, 8, 8)
        )
    return interpolated(convolved(np.concatenate(parts, 1), *blobs[6:]), 15, 15)


SENET = (
    conv("x", "data", 4)
    + "layer { name: 'bn' type: 'BatchNorm' bottom: 'x' top: 'x' }\n"
    + f"layer {{ name: 's' type: 'Scale' bottom: 'x' top: 'x' scale_param {{ bias_term: true filler {FACTORS} }} }}\n"
    + "layer { name: 'mean' type: 'Pooling' bottom: 'x' top: 'mean' pooling_param { pool: AVE global_pooling: true } }\n"
    + conv("down", "mean", 2, kernel=1)
    + relu("down")
    + conv("out", "down", 4, kernel=1)
    + IN_PLACE.format("gate", "out", "Sigmoid", "")
    + conv("identity", "data", 4, kernel=1)
    + "layer { name: 'axpy' type: 'Axpy' bottom: 'out' bottom: 'x' bottom: 'identity' top: 'axpy' }\n"
)


def senet(x: np.ndarray, *blobs: np.ndarray) -> np.ndarray:
    w, b, mean, variance, factor, gamma, beta, w1, b1, w2, b2, w3, b3 = blobs
    made = normed(convolved(x, w, b), mean, variance, factor) * channels(gamma) + channels(beta)
    squeezed = rectified(convolved(made.mean((2, 3), keepdims=True), w1, b1))
    gate = 1 / (1 + np.exp(-convolved(squeezed, w2, b2)))
    return gate * made + convolved(x, w3, b3)


SHUFFLENET = (
    "layer { name: 'g' type: 'Convolution' bottom: 'data' top: 'g' convolution_param { num_output: 4 group: 2 kernel_size: 1 weight_filler { type: 'xavier' } } }\n"
    "layer { name: 'shuffle' type: 'ShuffleChannel' bottom: 'g' top: 'shuffle' shuffle_channel_param { group: 2 } }\n"
    "layer { name: 'dw' type: 'ConvolutionDepthwise' bottom: 'shuffle' top: 'dw' convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: 'xavier' } } }\n"
    "layer { name: 'sum' type: 'Eltwise' bottom: 'data' bottom: 'dw' top: 'sum' }\n" + relu("sum")
)


def shufflenet(x: np.ndarray, *blobs: np.ndarray) -> np.ndarray:
    w, b, dw, db = blobs
    halves = [np.einsum("nchw,oc->nohw", x[:, i : i + 2], w[i : i + 2, :, 0, 0]) for i in (0, 2)]
    made = np.concatenate(halves, 1) + channels(b)
    shuffled = made.reshape(len(x), 2, 2, *x.shape[2:]).swapaxes(1, 2).reshape(made.shape)
    return rectified(x + depthwise(shuffled, dw, db))


MOBILENET = (
    "layer { name: 'dw' type: 'DepthwiseConvolution' bottom: 'data' top: 'dw' convolution_param { num_output: 4 group: 4 kernel_size: 3 pad: 1 weight_filler { type: 'xavier' } } }\n"
    "layer { name: 'bn' type: 'BatchNorm' bottom: 'dw' top: 'dw' }\n"
    f"layer {{ name: 's' type: 'Scale' bottom: 'dw' top: 'dw' scale_param {{ bias_term: true filler {FACTORS} }} }}\n"
    + IN_PLACE.format("six", "dw", "ReLU6", "")
    + conv("pw", "dw", 6, kernel=1)
    + "layer { name: 'mean' type: 'Pooling' bottom: 'pw' top: 'mean' pooling_param { pool: AVE global_pooling: true } }\n"
    + "layer { name: 'fc' type: 'InnerProduct' bottom: 'mean' top: 'fc' inner_product_param { num_output: 3 weight_filler { type: 'xavier' } } }\n"
)


def mobilenet(x: np.ndarray, *blobs: np.ndarray) -> np.ndarray:
    dw, db, mean, variance, factor, gamma, beta, w, b, fw, fb = blobs
    made = normed(depthwise(x, dw, db), mean, variance, factor) * channels(gamma) + channels(beta)
    return convolved(np.clip(made, 0, 6), w, b).mean((2, 3)) @ fw.T + fb


NETS: dict[str, tuple[str, tuple[int, ...], Callable[..., np.ndarray]]] = {
    "SegNet": (SEGNET, (2, 3, 8, 6), segnet),
    "PSPNet": (PSPNET, (2, 3, 8, 8), pspnet),
    "SENet": (SENET, (2, 3, 6, 7), senet),
    "ShuffleNet": (SHUFFLENET, (2, 4, 5, 6), shufflenet),
    "MobileNet": (MOBILENET, (2, 4, 7, 6), mobilenet),
    "SSD": (SSD, (1, 3, 16, 16), detected),
}


@pytest.mark.parametrize("target", ["torch", "onnx"])
@pytest.mark.parametrize("name", NETS)
def test_a_net_is_its_formulas(name: str, target: str, tmp_path: Path) -> None:
    layers, shape, reference = NETS[name]
    check(
        f"name: '{name}'\n" + inputs(shape) + layers, [2 * data(*shape, seed=4)], reference, target, tmp_path
    )


FOR_OPENCV = {
    "SENet": ("bottom: 'x' bottom: 'identity'", "bottom: 'identity' bottom: 'x'"),
    "MobileNet": ("DepthwiseConvolution", "Convolution"),
    "SSD": ("num_classes: 3", "num_classes: 3 share_location: true background_label_id: 0"),
}
"""What OpenCV's Caffe importer is given otherwise: its Axpy multiplies the third bottom and not the second, it has no
DepthwiseConvolution, and it does not know the defaults of DetectionOutput."""
UNREAD = {
    ("SegNet", "caffe"): "UnknownField",
    ("SSD", "onnx"): "Split@ai.onnx",
}
"""Nets that OpenCV 4.14 does not read, with what it says."""


def in_order(rows: np.ndarray) -> np.ndarray:
    """Detections by label and score, whose order is OpenCV's own."""
    return rows[..., np.lexsort((-rows[0, 0, :, 2], rows[0, 0, :, 1])), :] if rows.shape[-1] == 7 else rows


@pytest.mark.parametrize("importer", ["caffe", "onnx"])
@pytest.mark.parametrize("name", NETS)
def test_opencv_has_the_same(name: str, importer: str, tmp_path: Path) -> None:
    """One image: an ONNX model's first axis, which has a name, is 1 in OpenCV."""
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed", exc_type=ImportError)
    layers, shape, reference = NETS[name]
    x, path = 2 * data(1, *shape[1:], seed=4), tmp_path / "net.prototxt"
    path.write_text(inputs(x.shape) + layers)
    if importer == "onnx":
        port_clients.run_onnx(path, tmp_path, [x])
        files = (str(tmp_path / "net.onnx"),)
    else:
        weights = port_clients.trained(path, tmp_path)
        path.write_text((inputs(x.shape) + layers).replace(*FOR_OPENCV.get(name, ("", ""))))
        files = (str(path), str(weights))
    read = {"caffe": cv2.dnn.readNetFromCaffe, "onnx": cv2.dnn.readNetFromONNX}[importer]
    if (name, importer) in UNREAD:
        with pytest.raises(cv2.error, match=UNREAD[name, importer]):
            read(*files)
        return
    net = read(*files)
    net.setInput(x)
    blobs = [blob for layer in cf.load_weights(tmp_path / "trained.caffemodel").values() for blob in layer]
    theirs = in_order(reference(*(each.astype(np.float64) for each in (x, *blobs))))
    ours = in_order(net.forward())
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 2e-5 * max(1.0, np.abs(theirs).max())
