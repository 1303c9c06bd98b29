"""npz: a zip of numpy's own files, written and read piece by piece; pickles are never loaded."""

from __future__ import annotations

import math
import struct
import tokenize
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from caffe_fillers.distributions import CHUNK, Values
from caffe_fillers.errors import FormatError
from caffe_fillers.formats.contract import Format, Tensors, formats
from caffe_fillers.formats.named_blobs import BLOBS, NET, check_text_size, restore, stored, texts
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.resources import require_memory
from caffe_fillers.shapes import format_shape

if TYPE_CHECKING:
    import zipfile  # 15 ms, with the compressions that it knows

_SHOWN = 40
_ENDING = ".npy"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_BROKEN = (
    *(zlib.error, EOFError, OSError, ValueError, RuntimeError),
    *(KeyError, TypeError, OverflowError, struct.error, tokenize.TokenError, SyntaxError),
)


def write(file: BinaryIO, model: Model) -> None:
    """Write what `numpy.load` opens: `file["conv1/0"]`; the net's texts are arrays of bytes."""
    import zipfile

    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, text in texts(model).items():
            array = np.frombuffer(text.encode(), np.uint8)
            with _member(archive, name) as member:
                npy.write_array(member, array, allow_pickle=False)
        _add(archive, stored(model))


def write_tensors(file: BinaryIO, tensors: Tensors) -> None:
    """Write arrays under their names alone."""
    import zipfile

    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, tensors)


def _add(archive: zipfile.ZipFile, blobs: Iterable[tuple[str, ModelBlob]]) -> None:
    for name, blob in blobs:
        with _member(archive, name) as member:
            header = {"descr": "<f4", "fortran_order": False, "shape": blob.shape}
            npy.write_array_header_1_0(member, header)
            for chunk in blob.chunks():
                member.write(chunk.astype("<f4", copy=False).data)


def read(file: BinaryIO) -> Model:
    """A model whose blobs are read from their members when asked for; any real type becomes float32."""
    import zipfile

    with _zip_errors():
        archive = zipfile.ZipFile(file)
        _check_members(archive.infolist())
        names = [name.removesuffix(_ENDING) for name in archive.namelist()]
        notes = {name: _text(archive, name) for name in (NET, BLOBS) if name in names}
        blobs = {name: _blob(archive, name) for name in names if name not in notes}
    return restore(blobs, notes)


@contextmanager
def _zip_errors() -> Iterator[None]:
    """Turn what a broken archive raises into a `ValueError`."""
    import lzma
    import zipfile

    try:
        yield
    except (zipfile.BadZipFile, lzma.LZMAError) as error:
        raise ValueError(*error.args) from error


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    """Names that differ, and contents that do not lie over one another, as a zip bomb's do."""
    names: set[str] = set()
    end = 0
    for member in sorted(members, key=lambda each: each.header_offset):
        if member.filename in names:
            raise FormatError(f"it has two members {member.filename!r}")
        if not member.filename.endswith(_ENDING):
            raise FormatError(f"its member {member.filename!r} is no array of numpy's")
        if member.header_offset < end:
            raise FormatError(f"its member {member.filename!r} lies over the one before: this is a zip bomb")
        names.add(member.filename)
        end = member.header_offset + member.compress_size


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    import zipfile

    if "\0" in name or len((name + _ENDING).encode()) >= zipfile.ZIP_FILECOUNT_LIMIT:
        raise FormatError(
            f"a zip holds no name with a null character, or of 65,535 bytes, as {name[:_SHOWN]!r}: "
            "rename the layer, or choose another format"
        )
    dated_1980 = zipfile.ZipInfo(name + _ENDING)  # same bytes always
    return archive.open(dated_1980, "w", force_zip64=True)


def _text(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name + _ENDING) as member:
        entry = archive.getinfo(name + _ENDING)
        check_text_size(name, entry.file_size, stored=entry.compress_size)
        _header(member, name)
        return member.read().decode()


def _header(member: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        with _zip_errors(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers that Python 2 wrote
            shape, fortran_order, dtype = _HEADERS[npy.read_magic(member)](member)
    except _BROKEN as error:
        raise FormatError(f"{name!r} is no array of numpy's: {error}") from error
    if dtype.kind not in "fiu":
        raise FormatError(f"{name!r} holds {dtype}, which are no real numbers; pickles are never loaded")
    return shape, fortran_order, dtype


def _blob(archive: zipfile.ZipFile, name: str) -> ModelBlob:
    with archive.open(name + _ENDING) as member:
        shape, fortran_order, dtype = _header(member, name)
        size = math.prod(shape) * dtype.itemsize
        if member.tell() + size != archive.getinfo(name + _ENDING).file_size:
            raise FormatError(f"{name!r} of shape {format_shape(shape)} needs {size:,} bytes and has others")
        if fortran_order:
            require_memory(2 * size, f"{name!r}, whose values are in Fortran's order, needs")
    return ModelBlob(shape, partial(_chunks, archive, name))


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[Values]:
    with _zip_errors(), archive.open(name + _ENDING) as member:
        shape, fortran_order, dtype = _header(member, name)
        if fortran_order:  # its values are not in the order of a blob's: the one case that is held whole
            member.seek(0)
            yield npy.read_array(member, allow_pickle=False).ravel().astype(np.float32)
            return
        left = math.prod(shape)
        while left:
            size = min(left, CHUNK)
            content = member.read(size * dtype.itemsize)
            if len(content) != size * dtype.itemsize:
                raise FormatError(f"it is cut short: {left:,} of its values are missing")
            yield np.frombuffer(content, dtype).astype(np.float32, copy=False)
            left -= size


formats.add(
    "npz",
    Format(
        "npz",
        (".npz",),
        write,
        read,
        _BROKEN,
        write_tensors=write_tensors,
        may_begin=lambda head: head.startswith(b"PK\x03\x04"),
    ),
)
