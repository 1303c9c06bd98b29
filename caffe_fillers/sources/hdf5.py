"""Shapes of the datasets in HDF5 files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from caffe_fillers.errors import MissingExtraError, SourceError
from caffe_fillers.shapes import Shape
from caffe_fillers.sources import Sources
from caffe_fillers.sources.lists import lines

if TYPE_CHECKING:
    import h5py


def dataset_shapes(source: str, names: list[str], sources: Sources) -> list[Shape] | None:
    """The shapes of the named datasets in the first file of a list."""
    listed = sources.find(source)
    if listed is None:
        return None
    first = next((word for line in lines(listed) for word in line.split()), None)
    if first is None:
        raise SourceError(f"the list of HDF5 files {listed} is empty")
    path = sources.find(first)
    if path is None:
        return None
    try:
        import h5py
    except ImportError:
        raise MissingExtraError("h5py", "hdf5") from None
    try:
        with h5py.File(path, "r") as file:
            return [_shape(file, name, path) for name in names]
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError) as error:
        raise SourceError(f"{path} is no HDF5 file that can be read: {error}") from error


def _shape(file: h5py.File, name: str, path: Path) -> Shape:
    """The shape of a dataset of this file: no step on the way to it is a link, which might lead out."""
    import h5py

    member = file
    for step in name.split("/"):
        inside = isinstance(member, h5py.Group) and isinstance(member.get(step, getlink=True), h5py.HardLink)
        if not inside:
            break
        member = member[step]
    if not isinstance(member, h5py.Dataset) or member.shape is None:
        raise SourceError(f"the HDF5 file {path} has no dataset {name!r}")
    return tuple(member.shape)
