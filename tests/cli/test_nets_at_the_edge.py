"""Nets at the edge of what Caffe builds, which once ended commands in exit code 70 or in numpy's warnings."""

from __future__ import annotations

from pathlib import Path

import pytest

from caffe_fillers.cli import main

NETS = {
    "input alone": "input: 'a'",
    "last part of a slice empty": """
        layer { name: 'a' type: 'Input' top: 'a' input_param { shape { dim: 2 dim: 6 } } }
        layer { name: 'x' type: 'Slice' bottom: 'a' top: 'b' top: 'c' slice_param { slice_point: 6 } }""",
    "window larger than the image": """
        layer { name: 'a' type: 'Input' top: 'a' input_param { shape { dim: 1 dim: 1 dim: 1 dim: 1 } } }
        layer { name: 'x' type: 'Pooling' bottom: 'a' top: 'b' pooling_param { kernel_size: 2 } }""",
    "stride of one axis": """
        layer { name: 'a' type: 'Input' top: 'a' input_param { shape { dim: 1 dim: 3 dim: 9 dim: 9 } } }
        layer { name: 'x' type: 'Deconvolution' bottom: 'a' top: 'b'
                convolution_param { num_output: 2 kernel_size: 2 stride_h: 2 } }""",
    "std near the largest float": """
        layer { name: 'd' type: 'Input' top: 'd' input_param { shape { dim: 1 dim: 1 } } }
        layer { name: 'c' type: 'InnerProduct' bottom: 'd' top: 'e'
                inner_product_param { num_output: 9 weight_filler { type: 'gaussian' std: 3e38 } } }""",
}
NOT_PORTED = {"input alone", "window larger than the image", "stride of one axis"}
COMMANDS = {
    "plan": ["plan", "--gains"],
    "report": ["report", "-o", "x.html"],
    "port": ["port", "--to", "torch"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("net", NETS)
def test_a_command_ends_well(net: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NETS[net])
    name, *options = COMMANDS[command]
    refused = command == "port" and net in NOT_PORTED
    assert main([name, "net.prototxt", *options]) == (2 if refused else 0)
