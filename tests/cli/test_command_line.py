"""What argparse would refuse in words of its own is one message of this package, and most of it is a hint."""

from __future__ import annotations

from pathlib import Path

import pytest
from paths import LENET

from caffe_fillers.cli import main
from caffe_fillers.cli.commands import COMMANDS

NET = "net.prototxt"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(NET).write_bytes(LENET.read_bytes())


REFUSED = [
    (f"{NET} --seed 1e3", "--seed '1e3': give a whole number, as 1000"),
    (f"{NET} --seed 0x10", "--seed '0x10': give a whole number"),
    (f"{NET} --seed 1e400", "--seed '1e400': give a whole number"),
    (f"{NET} --seed", "--seed: give a value after it, as --seed N"),
    (f"{NET} --threads two", "--threads 'two': give a whole number"),
    (f"{NET} --phase tset", "--phase 'tset': give train or test (did you mean 'test'?)"),
    (f"{NET} --sede 1", "there is no option --sede (did you mean '--seed'?); caffe-fill --help lists them"),
    (f"{NET} -x", "there is no option -x; caffe-fill --help lists them"),
    ("--zzz", "there is no option --zzz; caffe-fill --help lists them"),
    (f"{NET} --quiet=yes", "--quiet takes no value"),
    (f"{NET} --s 1", "ambiguous option: --s could match "),
    (
        f"{NET} out.caffemodel",
        "'out.caffemodel' is one name too many: caffe-fill takes NET; name the output with -o out.caffemodel",
    ),
    (f"check {NET} a b", "'b' is one name too many: caffe-fill check takes NET and WEIGHTS"),
    ("plan", "NET is missing; caffe-fill plan --help shows what it takes"),
    (f"port {NET}", "--to is missing; caffe-fill port --help shows what it takes"),
    (
        f"port {NET} --to pytorhc",
        "--to 'pytorhc': give torch, keras, mxnet, jax, tf1 or onnx (did you mean 'torch'?)",
    ),
    (f"port {NET} --to torch --only weights", "--only 'weights': give init"),
    (f"probe {NET} --fills 0", "--fills '0': give 1 or more"),
    (f"--seed 1 plan {NET}", f"the command comes first: caffe-fill plan --seed 1 {NET}"),
    (f"--gains plan {NET}", f"the command comes first: caffe-fill plan --gains {NET}"),
    (f"inspect {NET}", "'inspect' is neither a command (did you mean 'plan'?) nor a file; the commands are "),
    (f"verify {NET}", "(did you mean 'check'?)"),
    ("lenet", "'lenet' is neither a command nor a file; the commands are fill, plan, "),
    ("help chekc", "'chekc' is no command (did you mean 'check'?)"),
    ("", "give a net, as in caffe-fill net.prototxt; caffe-fill help lists options and commands"),
]


@pytest.mark.parametrize(("line", "said"), REFUSED, ids=[line for line, _ in REFUSED])
def test_one_message_of_our_own(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("caffe-fill: ")
    assert said in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    "line",
    [
        f"plan {NET} --phase TEST",
        f"port {NET} --to PyTorch",
        f"port {NET} --to tensorflow --only init",
        f"{NET} --seed 1 --layout pytorch --quiet",
        f"{NET} --seed 1 --layout caffe --quiet",
        f"fill --quiet {NET} --seed +1",
        f"--quiet --seed 1 {NET}",
        f"{NET} --seed 1 --stage check --quiet",
    ],
)
def test_what_is_meant_is_taken(line: str) -> None:
    assert main(line.split()) == 0


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_a_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["help", *name.split()])
    assert stopped.value.code == 0
    command = "" if name in ("", "fill") else f" {name}"
    assert capsys.readouterr().out.startswith(f"usage: caffe-fill{command} [-h]")


def test_a_phase_in_capitals_is_that_phase(capsys: pytest.CaptureFixture[str]) -> None:
    text = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 4 } } }'
    text += "".join(
        f'layer {{ name: "{phase}" type: "InnerProduct" bottom: "x" top: "{phase}" '
        f"include {{ phase: {phase} }} inner_product_param {{ num_output: 2 }} }}"
        for phase in ("TRAIN", "TEST")
    )
    Path(NET).write_text(text)
    for phase in ("TRAIN", "TEST"):
        assert main(["plan", NET, "--phase", phase]) == 0
        assert f"{phase} " in capsys.readouterr().out


@pytest.mark.parametrize("weights", ["w.caffemodel", "w.npz"])
def test_check_names_its_arguments_where_they_are_swapped(
    weights: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([NET, "--seed", "1", "-o", weights, "--quiet"]) == 0
    assert main(["check", weights, NET]) == 2
    assert f"the net comes first, caffe-fill check {NET} {weights}" in capsys.readouterr().err
    assert main(["check", NET, weights]) == 0
    Path("other.prototxt").write_text("name: 'no net at all'")
    assert main(["check", weights, "other.prototxt"]) == 2
    assert "comes first" not in capsys.readouterr().err
