"""Files as people have them (tests/field): the right numbers, or a message that says what to do."""

from __future__ import annotations

import io
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from paths import TESTS

import caffe_fillers as cf
from caffe_fillers import passes, prototxt
from caffe_fillers.cli import main
from caffe_fillers.errors import FormatError, NetError, PrototxtError, UsageError
from caffe_fillers.formats.net_text import read_net_text
from caffe_fillers.probe import measure
from caffe_fillers.prototxt import Tolerance
from caffe_fillers.schema import NetParameter, V1LayerParameter
from caffe_fillers.schema.dialects import check_dialect

FIELD = TESTS / "field"


@dataclass(frozen=True)
class Case:
    """A command within a folder of tests/field: its exit code, what it says, what it must not say."""

    folder: str
    command: str
    code: int
    said: str
    unsaid: str = "\0"


STATE = r"this is a solver's state \(iteration 0\), which holds momentum, not weights; these are in x_iter_0"

CASES = (
    Case(
        folder="solver_ssd",
        command="solver.prototxt --json",
        code=0,
        said='"seed": 7',
    ),
    Case(
        folder="num_output_missing",
        command="plan noout.prototxt",
        code=2,
        said=r"noout.prototxt:2: layer 'fc' \(InnerProduct\): num_output must be given and at least 1",
    ),
    Case(
        folder="digits_deploy",
        command="plan digits.prototxt --stage deploy",
        code=2,
        said=r"unknown bottom blob 'data'; no layer makes it: .* input: \"data\" input_shape",
    ),
    Case(
        folder="upsample_frozen",
        command="plan up.prototxt",
        code=0,
        said="28 parameters",
        unsaid="draw them",
    ),
    Case(
        folder="unknown_layer_with_filler",
        command="plan plain.prototxt",
        code=2,
        said=r"layer 'c2' \(QuantConvolution\): unknown layer type '\w+'.*, and it has weights, .*--lenient",
    ),
    Case(
        folder="unknown_layer_with_filler",
        command="plan plain.prototxt --lenient",
        code=0,
        said="note: layer 'c2': unknown layer type 'QuantConvolution' .* passed, without weights",
    ),
    Case(
        folder="unknown_layer_with_filler",
        command="convert v1.prototxt",
        code=0,
        said=r"type: \"CONVOLUTION3D\"|type: \"Convolution3D\"",
    ),
    Case(
        folder="file_kinds",
        command="check net.prototxt x_iter_0.solverstate",
        code=2,
        said=STATE,
        unsaid="fetch|Caffe did not",
    ),
    Case(
        folder="file_kinds",
        command="convert x_iter_0.solverstate q.npz",
        code=2,
        said=STATE,
        unsaid="fetch|Caffe did not",
    ),
    Case(
        folder="file_kinds",
        command="check x_iter_0.solverstate",
        code=2,
        said=STATE,
        unsaid="fetch|Caffe did not",
    ),
    Case(
        folder="file_kinds",
        command="net.prototxt --weights x_iter_0.solverstate",
        code=2,
        said=STATE,
        unsaid="fetch|Caffe did not",
    ),
    Case(
        folder="file_kinds",
        command="check net.prototxt x_iter_0.solverstate.h5",
        code=2,
        said=STATE,
        unsaid="fetch|Caffe did not",
    ),
    Case(
        folder="file_kinds",
        command="convert x_iter_0.solverstate.h5 q.npz",
        code=2,
        said=STATE,
        unsaid="fetch|Caffe did not",
    ),
    Case(
        folder="file_kinds",
        command="check x_iter_0.solverstate.h5",
        code=2,
        said=STATE,
        unsaid="fetch|Caffe did not",
    ),
    Case(
        folder="file_kinds",
        command="net.prototxt --weights x_iter_0.solverstate.h5",
        code=2,
        said=STATE,
        unsaid="fetch|Caffe did not",
    ),
    Case(
        folder="file_kinds",
        command="plan x_iter_0.solverstate",
        code=2,
        said=r"a solver's state",
        unsaid="fetch",
    ),
    Case(
        folder="file_kinds",
        command="plan x_iter_0.solverstate.h5",
        code=2,
        said=r"this is HDF5",
        unsaid="fetch",
    ),
    Case(
        folder="file_kinds",
        command="check net.prototxt mean.binaryproto",
        code=2,
        said=r"this is a blob of shape 1x3x2x2, such as a mean image: mean 5.5, .*convert mean.binaryproto",
        unsaid="fetch",
    ),
    Case(
        folder="file_kinds",
        command="plan mean.binaryproto",
        code=2,
        said=r"this is a blob of shape 1x3x2x2, such as a mean image: mean 5.5, .*convert mean.binaryproto",
        unsaid="fetch",
    ),
    Case(
        folder="file_kinds",
        command="net.prototxt --weights mean.binaryproto",
        code=2,
        said=r"this is a blob of shape 1x3x2x2, such as a mean image: mean 5.5, .*convert mean.binaryproto",
        unsaid="fetch",
    ),
    Case(
        folder="file_kinds",
        command="convert mean.binaryproto",
        code=0,
        said=r"mean 5.5, by channel 1.5, 5.5, 9.5",
    ),
    Case(
        folder="file_kinds",
        command="convert mean.binaryproto q.npz",
        code=2,
        said=r"ends with .npy",
    ),
    Case(
        folder="three_tops",
        command="plan t.prototxt",
        code=2,
        said=r"it has 3 top blobs; the type takes 1 to 2; in other forks it takes these: --dialect yolo",
    ),
    Case(
        folder="three_tops",
        command="plan t.prototxt --dialect yolo",
        code=0,
        said=r"112 parameters in 2 blobs",
    ),
    Case(
        folder="check_guessed_channels",
        command="check gray_train.prototxt gray.caffemodel --allow-unseeded",
        code=0,
        said=r"'data' is taken as 2x1x\?x\?, as the weights have its channels",
        unsaid="is declared",
    ),
    Case(
        folder="check_guessed_channels",
        command="check ip_train.prototxt ip.caffemodel",
        code=0,
        said=r"'data' is taken as 2x1x9x9, as the weights have its channels",
        unsaid="is declared",
    ),
    Case(
        folder="check_own_net",
        command="check own.caffemodel",
        code=0,
        said=r"seed: 7 \(recovered from the values\)\npassed",
    ),
    Case(
        folder="check_own_net",
        command="check own.caffemodel own.caffemodel",
        code=2,
        said=r"compared with itself",
    ),
    Case(
        folder="file_kinds",
        command="check net.prototxt --seed 7 ../own.caffemodel",
        code=2,
        said="cannot read ../own.caffemodel",
        unsaid="unrecognized",
    ),
    Case(
        folder="check_own_net",
        command="check own.caffemodel damaged.caffemodel",
        code=2,
        said=r"a blob of shape 3 holds 2 values",
    ),
    Case(
        folder="h5_slash",
        command="slash.prototxt -o s.h5",
        code=2,
        said=r"3 of its layers have a / in their names .*Caffe passes over them or stops; .*--force",
    ),
    Case(
        folder="h5_slash",
        command="slash.prototxt -o s.h5 --force",
        code=0,
        said=r"wrote s.h5",
    ),
    Case(
        folder="h5_slash",
        command="slash.prototxt -o s.npz",
        code=0,
        said=r"wrote s.npz",
    ),
    Case(
        folder="h5_slash",
        command="check asCaffe.prototxt caffe.caffemodel.h5 --seed 1",
        code=0,
        said=r"passed",
    ),
    Case(
        folder="h5_slash",
        command="check asCaffe.prototxt caffe.caffemodel --seed 1",
        code=0,
        said=r"passed",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.folder}: {case.command}")
def test_the_right_numbers_or_what_to_do(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if ".h5" in case.command:
        pytest.importorskip("h5py")
    shutil.copytree(FIELD / case.folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    code = main(case.command.split())
    captured = capsys.readouterr()
    said = captured.out + captured.err
    assert re.search(case.said, said), said
    assert not re.search(case.unsaid, said), said
    assert code == case.code


INPUT = "layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }\n"
NET = INPUT + (
    "layer { name: 'c' type: 'Convolution' bottom: 'x' top: 'c' "
    "convolution_param { num_output: 2 kernel_size: 3 weight_filler { type: 'xavier' } } }"
)


def net_file(folder: Path, text: str, name: str = "net.prototxt") -> str:
    """A net in a file, its name."""
    path = folder / name
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    "solver",
    [
        "net: 'net.prototxt' debug_info: true",
        "train_net: 'net.prototxt' snapshot_before_train: true",
        "net: 'net.prototxt' debug_info: false a_field_of_a_fork { layer: 1 }",
        "name: 'a net has this' net: 'net.prototxt'",
    ],
)
def test_a_file_that_names_a_net_and_holds_no_layer_is_a_solver(tmp_path: Path, solver: str) -> None:
    net_file(tmp_path, NET)
    net = cf.load_net(net_file(tmp_path, f"{solver} random_seed: 7", "solver.prototxt"))
    assert (net.seed, net.plan.num_parameters) == (7, 56)


def test_a_net_with_a_field_of_a_solver_is_a_net(tmp_path: Path) -> None:
    net = cf.load_net(net_file(tmp_path, f"{NET} net: 'x' debug_info: true"))
    assert (net.seed, net.plan.num_parameters) == (None, 56)


def test_a_byte_order_mark_is_noted(tmp_path: Path) -> None:
    assert "byte order mark" in cf.load_net(net_file(tmp_path, f"\ufeff{NET}")).notes[0].message


@pytest.mark.parametrize("lr_mult", [0, 1])
def test_frozen_weights_are_not_told_to_be_drawn(lr_mult: int) -> None:
    fields = f"param {{ lr_mult: {lr_mult} }} convolution_param {{ num_output: 2 kernel_size: 3"
    for filler in ("weight_filler { value: 1 }", ""):
        text = INPUT + f"layer {{ name: 'c' type: 'Convolution' bottom: 'x' top: 'c' {fields} {filler} }} }}"
        said = " ".join(note.message for note in cf.load_net(io.BytesIO(text.encode())).notes)
        assert ("draw them" in said or "training cannot leave" in said) == bool(lr_mult)
        assert ("zeros" in said) == (not filler)


def test_a_type_of_v1_that_nobody_knows_keeps_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    text = "layers { name: 'w' type: WARP bottom: 'x' top: 'w' }"
    assert prototxt.parse(text, NetParameter).unknown
    upgraded = passes.upgrade(prototxt.parse(text, NetParameter).message).net
    assert (
        prototxt.parse(prototxt.write(upgraded), NetParameter, tolerance=Tolerance.STRICT)
        .message.layer[0]
        .type
        == "WARP"
    )
    binary = NetParameter(layers=[V1LayerParameter(name="w")]).layers[0].SerializeToString() + b"\x28\x7f"
    layer = V1LayerParameter.FromString(binary)
    assert passes.upgrade(NetParameter(layers=[layer])).net.layer[0].type == "127"


def test_an_opencv_without_caffe_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opencv = SimpleNamespace(dnn=SimpleNamespace(), __version__="5.0.0", error=RuntimeError)
    monkeypatch.setitem(sys.modules, "cv2", opencv)
    net = cf.load_net(net_file(tmp_path, NET))
    with pytest.raises(UsageError, match=r"OpenCV 5\.0\.0 reads no nets of Caffe"):
        measure(net.plan, [net.model(1)], items=1)


def test_a_mean_image_becomes_an_array(tmp_path: Path) -> None:
    out = tmp_path / "mean.npy"
    assert main(["convert", str(FIELD / "file_kinds" / "mean.binaryproto"), str(out)]) == 0
    assert np.load(out).tolist() == np.arange(12, dtype=np.float32).reshape(1, 3, 2, 2).tolist()


@pytest.mark.parametrize("ending", [".prototxt", ".pt"])
def test_the_net_that_weights_hold(ending: str, tmp_path: Path) -> None:
    net, source = tmp_path / f"net{ending}", FIELD / "check_own_net" / "own.caffemodel"
    assert main(["convert", str(source), str(net)]) == 0
    assert "blobs" not in net.read_text()
    assert cf.load_net(net).fill(seed=7)["c"][0].tobytes() == cf.load_weights(source)["c"][0].tobytes()
    np.savez(tmp_path / "bare.npz", **{"c/0": np.zeros(2, np.float32)})
    assert main(["convert", str(tmp_path / "bare.npz"), str(net)]) == 2


@pytest.mark.parametrize("ending", ["npz", "h5", "safetensors", "npy.d", "caffemodel.prototxt"])
def test_a_field_of_no_known_fork_goes_through_every_format(ending: str, tmp_path: Path) -> None:
    pytest.importorskip({"h5": "h5py", "safetensors": "safetensors"}.get(ending, "numpy"))
    weights = cf.load_weights(FIELD / "unknown_field_lost" / "m.caffemodel")
    weights.save(tmp_path / "direct.caffemodel")
    weights.save(tmp_path / f"m.{ending}")
    cf.load_weights(tmp_path / f"m.{ending}").save(tmp_path / "again.caffemodel")
    assert (tmp_path / "again.caffemodel").read_bytes() == (tmp_path / "direct.caffemodel").read_bytes()
    assert b"\x20\x0a" in (tmp_path / "again.caffemodel").read_bytes()[-4:]


@pytest.mark.parametrize(
    "comment",
    [
        "net.layer[7].loss_param IAo=",
        "net.layer[0].name IAo=",
        "net.layer IAo=",
        "net.layer[0] IAo",
        "net.layer[0] CgFh",
        "net.layer[0].text_extra IAo=",
        "net.layer[0] /w==",
    ],
)
def test_comments_that_do_not_hold_are_refused(comment: str) -> None:
    with pytest.raises(FormatError):
        read_net_text(f"# unknown: {comment}\nlayer {{ name: 'loss' }}")


def test_arguments_may_stand_between_options(tmp_path: Path) -> None:
    net, weights = FIELD / "file_kinds" / "net.prototxt", FIELD / "check_own_net" / "own.caffemodel"
    assert main(["check", str(net), "--seed", "7", str(weights)]) == 0
    out = str(tmp_path / "m.npz")
    assert main(["convert", str(weights), "--from", "caffemodel", out]) == 0


MISSPELLED = (
    "weight_filler { type: 'gaussian' sdt: 0.01 }",
    "weight_filer { type: 'gaussian' std: 0.01 }",
    "weights_filler { type: 'gaussian' std: 0.01 }",
    "weight_filler { type: 'xavier' variance_norm: FAN_AVG }",
    "weight_init { type: 'gaussian' std: 0.01 }",
    "weightfiller: { type: 'xavier' }",
    "weight_fillr < type: 'gaussian' std: 1 >",
)


@pytest.mark.parametrize("parameter", ["convolution_param", "inner_product_param", "lstm_param", "my_param"])
@pytest.mark.parametrize("filler", MISSPELLED)
def test_a_misspelled_filler_is_refused_in_any_parameter(filler: str, parameter: str, tmp_path: Path) -> None:
    own = "" if parameter == "convolution_param" else "convolution_param { num_output: 2 kernel_size: 3 } "
    fields = "num_output: 2 kernel_size: 3" if not own else ""
    text = INPUT + (
        f"layer {{ name: 'c' type: 'Convolution' bottom: 'x' top: 'c' "
        f"{own}{parameter} {{ {fields} {filler} }} }}"
    )
    with pytest.raises((PrototxtError, NetError), match=r"net\.prototxt:2.*--lenient"):
        cf.load_net(net_file(tmp_path, text))
    assert cf.load_net(net_file(tmp_path, text), lenient=True).plan.num_parameters == 56


def test_a_filler_that_its_layer_does_not_read_is_noted(tmp_path: Path) -> None:
    text = NET.replace(
        "convolution_param {", "inner_product_param { weight_filler { type: 'msra' } } convolution_param {"
    )
    notes = [note.message for note in cf.load_net(net_file(tmp_path, text)).notes]
    assert any("inner_product_param.weight_filler" in note and "Convolution" in note for note in notes), notes


def test_convert_says_that_a_misspelled_filler_is_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = net_file(tmp_path, NET.replace("type: 'xavier'", "type: 'gaussian' sdt: 0.01") + " shuffel: 1")
    assert main(["convert", net]) == 0
    captured = capsys.readouterr()
    assert "sdt: 0.01" in captured.out
    assert "'sdt' (did you mean 'std'?); kept unchanged, but nothing reads it" in captured.err
    assert captured.err.count("but nothing reads it") == 1


def test_a_solver_of_a_test_net_alone(tmp_path: Path) -> None:
    net_file(tmp_path, NET)
    solver = net_file(tmp_path, "test_net: 'net.prototxt' debug_info: true", "solver.prototxt")
    with pytest.raises(NetError, match="here is none; to fill its test net, give that file itself"):
        cf.load_net(solver)


def test_a_type_of_v1_that_nobody_knows_is_named_in_errors(tmp_path: Path) -> None:
    text = "layers { name: 'w' type: WARP bottom: 'x' top: 'w' } layer { name: 'r' type: 'ReLU' }"
    with pytest.raises(NetError, match=r"layer 'w' \(WARP\)"):
        cf.load_net(net_file(tmp_path, text))


@pytest.mark.parametrize("fields", ["scale: 0.5 alpha: 0.2", "alpha: 0.2 scale: 0.5 variance_norm: FAN_OUT"])
def test_fields_of_two_forks_in_one_filler(fields: str, tmp_path: Path) -> None:
    text = NET.replace("type: 'xavier'", f"type: 'msra' {fields}")
    with pytest.raises(NetError, match=r"layer 'c' .*the msra filler has (scale and alpha|alpha and scale)"):
        cf.load_net(net_file(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        ("caffe-ssd", "ssd"),
        ("SSD", "ssd"),
        ("caffe-segnet", "segnet"),
        ("MobileNet-YOLO", "yolo"),
        ("py-faster-rcnn", "fast_rcnn"),
        ("video-caffe", "video_caffe"),
        ("crnn.caffe", "crnn"),
        ("caffe-windows", "happynear"),
        ("openpose_caffe_train", "openpose"),
        ("Deformable-ConvNets-caffe", "deformable"),
    ],
)
def test_a_dialect_has_the_name_of_its_repository(name: str, dialect: str) -> None:
    assert check_dialect(name) == dialect
