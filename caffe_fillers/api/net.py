"""A net, read and planned, ready to be filled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from caffe_fillers.api.files import SourceFolders
from caffe_fillers.api.seeds import make_stream
from caffe_fillers.api.uses import Uses
from caffe_fillers.api.weights import Weights, open_model
from caffe_fillers.copying import Copied, copy_weights
from caffe_fillers.errors import UnknownNameError, UsageError
from caffe_fillers.execute import Execution, execute
from caffe_fillers.notes import Note
from caffe_fillers.planner import PlannedNet
from caffe_fillers.resources import require_memory
from caffe_fillers.shapes import Shape

if TYPE_CHECKING:
    from pathlib import Path

    from caffe_fillers.eras import Era
    from caffe_fillers.model import Model
    from caffe_fillers.rng import Stream


def _never_read(shapes: Mapping[str, Shape]) -> Net:
    raise UsageError("this net was not read by load_net, so it cannot be planned with other shapes")


@dataclass(frozen=True, repr=False)
class Net(Uses):
    """A net as Caffe would build it: its plan, its blobs' shapes, what it would save.

    `plan` has the layers, their parameter blobs and all that draws. `seed` is
    a solver's random_seed, None without one. `notes` are assumptions and
    known traps. `test_plans` are the test nets that a solver builds after
    the training net: they draw from the same stream, and keep nothing.
    `files` are those that were read: the net or the solver, then the solver's
    nets. `in_other_eras` gives the net as other eras of Caffe plan it.
    """

    plan: PlannedNet
    notes: tuple[Note, ...] = ()
    seed: int | None = None
    test_plans: tuple[PlannedNet, ...] = ()
    weights: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    in_other_eras: Callable[[], Iterable[tuple[tuple[str, ...], PlannedNet]]] = field(
        default=tuple, repr=False, compare=False
    )
    folders: SourceFolders = field(default=SourceFolders(()), repr=False)
    shapes: Mapping[str, Shape] = field(default_factory=dict, repr=False)
    plan_again: Callable[[Mapping[str, Shape]], Net] = field(default=_never_read, repr=False, compare=False)

    def __repr__(self) -> str:
        layers, blobs = len(self.plan.layers), len(self.plan.blobs)
        return (
            f"<Net {self.name!r}: {layers} layers, {blobs} parameter blobs, "
            f"{self.plan.num_parameters:,} parameters>"
        )

    def _repr_html_(self) -> str:
        """Return the table of the net's parameter blobs, as notebooks show it."""
        from caffe_fillers.api.table import html_table

        return html_table(repr(self)[1:-1], self.rows())

    @property
    def era(self) -> Era:
        """Name of the era whose Caffe builds the net."""
        return self.plan.era

    @property
    def name(self) -> str:
        """The net's own name."""
        return self.plan.name

    @property
    def blob_shapes(self) -> Mapping[str, Shape | None]:
        """The shape of every blob between layers; None where it is unknown."""
        return self.plan.tops

    def model(
        self,
        seed: int | None = None,
        *,
        stream: Stream | None = None,
        boost: str | None = None,
        generator: str = "mt19937",
        threads: int = 1,
    ) -> Model:
        """Return the net's weights, drawn as they are read: for files that should not pass through memory.

        The bytes are the same with any number of `threads`.
        """
        used = self._stream(seed, stream, boost, generator)
        return execute(self._planned(), used, threads)[0]

    def report(
        self,
        weights: str | Path | None = None,
        other: str | Path | None = None,
        *,
        seed: int | None = None,
        boost: str | None = None,
        threads: int = 1,
        command: str = "",
    ) -> str:
        """Return a page of HTML that shows the net and its values: of a seed, or of a checked weight file.

        With `other` the weights are shown against those of a second file.

        The page needs no network; `command` is the line that it shows for making it again. Without the
        extra `report` this is a `MissingExtraError`.
        """
        from caffe_fillers.api.pages import checked_report

        self._planned()
        page, _ = checked_report(
            self, weights, other, seed=seed, boost=boost, threads=threads, command=command
        )
        return page

    def model_as(self, framework: str, seed: int) -> Model:
        """Return weights as tensorflow, tensorflow2, keras or mxnet would draw them, in Caffe's layout."""
        from caffe_fillers.frameworks.nets import model_as

        return model_as(framework, self._planned(), seed)

    def fill(
        self,
        seed: int | None = None,
        *,
        stream: Stream | None = None,
        boost: str | None = None,
        threads: int = 1,
        force: bool = False,
    ) -> Weights:
        """Fill all weights in memory. Without a seed a solver's is taken, and without that a fresh one.

        A `stream` that is given stands afterwards where Caffe's generator
        stands when the net is built. More than is free of memory is a
        `ResourceError`, unless `force` is given.
        """
        if not force:
            require_memory(4 * self._planned().num_parameters, "the weights in memory take")
        used = self._stream(seed, stream, boost)
        model, execution = execute(self._planned(), used, threads)
        weights = Weights(model)
        if stream is not None:
            execution.finish()
            for test_plan in self.test_plans:
                Execution(test_plan, used).finish()
        return weights

    def only(self, layers: str | Iterable[str]) -> Net:
        """Return a net that fills only these layers, with the values that they have in the whole net.

        What lies between is jumped over where it is certain how many words it
        takes from the stream, and drawn where it is not.
        """
        wanted = {layers} if isinstance(layers, str) else set(layers)
        for name in wanted.difference(layer.name for layer in self.plan.layers):
            raise UnknownNameError("layer", name, [layer.name for layer in self.plan.layers])
        return replace(self, plan=self._planned().only(wanted))

    def with_shapes(self, shapes: Mapping[str, Shape] | None = None, **named: Shape) -> Net:
        """Return the same net with other shapes of blobs, given by name, in a mapping or as keywords.

        Shapes that were given before stay, unless they are given again. Errors are those of `load_net`.

        >>> from caffe_fillers import load_net
        >>> net = load_net("examples/lenet.prototxt")
        >>> net.blob_shapes["pool2"], net.with_shapes(data=(1, 1, 28, 28)).blob_shapes["pool2"]
        ((64, 50, 4, 4), (1, 50, 4, 4))
        """
        return self.plan_again({**self.shapes, **(shapes or {}), **named})

    @contextmanager
    def with_weights(self, model: Model, files: Iterable[str], *, lenient: bool = False) -> Iterator[Copied]:
        """Copy weights of files into the model, one after another, as fine-tuning does.

        The files are looked for like all that the net names, and stay open as
        long as the block. One that has weights for a layer of unknown type, or of
        whose layers none is in the net, is a `NetError`; `lenient` passes over the
        former.
        """
        copied = Copied(model)
        with ExitStack() as stack:
            for name in files:
                path = self.folders.find(name.strip())
                if path is None:
                    raise UsageError(f"the weights {name.strip()!r} are neither here nor beside the net")
                source = stack.enter_context(open_model(path))
                more = copy_weights(copied.model, source, name.strip(), lenient=lenient)
                copied = Copied(more.model, copied.origins | more.origins, copied.ignored + more.ignored)
            yield copied

    def _stream(
        self, seed: int | None, stream: Stream | None, boost: str | None, generator: str = "mt19937"
    ) -> Stream:
        return make_stream(self.seed if seed is None and stream is None else seed, stream, boost, generator)
