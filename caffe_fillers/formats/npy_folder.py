"""A folder of numpy's files, one a blob, to be mapped into memory, and a manifest that says what they are.

`np.load("lenet.npy.d/conv1.0.npy", mmap_mode="r")` reads nothing until a value
is used. manifest.json has the net as prototxt and, for each layer, its blobs:
file and shape, and where a blob shares another's values that one's layer and
index; its file is that one's.
"""

from __future__ import annotations

import json
import re
import tokenize
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from caffe_fillers.distributions import CHUNK, Values
from caffe_fillers.errors import CaffeFillersError, FormatError
from caffe_fillers.formats.contract import Format, formats
from caffe_fillers.formats.named_blobs import MAX_TEXT
from caffe_fillers.formats.net_text import net_text, read_net_text
from caffe_fillers.model import Model, ModelBlob, ModelLayer, Place
from caffe_fillers.shapes import as_shape, format_shape

MANIFEST = "manifest.json"
_KIND, _VERSION = "caffe_fillers numpy folder", 1
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}\.npy")
_BROKEN = (
    *(OSError, ValueError, KeyError, TypeError, EOFError, SyntaxError, RecursionError, OverflowError),
    *(IndexError, tokenize.TokenError),
)

Owners = dict[tuple[str, int], Place]
"""Places of blobs by the name and index that the manifest has."""


def write(folder: Path, model: Model) -> None:
    """Write the blobs into an empty folder, and last the manifest."""
    layers = []
    files: dict[Place, str] = {}
    for position, (layer, stem) in enumerate(zip(model.layers, _stems(model), strict=True)):
        blobs = []
        for index, blob in enumerate(layer.blobs):
            owner = model.owner_name(blob)
            file = files[blob.owner] if blob.owner and owner else f"{stem}.{index}.npy"
            files[position, index] = file
            blobs.append(_described(file, blob, owner))
            if owner is None:
                _write_blob(folder / file, blob)
        layers.append({"name": layer.name, "type": layer.parameter.type, "blobs": blobs})
    manifest = {"kind": _KIND, "version": _VERSION, "layers": layers, "net": net_text(model)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _stems(model: Model) -> Iterator[str]:
    """A file name's beginning for each layer, safe on any file system; layers of one name are numbered."""
    seen: set[str] = set()
    for position, layer in enumerate(model.layers):
        stem = _UNSAFE.sub("_", layer.name)[:100] or "_"
        if stem.lower() in seen or stem != layer.name:
            stem = f"{stem}-{position}"
        seen.add(stem.lower())
        yield stem


def _described(file: str, blob: ModelBlob, owner: tuple[str, int] | None) -> dict[str, Any]:
    description: dict[str, Any] = {"file": file, "shape": list(blob.shape)}
    if owner is not None:
        description["shared_with"] = list(owner)
    if blob.four_axes:
        description["four_axes"] = True
    return description


def _write_blob(path: Path, blob: ModelBlob) -> None:
    with path.open("xb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": blob.shape}
        npy.write_array_header_1_0(file, header)
        for chunk in blob.chunks():
            file.write(chunk.astype("<f4", copy=False).data)


def read(folder: Path) -> Model:
    """A model whose blobs are mapped when asked for; no file outside the folder is ever opened."""
    path = folder / MANIFEST
    if not path.is_file() or path.is_symlink():
        raise FormatError(f"it has no {MANIFEST}: this is no folder of weights")
    if path.stat().st_size > MAX_TEXT:
        raise FormatError(f"{MANIFEST} is longer than {MAX_TEXT:,} bytes")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(manifest, dict) or (manifest.get("kind"), manifest.get("version")) != (_KIND, _VERSION):
        raise FormatError(f"{MANIFEST} is not of {_KIND!r}, version {_VERSION}")
    try:
        net = read_net_text(manifest["net"])
    except CaffeFillersError as error:
        raise FormatError(f"the net in {MANIFEST} cannot be read: {error}") from error
    parameters = tuple(net.layer)
    net.ClearField("layer")
    known: Owners = {}
    layers = []
    for position, (parameter, layer) in enumerate(zip(parameters, manifest["layers"], strict=True)):
        own = []
        for index, blob in enumerate(layer["blobs"]):
            own.append(_blob(folder, known, **blob))
            known[parameter.name, index] = (position, index)
        layers.append(ModelLayer(parameter, tuple(own)))
    return Model(net, tuple(layers))


def _blob(
    folder: Path,
    known: Owners,
    file: str,
    shape: list[int],
    shared_with: list[Any] | None = None,
    four_axes: bool = False,
) -> ModelBlob:
    path = folder / file
    if not _FILE.fullmatch(file) or path.is_symlink() or (path.exists() and not path.is_file()):
        raise FormatError(f"{file!r} is no file of the folder's own")
    owner = None if shared_with is None else (str(shared_with[0]), int(shared_with[1]))
    if owner is not None and owner not in known:
        raise FormatError(f"{file!r} is shared with {owner}, which does not come before")
    place = None if owner is None else known[owner]
    blob = ModelBlob(as_shape(shape), partial(_chunks, folder / file), place, bool(four_axes))
    array = _mapped(folder / file)
    if array.size != blob.count:
        raise FormatError(f"{file!r} has shape {format_shape(array.shape)}, not {format_shape(blob.shape)}")
    return blob


def _mapped(path: Path) -> Values:
    """The array in the file, not read; pickles are never loaded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        array: Values = npy.open_memmap(path, mode="r")
    if array.dtype.kind not in "fiu":
        raise FormatError(f"{path.name!r} holds {array.dtype}, which are no real numbers")
    return array


def _chunks(path: Path) -> Iterator[Values]:
    """The values in C's order, whatever the file's, in float32."""
    flags = ("external_loop", "buffered", "zerosize_ok")
    for piece in np.nditer(_mapped(path), flags, order="C", buffersize=CHUNK):  # type: ignore[call-overload]
        yield np.array(piece, np.float32).reshape(-1)


formats.add("npy", Format("npy", (".npy.d",), write, read, _BROKEN, folder=True))
