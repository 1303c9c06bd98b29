"""Read a file into a NetParameter, whatever the file is: net or solver, text or binary."""

from __future__ import annotations

import io
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO, TypeAlias, TypeVar, cast

from google.protobuf.message import Message

from caffe_fillers import prototxt
from caffe_fillers.api.files import SourceFolders, open_input
from caffe_fillers.errors import FormatError, UsageError
from caffe_fillers.formats.caffemodel_reader import read_net as read_binary_net
from caffe_fillers.formats.foreign import HEAD, refuse_foreign
from caffe_fillers.formats.kinds import misfits
from caffe_fillers.formats.others import refuse_other_files
from caffe_fillers.formats.wire import MAX_BYTES, fields
from caffe_fillers.notes import Note
from caffe_fillers.prototxt import Tolerance, UnknownField
from caffe_fillers.schema import NetParameter, SolverParameter, from_bytes

if TYPE_CHECKING:
    from caffe_fillers.solver import SolverNet

Source: TypeAlias = "str | bytes | Path | BinaryIO | TextIO | Message"
MessageType = TypeVar("MessageType", bound=Message)

STDIN = "<stdin>"
"""Name of a net without a name in messages."""

_LAYERS = {"layer", "layers", "input"}
_SOLVER_NETS = {
    *("net", "train_net", "test_net", "net_param", "train_net_param", "test_net_param"),
}
_LAYER = NetParameter.DESCRIPTOR.fields_by_name["layer"].number
_SOLVER_NET_NUMBERS = {SolverParameter.DESCRIPTOR.fields_by_name[name].number for name in _SOLVER_NETS}
_SOLVER_FIELDS = set(SolverParameter.DESCRIPTOR.fields_by_name) - {"debug_info"}  # which nets have too
_PIECE = 1 << 20
_MESSAGE, _BYTES, _TEXT = "<message>", "<bytes>", "<text>"  # in place of a file's name
MAX_TEXT_BYTES = 1 << 26
"""Of a net as text: the largest known have one hundredth of that, and a byte takes 2 microseconds to read."""
_BYTE_ORDER_MARK = "{}: the file begins with a byte order mark, at which Caffe stops; save it without"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_CONTROL = set(range(32)) - set(b"\t\n\v\f\r")


@dataclass(frozen=True)
class Origin:
    """A net as it was read: where from, and what a solver says of it and of the nets it tests with."""

    net: NetParameter
    path: str
    folders: SourceFolders
    notes: tuple[Note, ...] = ()
    solver: SolverNet | None = None
    seed: int | None = None
    weights: tuple[str, ...] = ()
    tests: tuple[Origin, ...] = ()


def read_net(source: Source, *, tolerance: Tolerance = Tolerance.CAREFUL) -> Origin:
    """Read a net, or the training net of a solver."""
    if isinstance(source, (NetParameter, SolverParameter)):
        return _origin(deepcopy(source), _MESSAGE, (), tolerance=tolerance)
    data, path = _read(source)
    if is_binary(data):
        _refuse_other_kinds(data, path)
    if _is_solver(data, path):
        solver, notes = _parse(data, path, SolverParameter, tolerance=tolerance)
        return _origin(solver, path, notes, tolerance=tolerance)
    net, notes = _parse(data, path, NetParameter, tolerance=tolerance)
    return _origin(net, path, notes, tolerance=tolerance)


def _origin(
    read: NetParameter | SolverParameter, path: str, notes: tuple[Note, ...], *, tolerance: Tolerance
) -> Origin:
    """Return a net that was read, or the nets of a solver."""
    folders = SourceFolders((Path(), Path(path).parent))
    if isinstance(read, NetParameter):
        return Origin(_with_layers(read, path, notes), path, folders, notes)
    return _solver_origin(read, path, folders, notes, tolerance=tolerance)


