"""File formats: their contract, their registry, and the choice of one."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from caffe_fillers._registry import Registry
from caffe_fillers.distributions import Values
from caffe_fillers.errors import FormatError, NetError, OtherFileError, UsageError
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.shapes import check_blob_shape

_PIECE, _MAX_PIPE = 1 << 20, 1 << 31

Tensors: TypeAlias = Sequence[tuple[str, ModelBlob]]


@dataclass(frozen=True)
class Format:
    """A registered format: the extensions of its files' names, and how to write and read one.

    Both functions work on open binary files, or on the path of a folder where
    `folder` is set; `write` draws the model's blobs in order and holds none of
    them. A file whose name ends with one of `also_reads` may be of this
    format, or a net without weights: it is never written by that name alone.
    `write_tensors` writes arrays of any names without a net, for other
    frameworks. `doubt` says what Caffe could not do with a model's file.
    `may_begin` says whether a file of this format may begin so, where files of
    other kinds begin so too, such as zip archives.
    `broken` is what the format's library raises on a broken file, at once or
    when a blob is read; `read_model` makes a `FormatError` of it.
    """

    name: str
    extensions: tuple[str, ...]
    write: Callable[[Any, Model], None]
    read: Callable[[Any], Model] | None = None
    broken: tuple[type[Exception], ...] = ()
    also_reads: tuple[str, ...] = ()
    folder: bool = False
    write_tensors: Callable[[BinaryIO, Tensors], None] | None = None
    doubt: Callable[[Model], str] = lambda model: ""
    may_begin: Callable[[bytes], bool] = lambda head: False


def read_model(file: BinaryIO | Path, path: str, name: str | None = None) -> Model:
    """Read the model in an open file or a folder; its blobs are read when they are asked for.

    A broken file is a `FormatError`, now or then; so is a blob that Caffe's
    own blobs could not hold.
    """
    file_format = format_to_read(path, name)
    if file_format.read is None:
        raise UsageError(f"{path}: the format {file_format.name} is written only")
    with _broken(path, file_format):
        model = file_format.read(file)
        if not model.layers:
            raise FormatError("there is no layer in it, so it holds no weights")
    ambiguous = path.endswith(file_format.also_reads) and not path.endswith(file_format.extensions)
    if ambiguous and not any(layer.blobs for layer in model.layers):
        raise FormatError(f"{path}: this is a net without blobs; fill it first: caffe-fill {path}")
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
    """Yield the blob's values, as many as its shape says."""
    left = blob.count
    with _broken(where, file_format):
        for chunk in blob.chunks():
            left -= chunk.size
            yield chunk
        if left:
            raise FormatError(f"{abs(left):,} values too {'few' if left > 0 else 'many'} for its shape")


def view(file: BinaryIO) -> memoryview:
    """Map the whole file if possible; a pipe, which may be endless, is read up to 2 GiB."""
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
    """Turn whatever reading raises on a broken file into an error that says which file and what to do."""
    try:
        yield
    except OtherFileError as error:
        raise OtherFileError(f"{where}: {error}") from error
    except (FormatError, NetError) as error:
        raise FormatError(f"{where}: {error}; save or fetch the file again") from error
    except MemoryError as error:
        raise FormatError(f"{where}: reading it takes more memory than there is") from error
    except file_format.broken as error:
        first = error.args[0] if error.args else type(error).__name__
        reason = getattr(error, "strerror", None) or first
        raise FormatError(
            f"{where}: this is no {file_format.name} file, or it is damaged ({reason}); save or fetch the "
            "file again, or name its format where its extension misleads"
        ) from error


formats: Registry[Format] = Registry("format", __package__)


def format_for(path: str, name: str | None = None) -> Format:
    """Return the format of that name, or the one whose extension the path has, to write it.

    >>> format_for("net.caffemodel").name
    'caffemodel'
    """
    return formats[name] if name is not None else _by_extension(path, lambda each: each.extensions)


def format_to_read(path: str, name: str | None = None) -> Format:
    """Return the format of that name, or the one that a file or folder of that name may have.

    >>> format_to_read("net.prototxt").name
    'prototxt'
    """
    if name is not None:
        return formats[name]
    if Path(path).is_dir():
        return next(each for each in map(formats.__getitem__, formats) if each.folder)
    return _by_extension(path, lambda each: each.extensions + each.also_reads)


def _by_extension(path: str, extensions: Callable[[Format], tuple[str, ...]]) -> Format:
    known: list[str] = []
    for candidates in (formats.own, formats.all):  # the second asks other distributions too
        known = [extension for each in candidates() for extension in extensions(each)]
        matches = [extension for extension in known if path.endswith(extension)]
        if matches:
            longest = max(matches, key=len)
            return next(each for each in candidates() if longest in extensions(each))
    raise UsageError(
        f"no weight format has the extension of {path!r}: use one of {', '.join(known)}, or name "
        "the format with --format or --from, where the command has them"
    )
