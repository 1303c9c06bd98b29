"""caffemodel.h5 as `Net::ToHDF5` writes it (caffe/src/caffe/net.cpp, util/hdf5.cpp): /data/<layer>/<index>.

Every layer has a group, also one without blobs; a dataset exists only for a
blob that owns its values. Where a layer's name has a slash Caffe stops, since
it does not make the groups between; here they are made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from caffe_fillers.distributions import CHUNK, Values
from caffe_fillers.errors import FormatError, MissingExtraError, OtherFileError, few
from caffe_fillers.formats.contract import Format, formats
from caffe_fillers.formats.named_blobs import BLOBS, NET, check_text_size, restore, stored, texts
from caffe_fillers.formats.others import solver_state
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.shapes import count

if TYPE_CHECKING:
    import h5py

_DATA = "data"
_MAX_PIECE = 1 << 30  # a compressed dataset is read in pieces of its own, which are held whole
_BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError)
"""h5py makes one of these of whatever the C library finds wrong."""


def write(file: BinaryIO, model: Model) -> None:
    """Lay the file out by its shapes, close it, and write each blob where its dataset lies.

    So a blob passes through in pieces of any length, which HDF5's own
    rectangles cannot have. The net's texts are datasets beside `data`.
    """
    try:
        import h5py
    except ImportError:
        raise MissingExtraError("h5py", "hdf5") from None
    if not file.seekable():
        raise FormatError("HDF5 is not written from front to back: give a file, not a pipe or a device")
    _check_names(model)
    places: list[tuple[int | None, ModelBlob]] = []
    try:
        with h5py.File(file, "w") as root:
            data = root.create_group(_DATA)
            for layer in model.layers:
                data.require_group(layer.name)
            for name, blob in stored(model):
                places.append((_lay_out(data, name, blob), blob))
            for name, text in texts(model).items():
                root[name] = np.frombuffer(text.encode(), np.uint8)
    except (ValueError, TypeError) as error:
        raise FormatError(f"HDF5 cannot hold layers of these names: {error}") from error
    for offset, blob in places:
        if offset is not None:
            file.seek(offset)
            for chunk in blob.chunks():
                file.write(chunk.astype("<f4", copy=False).data)


def _check_names(model: Model) -> None:
    """Refuse names that HDF5 would read as a path to somewhere else, or as none.

    Of a path's parts an empty one and `.` mean the group itself, and one that
    begins with a slash begins at the root (HDF5 User's Guide, 4.2.3, "Path names").
    """
    names = [layer.name for layer in model.layers]
    unfit = [name for name in names if "\0" in name or {"", "."} & set(name.split("/"))]
    if unfit:
        raise FormatError(
            f"HDF5 has no group of the name of {len(unfit)} of its layers ({few(unfit)}): a part between "
            "slashes is empty or a dot, or there is a null character; rename them, or choose another format"
        )


def _lay_out(data: h5py.Group, name: str, blob: ModelBlob) -> int | None:
    """Make a dataset without values; its place in the file, None where it is empty."""
    import h5py

    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    settings.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    settings.set_obj_track_times(False)  # a file that says when it was made is never the same again
    folder, _, index = name.rpartition("/")
    space = h5py.h5s.create_simple(blob.shape) if blob.shape else h5py.h5s.create(h5py.h5s.SCALAR)
    group = data.require_group(folder)
    made = h5py.h5d.create(group.id, index.encode(), h5py.h5t.IEEE_F32LE, space, settings)
    offset: int | None = made.get_offset()
    return offset if blob.count else None


def read(file: BinaryIO) -> Model:
    """Read a model whose blobs are read when asked for; nothing outside the file is ever opened."""
    try:
        import h5py
    except ImportError:
        raise MissingExtraError("h5py", "hdf5") from None
    root = h5py.File(file, "r")
    if root.get(_DATA, getlink=True) is None:
        raise _without_data(root)
    notes = {name: _text(root, name) for name in (NET, BLOBS) if root.get(name, getlink=True) is not None}
    data = _member(root, _DATA)
    if not isinstance(data, h5py.Group):
        raise FormatError("data is no group: Caffe did not write it")
    return restore(dict(_blobs(data, "", {data})), notes)


def _without_data(root: h5py.File) -> FormatError:
    """Describe a file without blobs, such as `SGDSolver::SnapshotSolverStateToHDF5` writes."""
    if all(root.get(name, getlink=True) is not None for name in ("iter", "learned_net", "history")):
        iteration, net = (np.ravel(_member(root, name)[()]) for name in ("iter", "learned_net"))
        if iteration.size == net.size == 1 and isinstance(net[0], bytes):
            return OtherFileError(solver_state(int(iteration[0]), net[0].decode()))
    return FormatError("this HDF5 file has no group data, in which Caffe and this package write blobs")


def _member(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    """Return a group or dataset of this file; refuse links, external and virtual storage."""
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise FormatError(f"{name!r} is a link; Caffe writes none, and none is followed")
    member = group[name]
    if isinstance(member, h5py.Dataset):
        if member.is_virtual or member.external:
            raise FormatError(f"the values of {name!r} are in other files, which are not opened")
        if member.chunks and math.prod(member.chunks) * member.dtype.itemsize > _MAX_PIECE:
            raise FormatError(f"{name!r} comes in pieces of more than {_MAX_PIECE:,} bytes")
    return member


def _text(root: h5py.File, name: str) -> str:
    member = _member(root, name)
    known = getattr(member, "shape", None) is not None
    if not known or member.dtype != np.uint8:
        raise FormatError(f"{name} is no text")
    check_text_size(name, member.size, stored=member.id.get_storage_size())
    text: str = member[()].tobytes().decode()
    return text


def _blobs(group: h5py.Group, above: str, seen: set[h5py.Group]) -> Iterator[tuple[str, ModelBlob]]:
    import h5py

    for name in group:
        member = _member(group, name)
        if isinstance(member, h5py.Group):
            if member in seen:
                raise FormatError(f"the group {above}{name} lies in the file twice, or in itself")
            seen.add(member)
            yield from _blobs(member, f"{above}{name}/", seen)
        elif not isinstance(member, h5py.Dataset) or member.dtype.kind != "f" or member.shape is None:
            raise FormatError(f"{above}{name} is no dataset of real numbers")
        else:
            yield above + name, ModelBlob(member.shape, partial(_chunks, member))


def _chunks(dataset: h5py.Dataset) -> Iterator[Values]:
    """Values in float32: as many along one axis as make a chunk, one by one along the axes before it."""
    if not dataset.shape:
        yield np.asarray(dataset[()], np.float32).reshape(1)
    if not dataset.shape or not dataset.size:
        return
    shape = dataset.shape
    axis = next(axis for axis in range(len(shape)) if count(shape, axis + 1) <= CHUNK)
    rows = CHUNK // max(1, count(shape, axis + 1))
    for before in np.ndindex(shape[:axis]):
        for start in range(0, shape[axis], rows):
            part = (*before, slice(start, start + rows))
            yield dataset[part].astype(np.float32, copy=False).ravel()


def doubt(model: Model) -> str:
    """Say how Caffe would fail on layers whose names hold a slash: `Net::CopyTrainedLayersFromHDF5`."""
    slashed = [layer.name for layer in model.layers if "/" in layer.name]
    if not slashed:
        return ""
    return (
        f"{len(slashed)} of its layers have a / in their names ({few(slashed)}), for HDF5 a folder: "
        "reading the file, Caffe passes over them or stops"
    )


formats.add("h5", Format("h5", (".h5", ".hdf5"), write, read, _BROKEN, doubt=doubt))
