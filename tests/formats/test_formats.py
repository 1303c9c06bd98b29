"""Every registered format carries every net of the corpus to every other format and back, byte for byte."""

from __future__ import annotations

import io
import json
import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from paths import CORPUS

import caffe_fillers as cf
from caffe_fillers.api.weights import load_weights, open_model, save_model
from caffe_fillers.cli.main import main
from caffe_fillers.errors import FormatError, UsageError
from caffe_fillers.formats import format_for, formats, read_model
from caffe_fillers.formats.text import digits
from caffe_fillers.model import Model
from caffe_fillers.planner.walk import blob_shape
from caffe_fillers.schema import BlobProto, LayerParameter, NetParameter, from_bytes

NETS = ("all_fillers", "conv_nd", "recurrent", "siamese", "sharing_modes", "small_inception", "v1_net")
READABLE = [name for name in formats if formats[name].read is not None]
FILES = [name for name in READABLE if not formats[name].folder]


BIAS = """
layer {{ name: 'd{0}' type: 'Input' top: 'd{0}' input_param {{ shape {{ dim: 1 dim: 3 }} }} }}
layer {{ name: '{0}' type: 'Bias' bottom: 'd{0}' top: '{0}' bias_param {{ filler {{ type: 'uniform' }} }} }}
"""


def _model(net: str) -> Model:
    return cf.load_net(CORPUS / f"{net}.prototxt").fill(seed=1701).model()


def _written(name: str, model: Model, folder: Path | None = None) -> Any:
    """An open file in memory, or for a format of that kind a folder within `folder`."""
    if formats[name].folder:
        assert folder is not None
        target = folder / f"{len(list(folder.iterdir()))}"
        target.mkdir()
        formats[name].write(target, model)
        return target
    file = io.BytesIO()
    formats[name].write(file, model)
    file.seek(0)
    return file


def _read(name: str, file: Any) -> Model:
    return read_model(file, "file", name)


def _bytes(model: Model) -> bytes:
    content: bytes = _written("caffemodel", model).getvalue()
    return content


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("first", READABLE)
def test_any_to_any_is_lossless(net: str, first: str, tmp_path: Path) -> None:
    model = _model(net)
    expected = _bytes(model)
    through_first = _read(first, _written(first, model, tmp_path))
    assert _bytes(through_first) == expected
    for second in READABLE:
        through_both = _read(second, _written(second, through_first, tmp_path))
        assert _bytes(through_both) == expected, second


