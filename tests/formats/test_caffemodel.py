"""Binary models: written as protobuf writes them, read whoever wrote them and however old they are."""

from __future__ import annotations

import io
import re
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from paths import CORPUS

import caffe_fillers as cf
from caffe_fillers.api.weights import load_weights, open_model, save_model
from caffe_fillers.errors import FormatError
from caffe_fillers.formats import caffemodel, read_model
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.schema import (
    BlobProto,
    LayerParameter,
    NetParameter,
    V0LayerParameter,
    V1LayerParameter,
    from_bytes,
)


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    octets = []
    while value > 127:
        octets.append(value & 127 | 128)
        value >>= 7
    return bytes([*octets, value])


def _read(content: bytes) -> Model:
    return read_model(io.BytesIO(content), "net.caffemodel")


def _blob(content: bytes) -> ModelBlob:
    """A blob as the only one of a net whose bytes are put together by hand."""
    layer = _field(1, b"ip") + _field(2, b"InnerProduct") + _field(7, content)
    (only,) = _read(_field(100, layer)).layers
    (blob,) = only.blobs
    return blob


def _shape(*dims: int) -> bytes:
    return BlobProto(shape={"dim": dims}).SerializeToString()  # type: ignore[arg-type]


VALUES = np.array([[1.5, -2.0, 0.1], [3e38, -0.0, 1e-40]], np.float32)


@pytest.mark.parametrize(
    "net", ["all_fillers", "small_resnet", "v0_net", "v1_net", "sharing_modes", "recurrent"]
)
def test_protobuf_writes_the_same_bytes(net: str) -> None:
    file = io.BytesIO()
    caffemodel.write(file, cf.load_net(CORPUS / f"{net}.prototxt").model(seed=1701))
    message = NetParameter.FromString(file.getvalue())
    assert message.SerializeToString(deterministic=True) == file.getvalue()


def test_packed_and_unpacked_values_are_the_same() -> None:
    packed = _shape(2, 3) + _field(5, VALUES.tobytes())
    unpacked = _shape(2, 3) + b"".join(b"\x2d" + struct.pack("<f", value) for value in VALUES.ravel())
    mixed = (
        _field(5, VALUES[0].tobytes())
        + _shape(2, 3)
        + b"".join(b"\x2d" + value.tobytes() for value in VALUES[1])
    )
    for content in (packed, unpacked, mixed):
        assert _blob(content).array().tobytes() == VALUES.tobytes()
        assert _blob(content).shape == (2, 3)


def test_double_data_is_rounded_and_wins() -> None:
    doubles = np.array([0.1, 1 / 3, 1e-50, -7])
    content = _shape(4) + _field(5, np.zeros(4, "<f4").tobytes()) + _field(8, doubles.tobytes())
    assert _blob(content).array().tolist() == doubles.astype(np.float32).tolist()
    unpacked = _shape(4) + b"".join(b"\x41" + struct.pack("<d", value) for value in doubles)
    assert _blob(unpacked).array().tolist() == doubles.astype(np.float32).tolist()


# NVIDIA/caffe's BlobProto: 10 raw_data_type, an enum Type {DOUBLE, FLOAT, FLOAT16, ...}, 12 raw_data.
@pytest.mark.parametrize(("kind", "dtype"), [(0, "<f8"), (1, "<f4"), (2, "<f2")])
def test_raw_data_of_nvidia(kind: int, dtype: str) -> None:
    values = np.array([1.0, -0.5, 65504.0, 6e-8], dtype)
    content = _shape(2, 2) + _varint(10 << 3) + _varint(kind) + _field(12, values.tobytes())
    assert _blob(content).array().ravel().tolist() == values.astype(np.float32).tolist()


def test_raw_data_of_another_type_is_refused() -> None:
    content = _shape(4) + _varint(10 << 3) + _varint(3) + _field(12, bytes(4))
    with pytest.raises(FormatError, match="raw values of type 3"):
        _blob(content)


def test_four_axes_of_old_files() -> None:
    content = BlobProto(num=1, channels=1, height=2, width=3, data=VALUES.ravel()).SerializeToString()
    blob = _blob(content)
    assert (blob.shape, blob.four_axes) == ((1, 1, 2, 3), True)
    part = BlobProto(height=2, width=3, shape={"dim": [6]}, data=VALUES.ravel())  # type: ignore[arg-type]
    with pytest.raises(
        FormatError, match="0x0x2x3 holds 6 values"
    ):  # what is not given is 0, and shape not looked at
        _blob(part.SerializeToString())


def test_old_axes_are_copied_into_a_net_of_today(tmp_path: Path) -> None:
    old = NetParameter(
        layers=[
            V1LayerParameter(
                name="ip",
                type=V1LayerParameter.INNER_PRODUCT,
                blobs=[
                    BlobProto(num=1, channels=1, height=2, width=3, data=VALUES.ravel()),
                    BlobProto(num=1, channels=1, height=1, width=2, data=[5, 6]),
                ],
            )
        ]
    )
    (tmp_path / "old.caffemodel").write_bytes(old.SerializeToString())
    net = cf.load_net(
        io.BytesIO(
            b"layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 1 dim: 3 } } }"
            b"layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'y'"
            b" inner_product_param { num_output: 2 } }"
        )
    )
    with net.with_weights(net.model(seed=1), [str(tmp_path / "old.caffemodel")]) as copied:
        weight, bias = copied.model.layers[1].blobs
        assert weight.shape == (2, 3) and weight.array().tobytes() == VALUES.tobytes()
        assert bias.shape == (2,) and bias.array().tolist() == [5, 6]


