"""Caffemodels of forks through every format and back: each field once, the same bytes however often."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import caffe_fillers as cf
from caffe_fillers.api.weights import load_weights
from caffe_fillers.cli import main
from caffe_fillers.formats import formats
from caffe_fillers.formats.caffemodel_reader import read
from caffe_fillers.schema.dialects import DIALECTS, class_in
from caffe_fillers.schema.files import net_from_bytes

OTHERS = [each for name in formats for each in formats[name].extensions[:1] if name != "caffemodel"]
INPUT = "name: 'net' layer { name: 'd' type: 'Data' top: 'd' data_param { source: 'x' } } "
CONVOLUTION = "convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: 'xavier' } }"
VOLUMES = "layer { name: 'v' type: 'Input' top: 'v' input_param { shape { dim: [1, 3, 2, 4, 4] } } } "
PLAIN = f"layer {{ name: 'c' type: 'Convolution' bottom: 'd' top: 'c' {CONVOLUTION} }}"


def _layer(kind: str, parameter: str, bottoms: str = "bottom: 'c'") -> str:
    """A layer, by default with one bottom."""
    return f"layer {{ name: '{kind}' type: '{kind}' {bottoms} top: '{kind}' {parameter} }}"


BN = "bn_param { scale_filler { value: 1 } shift_filler { value: 0.5 } bn_mode: INFERENCE }"
SLOPE = "bn_param { slope_filler { value: 2 } frozen: true }"
MARGIN = "margin_inner_product_param { num_output: 3 type: QUADRUPLE base: 1000 gamma: 0.1 }"
TWO = "bottom: 'c' bottom: 'd'"
VOLUME = "bottom: 'v'"
PRIOR_BOX = "prior_box_param { min_size: 60 aspect_ratio: 2 flip: true offset: 0.5 }"
NETS = {
    "ssd": _layer("PriorBox", PRIOR_BOX, TWO)
    + _layer("Normalize", "norm_param { channel_shared: false scale_filler { type: 'constant' value: 20 } }"),
    "segnet": _layer("BN", BN),
    "enet": _layer("BN", BN) + _layer("Convolution", CONVOLUTION.replace("kernel", "dilation: 2 kernel")),
    "yjxiong": _layer("BN", SLOPE),
    "pspnet": _layer("BN", SLOPE) + _layer("Interp", "interp_param { zoom_factor: 8 pad_beg: -1 }"),
    "fast_rcnn": _layer("ROIPooling", "roi_pooling_param { pooled_h: 7 pooled_w: 6 }", TWO),
    "sphereface": _layer("MarginInnerProduct", MARGIN, TWO),
    "nvidia": _layer("BatchNorm", "batch_norm_param { scale_bias: true }"),
    "happynear": _layer("ChannelScale", "channel_scale_param { global_scale: true }", TWO),
    "shufflenet": _layer("ShuffleChannel", "shuffle_channel_param { group: 2 }"),
    "jacinto": _layer("BatchNorm", "batch_norm_param { scale_bias: true } snapshot_log_in: true"),
    "flownet2": _layer("Resample", "resample_param { height: 9 width: 8 type: NEAREST }")
    + _layer("DataAugmentation", "augmentation_param { recompute_mean: 5 }"),
    "yolo": _layer("Reorg", "reorg_param { stride: 1 }") + _layer("Upsample", "upsample_param { scale: 3 }"),
    "rtpose": _layer("ImResize", "imresize_param { factor: 8 scale_gap: 0.3 }"),
    "wenwei": _layer("SymmetricRectify", "symmetric_rectify_param { channel_shared: true } display: true"),
    "c3d11": VOLUMES
    + _layer("Convolution3D", "convolution3d_param { num_output: 2 kernel_size: 1 kernel_depth: 1 }", VOLUME),
}  # fmt: skip


@pytest.fixture(params=NETS)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A dialect, and a small net of it as a filled caffemodel."""
    text = INPUT + PLAIN + NETS[request.param]
    net = cf.load_net(io.BytesIO(text.encode()), dialect=request.param, shapes={"d": (1, 3, 9, 9)})
    net.fill(seed=1).save(tmp_path / "x.caffemodel")
    return request.param, tmp_path / "x.caffemodel"


