"""Files, each broken in one way (tools/make_bad_files.py): one message, exit code 2, nothing written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from paths import LENET, TESTS

import caffe_fillers as cf
from caffe_fillers.cli import main

BAD = TESTS / "bad"
FILES = sorted(path for path in BAD.iterdir() if path.suffix != ".txt")


@pytest.fixture
def bad(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a bad file in a folder of its own, which is the current one."""
    path: Path = request.param
    if path.suffix == ".h5":
        pytest.importorskip("h5py")
    shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return Path(path.name)


def pattern(path: Path) -> str:
    """The message as it must be; `...` in it is for a library to say, in its own words."""
    return re.escape(BAD.joinpath(path.with_suffix(".txt")).read_text("utf-8")).replace(r"\.\.\.", ".*")


@pytest.mark.parametrize("bad", FILES, indirect=True, ids=lambda path: path.stem)
def test_the_command_tells_what_is_wrong(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["plan", bad.name] if bad.suffix == ".prototxt" else ["convert", bad.name, "out.caffemodel"]
    assert main(words) == 2
    assert re.fullmatch(pattern(bad), capsys.readouterr().err, re.DOTALL)
    assert [path.name for path in Path().iterdir()] == [bad.name]


@pytest.mark.parametrize("bad", FILES, indirect=True, ids=lambda path: path.stem)
def test_a_call_raises_the_same(bad: Path) -> None:
    with pytest.raises(cf.CaffeFillersError) as caught:
        cf.load_net(bad) if bad.suffix == ".prototxt" else cf.load_weights(bad)
    told = f"caffe-fill: {caught.value}\n"
    if bad.stem != "escape_sequences":  # there the command shows what a terminal would obey
        assert re.fullmatch(pattern(bad), told, re.DOTALL)


WEIGHTS = [path for path in FILES if path.suffix != ".prototxt"]
NET = str(LENET)


@pytest.mark.parametrize("command", [["check", NET], [NET, "--weights"]], ids=["check", "--weights"])
@pytest.mark.parametrize("bad", WEIGHTS, indirect=True, ids=lambda path: path.stem)
def test_wherever_weights_are_read(command: list[str], bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, bad.name]) == 2
    assert re.fullmatch(pattern(bad), capsys.readouterr().err, re.DOTALL)
    assert [path.name for path in Path().iterdir()] == [bad.name]


def test_every_message_has_its_file() -> None:
    assert {path.stem for path in BAD.glob("*.txt")} == {path.stem for path in FILES}
