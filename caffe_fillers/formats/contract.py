"""What a file format is and how one is chosen."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

from caffe_fillers._registry import Registry
from caffe_fillers.errors import FormatError, NetError, UsageError
from caffe_fillers.laws import Values
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.shapes import check_blob_shape

_PIECE, _MAX_PIPE = 1 << 20, 1 << 31


@dataclass(frozen=True)
class Format:
    """A registered format: the endings of its files' names, and how to write and read one.

    Both functions work on open binary files; `write` draws the model's blobs
    in order and holds none of them. `broken` is what the format's library
    raises on a broken file, at once or when a blob is read; `read_model` makes
    a `FormatError` of it.
    """

    name: str
    endings: tuple[str, ...]
    write: Callable[[BinaryIO, Model], None]
    read: Callable[[BinaryIO], Model] | None = None
    broken: tuple[type[Exception], ...] = ()


def read_model(file: BinaryIO, path: str, name: str | None = None) -> Model:
    """The model in an open file, whose blobs are read when they are asked for.

    A broken file is a `FormatError`, now or then; so is a blob that Caffe's
    own blobs could not hold.
    """
    file_format = format_for(path, name)
    if file_format.read is None:
        raise UsageError(f"{path}: the format {file_format.name} is written only")
    with _broken(path, file_format):
        model = file_format.read(file)
    layers = []
    for layer in model.layers:
        blobs = []
        for index, blob in enumerate(layer.blobs):
            where = f"{path}: blob {index} of layer {layer.name!r}"
            with _broken(where, file_format):
                check_blob_shape(blob.shape)
            blobs.append(replace(blob, chunks=partial(_read, blob, where, file_format)))
        layers.append(replace(layer, blobs=tuple(blobs)))
    return replace(model, layers=tuple(layers))


def _read(blob: ModelBlob, where: str, file_format: Format) -> Iterator[Values]:
    """The blob's values, as many as its shape says."""
    left = blob.count
    with _broken(where, file_format):
        for chunk in blob.chunks():
            left -= chunk.size
            yield chunk
        if left:
            raise FormatError(f"{abs(left):,} values too {'few' if left > 0 else 'many'} for its shape")


def view(file: BinaryIO) -> memoryview:
    """The whole file, mapped where that can be done; a pipe may be endless, and is read up to 2 GiB."""
    try:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):  # a pipe, a file in memory, an empty file
        pieces, size = [], 0
        while piece := file.read(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > _MAX_PIPE:
                raise FormatError(f"more than {_MAX_PIPE:,} bytes come out of a pipe: give a file") from None
        return memoryview(b"".join(pieces))


@contextmanager
def _broken(where: str, file_format: Format) -> Iterator[None]:
    """Whatever reading raises on a broken file, as an error that says which file and what to do."""
    try:
        yield
    except (FormatError, NetError) as error:
        raise FormatError(f"{where}: {error}; save or fetch the file again") from error
    except MemoryError as error:
        raise FormatError(f"{where}: reading it takes more memory than there is") from error
    except file_format.broken as error:
        reason = error.args[0] if error.args else type(error).__name__
        raise FormatError(
            f"{where}: this is no {file_format.name} file, or it is damaged ({reason}); save or fetch the "
            "file again, or name its format where its ending misleads"
        ) from error


formats: Registry[Format] = Registry("format", __package__)


def format_for(path: str, name: str | None = None) -> Format:
    """The format of that name, or the one whose ending the path has.

    >>> format_for("net.caffemodel").name
    'caffemodel'
    """
    if name is not None:
        return formats[name]
    matches = [each for each in map(formats.__getitem__, formats.names()) if path.endswith(each.endings)]
    if not matches:
        endings = ", ".join(ending for each in formats.names() for ending in formats[each].endings)
        raise UsageError(f"the name {path!r} tells no format; let it end with {endings} or give --format")
    return max(matches, key=lambda each: max(len(end) for end in each.endings if path.endswith(end)))
