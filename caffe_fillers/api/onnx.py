"""Writing ONNX models: checked, and whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_fillers.api.files import replace_file

if TYPE_CHECKING:
    import onnx

_LIMIT = 2**31 - 2**20  # a protobuf ends at 2 GiB; the nodes need some of it


def save_onnx(model: onnx.ModelProto, path: Path) -> None:
    """Write the model after a full check; initializers of 2 GiB or more go to `path` + `.data` beside it."""
    import onnx

    if sum(len(each.raw_data) for each in model.graph.initializer) < _LIMIT:
        onnx.checker.check_model(model, full_check=True)
        with replace_file(path) as file:
            file.write(model.SerializeToString())
        return
    _save_outside(model, path)


def _save_outside(model: onnx.ModelProto, path: Path) -> None:
    """Save into a folder of its own first, where the checker reads both files."""
    import onnx

    data = f"{path.name}.data"
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        made = Path(folder) / path.name
        onnx.save_model(model, made, save_as_external_data=True, all_tensors_to_one_file=True, location=data)
        onnx.checker.check_model(str(made), full_check=True)
        (Path(folder) / data).replace(path.parent / data)
        made.replace(path)
