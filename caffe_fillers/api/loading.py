"""Nets from files, texts and messages: read, and planned."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from caffe_fillers import passes, prototxt
from caffe_fillers.api.files import are_one_file
from caffe_fillers.api.net import Net
from caffe_fillers.api.planning import (
    check_source,
    chosen_state,
    chosen_tolerance,
    files_read,
    plan_all,
    plan_in_a_phase,
)
from caffe_fillers.api.reading import Origin, Source, read_net
from caffe_fillers.eras import eras_alike
from caffe_fillers.errors import CaffeFillersError
from caffe_fillers.notes import Note, once
from caffe_fillers.planner import PlannedNet
from caffe_fillers.prototxt import Tolerance
from caffe_fillers.schema import NetState
from caffe_fillers.shapes import Shape
from caffe_fillers.traps import find_traps


def load_net(
    source: Source | Origin,
    *,
    phase: str | None = None,
    level: int | None = None,
    stages: Iterable[str] = (),
    shapes: Mapping[str, Shape] | None = None,
    dialect: str | None = None,
    caffe: str | None = None,
    strict: bool = False,
    lenient: bool = False,
) -> Net:
    """Read and plan a net or a solver: a path, an open file, prototxt text, bytes or a message.

    Files and bytes may be text or binary; a `str` that has a brace or several
    lines is a text. A message is a NetParameter or SolverParameter, of this
    package's `caffe_pb2` or any other.

    `phase` (train or test), `level` and `stages` choose among the layers as
    Caffe's command line does; a solver brings its own, which these win over.
    Without a phase it is train, or test where only that can be built.
    `shapes` gives blobs' shapes that the net cannot tell; `dialect` names the
    fork whose net this is where its fields do not show that; `caffe` is the
    release or the day whose Caffe builds it, the dialect's own where it is not
    given; `strict` refuses all unknown fields and layer types, `lenient` none,
    not even those that change weights. Errors: `PrototxtError`, `NetError`,
    `UnknownShapeError`, `FormatError`.

    >>> net = load_net("layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 2 } } }")
    >>> net.blob_shapes
    {'x': (2,)}
    """
    tolerance = chosen_tolerance(strict=strict, lenient=lenient)
    read = source if isinstance(source, Origin) else _read(source, tolerance)
    solver = read.solver is not None
    request = _Request(
        read=read,
        files=() if isinstance(source, Origin) else files_read(source, read),
        state=chosen_state(phase, level, stages, solver=solver),
        fixed=solver or phase is not None,
        dialect=dialect,
        caffe=caffe,
        tolerance=tolerance,
    )
    return request.plan(dict(shapes or {}))


def _read(source: Source, tolerance: Tolerance) -> Origin:
    check_source(source)
    return read_net(
        io.StringIO(source) if isinstance(source, str) and _is_text(source) else source, tolerance=tolerance
    )


def _is_text(source: str) -> bool:
    """Return whether a text is a net and no file's name, which hardly has a brace and never two lines."""
    return "\n" in source or ("{" in source and not are_one_file(source, source))


@dataclass(frozen=True)
class _Request:
    """A net that was read, and all but the shapes that it is planned with."""

    read: Origin
    files: tuple[str, ...]
    state: NetState
    fixed: bool
    dialect: str | None
    caffe: str | None
    tolerance: Tolerance

    def plan(self, shapes: Mapping[str, Shape]) -> Net:
        """Plan the net with these shapes; it can be planned again with others."""
        nets = (self.read, *self.read.tests)
        plan = partial(plan_all, nets, shapes, self.dialect, self.caffe, tolerance=self.tolerance)
        chosen, (planned, *tests) = plan_in_a_phase(plan, self.state, fixed=self.fixed)
        found = find_traps(planned.net)
        return Net(
            plan=planned.net,
            notes=once((*chosen, *self.read.notes, *planned.notes, *planned.net.notes, *found)),
            seed=self.read.seed,
            test_plans=tuple(test.net for test in tests),
            weights=self.read.weights,
            files=self.files,
            in_other_eras=partial(self.in_other_eras, shapes),
            folders=self.read.folders,
            shapes=shapes,
            plan_again=self.plan,
        )

    def in_other_eras(self, shapes: Mapping[str, Shape]) -> Iterator[tuple[tuple[str, ...], PlannedNet]]:
        """Yield the net as each other era of Caffe plans it, if it can, with the names of eras that do so."""
        for names in eras_alike():
            try:
                net = replace(self, caffe=names[0]).plan(shapes).plan
            except CaffeFillersError:
                continue
            yield names, net


def upgraded_text(source: Source, *, strict: bool = False) -> tuple[str, tuple[Note, ...]]:
    """Return the prototxt of a net as Caffe upgrades it, and notes; unknown fields are written back."""
    read = read_net(source, tolerance=chosen_tolerance(strict=strict, lenient=not strict))
    dialect, _ = passes.choose_dialect(read.net)
    passed = passes.upgrade(passes.mark(read.net, dialect), path=read.path)
    return prototxt.write(passed.net), (*read.notes, *passed.notes)
