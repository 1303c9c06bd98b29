"""Recognize Caffe's other files by their content: solver states, and blobs such as mean images."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import FormatError, OtherFileError
from caffe_fillers.formats.blob_proto import read_blob
from caffe_fillers.formats.contract import view
from caffe_fillers.formats.kinds import misfits
from caffe_fillers.schema import BlobProto, NetParameter, SolverState, from_bytes
from caffe_fillers.shapes import format_shape


def refuse_other_files(file: BinaryIO, path: str) -> None:
    """Refuse a sound file of Caffe's that holds no net: an `OtherFileError` says what it is."""
    content = view(file)
    if _is(content, SolverState):
        state = from_bytes(SolverState, bytes(content))
        raise OtherFileError(f"{path}: {solver_state(state.iter, state.learned_net)}")
    if _is(content, BlobProto):
        raise OtherFileError(
            f"{path}: this is {describe(read_values(content))}; "
            f"caffe-fill convert {path} B.npy writes it as an array"
        )


def solver_state(iteration: int, learned_net: str) -> str:
    """Describe a solver's state in words: `SGDSolver::SnapshotSolverState`, sgd_solver.cpp."""
    return (
        f"this is a solver's state (iteration {iteration}), which holds momentum, not weights; "
        f"these are in {learned_net or 'a caffemodel beside it'}"
    )


def is_blob(file: BinaryIO) -> bool:
    """Return whether a file holds a single BlobProto, as a mean image does."""
    return _is(view(file), BlobProto)


def read_values(content: memoryview) -> Values:
    """The values of a serialized BlobProto."""
    return read_blob(content).array()


def describe(values: Values) -> str:
    """A blob in words, with its mean and that of each channel.

    >>> describe(np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1))
    'a blob of shape 1x2x2x1, such as a mean image: mean 1.5, by channel 0.5, 2.5'
    """
    said = f"a blob of shape {format_shape(values.shape)}, such as a mean image"
    if not values.size:
        return said
    said += f": mean {values.mean(dtype=np.float64):.6g}"
    if values.ndim < 3:
        return said
    channels = np.moveaxis(values, -3, 0).reshape(values.shape[-3], -1).mean(1, dtype=np.float64)
    return f"{said}, by channel {', '.join(f'{mean:.6g}' for mean in channels)}"


def _is(content: memoryview, message_type: type[BlobProto] | type[SolverState]) -> bool:
    """Return whether a file is a message of that type, and no net."""
    try:
        return bool(content) and misfits(content, message_type) == 0 < misfits(content, NetParameter)
    except FormatError:
        return False