@pytest.mark.parametrize("name", READABLE)
def test_writing_twice_gives_the_same_values(name: str, tmp_path: Path) -> None:
    model = _model("small_resnet")
    again = _read(name, _written(name, model, tmp_path))
    for (_, _, wanted), (_, _, got) in zip(model.blobs(), again.blobs(), strict=True):
        assert wanted.array().tobytes() == got.array().tobytes()


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_the_format_is_refused(name: str) -> None:
    with pytest.raises(FormatError):
        _read(name, io.BytesIO(b"\xff" * 64))


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_is_refused(name: str) -> None:
    whole = _written(name, _model("small_inception")).getvalue()
    with pytest.raises(FormatError):
        for _, _, blob in _read(name, io.BytesIO(whole[: len(whole) // 2])).blobs():
            blob.array()


def test_h5_is_laid_out_as_caffe_does(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    weights = cf.load_net(CORPUS / "siamese.prototxt").fill(seed=1701)
    weights.save(tmp_path / "net.caffemodel.h5")
    model = weights.model()
    with h5py.File(tmp_path / "net.caffemodel.h5") as file:
        assert set(file["data"]) == {layer.name for layer in model.layers}
        for layer in model.layers:
            owned = {str(index) for index, blob in enumerate(layer.blobs) if blob.owner is None}
            assert set(file["data"][layer.name]) == owned
            for index in owned:
                dataset = file["data"][layer.name][index]
                assert dataset.dtype == np.dtype("<f4")
                assert dataset[()].tobytes() == layer.blobs[int(index)].array().tobytes()


def test_npz_opens_with_numpy_alone() -> None:
    model = _model("small_inception")
    with np.load(_written("npz", model), allow_pickle=False) as file:
        for layer, index, blob in model.blobs():
            assert file[f"{layer.name}/{index}"].tobytes() == blob.array().tobytes()


def test_safetensors_opens_with_its_package() -> None:
    package = pytest.importorskip("safetensors.numpy")
    model = _model("small_inception")
    arrays = package.load(_written("safetensors", model).getvalue())
    for layer, index, blob in model.blobs():
        assert arrays[f"{layer.name}/{index}"].tobytes() == blob.array().tobytes()


@pytest.mark.parametrize("name", ["a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh"])
def test_values_in_safetensors_begin_at_a_multiple_of_eight(name: str) -> None:
    net = cf.load_net(io.BytesIO(f"name: '{name}' {BIAS.format('c')}".encode()))
    content = _written("safetensors", net.fill(seed=1).model()).getvalue()
    assert int.from_bytes(content[:8], "little") % 8 == 0


def test_members_of_npz_that_share_a_byte_are_refused(tmp_path: Path) -> None:
    content = bytearray(_written("npz", _model("all_fillers")).getvalue())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        first, second = archive.infolist()[:2]
    entry = content.rindex(second.filename.encode()) - 46  # in the central directory; + 42 is its offset
    last_byte = first.header_offset + 30 + len(first.filename) + 20 + first.compress_size - 1
    content[entry + 42 : entry + 46] = last_byte.to_bytes(4, "little")
    with pytest.raises(FormatError):
        _read("npz", io.BytesIO(bytes(content))).blobs()


def test_an_index_has_four_digits_at_most() -> None:
    """A name such as conv1/10000 is no blob's: no layer has as many, and indexes are counted up to them."""
    for name, right in (("conv/0", True), ("conv/00000", False), ("conv/10000", False)):
        file = io.BytesIO()
        np.savez(file, **{name: np.float32([1])})
        file.seek(0)
        if right:
            assert [layer.name for layer in _read("npz", file).layers] == ["conv"]
        else:
            with pytest.raises(FormatError, match="no name such as conv1/0"):
                _read("npz", file)
    file = io.BytesIO()
    np.savez(file, **{f"conv/{index}": np.float32([index]) for index in range(1001)})
    (layer,) = _read("npz", file).layers
    assert layer.blobs[1000].array().tolist() == [1000]


@pytest.mark.parametrize("names", [("Conv", "conv"), ("conv", "Conv")])
def test_names_in_a_folder_that_differ_in_case_alone_are_two_files(
    names: tuple[str, str], tmp_path: Path
) -> None:
    """A disk that folds case would keep one of Conv-0.npy and conv-0.npy."""
    net = cf.load_net(io.BytesIO("".join(map(BIAS.format, names)).encode()))
    folder = _written("npy", net.fill(seed=1).model(), tmp_path)
    files = [path.name.lower() for path in folder.iterdir()]
    assert len(set(files)) == len(files) == 3


def test_foreign_files_are_read_by_their_names() -> None:
    file = io.BytesIO()
    np.savez(file, **{"conv1.0": np.ones((2, 3), order="F"), "conv1.1": np.arange(2)})
    file.seek(0)
    (layer,) = _read("npz", file).layers
    assert layer.name == "conv1"
    assert [blob.array().tolist() for blob in layer.blobs] == [[[1, 1, 1], [1, 1, 1]], [0, 1]]


SPECIAL = [
    0.1,
    -0.0,
    1e8,
    1e-5,
    16777216.0,
    2**-24,
    2**24,
    1.5e-45,
    3.4028235e38,
    np.inf,
    -np.inf,
    9.9999998e15,
    7.0385307e-26,
]


def test_text_is_what_protobuf_prints_and_reads() -> None:
    for net in ("recurrent", "siamese", "v1_net"):
        model = _model(net)
        message = from_bytes(NetParameter, _bytes(model))
        text = _written("prototxt", model).getvalue().decode()
        printed = text_format.MessageToString(message)  # which in Python gives every float a point
        assert text == re.sub(r"\.0$", "", printed, flags=re.MULTILINE)
        assert text_format.Parse(text, NetParameter()) == message


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=50))
def test_digits_give_the_same_float_and_are_the_fewest(bits: list[int]) -> None:
    values = np.array(bits, np.uint32).view(np.float32)
    for value, text in zip(values, digits(values), strict=True):
        assert np.float32(float(text)) == value or np.isnan(value)
        assert len(text) <= len(repr(float(f"{value:.9g}")))
        significant = len(text.split(b"e")[0].strip(b"-").replace(b".", b"").strip(b"0"))
        shorter = f"{value:.{max(significant - 1, 1)}g}"
        assert significant <= 1 or not np.isfinite(value) or np.float32(float(shorter)) != value


def test_digits_of_special_values() -> None:
    values = np.array(SPECIAL, np.float32)
    again = np.array([float(text) for text in digits(values)], np.float32)
    assert again.tobytes() == values.tobytes()
    assert digits(np.array([np.nan], np.float32)) == [b"nan"]


def test_nine_digits_where_a_double_would_round_the_fewest_twice() -> None:
    """7.038531e-26, nearest to this float, lies so near the middle that its double is the next float's."""
    value = np.array([0x15AE43FD], np.uint32).view(np.float32)
    assert np.float32(float("7.038531e-26")) != value[0]
    assert digits(value) == [b"7.03853069e-26"]


@pytest.mark.parametrize("axis", range(4))
def test_one_of_the_old_axes_makes_four(axis: int) -> None:
    """`Blob::FromProto`: whichever is there, those that are not are 0."""
    shape = tuple(3 * (number == axis) for number in range(4))
    name = ("num", "channels", "height", "width")[axis]
    text = f"layer {{ name: 'a' blobs {{ {name}: 3 }} blobs {{ shape {{ dim: 1 }} data: 1 }} }}"
    binary = NetParameter(layer=[LayerParameter(name="a", blobs=[BlobProto(**{name: 3})])])
    for kind, content in (("prototxt", text.encode()), ("caffemodel", binary.SerializeToString())):
        blob = _read(kind, io.BytesIO(content)).layers[0].blobs[0]
        assert (blob.shape, blob.four_axes) == (shape, True)
    assert blob_shape(BlobProto(**{name: 3})) == shape
    with pytest.raises(FormatError, match="holds 1 values"):
        _read("prototxt", io.BytesIO(text.replace("3 }", "3 data: 1 }").encode()))


@pytest.mark.parametrize("kind", ["caffemodel", "prototxt"])
def test_a_negative_one_of_the_old_axes_is_refused(kind: str, tmp_path: Path) -> None:
    net = NetParameter(layer=[LayerParameter(name="a", blobs=[BlobProto(num=-1, height=1, width=1)])])
    content = net.SerializeToString() if kind == "caffemodel" else str(net).encode()
    path = tmp_path / f"w.{kind}"
    path.write_bytes(content)
    with pytest.raises(FormatError, match="blob of shape -1x0x1x1"):
        cf.load_weights(path, kind)


HAND_WRITTEN = """
# data: 1 in a comment is no value, nor is layer { blobs {
name: "blobs { data: 2"
layers { name: 'a' type: INNER_PRODUCT
  blobs <
    num: 1, channels: 1; height: 2 width: 3   # 1x1x2x3
    data: [1, 2.5f, -inf], data: .5 data: 1e-3; data:
      -7
  >
  blobs [ { shape { dim: 2 } double_data: 0.1 double_data: 0.2 }, { shape { dim: [1, 1] } data: 3 } ]
}
"""


def test_any_way_to_write_a_blob_as_text_is_read() -> None:
    (layer,) = _read(
        "prototxt",
        io.BytesIO(
            HAND_WRITTEN.replace("data: [1, 2.5f, -inf], ", "data: 1 data: 2.5f data: -inf ").encode()
        ),
    ).layers
    assert [blob.shape for blob in layer.blobs] == [(1, 1, 2, 3), (2,), (1, 1)]
    assert [blob.four_axes for blob in layer.blobs] == [True, False, False]
    values = [blob.array().ravel().tolist() for blob in layer.blobs]
    assert values == [[1, 2.5, -np.inf, 0.5, np.float32(1e-3), -7], [np.float32(0.1), np.float32(0.2)], [3]]
    with pytest.raises(FormatError, match="the blob that begins in line 5: it holds values in two ways"):
        _read("prototxt", io.BytesIO(HAND_WRITTEN.encode()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layer { blobs { data: 1 data: 2 shape { dim: 3 } } }", "line 1: a blob of shape 3 holds 2 values"),
        ("layer {\n blobs { data: 1\ndata: 2\n", "the blob that begins in line 2 has no end"),
        ("layer {\n blobs {\ndata: 1\n}\n}\nnaem: 'x' name: 3", "line 6, column 17: name: expected a string"),
        ("layer { blobs {\n data: 0x1F } }", "line 1: data: expected a decimal number"),
        ("layer { blobs { daat: 1 data: 2 } }", "has no field 'daat' .did you mean 'data'"),
        ("layer { blobs { shape: 1 } }", "expected {"),
    ],
)
def test_broken_text_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        _read("prototxt", io.BytesIO(text.encode()))


def test_text_is_read_and_written_in_pieces(tmp_path: Path) -> None:
    net = b"layer { name: 'w' type: 'Parameter' top: 'w' parameter_param { shape { dim: 400000 } } }"
    model = cf.load_net(io.BytesIO(net)).model(seed=1)
    path = tmp_path / "w.caffemodel.prototxt"
    save_model(path, model)
    assert path.stat().st_size > 4_000_000
    tracemalloc.start()
    with open_model(path) as again:
        assert sum(chunk.size for _, _, blob in again.blobs() for chunk in blob.chunks()) == 400_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_500_000  # the file is mapped, not read


def test_a_prototxt_is_weights_only_where_it_holds_blobs(tmp_path: Path) -> None:
    net = tmp_path / "net.prototxt"
    net.write_text((CORPUS / "small_inception.prototxt").read_text())
    with pytest.raises(FormatError, match=r"a net without blobs; fill it first: caffe-fill .*net\.prototxt"):
        load_weights(net)
    weights = cf.load_net(net).fill(seed=3)
    with pytest.raises(UsageError, match=r"\.caffemodel\.prototxt"):
        weights.save(tmp_path / "weights.prototxt")
    weights.save(tmp_path / "weights.prototxt", format="prototxt")
    assert _bytes(load_weights(tmp_path / "weights.prototxt").model()) == _bytes(weights.model())
    assert main(["convert", str(tmp_path / "weights.prototxt"), str(tmp_path / "net.caffemodel")]) == 0
    assert (tmp_path / "net.caffemodel").read_bytes() == _bytes(weights.model())


def test_a_folder_is_mapped_by_numpy_alone(tmp_path: Path) -> None:
    weights = cf.load_net(CORPUS / "siamese.prototxt").fill(seed=1701)
    weights.save(tmp_path / "net.npy.d")
    manifest = json.loads((tmp_path / "net.npy.d" / "manifest.json").read_text())
    model = weights.model()
    assert [layer["name"] for layer in manifest["layers"]] == [layer.name for layer in model.layers]
    shared = 0
    for described, layer in zip(manifest["layers"], model.layers, strict=True):
        for entry, blob in zip(described["blobs"], layer.blobs, strict=True):
            array = np.load(tmp_path / "net.npy.d" / entry["file"], mmap_mode="r", allow_pickle=False)
            assert isinstance(array, np.memmap)
            assert entry["shape"] == list(blob.shape)
            assert array.tobytes() == blob.array().tobytes()
            assert entry.get("shared_with") == (list(owner) if (owner := model.owner_name(blob)) else None)
            shared += blob.owner is not None
    owned = sum(blob.owner is None for _, _, blob in model.blobs())
    assert shared and len(list((tmp_path / "net.npy.d").glob("*.npy"))) == owned


def test_file_names_in_a_folder_are_safe_and_differ(tmp_path: Path) -> None:
    names = ["../a/b", "A", "a", "ä", "", "CON", "x" * 300, ".hidden"]
    layer = "layer {{ name: '{}' type: 'Parameter' top: 't{}' parameter_param {{ shape {{ dim: 1 }} }} }}"
    net = "".join(layer.format(name, number) for number, name in enumerate(names))
    weights = cf.load_net(io.BytesIO(net.encode())).fill(seed=1)
    weights.save(tmp_path / "net.npy.d")
    files = {file.name.lower() for file in (tmp_path / "net.npy.d").glob("*.npy")}
    assert len(files) == len(names) and max(map(len, files)) < 130
    assert [each.name for each in tmp_path.iterdir()] == ["net.npy.d"]
    assert _bytes(load_weights(tmp_path / "net.npy.d").model()) == _bytes(weights.model())


def _damaged(folder: Path, change: Any) -> Path:
    cf.load_net(CORPUS / "small_inception.prototxt").fill(seed=1).save(folder / "net.npy.d")
    manifest = folder / "net.npy.d" / "manifest.json"
    content = json.loads(manifest.read_text())
    change(next(layer for layer in content["layers"] if layer["blobs"])["blobs"][0], content)
    manifest.write_text(json.dumps(content))
    return folder / "net.npy.d"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda blob, _: blob.update(file="../../x.npy"), "no file of the folder's own"),
        (lambda blob, _: blob.update(file="missing.npy"), "No such file"),
        (lambda blob, _: blob.update(shape=[1]), "not 1"),
        (lambda blob, _: blob.update(shared_with=["nobody", 0]), "does not come before"),
        (lambda blob, _: blob.update(shared_with=["conv1"]), "damaged"),
        (lambda blob, _: blob.update(extra=1), "damaged"),
        (lambda _, content: content.update(version=2), "version 1"),
        (lambda _, content: content.update(net="layer {"), "cannot be read"),
        (lambda _, content: content["layers"].pop(), "damaged"),
        (lambda _, content: content.update(layers=3), "damaged"),
    ],
)
def test_a_damaged_folder_is_refused(change: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=message):
        load_weights(_damaged(tmp_path, change))


