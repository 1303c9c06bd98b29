"""Writing ONNX models: checked, and whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

from caffe_fillers.api.files import replace_file
from caffe_fillers.port.onnx_export import Exported

_LIMIT = 2**31 - 2**20  # a protobuf ends at 2 GiB; the nodes need some of it


def save_onnx(exported: Exported, path: Path) -> None:
    """Write the model after a full check; initializers of 2 GiB or more go to `path` + `.data` beside it."""
    import onnx

    if exported.num_bytes < _LIMIT:
        onnx.checker.check_model(exported.model, full_check=True)
        with replace_file(path) as file:
            file.write(exported.model.SerializeToString())
        return
    _save_outside(exported, path)


def _save_outside(exported: Exported, path: Path) -> None:
    """Save into a folder of its own first, where the checker reads both files."""
    import onnx

    data = f"{path.name}.data"
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        made = Path(folder) / path.name
        onnx.save_model(
            exported.model, made, save_as_external_data=True, all_tensors_to_one_file=True, location=data
        )
        onnx.checker.check_model(str(made), full_check=True)
        (Path(folder) / data).replace(path.parent / data)
        made.replace(path)