def _solver_origin(
    solver: SolverParameter,
    path: str,
    folders: SourceFolders,
    notes: tuple[Note, ...],
    *,
    tolerance: Tolerance,
) -> Origin:
    from caffe_fillers.solver import read_solver

    training = read_solver(solver, path=path)
    opened = cache(partial(_open_solver_net, path=path, folders=folders, tolerance=tolerance))
    read = _read_solver_net(training.train, path, folders, opened)
    unique = {_identity(test): test for test in training.tests}
    once = {key: _read_solver_net(test, path, folders, opened) for key, test in unique.items()}
    tests = tuple(once[_identity(test)] for test in training.tests)
    return replace(
        read, notes=(*notes, *read.notes), seed=training.seed, weights=training.weights, tests=tests
    )


def _identity(solver_net: SolverNet) -> tuple[object, ...]:
    """Return a key that is equal for a solver's nets that are one, which may be tested thousands of times."""
    source = solver_net.source if isinstance(solver_net.source, str) else id(solver_net.source)
    return source, solver_net.phase, solver_net.state.SerializeToString(deterministic=True)


def _refuse_other_kinds(data: bytes, path: str) -> None:
    """Refuse a sound file that is no net, by what it is."""
    if data.startswith(_HDF5):
        raise FormatError(f"{path}: this is HDF5, which holds weights or a solver's state, but no net")
    refuse_other_files(io.BytesIO(data), path)


def _read_solver_net(
    solver_net: SolverNet, path: str, folders: SourceFolders, opened: Callable[[str], Origin]
) -> Origin:
    source = solver_net.source
    if isinstance(source, NetParameter):
        return Origin(_with_layers(source, f"{path}, the net in it"), path, folders, solver=solver_net)
    return replace(opened(source), solver=solver_net)


def _open_solver_net(source: str, path: str, folders: SourceFolders, *, tolerance: Tolerance) -> Origin:
    """Open a net that a solver names by its file, whichever of the solver's nets it is."""
    found, above = folders.find(source), None
    if found is None and path != STDIN:
        found, above = _find_above(source, path)
    if found is None:
        raise UsageError(
            f"{path}: the solver's net {source!r} is neither here nor beside the solver, "
            "nor does a folder above lead to it"
        )
    data = _read(found)[0]
    if _is_solver(data, str(found)):
        raise UsageError(f"{path}: the solver's net {source!r} is a solver, not a net")
    net, notes = _parse(data, str(found), NetParameter, tolerance=tolerance)
    if above is not None:
        folders = SourceFolders((*folders.folders, above))
        notes = (_named_from(source, above), *notes)
    beside = SourceFolders((*folders.folders, found.parent))
    return Origin(_with_layers(net, str(found), notes), str(found), beside, notes)


def _find_above(source: str, path: str) -> tuple[Path | None, Path | None]:
    """Find a solver's net in the folders above the solver's own, nearest first; return the folder, too.

    The solvers in Caffe's examples/ and models/ name their nets from there.
    """
    for folder in Path(path).absolute().parent.parents:
        if found := SourceFolders((folder,)).find(source):
            return found, folder
    return None, None


def _named_from(source: str, folder: Path) -> Note:
    return Note(
        f"the solver names its net {source!r} from {folder}, a folder above it; Caffe, which looks in the "
        "current folder alone, would have to run there"
    )


def _with_layers(net: NetParameter, path: str, notes: tuple[Note, ...] = ()) -> NetParameter:
    """Return the net, if it has a layer of any format; Caffe would build and save one without layers."""
    if net.layer or net.layers or net.input:
        return net
    problem = (
        f"{path}: this net has no layers and no input; "
        "give a prototxt or a caffemodel of a net, or a solver that names one"
    )
    raise FormatError("\n    ".join([problem, *(f"note: {note.message}" for note in notes)]))


def _read(source: Source) -> tuple[bytes, str]:
    if not isinstance(source, (str, Path)):
        given, path = _opened(source)
        return _read_all(given, path), path
    with open_input(source) as file:
        try:
            return _read_all(file, str(source)), str(source)
        except OSError as error:
            raise UsageError(f"cannot read {source}: {error.strerror or error}") from error


