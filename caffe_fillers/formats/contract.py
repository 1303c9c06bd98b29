"""What a file format is and how one is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from caffe_fillers._registry import Registry
from caffe_fillers.errors import FormatError, UsageError
from caffe_fillers.model import Model


@dataclass(frozen=True)
class Format:
    """A registered format: the endings of its files' names, and how to write and read one.

    Both functions work on open binary files; `write` draws the model's blobs
    in order and holds none of them.
    """

    name: str
    endings: tuple[str, ...]
    write: Callable[[BinaryIO, Model], None]
    read: Callable[[BinaryIO], Model] | None = None


def read_model(file: BinaryIO, path: str, name: str | None = None) -> Model:
    """The model in an open file, whose blobs are read when they are asked for."""
    file_format = format_for(path, name)
    if file_format.read is None:
        raise UsageError(f"{path}: the format {file_format.name} is written only")
    try:
        return file_format.read(file)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error


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
