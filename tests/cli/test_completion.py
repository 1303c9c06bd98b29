"""Completions as a shell asks for them: commands, options, their values, files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("argcomplete", reason="the extra 'completion' is not installed")


def offered(line: str, folder: Path) -> set[str]:
    """What the installed command offers at the end of a line."""
    answer = folder / "answer.txt"
    environment = os.environ | {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    code = "import sys; sys.argv = ['caffe-fill']; from caffe_fillers.cli import entry_point; entry_point()"
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=folder, check=False, timeout=60)
    return {word.strip() for word in answer.read_text().split("\n")}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("caffe-fill --se", {"--seed"}),
        ("caffe-fill plan --ga", {"--gains"}),
        ("caffe-fill check net.prototxt w.caffemodel --allow", {"--allow-unseeded"}),
        ("caffe-fill pl", {"plan"}),
        ("caffe-fill plan ne", {"net.prototxt"}),
        ("caffe-fill ne", {"net.prototxt"}),
        ("caffe-fill fill net.prototxt --thr", {"--threads"}),
    ],
)
def test_what_is_offered(line: str, expected: set[str], tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").touch()
    assert expected <= offered(line, tmp_path)
