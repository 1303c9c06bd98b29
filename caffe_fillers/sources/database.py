"""The first record of an LMDB or a LevelDB."""

from __future__ import annotations

import io
import sys
from importlib.util import find_spec
from pathlib import Path

from google.protobuf.message import DecodeError

from caffe_fillers.errors import FormatError, MissingExtraError, SourceError
from caffe_fillers.schema import DataParameter, Datum, TransformationParameter, from_bytes
from caffe_fillers.schema.dialects import class_in
from caffe_fillers.shapes import Shape
from caffe_fillers.sources import Sources
from caffe_fillers.sources.images import decoded_shape

_PROGRAM = Path(__file__).with_name("first_record.py")
_SECONDS = 60

# By backend: what it is called, the package that reads it, the extra that brings that.
_BACKENDS: dict[int, tuple[str, str, str]] = {
    DataParameter.LMDB: ("LMDB", "lmdb", "lmdb"),
    DataParameter.LEVELDB: ("LevelDB", "plyvel", "leveldb"),
}


def first_record(
    param: DataParameter,
    transform: TransformationParameter,
    sources: Sources,
    *,
    annotated: bool = False,
) -> Shape | None:
    """Channels, height and width of the first image, before any crop; `annotated` are those of caffe-ssd."""
    path = sources.find(param.source)
    if path is None:
        return None
    _check_files(path)
    title, package, extra = _BACKENDS[param.backend]
    if find_spec(package) is None:
        raise MissingExtraError(package, extra)
    record = _first(path, title, package)
    if record is None:
        raise SourceError(f"the database {path} holds no records")
    return _datum_shape(_unwrapped(record, path) if annotated else record, transform, path)


def _check_files(path: Path) -> None:
    """Refuse a database whose folder holds pipes or devices, for which its library would wait."""
    strange = next((each for each in path.glob("*") if not (each.is_file() or each.is_dir())), None)
    if strange is not None:
        raise SourceError(f"{strange} is no file: a database of Caffe's has none such")


def _first(path: Path, title: str, package: str) -> bytes | None:
    """The first value, read by a process that a damaged file may end."""
    import subprocess  # 5 ms, for nets with a database

    command = [sys.executable, str(_PROGRAM), package, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise SourceError(f"{path} is no {title} that can be read in {_SECONDS} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["the library died of it"]
        raise SourceError(f"{path} is no {title} that can be read: {said[-1]}")
    return done.stdout[1:] if done.stdout else None


def _unwrapped(data: bytes, path: Path) -> bytes:
    """The Datum in an AnnotatedDatum."""
    annotated = class_in("ssd", "AnnotatedDatum")()
    try:
        annotated.ParseFromString(data)
    except DecodeError as error:
        raise SourceError(f"the first record of {path} is no AnnotatedDatum: {error}") from error
    return annotated.datum.SerializeToString()  # type: ignore[no-any-return]  # of a class made at run time


def _datum_shape(data: bytes, transform: TransformationParameter, path: Path) -> Shape:
    try:
        datum = from_bytes(Datum, data)
    except FormatError as error:
        raise SourceError(f"the first record of {path} is no Datum: {error}") from error
    if not datum.encoded:
        return datum.channels, datum.height, datum.width
    color = None
    if transform.force_color or transform.force_gray:
        color = transform.force_color
    return decoded_shape(io.BytesIO(datum.data), color, f"the first record of {path}")
