"""The tutorial's last step, where torch is: its module takes the old weights and is trained a step."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from documents import blocks, run, sessions
from paths import DOCS


def test_the_tutorial_ends_in_a_step_of_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("safetensors")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    last = ""
    for block in blocks((DOCS / "tutorial-port.md").read_text()):
        if block.file:
            Path(block.file).write_text(block.body)
        if block.kind == "console":
            for command, _ in sessions(block.body):
                run(command)
        if block.kind == "py":
            exec(block.body, {})
            last = block.body
    sys.modules.pop("digits", None)
    assert "optimizer.step()" in last
    assert 2 < float(capsys.readouterr().out) < 3