def test_links_and_pickles_in_a_folder_are_refused(tmp_path: Path) -> None:
    folder = _damaged(tmp_path, lambda *_: None)
    victim = next(folder.glob("*.npy"))
    content = victim.read_bytes()
    victim.unlink()
    victim.symlink_to("/etc/passwd")
    with pytest.raises(FormatError, match="own"):
        load_weights(folder)
    victim.unlink()
    np.save(victim, np.array([{}], object))
    with pytest.raises(FormatError, match="pickle"):
        load_weights(folder)
    victim.write_bytes(content[:-4])
    with pytest.raises(FormatError):
        load_weights(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(FormatError, match=r"no manifest\.json"):
        load_weights(folder)


def test_fortran_order_in_a_folder_is_turned(tmp_path: Path) -> None:
    folder = _damaged(tmp_path, lambda *_: None)
    wanted = _bytes(load_weights(folder).model())
    for file in folder.glob("*.npy"):
        np.save(file, np.asfortranarray(np.load(file)).astype(np.float64))
    assert _bytes(load_weights(folder).model()) == wanted


def test_a_folder_is_replaced_on_success_alone(tmp_path: Path) -> None:
    target = tmp_path / "net.npy.d"
    first = cf.load_net(CORPUS / "small_inception.prototxt").fill(seed=1)
    first.save(target)
    second = cf.load_net(CORPUS / "siamese.prototxt").fill(seed=1)
    broken = second.model()
    blob = broken.layers[-1].blobs or next(layer.blobs for layer in broken.layers if layer.blobs)

    def fails() -> Any:
        raise OSError(28, "No space left on device")
        yield

    object.__setattr__(blob[0], "chunks", fails)
    with pytest.raises(FormatError, match="No space left"):
        save_model(target, broken)
    assert [each.name for each in tmp_path.iterdir()] == ["net.npy.d"]
    assert _bytes(load_weights(target).model()) == _bytes(first.model())
    second.save(target)
    assert [each.name for each in tmp_path.iterdir()] == ["net.npy.d"]
    assert _bytes(load_weights(target).model()) == _bytes(second.model())


def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path) -> None:
    weights = cf.load_net(CORPUS / "siamese.prototxt").fill(seed=1)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter").write_text("dear")
    with pytest.raises(UsageError, match="folder of other things"):
        weights.save(tmp_path / "home", format="npy")
    with pytest.raises(UsageError, match="is a file"):
        weights.save(tmp_path / "home" / "letter", format="npy")
    assert (tmp_path / "home" / "letter").read_text() == "dear"


