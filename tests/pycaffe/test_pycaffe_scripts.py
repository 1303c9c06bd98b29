"""Scripts in the manner of public ones, run unchanged after `install()`; comments say what they print."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))
START = """
import runpy, sys
import caffe_fillers.pycaffe
caffe_fillers.pycaffe.install()
runpy.run_path(sys.argv[1])
"""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_prints_what_caffe_would(script: Path, tmp_path: Path) -> None:
    text = script.read_text()
    if ".forward" in text:
        pytest.importorskip("onnx", reason="onnx is not installed", exc_type=ImportError)
        pytest.importorskip("onnxruntime", reason="onnxruntime is not installed", exc_type=ImportError)
    done = subprocess.run(
        [sys.executable, "-c", START, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    expected = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    assert done.stdout.splitlines() == expected, done.stderr