def test_blobs_go_with_their_layers_through_both_upgrades() -> None:
    blobs = [BlobProto(num=1, channels=1, height=1, width=1, data=[number]) for number in range(4)]
    v0 = [
        V1LayerParameter(
            layer=V0LayerParameter(name="pad", type="padding", pad=2), bottom=["x"], top=["padded"]
        ),
        V1LayerParameter(
            layer=V0LayerParameter(name="conv", type="conv", num_output=1, kernelsize=1, blobs=blobs[:2]),
            bottom=["padded"],
            top=["conv"],
        ),
    ]
    (layer,) = _read(NetParameter(layers=v0, input=["x"], input_dim=[1, 1, 1, 1]).SerializeToString()).layers[
        -1:
    ]
    assert (layer.name, layer.parameter.type, list(layer.parameter.convolution_param.pad)) == (
        "conv",
        "Convolution",
        [2],
    )
    assert [blob.array().item() for blob in layer.blobs] == [0, 1]
    v1 = [
        V1LayerParameter(name=name, type=V1LayerParameter.INNER_PRODUCT, blobs=[blob])
        for name, blob in zip("abcd", blobs, strict=True)
    ]
    layers = _read(NetParameter(layers=v1).SerializeToString()).layers
    assert [(layer.name, layer.blobs[0].array().item()) for layer in layers] == list(
        zip("abcd", range(4), strict=True)
    )


def test_a_file_cut_short_anywhere_is_refused() -> None:
    file = io.BytesIO()
    caffemodel.write(file, cf.load_net(CORPUS / "small_inception.prototxt").model(seed=1))
    whole = file.getvalue()
    ends = {
        match.start() for match in re.finditer(b"\xa2\x06", whole)
    }  # where a layer begins the file is whole
    for length in [*range(1, 400), *range(400, len(whole), 997), len(whole) - 1]:
        if length not in ends:
            with pytest.raises(FormatError, match=r"net\.caffemodel: "):
                _read(whole[:length])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_shape(2, 2) + _field(5, bytes(12)), "shape 2x2 holds 3 values"),
        (_shape(3) + _field(5, bytes(11)), "shape 3 holds"),
        (_field(5, bytes(8)), "scalar holds 2 values"),
        (_shape(-1, -2) + _field(5, bytes(8)), "shape -1x-2"),
        (_shape(2**40) + _field(5, bytes(4)), "holds 1 values"),
        (b"\x2b", "wire type 3"),
        (b"\x2a\xff\xff\xff\xff\x07", "cut short"),
    ],
)
def test_broken_blobs_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        _blob(content)


def test_reading_copies_nothing(tmp_path: Path) -> None:
    net = b"layer { name: 'w' type: 'Parameter' top: 'w' parameter_param { shape { dim: 4000000 } } }"
    save_model(tmp_path / "w.caffemodel", cf.load_net(io.BytesIO(net)).model(seed=1))
    assert (tmp_path / "w.caffemodel").stat().st_size > 16_000_000
    tracemalloc.start()
    with open_model(tmp_path / "w.caffemodel") as model:
        assert sum(chunk.size for _, _, blob in model.blobs() for chunk in blob.chunks()) == 4_000_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_a_byte_beyond_the_limit_is_refused_and_nothing_drawn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    net = cf.load_net(CORPUS / "small_inception.prototxt")
    file = io.BytesIO()
    caffemodel.write(file, net.model(seed=1))
    size = len(file.getvalue())
    monkeypatch.setattr(caffemodel, "MAX_BYTES", size)
    save_model(tmp_path / "fits.caffemodel", net.model(seed=1))
    assert (tmp_path / "fits.caffemodel").stat().st_size == size
    monkeypatch.setattr(caffemodel, "MAX_BYTES", size - 1)
    stream = cf.Stream(1)
    with pytest.raises(FormatError, match=f"{size:,} bytes .* --format safetensors or h5"):
        save_model(tmp_path / "net.caffemodel", net.model(stream=stream))
    assert stream.position == 0
    assert [each.name for each in tmp_path.iterdir()] == ["fits.caffemodel"]


def test_a_layer_without_a_name_or_blobs_stays(tmp_path: Path) -> None:
    message = NetParameter(
        name="n", layer=[LayerParameter(type="ReLU"), LayerParameter(name="a", blobs=[BlobProto()])]
    )
    message.layer[1].blobs[0].data.append(3)
    (tmp_path / "net.caffemodel").write_bytes(message.SerializeToString())
    weights = load_weights(tmp_path / "net.caffemodel")
    assert weights["a"][0].shape == () and weights["a"][0] == 3
    file = io.BytesIO()
    caffemodel.write(file, weights.model())
    assert from_bytes(NetParameter, file.getvalue()) == message
