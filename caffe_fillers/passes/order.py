"""All passes, in Caffe's order: `UpgradeNetAsNeeded`, then what `Net::Init` does before it builds layers.

src/caffe/util/upgrade_proto.cpp and src/caffe/net.cpp, BVLC/caffe 9b8915401.
"""

from __future__ import annotations

from collections.abc import Iterator

from caffe_fillers.errors import NetError
from caffe_fillers.notes import Note
from caffe_fillers.passes.batch_norm import batch_norm
from caffe_fillers.passes.contract import LayerError, Passed, copy_without
from caffe_fillers.passes.data_transformation import data_transformation
from caffe_fillers.passes.dialects import choose_dialect, mark
from caffe_fillers.passes.inputs import inputs
from caffe_fillers.passes.math_types import math_types
from caffe_fillers.passes.phases import inherit_phase
from caffe_fillers.passes.selection import merge_states, select
from caffe_fillers.passes.splits import insert_splits
from caffe_fillers.passes.v0_to_v1 import v0_to_v1
from caffe_fillers.passes.v1_to_v2 import v1_to_v2
from caffe_fillers.schema import NetParameter, NetState

UPGRADES = (v0_to_v1, data_transformation, v1_to_v2, inputs, batch_norm)


def upgrade(net: NetParameter, *, path: str = "") -> Passed:
    """A net of any format in today's, its blobs as they are; what is lost on the way is in the notes.

    A net of today's format is returned unchanged. `path` is named in errors:
    what Caffe refuses is a `NetError`.

    >>> from caffe_fillers.schema import V1LayerParameter
    >>> old = NetParameter(layers=[V1LayerParameter(name="relu1", type="RELU")])
    >>> upgrade(old).net.layer[0].type
    'ReLU'
    """
    passed = Passed(net)
    for step in UPGRADES:
        try:
            result = step(passed.net)
        except NetError as error:
            raise _placed(error, path, passed.notes) from None
        passed = Passed(result.net, passed.notes + result.notes)
    return passed


def prepare(
    net: NetParameter,
    state: NetState | None = None,
    *,
    default: NetState | None = None,
    path: str = "",
    inline: bool = False,
    dialect: str | None = None,
    caffe: str | None = None,
) -> Passed:
    """The net that Caffe builds: upgraded, marked, its layers selected, Split layers in, phases set.

    The net's own `state` overrides `default`, and `state` overrides both:
    phase and level if they are set, while stages add up. `path` is named in
    errors. An `inline` net, one that stands in a solver, is not upgraded.
    `dialect` is the fork whose net this is, recognized where it is not given;
    `caffe` is the release or the day whose Caffe builds it (`eras.find_era`).

    >>> from caffe_fillers.schema import TRAIN
    >>> old = NetParameter(input=["data"], input_shape=[{"dim": [1, 3]}])
    >>> prepare(old, NetState(phase=TRAIN)).net.layer[0].name
    'input'
    """
    chosen, noted = choose_dialect(net, dialect)
    net = mark(net, chosen, caffe)
    passed = Passed(net, tuple(_not_upgraded(net))) if inline else upgrade(net, path=path)
    passed = Passed(mark(passed.net, chosen, caffe), passed.notes + noted)
    declared = copy_without(passed.net, "state")
    declared.state.CopyFrom(merge_states(default, passed.net.state, state))
    try:
        complete = inherit_phase(insert_splits(select(declared), declared))
        return Passed(math_types(complete, chosen), passed.notes)
    except NetError as error:
        raise _placed(error, path, passed.notes) from None


def _not_upgraded(net: NetParameter) -> Iterator[Note]:
    """Caffe upgrades what it reads from a file of its own; the rest of an old net it does not see."""
    for name in ("layers", "input"):
        if getattr(net, name):
            yield Note(
                f"{name} is ignored: Caffe does not upgrade a net inside a solver; put it into a file",
                line=net.text_extra.line,
            )


def _placed(error: NetError, path: str, notes: tuple[Note, ...]) -> NetError:
    """The error with its file, and with what was noted before it, for that may be the reason."""
    if isinstance(error, LayerError):
        error = error.at(path)
    elif path:
        error = NetError(f"{path}: {error}")
    if not notes:
        return error
    return NetError("\n    ".join([str(error), *(f"note: {note.message}" for note in notes)]))
