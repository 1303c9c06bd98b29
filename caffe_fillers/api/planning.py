"""Plan nets that were read, in the user's state and shapes, with typos named in errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.message import Message

from caffe_fillers import passes
from caffe_fillers.api.undecided import note_undecided
from caffe_fillers.errors import NetError, UnknownShapeError, UsageError, suggestion
from caffe_fillers.layers import layer_type, unknown_type
from caffe_fillers.notes import Note
from caffe_fillers.planner import PlannedNet, plan_net
from caffe_fillers.prototxt import Tolerance
from caffe_fillers.schema import TEST, TRAIN, NetParameter, NetState
from caffe_fillers.shapes import given_shape

if TYPE_CHECKING:
    from caffe_fillers.api.reading import Origin, Source
    from caffe_fillers.passes import Passed
    from caffe_fillers.shapes import Shape

_NETS = ("NetParameter", "SolverParameter")
_PHASES = {"train": TRAIN, "test": TEST}
_MAX_TYPOS, _DID_YOU_MEAN = 5, "did you mean"


@dataclass(frozen=True)
class Planned:
    """A planned net and what was noted on the way to it."""

    net: PlannedNet
    notes: tuple[Note, ...]


def chosen_state(phase: str | None, level: int | None, stages: Iterable[str], *, solver: bool) -> NetState:
    """Return the user's state; a solver decides what is not given."""
    if phase not in (None, *_PHASES):
        raise UsageError(f"phase {phase!r} is neither train nor test")
    try:
        state = NetState(stage=stages)
        if phase is not None or not solver:
            state.phase = _PHASES[phase or "train"]
        if level is not None or not solver:
            state.level = level or 0
    except (ValueError, TypeError) as error:
        raise UsageError(f"level and stages are an int32 and texts in UTF-8: {error}") from None
    return state


def chosen_tolerance(*, strict: bool, lenient: bool) -> Tolerance:
    """Return the tolerance that a caller's two switches mean together."""
    if strict and lenient:
        raise UsageError("strict and lenient are opposites: give one of them")
    return Tolerance.STRICT if strict else Tolerance.LENIENT if lenient else Tolerance.CAREFUL


def check_source(source: object) -> None:
    """Refuse what is neither a name, nor an open file, nor the content of one."""
    message = isinstance(source, Message) and source.DESCRIPTOR.name in _NETS
    if not message and not isinstance(source, (str, bytes, Path)) and not hasattr(source, "read"):
        raise UsageError(
            "a net is read from a path, an open file, prototxt text, bytes, or a message NetParameter or "
            f"SolverParameter, not from {type(source).__name__}"
        )


def files_read(source: Source, read: Origin) -> tuple[str, ...]:
    """Return the names of the given file and of the nets that a solver in it names."""
    if not isinstance(source, (str, Path)):
        return ()
    return tuple(dict.fromkeys((str(source), read.path, *(test.path for test in read.tests))))


def plan_all(
    nets: Sequence[Origin],
    shapes: Mapping[str, Shape] | None,
    dialect: str | None,
    caffe: str | None,
    state: NetState,
    *,
    tolerance: Tolerance,
) -> list[Planned]:
    """Prepare and plan a net in the user's state, and those that its solver tests with in their own."""
    states = [state, *[NetState()] * (len(nets) - 1)]
    # A solver may test with one net many times.
    once = {id(net): (net, own) for net, own in zip(nets, states, strict=True)}
    prepared = {key: _prepare(net, own, dialect, caffe) for key, (net, own) in once.items()}
    given = {name: given_shape(shape) for name, shape in (shapes or {}).items()}
    _check_given(given, [passed.net for passed in prepared.values()])
    drawn: set[str] = set()
    planned: dict[tuple[int, int], Planned] = {}
    plans = []
    for read in nets:
        key = (id(read), len(drawn))  # what has drawn only grows, so its size tells whether it is the same
        if key not in planned:
            planned[key] = _plan(read, prepared[id(read)], given, drawn, tolerance=tolerance)
        plans.append(planned[key])
    return plans


def plan_in_a_phase(
    plan: Callable[[NetState], list[Planned]], state: NetState, *, fixed: bool
) -> tuple[tuple[Note, ...], list[Planned]]:
    """Plan the nets in a state, or in phase TEST if that alone can be built and the phase is not `fixed`.

    A net that lacks no more than a shape can be built. What is wrong with both
    phases is told of the state's own.
    """
    try:
        return (), plan(state)
    except (NetError, UsageError) as error:
        if fixed or isinstance(error, UnknownShapeError):
            raise
        reason = str(error).splitlines()[0]
        other = NetState(phase=TEST, level=state.level, stage=state.stage)
        try:
            planned = plan(other)
        except UnknownShapeError as unknown:
            raise unknown.again(f"{unknown}\n    note: in phase TEST; in TRAIN: {reason}") from None
        except (NetError, UsageError):
            raise error from error.__cause__
    return (Note(f"planned in phase TEST, for it cannot be built in TRAIN: {reason}"),), planned


def _check_given(shapes: Mapping[str, Shape], nets: Sequence[NetParameter]) -> None:
    """Refuse a shape for a blob that no layer makes: it would be missed without a word."""
    tops = {top for net in nets for layer in net.layer for top in layer.top}
    for name in shapes:
        if name not in tops:
            raise UsageError(
                f"a shape is given for {name!r}, but no layer of the net, in its phase and stages, "
                f"has such a top{suggestion(name, tops)}"
            )


@contextmanager
def _with_typos(read: Origin, net: NetParameter) -> Iterator[None]:
    """Add a net's unknown fields and types to an error: a misspelled one may be the reason."""
    try:
        yield
    except NetError as error:
        unknown = [note.message for note in read.notes]
        strange = ((layer, unknown_type(layer.type)) for layer in net.layer if layer_type(layer) is None)
        unknown += [f"layer {layer.name!r}: {said}" for layer, said in strange if said not in str(error)]
        if not unknown:
            raise
        unknown.sort(key=lambda message: _DID_YOU_MEAN not in message)
        lines = [f"note: {message}" for message in unknown[:_MAX_TYPOS]]
        if len(unknown) > _MAX_TYPOS:
            lines.append(f"and {len(unknown) - _MAX_TYPOS} more that are unknown")
        message = "\n    ".join([str(error), *lines])
        if isinstance(error, UnknownShapeError):
            raise error.again(message) from error
        raise NetError(message) from error


def _prepare(read: Origin, state: NetState, dialect: str | None, caffe: str | None) -> Passed:
    """Prepare the net that Caffe builds; the user's `state` wins over a solver's, that over the net's."""
    default, merged = None, NetState()
    if read.solver is not None:
        default = read.solver.default
        merged.CopyFrom(read.solver.state)
    merged.MergeFrom(state)
    inline = read.solver is not None and read.solver.inline
    with _with_typos(read, read.net):
        passed = passes.prepare(
            read.net, merged, default=default, path=read.path, inline=inline, dialect=dialect, caffe=caffe
        )
    if dialect is not None or read.net.text_extra.dialect:
        return passed
    return replace(passed, notes=passed.notes + note_undecided(read.net, passed.net))


def _plan(
    read: Origin, passed: Passed, shapes: Mapping[str, Shape], drawn: set[str], *, tolerance: Tolerance
) -> Planned:
    """Plan the net; draws that `drawn` names were done for a net before it."""
    with _with_typos(read, passed.net):
        net = plan_net(passed.net, read.folders, shapes, path=read.path, tolerance=tolerance)
    return Planned(net.without_repeats(drawn), passed.notes)
