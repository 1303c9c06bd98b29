"""The command: what goes where, exit codes, and files that appear whole or not at all."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from paths import LENET

import caffe_fillers
from caffe_fillers.cli import main
from caffe_fillers.cli.commands import COMMANDS

LENET = str(LENET)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_output_is_named_after_the_net_and_a_fresh_seed_repeats_it(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main([LENET]) == 0
    seed = re.search(r"seed (\d+) \(fresh", capsys.readouterr().out)
    assert seed is not None
    assert main([LENET, "--seed", seed[1], "-o", "again.caffemodel", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert Path("lenet.caffemodel").read_bytes() == Path("again.caffemodel").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["again.caffemodel", "lenet.caffemodel"]


def test_standard_input_and_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main([LENET, "--seed", "1", "-o", "file.caffemodel", "--quiet"])
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(Path(LENET).read_bytes())))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=written))
    assert main(["-", "--seed", "1", "-o", "-"]) == 0
    assert written.getvalue() == Path("file.caffemodel").read_bytes()
    assert "conv1" in capsys.readouterr().err


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", LENET, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["parameters"] == 431080
    assert document["tops"]["conv1"] == [64, 20, 24, 24]
    assert [row["fan_in"] for row in document["blobs"]][::2] == [25, 500, 800, 500]


@pytest.mark.parametrize(
    "words",
    [
        ["gone.prototxt"],
        ["."],
        [LENET, "--shape", "data"],
        [LENET, "--shape", "data=a,b"],
        [LENET, "--seed", "-1"],
        [LENET, "--seed", "4294967296"],
        [LENET, "--boost", "2"],
        [LENET, "--caffe", "4.5"],
        [LENET, "--format", "pickle"],
        [LENET, "-o", "net.unknown"],
        [LENET, "--weights", "gone.caffemodel"],
        [LENET, "--generator", "curand"],
        [LENET, "--as", "paddle"],
        [LENET, "-o", ""],
        [LENET, "--as", "keras", "--boost", "1.54"],
        [LENET, "--as", "keras", "--generator", "mt19937"],
        [LENET, "--as", "keras", "--caffe", "rc"],
        ["port", LENET, "--to", "torch", "-o", ""],
        ["report", LENET, "-o", ""],
        ["probe", LENET, "--plot", ""],
        ["convert", LENET, ""],
        ["check", LENET, "lenet.caffemodel", "--seeds", "5:1"],
        ["check", LENET, "lenet.caffemodel", "--seeds", "5:5"],
        ["check", LENET, "lenet.caffemodel", "--seeds=-1:5"],
        ["check", LENET, "lenet.caffemodel", "--seeds", "0:99999999999"],
        ["check", LENET, "lenet.caffemodel", "--seeds", "0:9", "--seed", "3"],
        ["check", LENET, "lenet.caffemodel", "--seed", "-1"],
        ["plan", LENET, "--shape", "dta=1,1,28,28"],
        ["bad.prototxt"],
        ["check", LENET, "gone.caffemodel"],
        ["check", LENET, "bad.prototxt"],
        ["convert", "gone.caffemodel", "x.h5"],
    ],
    ids=lambda words: " ".join(words[-2:])[-40:],
)
def test_what_is_wrong_is_told_in_one_message(
    words: list[str], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    Path("bad.prototxt").write_text("layer {")
    Path("lenet.caffemodel").write_text("precious")
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("caffe-fill: ")
    assert "Traceback" not in error
    assert Path("lenet.caffemodel").read_text() == "precious"
    assert sorted(path.name for path in folder.iterdir()) == ["bad.prototxt", "lenet.caffemodel"]


def test_weights_are_copied_over_the_fill(capsys: pytest.CaptureFixture[str]) -> None:
    main([LENET, "--seed", "1", "-o", "one.caffemodel", "--quiet"])
    assert main([LENET, "--seed", "2", "-o", "two.caffemodel", "--weights", "one.caffemodel"]) == 0
    assert "copied from one.caffemodel" in capsys.readouterr().out
    assert Path("one.caffemodel").read_bytes() == Path("two.caffemodel").read_bytes()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    assert "usage: caffe-fill" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyError("weights"), 70, "KeyError: 'weights'"),
        (AssertionError("two\nlines"), 70, "AssertionError: two\\nlines"),
        (MemoryError(), 2, "more memory than there is"),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_what_nobody_expected_is_no_mismatch(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr("caffe_fillers.cli.plan.run", fail)
    assert main(["plan", LENET]) == code
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == (1 if said else 0)


def test_the_traceback_is_shown_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CAFFE_FILL_TRACEBACK", "1")
    monkeypatch.setattr("caffe_fillers.cli.plan.run", lambda _: {}["gone"])
    assert main(["plan", LENET]) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("word", "meant"), [("plann", "plan"), ("chek", "check"), ("Report", "report")])
def test_a_command_misspelled(word: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word, LENET]) == 2
    assert f"did you mean '{meant}'?" in capsys.readouterr().err


def test_a_file_named_like_a_command_misspelled(capsys: pytest.CaptureFixture[str]) -> None:
    Path("plann").write_bytes(Path(LENET).read_bytes())
    assert main(["plann", "--seed", "1", "--quiet"]) == 0


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "caffe_fillers", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("caffe-fill ")


@pytest.mark.parametrize(
    ("command", "option", "values"),
    [
        (["plan", LENET], "--input-std", ["0", "-1", "nan", "inf", "x"]),
        (["probe", LENET], "--input-std", ["0", "-1", "nan", "inf", "x"]),
        (["check", LENET, "w.npz"], "--tolerance", ["-1", "nan", "inf", "x"]),
    ],
)
def test_numbers_that_make_no_sense(
    command: list[str], option: str, values: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for value in values:
        assert main([*command, option, value]) == 2
        assert f"caffe-fill: {option} {value!r}" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["caffemodel", "npz", "safetensors", "prototxt"])
def test_weights_from_standard_input(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    main([LENET, "--seed", "1", "-o", "a.npz", "--quiet"])
    main([LENET, "--seed", "1", "-o", "same", "--format", name, "--quiet"])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(Path("same").read_bytes())))
    assert main(["convert", "-", "b.npz", "--from", name]) == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()


def test_a_folder_is_no_standard_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "-", "b.npz", "--from", "npy"]) == 2
    assert "folder" in capsys.readouterr().err
    assert main(["convert", "-", "b.npz", "--layout", "torch"]) == 2
    assert "give --from" in capsys.readouterr().err


def test_help_starts_without_what_it_does_not_need() -> None:
    """Each of these is a tenth of its time or more."""
    slow = {"dataclasses", "difflib", "google", "inspect", "numpy", "pathlib", "rich", "shutil", "typing"}
    code = f"import sys; import caffe_fillers.cli.fill; print(sorted({slow!r} & set(sys.modules)))"
    folder = {"PYTHONPATH": str(Path(caffe_fillers.__file__).parents[1])}
    words = [sys.executable, "-S", "-c", code]  # without what an installation adds to each start
    done = subprocess.run(words, env=folder, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_weights_tell_shapes_that_the_net_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The LMDB is missing: what conv1 has says the channels, what ip1 has the size."""
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(
        'layer { name: "d" type: "Data" top: "d" data_param { source: "none" batch_size: 4 backend: LMDB } }'
        'layer { name: "c" type: "Convolution" bottom: "d" top: "c" convolution_param { num_output: 6'
        ' kernel_size: 3 weight_filler { type: "xavier" } } }'
        'layer { name: "i" type: "InnerProduct" bottom: "c" top: "i" inner_product_param { num_output: 5 } }'
    )
    assert main(["net.prototxt", "--shape", "d=4,1,12,12", "--seed", "3", "-o", "a.caffemodel"]) == 0
    assert main(["net.prototxt", "--weights", "a.caffemodel", "-o", "b.caffemodel"]) == 0
    assert "'d' is taken as 4x1x12x12" in capsys.readouterr().err
    assert Path("a.caffemodel").read_bytes() == Path("b.caffemodel").read_bytes()
    assert main(["report", "net.prototxt", "a.caffemodel", "-o", "net.html", "--quiet"]) == 0
