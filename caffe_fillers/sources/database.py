"""The first record of an LMDB or a LevelDB."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from caffe_fillers.errors import FormatError, MissingExtraError, SourceError
from caffe_fillers.schema import DataParameter, Datum, TransformationParameter, from_bytes
from caffe_fillers.shapes import Shape
from caffe_fillers.sources import Sources
from caffe_fillers.sources.images import decoded_shape


def first_record(param: DataParameter, transform: TransformationParameter, sources: Sources) -> Shape | None:
    """Channels, height and width of the first image, before any crop."""
    path = sources.find(param.source)
    if path is None:
        return None
    record = _READERS[param.backend](path)
    if record is None:
        raise SourceError(f"the database {path} holds no records")
    return _datum_shape(record, transform, path)


def _first_of_lmdb(path: Path) -> bytes | None:
    try:
        import lmdb
    except ImportError:
        raise MissingExtraError("lmdb", "lmdb") from None
    try:
        with lmdb.open(str(path), readonly=True, lock=False) as environment, environment.begin() as view:
            return next((value for _, value in view.cursor()), None)
    except lmdb.Error as error:
        raise SourceError(f"{path} is no LMDB that can be read: {error}") from error


def _first_of_leveldb(path: Path) -> bytes | None:
    """LevelDB knows no reading without a lock, and writes its log anew."""
    try:
        import plyvel
    except ImportError:
        raise MissingExtraError("plyvel", "leveldb") from None
    try:
        database = plyvel.DB(str(path))
    except (plyvel.Error, OSError) as error:
        raise SourceError(f"{path} is no LevelDB that can be read: {error}") from error
    try:
        return next((value for _, value in database.iterator()), None)
    finally:
        database.close()


_READERS: dict[int, Callable[[Path], bytes | None]] = {
    DataParameter.LMDB: _first_of_lmdb,
    DataParameter.LEVELDB: _first_of_leveldb,
}


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
    return decoded_shape(datum.data, color, f"the first record of {path}")