def test_more_than_a_message_holds_is_refused_before_work(tmp_path: Path) -> None:
    net = """
    layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 30000 } } }
    layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip'
            inner_product_param { num_output: 20000 weight_filler { type: 'xavier' } } }
    """
    planned = cf.load_net(io.BytesIO(net.encode()))
    stream = cf.Stream(1)
    with pytest.raises(FormatError, match=r"2,400,\d{3},\d{3} bytes .* --format safetensors or h5"):
        save_model(tmp_path / "net.caffemodel", planned.model(stream=stream), force=True)
    assert stream.position == 0
    assert list(tmp_path.iterdir()) == []
    assert format_for("net.caffemodel").name == "caffemodel"


@pytest.mark.parametrize("name", [".", "", "a/./b", "/a", "a/", "a//b", "./a", "/", "a\\000b", "\\000"])
@pytest.mark.parametrize("force", [False, True])
def test_names_that_hdf5_takes_for_another_place(name: str, force: bool, tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    text = f"layer {{ name: 'x' type: 'Input' top: 'x' input_param {{ shape {{ dim: 2 }} }} }} {layer(name)}"
    weights = cf.load_net(io.BytesIO(text.encode())).fill(seed=1)
    with pytest.raises(FormatError, match=r"of its layers .*slashes is empty or a dot, .*; rename|--force"):
        weights.save(tmp_path / "m.h5", force=force)
    assert not (tmp_path / "m.h5").exists()


@pytest.mark.parametrize("name", ["a\\000b", "\\000", "x" * 65_536])
def test_names_that_a_zip_does_not_hold(name: str, tmp_path: Path) -> None:
    text = f"layer {{ name: 'x' type: 'Input' top: 'x' input_param {{ shape {{ dim: 2 }} }} }} {layer(name)}"
    weights = cf.load_net(io.BytesIO(text.encode())).fill(seed=1)
    with pytest.raises(FormatError, match=r"a zip holds no name .*: rename the layer"):
        weights.save(tmp_path / "m.npz")
    assert not (tmp_path / "m.npz").exists()


@pytest.mark.parametrize("name", ["..", "a/../b", "...", ". ", "a.b"])
def test_names_with_dots_that_hdf5_holds(name: str, tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    text = f"layer {{ name: 'x' type: 'Input' top: 'x' input_param {{ shape {{ dim: 2 }} }} }} {layer(name)}"
    weights = cf.load_net(io.BytesIO(text.encode())).fill(seed=1)
    weights.save(tmp_path / "m.h5", force=True)
    assert cf.load_weights(tmp_path / "m.h5")[name][0].tobytes() == weights[name][0].tobytes()


def layer(name: str) -> str:
    """A layer with weights."""
    filler = "weight_filler { type: 'xavier' }"
    return (
        f"layer {{ name: '{name}' type: 'InnerProduct' bottom: 'x' top: 'y' "
        f"inner_product_param {{ axis: 0 num_output: 3 {filler} }} }}"
    )