def _opened(source: bytes | BinaryIO | TextIO | Message) -> tuple[BinaryIO, str]:
    """Return an open binary file of a net that is no file's name, and its name in messages."""
    if isinstance(source, Message):  # of another pool, such as real pycaffe's
        return io.BytesIO(source.SerializeToString()), _MESSAGE
    if isinstance(source, bytes):
        return io.BytesIO(source), _BYTES
    if isinstance(source, io.TextIOBase):
        return io.BytesIO(source.read().encode()), str(getattr(source, "name", _TEXT))
    return cast(BinaryIO, source), STDIN


def _read_all(file: BinaryIO, path: str) -> bytes:
    """Read the content of a file that may be endless."""
    pieces: list[bytes] = []
    size = limit = 0
    while piece := file.read(_PIECE):
        if not isinstance(piece, bytes):
            raise UsageError(f"{path} is open as text: open it in binary mode")
        if not pieces:
            limit = _limit(piece, path)
        size += len(piece)
        if size > limit:
            raise FormatError(f"{path}: a net of this kind may have {limit:,} bytes, and this has more")
        pieces.append(piece)
    if not pieces:
        raise FormatError(f"{path}: the file is empty")
    return b"".join(pieces)


def _limit(beginning: bytes, path: str) -> int:
    """Return the most bytes of a file that begins so; refuse one that begins no net."""
    refuse_foreign(beginning[:HEAD], path)
    if beginning.startswith(b"\0"):
        raise FormatError(f"{path}: neither a prototxt nor a binary net begins with NUL")
    return MAX_BYTES if is_binary(beginning) else MAX_TEXT_BYTES


def is_binary(data: bytes) -> bool:
    """Return whether a file is a serialized message: text has no control characters but blanks, or is UTF-16.

    >>> is_binary(b"name: 'lenet'"), is_binary(b"\\n\\x05lenet")
    (False, True)
    """
    utf_16 = data.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    return not utf_16 and not _CONTROL.isdisjoint(data[:4096])


def _is_solver(data: bytes, path: str) -> bool:
    """Return whether a file is a solver: it names a net and holds no layer, or has a solver's fields alone.

    A binary file has numbers at its top, some of which nets have too.
    """
    if is_binary(data):
        try:
            message = memoryview(data)
            numbers = {field.number for field in fields(message, "the file")}
            if _LAYER in numbers or not numbers & _SOLVER_NET_NUMBERS:
                return False
            return misfits(message, SolverParameter) <= misfits(message, NetParameter)
        except FormatError:
            return False
    names = prototxt.top_fields(prototxt.decode(data, path), path)
    if names & _LAYERS:
        return False
    return bool(names & _SOLVER_NETS) or (bool(names) and names <= _SOLVER_FIELDS)


def _parse(
    data: bytes, path: str, message_type: type[MessageType], *, tolerance: Tolerance
) -> tuple[MessageType, tuple[Note, ...]]:
    if is_binary(data):
        try:
            if message_type is NetParameter:
                return cast(MessageType, read_binary_net(memoryview(data))), ()
            return from_bytes(message_type, data), ()
        except FormatError as error:
            name = message_type.DESCRIPTOR.name
            control = next(place for place, byte in enumerate(data) if byte in _CONTROL)
            raise FormatError(
                f"{path}: this is no prototxt, for byte {control} of it is no text, and no binary {name} "
                f"either: {error}; save or fetch the file again"
            ) from error
    document = prototxt.parse(prototxt.decode(data, path), message_type, path=path, tolerance=tolerance)
    notes = [
        Note(f"{path}:{each.line}: {each.problem}; {_kept(each)}", line=each.line)
        for each in document.unknown
    ]
    if data.startswith(BOM_UTF8):
        notes.insert(0, Note(_BYTE_ORDER_MARK.format(path), line=1))
    return document.message, tuple(notes)


def _kept(unknown: UnknownField) -> str:
    """Say what became of an unknown field, and what it does to the weights."""
    times = f" ({unknown.count} times)" if unknown.count > 1 else ""
    effect = ", but nothing reads it: the weights are drawn without" if unknown.changes_weights else ""
    return f"kept unchanged{times}{effect}"
