"""The first record of an LMDB."""

from __future__ import annotations

from pathlib import Path

from caffe_fillers.errors import MissingExtraError, SourceError
from caffe_fillers.schema import DataParameter, Datum, TransformationParameter
from caffe_fillers.shapes import Shape
from caffe_fillers.sources import Sources
from caffe_fillers.sources.images import decoded_shape


def first_record(param: DataParameter, transform: TransformationParameter, sources: Sources) -> Shape | None:
    """Channels, height and width of the first image, before any crop.

    LevelDB has no reader that is kept for all Pythons, so its data counts as
    missing.
    """
    path = sources.find(param.source)
    if path is None or param.backend != DataParameter.LMDB:
        return None
    try:
        import lmdb
    except ImportError:
        raise MissingExtraError("lmdb", "lmdb") from None
    try:
        with lmdb.open(str(path), readonly=True, lock=False) as environment, environment.begin() as view:
            record = next(iter(view.cursor()), None)
    except lmdb.Error as error:
        raise SourceError(f"{path} is no LMDB that can be read: {error}") from error
    if record is None:
        raise SourceError(f"the LMDB {path} holds no records")
    return _datum_shape(record[1], transform, path)


def _datum_shape(data: bytes, transform: TransformationParameter, path: Path) -> Shape:
    from google.protobuf.message import DecodeError

    try:
        datum = Datum.FromString(data)
    except DecodeError as error:
        raise SourceError(f"the first record of {path} is no Datum: {error}") from error
    if not datum.encoded:
        return datum.channels, datum.height, datum.width
    color = None
    if transform.force_color or transform.force_gray:
        color = transform.force_color
    return decoded_shape(datum.data, color, f"the first record of {path}")
