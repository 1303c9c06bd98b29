"""Layers on axes that are no image's, beside Caffe's formulas in numpy, for every target that takes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import port_clients
import pytest

from caffe_fillers.cli import main

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the frameworks' own
Shapes = tuple[tuple[int, ...], ...]
ALL = frozenset(port_clients.RUN)


def normalized(x: np.ndarray) -> np.ndarray:
    """mvn_layer.cpp: by num and channels, whatever the axes after these, in a blob of four axes."""
    rows = x.reshape(*x.shape, *[1] * (4 - x.ndim))
    centered = rows - rows.mean((2, 3), keepdims=True)
    return centered / (np.sqrt((centered**2).mean((2, 3), keepdims=True)) + 1e-9)


def shared_norm(x: np.ndarray, mean: np.ndarray, variance: np.ndarray, factor: np.ndarray) -> np.ndarray:
    return 2 * (x - mean / factor) / np.sqrt(variance / factor + 1e-5)


SHARED = "".join(
    f"layer {{ name: '{name}' type: 'BatchNorm' bottom: 'in0' top: '{name}' param {{ name: 'm' }}"
    " param { name: 'v' } param { name: 'f' } }\n"
    for name in "ab"
)
CASES: dict[str, tuple[Shapes, str, Callable[..., np.ndarray], frozenset[str]]] = {
    "a matrix meets channels and rows": (
        ((2, 3, 3, 2), (3, 3)),
        "layer { name: 's' type: 'Scale' bottom: 'in0' bottom: 'in1' top: 's' }",
        lambda x, y: x * y[:, :, None],
        ALL,
    ),
    "three axes meet an image's": (
        ((2, 3, 4, 5), (3, 4, 5)),
        "layer { name: 's' type: 'Bias' bottom: 'in0' bottom: 'in1' top: 's' }",
        lambda x, y: x + y,
        ALL,
    ),
    "an image meets a blob of five axes": (
        ((2, 3, 3, 3, 3), (3, 3, 3, 3)),
        "layer { name: 's' type: 'Bias' bottom: 'in0' bottom: 'in1' top: 's' bias_param { axis: 1 } }",
        lambda x, y: x + y,
        ALL,
    ),
    "a reduction makes an image": (
        ((2, 3, 4, 5, 2),),
        "layer { name: 's' type: 'Reduction' bottom: 'in0' top: 's' reduction_param { axis: 4 } }",
        lambda x: x.sum(4),
        ALL,
    ),
    "norms of three axes": (
        ((2, 3, 4),),
        "layer { name: 's' type: 'MVN' bottom: 'in0' top: 's' }",
        normalized,
        ALL,
    ),
    "two poolings of one layer": (
        ((2, 3, 8, 8),),
        "layer { name: 's' type: 'SPP' bottom: 'in0' top: 's' spp_param { pyramid_height: 2 } }",
        lambda x: np.concatenate(
            [x.max((2, 3)), x.reshape(2, 3, 2, 4, 2, 4).max((3, 5)).reshape(2, -1)], axis=1
        ),
        ALL,
    ),
    "a shared batch norm": (
        ((4, 3),),
        SHARED + "layer { name: 's' type: 'Eltwise' bottom: 'a' bottom: 'b' top: 's' }",
        shared_norm,
        ALL,
    ),
    "items and channels exchanged": (
        ((4, 3),),
        "layer { name: 's' type: 'Permute' bottom: 'in0' top: 's' permute_param { order: 1 order: 0 } }",
        np.transpose,
        ALL - {"keras"},
    ),
    "a factor for each item": (
        ((4, 3),),
        "layer { name: 's' type: 'Scale' bottom: 'in0' top: 's' scale_param { axis: 0 } }",
        lambda x, scale: x * scale[:, None],
        ALL - {"keras"},
    ),
    "the largest of a vector's items": (
        ((4,),),
        "layer { name: 'l' type: 'ArgMax' bottom: 'in0' top: 'l' }"
        "layer { name: 'f' type: 'Flatten' bottom: 'l' top: 'f' }"
        "layer { name: 's' type: 'Bias' bottom: 'f' bottom: 'in0' top: 's' bias_param { axis: 0 } }",
        lambda x: x[:, None],
        ALL,
    ),
    "items by their numbers": (
        ((4, 3, 2, 2), (3,)),
        "layer { name: 'a' type: 'AbsVal' bottom: 'in0' top: 'a' }"
        "layer { name: 'i' type: 'Power' bottom: 'in1' top: 'i' power_param { scale: 0 shift: 2 } }"
        "layer { name: 's' type: 'BatchReindex' bottom: 'a' bottom: 'i' top: 's' }",
        lambda x, index: np.abs(x[[2, 2, 2]]),
        ALL,
    ),
    "the largest channel": (
        ((2, 3, 4, 5),),
        "layer { name: 's' type: 'ArgMax' bottom: 'in0' top: 's' argmax_param { axis: 1 } }",
        lambda x: x.argmax(1)[:, None].astype(np.float32),
        ALL,
    ),
    "the value of the largest row": (
        ((2, 3, 4, 5),),
        "layer { name: 's' type: 'ArgMax' bottom: 'in0' top: 's'"
        " argmax_param { axis: 2 out_max_val: true } }",
        lambda x: x.max(2, keepdims=True),
        ALL,
    ),
    "pixels repeated": (
        ((2, 3, 4, 5),),
        "layer { name: 's' type: 'Upsample' bottom: 'in0' top: 's' upsample_param { scale: 2 } }",
        lambda x: x.repeat(2, 2).repeat(2, 3),
        ALL,
    ),
    "a mask of maxima": (
        ((2, 3, 4, 4),),
        "layer { name: 'p' type: 'Pooling' bottom: 'in0' top: 'p' top: 'm'"
        " pooling_param { kernel_size: 4 } }"
        "layer { name: 's' type: 'Eltwise' bottom: 'p' bottom: 'm' top: 's' }",
        lambda x: (x.max((2, 3)) + x.reshape(2, 3, -1).argmax(2))[:, :, None, None],
        ALL - {"keras", "jax"},
    ),
}


@pytest.mark.parametrize("target", sorted(ALL))
@pytest.mark.parametrize("name", CASES)
def test_a_layer_is_caffes_or_is_refused(
    name: str, target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shapes, layers, reference, ported = CASES[name]
    text = ""
    for index, shape in enumerate(shapes):
        lengths = " ".join(f"dim: {length}" for length in shape)
        text += (
            f"layer {{ name: 'in{index}' type: 'Input' top: 'in{index}'"
            f" input_param {{ shape {{ {lengths} }} }} }}\n"
        )
    path = tmp_path / "net.prototxt"
    path.write_text(text + layers)
    if target not in ported:
        if target == "onnx":
            pytest.importorskip("onnx")
        assert main(["port", str(path), "--to", target]) == 2
        assert f"cannot be ported to {target}" in capsys.readouterr().err
        return
    given = [
        np.random.default_rng(index).normal(size=shape).astype(np.float32)
        for index, shape in enumerate(shapes)
    ]
    ours = port_clients.RUN[target](path, tmp_path, given)
    theirs = reference(*given, *port_clients.blobs(tmp_path))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 2e-5 * max(1.0, np.abs(theirs).max())
