"""The page docs/pycaffe.md: its code runs and prints what its comments say; it names what is public."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from documents import blocks
from paths import DOCS, ROOT

import caffe_fillers.pycaffe as caffe

PAGE = (DOCS / "pycaffe.md").read_text()


CODE = [block.body for block in blocks(PAGE) if block.kind == "python"]


@pytest.mark.parametrize("body", CODE, ids=["generator and net", "install", "forward"])
def test_the_code_of_the_page_prints_what_it_says(body: str) -> None:
    if ".forward(" in body:
        pytest.importorskip("onnx", reason="onnx is not installed", exc_type=ImportError)
        pytest.importorskip("onnxruntime", reason="onnxruntime is not installed", exc_type=ImportError)
    done = subprocess.run([sys.executable, "-c", body], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == re.findall(r"print\(.*  # (.*)", body), done.stderr


def test_the_page_names_what_is_public() -> None:
    kin = {"NesterovSolver", "AdaGradSolver", "RMSPropSolver", "AdaDeltaSolver", "AdamSolver"}
    unsaid = {"__version__", "TRAIN", "Layer", "log", "has_nccl", "layer_type_list", "net_spec"} | kin
    assert [name for name in caffe.__all__ if name not in PAGE and name not in unsaid] == []
