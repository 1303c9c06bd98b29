"""The page docs/pycaffe.md: its code runs and prints what its comments say; it names what is public."""

from __future__ import annotations

import re
import subprocess
import sys

from documents import blocks
from paths import DOCS, ROOT

import caffe_fillers.pycaffe as caffe

PAGE = (DOCS / "pycaffe.md").read_text()


def test_the_code_of_the_page_prints_what_it_says() -> None:
    code = [block.body for block in blocks(PAGE) if block.kind == "python"]
    assert len(code) == 2
    for body in code:
        done = subprocess.run(
            [sys.executable, "-c", body], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.stdout.splitlines() == re.findall(r"print\(.*  # (.*)", body), done.stderr


def test_the_page_names_what_is_public() -> None:
    kin = {"NesterovSolver", "AdaGradSolver", "RMSPropSolver", "AdaDeltaSolver", "AdamSolver"}
    unsaid = {"__version__", "TRAIN", "Layer", "log", "has_nccl", "layer_type_list", "net_spec"} | kin
    assert [name for name in caffe.__all__ if name not in PAGE and name not in unsaid] == []
