"""The README and docs: what they show is what is printed, and they name all that is public."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import ROOT, blocks, trimmed

import caffe_fillers as cf
from caffe_fillers.cli import main
from caffe_fillers.cli.commands import COMMANDS
from caffe_fillers.schema.overlay import FORKS

README = (ROOT / "README.md").read_text()
DOCS = README + "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
BLOCKS = [(block.kind, block.body) for block in blocks(README)]


def test_the_main_command_prints_what_the_readme_shows(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = next(body for kind, body in BLOCKS if kind == "sh" and "caffe-fill" in body)
    words = command.split("caffe-fill ")[1].split()
    monkeypatch.chdir(tmp_path)
    assert main([str(ROOT / words[0]), *words[1:]]) == 0
    shown = next(body for kind, body in BLOCKS if "wrote lenet.caffemodel" in body)
    assert trimmed(capsys.readouterr().out) == trimmed(shown)


def test_the_error_is_the_one_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = next(body for kind, body in BLOCKS if body.startswith("$ caffe-fill net.prototxt"))
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(
        'layer {\n  name: "conv1"\n  type: "Convolution"\n'
        "  convolution_param { num_output: 64 kernal_size: 3 }\n}\n"
    )
    command, *printed = trimmed(shown)
    assert main(command.split()[2:]) == 2
    assert trimmed(capsys.readouterr().err) == printed


def test_the_python_runs_and_its_comments_are_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = next(body for kind, body in BLOCKS if kind == "python")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(code, names)
    for line in code.splitlines():
        match = re.match(r"(\S.*?)\s{2,}# (\(.*\))$", line)
        if match:
            assert repr(eval(match[1], names)) == match[2]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_docs_name_every_command(name: str) -> None:
    assert name == "fill" or f"caffe-fill {name}" in DOCS


@pytest.mark.parametrize("name", sorted(set(cf.__all__) - {"__version__"}))
def test_the_docs_name_everything_public(name: str) -> None:
    assert re.search(rf"\b{name}\b", DOCS), f"{name} stands in no document"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_options_of_the_readme_exist(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(([] if name == "fill" else [name]) + ["--help"])
    printed = capsys.readouterr().out
    if name == "fill":
        usage = next(body for kind, body in BLOCKS if body.startswith("caffe-fill NET [-o OUT]"))
        for option in re.findall(r"--[a-z]+", usage.split("\ncaffe-fill plan")[0]):
            assert option in printed


def test_the_number_of_forks_is_that_of_the_dialects() -> None:
    units = ("", "-one", "-two", "-three", "-four", "-five", "-six", "-seven", "-eight", "-nine")
    tens, unit = divmod(len(FORKS), 10)
    said = f"Nets of { {2: 'twenty', 3: 'thirty', 4: 'forty'}[tens] }{units[unit]} forks"
    assert said in README
    assert said in (ROOT / "CHANGELOG.md").read_text()


def test_the_readme_names_every_extra_that_is_asked_for() -> None:
    table = README.partition("| extra | for |")[2].partition("\n\n")[0]
    source = "".join(path.read_text() for path in (ROOT / "caffe_fillers").rglob("*.py"))
    for extra in re.findall(r'MissingExtraError\("[^"]+", "(\w+)"\) from', source):
        assert f"`{extra}`" in table


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_changelog_names_every_command(name: str) -> None:
    assert name == "fill" or f"caffe-fill {name}" in (ROOT / "CHANGELOG.md").read_text()
