"""Shapes of the datasets in HDF5 files."""

from __future__ import annotations

from caffe_fillers.errors import MissingExtraError, SourceError
from caffe_fillers.shapes import Shape
from caffe_fillers.sources import Sources


def dataset_shapes(source: str, names: list[str], sources: Sources) -> list[Shape] | None:
    """The shapes of the named datasets in the first file of a list."""
    listed = sources.find(source)
    if listed is None:
        return None
    files = listed.read_text(errors="replace").split()
    if not files:
        raise SourceError(f"the list of HDF5 files {listed} is empty")
    path = sources.find(files[0])
    if path is None:
        return None
    try:
        import h5py
    except ImportError:
        raise MissingExtraError("h5py", "hdf5") from None
    try:
        with h5py.File(path, "r") as file:
            for name in names:
                if not isinstance(file.get(name, getlink=True), h5py.HardLink):  # never out of this file
                    raise SourceError(f"the HDF5 file {path} has no dataset {name!r}")
            return [tuple(file[name].shape) for name in names]
    except OSError as error:
        raise SourceError(f"{path} is no HDF5 file that can be read: {error}") from error