def _convert(source: Path, name: str) -> Path:
    target = source.with_name(name)
    assert main(["convert", str(source), str(target)]) == 0
    return target


def test_fields_of_a_fork_are_written_once(model: tuple[str, Path]) -> None:
    _, path = model
    once = _convert(path, "y.caffemodel")
    twice = _convert(once, "z.caffemodel")
    assert path.read_bytes() == once.read_bytes() == twice.read_bytes()


@pytest.mark.parametrize("extension", OTHERS)
def test_fields_of_a_fork_go_with_every_format(extension: str, model: tuple[str, Path]) -> None:
    if extension == ".h5":
        pytest.importorskip("h5py")
    _, path = model
    other = _convert(path, f"y{extension}")
    assert _convert(other, "z.caffemodel").read_bytes() == path.read_bytes()


def test_a_binary_net_is_planned_with_its_forks_fields(model: tuple[str, Path]) -> None:
    _, path = model
    again = cf.load_net(path, shapes={"d": (1, 3, 9, 9)})
    wanted, found = load_weights(path), again.fill(seed=2)
    assert {name: [blob.tobytes() for blob in blobs] for name, blobs in found.items()} == {
        name: [blob.tobytes() for blob in blobs] for name, blobs in wanted.items()
    }
    again.fill(seed=2).save(path.with_name("again.caffemodel"))
    assert path.with_name("again.caffemodel").read_bytes() == path.read_bytes()


def test_the_dialect_is_read_from_the_numbers(model: tuple[str, Path]) -> None:
    dialect, path = model
    net = net_from_bytes(path.read_bytes())
    layer = net.layer[2]
    assert all(each.text_extra.dialect for each in net.layer)
    expected = class_in(dialect, "NetParameter").FromString(path.read_bytes()).layer[2]
    assert {field.name for field, _ in layer.ListFields()} - {"text_extra"} == {
        field.name for field, _ in expected.ListFields()
    }


def test_bytes_that_nobody_knows_are_kept_once(tmp_path: Path) -> None:
    layer = b"\x0a\x01a\x12\x01T" + b"\xca\x7f\x03abc" + b"\xd0\x7f\x05"  # fields 2041 and 2042
    content = b"\xa2\x06" + bytes([len(layer)]) + layer + b"\xf8\x7f\x09"
    (tmp_path / "x.caffemodel").write_bytes(content)
    once = _convert(tmp_path / "x.caffemodel", "y.caffemodel").read_bytes()
    assert _convert(tmp_path / "y.caffemodel", "z.caffemodel").read_bytes() == once
    assert once.count(b"abc") == 1 and once.count(b"\xd0\x7f\x05") == 1 and once.count(b"\xf8\x7f\x09") == 1
    assert _convert(_convert(tmp_path / "x.caffemodel", "y.npz"), "w.caffemodel").read_bytes() == once


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name != "c3d10"])  # of V1 layers alone
def test_every_parameter_of_every_fork_comes_back(dialect: str) -> None:
    """Layers that hold each message field that a dialect has, empty: the numbers alone tell the dialect."""
    known = class_in(dialect, "NetParameter")
    net = known(name="net")
    for field in class_in(dialect, "LayerParameter").DESCRIPTOR.fields:
        if field.message_type is not None and field.name.endswith("_param"):
            layer = net.layer.add(
                name=field.name, type="".join(map(str.capitalize, field.name.split("_")[:-1]))
            )
            place = getattr(layer, field.name)
            place = place.add() if hasattr(place, "add") else place
            place.SetInParent()
            for required in place.FindInitializationErrors():
                setattr(place, required, 1)
    file = io.BytesIO(net.SerializeToString())
    written = io.BytesIO()
    formats["caffemodel"].write(written, read(file))
    assert known.FromString(written.getvalue()) == net
