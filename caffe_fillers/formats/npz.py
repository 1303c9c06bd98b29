"""npz: a zip of numpy's own files, written and read piece by piece; pickles are never loaded."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from functools import partial
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from caffe_fillers.errors import FormatError
from caffe_fillers.formats.contract import Format, formats
from caffe_fillers.formats.named_blobs import BLOBS, NET, restore, stored, texts
from caffe_fillers.laws import CHUNK, Values
from caffe_fillers.model import Model, ModelBlob

_ENDING = ".npy"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def write(file: BinaryIO, model: Model) -> None:
    """Write what `numpy.load` opens: `file["conv1/0"]`; the net's texts are arrays of bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, text in texts(model).items():
            array = np.frombuffer(text.encode(), np.uint8)
            with _member(archive, name) as member:
                npy.write_array(member, array, allow_pickle=False)
        for name, blob in stored(model):
            with _member(archive, name) as member:
                header = {"descr": "<f4", "fortran_order": False, "shape": blob.shape}
                npy.write_array_header_1_0(member, header)
                for chunk in blob.chunks():
                    member.write(chunk.astype("<f4", copy=False).data)


def read(file: BinaryIO) -> Model:
    """A model whose blobs are read from their members when asked for; any real type becomes float32."""
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile as error:
        raise FormatError(f"this is no npz file: {error}") from error
    names = [name.removesuffix(_ENDING) for name in archive.namelist()]
    notes = {name: _text(archive, name) for name in (NET, BLOBS) if name in names}
    return restore({name: _blob(archive, name) for name in names if name not in notes}, notes)


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    return archive.open(
        zipfile.ZipInfo(name + _ENDING), "w", force_zip64=True
    )  # dated 1980: same bytes always


def _text(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name + _ENDING) as member:
        return bytes(npy.read_array(member, allow_pickle=False)).decode()


def _header(member: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        shape, fortran_order, dtype = _HEADERS[npy.read_magic(member)](member)
    except (ValueError, KeyError) as error:
        raise FormatError(f"{name!r} is no array of numpy's: {error}") from error
    if dtype.kind not in "fiu":
        raise FormatError(f"{name!r} holds {dtype}, which are no real numbers")
    return shape, fortran_order, dtype


def _blob(archive: zipfile.ZipFile, name: str) -> ModelBlob:
    with archive.open(name + _ENDING) as member:
        shape, _, _ = _header(member, name)
    return ModelBlob(shape, partial(_chunks, archive, name))


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[Values]:
    with archive.open(name + _ENDING) as member:
        shape, fortran_order, dtype = _header(member, name)
        if fortran_order:  # its values are not in the order of a blob's: the one case that is held whole
            member.seek(0)
            yield npy.read_array(member, allow_pickle=False).ravel().astype(np.float32)
            return
        left = int(np.prod(shape, dtype=np.int64))
        while left:
            size = min(left, CHUNK)
            content = member.read(size * dtype.itemsize)
            if len(content) != size * dtype.itemsize:
                raise FormatError(f"{name!r} is cut short: {left:,} of its values are missing")
            yield np.frombuffer(content, dtype).astype(np.float32, copy=False)
            left -= size


formats.add("npz", Format("npz", (".npz",), write, read))
