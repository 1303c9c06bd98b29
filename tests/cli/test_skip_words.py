"""`--skip-words`: a fill that begins late is that of a net whose data layer drew first; check names it."""

from pathlib import Path

import pytest

from caffe_fillers.cli import main

INPUT = "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: [2, 3, 8, 8] } } }"
DATA = """layer { name: 'data' type: 'Data' top: 'data' data_param { source: 'db' batch_size: 2 }
  transform_param { crop_size: 8 } }"""
CONV = """layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c'
  convolution_param { num_output: 40 kernel_size: 3 weight_filler { type: 'xavier' } } }"""


@pytest.fixture
def nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, data in (("train", DATA), ("deploy", INPUT)):
        (tmp_path / f"{name}.prototxt").write_text(data + CONV)
    return tmp_path


def test_a_fill_that_begins_late(nets: Path) -> None:
    fill = ["train.prototxt", "--seed", "7", "--quiet", "--phase", "test", "--format", "npz"]
    assert main([*fill, "--caffe", "rc3", "-o", "rc3.npz"]) == 0
    assert main([*fill, "--skip-words", "1", "-o", "late.npz"]) == 0
    assert main([*fill, "-o", "now.npz"]) == 0
    values = [(nets / f"{name}.npz").read_bytes() for name in ("rc3", "late", "now")]
    assert values[0] == values[1] != values[2]


@pytest.mark.parametrize(
    ("net", "words", "cause", "option"),
    [
        ("train", "1", "drawn as Caffe rc3 draws", "--caffe rc3"),
        ("deploy", "2", "2 words late: something drew", "--skip-words 2"),
    ],
)
def test_check_names_the_cause(
    nets: Path, net: str, words: str, cause: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [
        f"{net}.prototxt",
        "--seed",
        "7",
        "--skip-words",
        words,
        "--quiet",
        "--phase",
        "test",
        "-o",
        "made.npz",
    ]
    assert main(made) == 0
    assert main(["check", f"{net}.prototxt", "made.npz", "--phase", "test"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert cause in said and f"--seed 7 {option}" in said


@pytest.mark.parametrize("wrong", ["-1", "1.5", "two"])
def test_no_number_of_words(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["net.prototxt", f"--skip-words={wrong}"]) == 2
    assert f"--skip-words {wrong!r}: give a whole number, 0 or above" in capsys.readouterr().err
