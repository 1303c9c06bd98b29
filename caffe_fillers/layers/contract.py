"""Contract of a layer rule: its arguments, its result, and the registry.

A rule does what `LayerSetUp` and `Reshape` of Caffe's layer do, as far as
shapes, parameter blobs and the random stream are concerned. It is pure: from
the layer's own parameters and the shapes of its bottoms to the shapes of its
tops and the ordered list of what it fills and draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import TypeAlias

from google.protobuf.message import Message

from caffe_fillers._registry import Registry
from caffe_fillers.errors import NetError, suggestion
from caffe_fillers.fillers import Filler
from caffe_fillers.plan import Draw
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape
from caffe_fillers.sources import Sources

MOST_PARTS = 100_000
"""Time steps, transitions or threads of a layer, as many as a binary net may have layers."""


@dataclass(frozen=True)
class Param:
    """A blob that the layer makes and fills, and unless `kept` is false holds as a parameter.

    `index` is the blob's among the layer's, where they are not filled in their
    order. For `legacy_shape` and `inputs_first` see `plan.Fill`.
    """

    shape: Shape
    filler: Filler
    legacy_shape: Shape | None = None
    kept: bool = True
    inputs_first: bool = False
    index: int | None = None


@dataclass(frozen=True)
class Setup:
    """State of a layer after `SetUp`.

    `tops` has a shape for each top, None where it is unknown. `saved` is the
    layer's parameters as Caffe saves them, where the layer changed its own.
    `notes` are assumptions to tell the user; where they are about the shapes of
    tops, `assumed` has the indices of these, and a user who gives all those
    shapes does not see them.
    """

    tops: tuple[Shape | None, ...]
    events: tuple[Param | Draw, ...] = ()
    saved: LayerParameter | None = None
    notes: tuple[str, ...] = ()
    assumed: tuple[int, ...] = ()


Rule: TypeAlias = Callable[[LayerParameter, tuple[Shape, ...]], Setup]
DataRule: TypeAlias = Callable[[LayerParameter, Sources], Setup]
Arity: TypeAlias = "int | tuple[int, int | None]"


class Role(Enum):
    """Role of a layer type in its net; no code outside this package asks for a type by name."""

    DATA = auto()
    """Brings data in: it has no bottoms, and its blobs are no parameters."""
    COMPUTE = auto()
    """Computes its tops from its bottoms; the default."""
    LOSS = auto()
    """A LossLayer of Caffe's or a fork's: gradients begin here."""
    MEASURE = auto()
    """Looks, counts or writes; nothing is learned from it, and inference goes without."""
    COPY = auto()
    """The same blob under each top: Split."""


class Weights(Enum):
    """Kind of a first parameter blob that multiplies the inputs; other frameworks lay it out differently."""

    KERNEL = auto()
    """Convolution's: outputs x inputs of a group x kernel."""
    BACKWARD_KERNEL = auto()
    """Deconvolution's: inputs x outputs of a group x kernel."""
    DENSE = auto()
    """InnerProduct's: outputs x inputs, or inputs x outputs if transposed."""
    ROWS = auto()
    """Embed's: a row of outputs for each word."""
    GATES = auto()
    """RNN's and LSTM's: one of several, rows of all gates x inputs."""


@dataclass(frozen=True)
class LayerType:
    """A registered layer type: its rule, its role, and what `Layer::CheckBlobCounts` asks of it.

    `bottoms` and `tops` are (least, most), most None where Caffe sets no
    limit. A layer with the role of a loss gets a top where none is named
    (AutoTopBlobs) and saves `loss_weight: 1` where none is given, unless its
    `LayerSetUp` misses to call the base class's: `default_loss_weight`. A type
    whose weights depend on its bottoms' shapes sets `weights_need_shape`; one
    whose rule can work with a bottom of unknown rank, given as None, sets
    `accepts_unranked`; for the others the planner lets unknown shapes flow on.
    `weights` says what the first parameter blob is, if it multiplies what comes in;
    `ignores_given_blobs` is set where Caffe fills although the net carries values.
    `normalizes` says that the scale of what comes in does not matter;
    `labeled` says that a data layer's tops after the first are labels,
    `net_input` that its tops are a net's own inputs;
    `opaque` is a type of which nobody here can tell whether it has blobs.
    """

    name: str
    rule: Callable[[LayerParameter, tuple[Shape, ...], Sources], Setup]
    bottoms: tuple[int, int | None]
    tops: tuple[int, int | None]
    same_number: bool = False
    role: Role = Role.COMPUTE
    weights_need_shape: bool = False
    accepts_unranked: bool = False
    weights: Weights | None = None
    ignores_given_blobs: bool = False
    opaque: bool = False
    normalizes: bool = False
    labeled: bool = False
    net_input: bool = False
    default_loss_weight: bool = True

    def set_up(self, parameter: LayerParameter, bottoms: tuple[Shape, ...], sources: Sources) -> Setup:
        """Run the rule; a field that no message of the schema has is a `NetError` that says what to add."""
        try:
            return self.rule(parameter, bottoms, sources)
        except AttributeError as error:
            if not isinstance(error.obj, Message):
                raise
            message = error.obj.DESCRIPTOR.name
            raise NetError(
                f"the rule of this type reads {message}.{error.name}, a field that the schema does not have: "
                f"declare it below {message}, as '{error.name} NUMBER TYPE', in a table of "
                "caffe_fillers/schema/forks that schema/overlay.py names"
            ) from error


layer_types: Registry[LayerType] = Registry("layer type", __package__, mark="@")


def layer(
    name: str,
    *more_names: str,
    bottoms: Arity = 1,
    tops: Arity = 1,
    same_number: bool = False,
    role: Role = Role.COMPUTE,
    weights_need_shape: bool = False,
    accepts_unranked: bool = False,
    weights: Weights | None = None,
    ignores_given_blobs: bool = False,
    opaque: bool = False,
    default_loss_weight: bool = True,
    normalizes: bool = False,
) -> Callable[[Rule], Rule]:
    """Register a rule under its type's name; an arity is an exact number or (least, most)."""

    def decorate(rule: Rule) -> Rule:
        def without_sources(parameter: LayerParameter, shapes: tuple[Shape, ...], _: Sources) -> Setup:
            return rule(parameter, shapes)

        for each in (name, *more_names):
            layer_types.add(
                each,
                LayerType(
                    name=each,
                    rule=without_sources,
                    bottoms=_range(bottoms),
                    tops=_range(tops),
                    same_number=same_number,
                    role=role,
                    weights_need_shape=weights_need_shape,
                    accepts_unranked=accepts_unranked,
                    weights=weights,
                    ignores_given_blobs=ignores_given_blobs,
                    opaque=opaque,
                    default_loss_weight=default_loss_weight,
                    normalizes=normalizes,
                ),
            )
        return rule

    return decorate


def data_layer(
    name: str,
    *more_names: str,
    tops: Arity,
    labeled: bool = True,
    net_input: bool = False,
) -> Callable[[DataRule], DataRule]:
    """Register the rule of a layer without bottoms, whose shapes may stand in a file."""

    def decorate(rule: DataRule) -> DataRule:
        for each in (name, *more_names):
            layer_types.add(
                each,
                LayerType(
                    name=each,
                    rule=lambda parameter, _, sources: rule(parameter, sources),
                    bottoms=(0, 0),
                    tops=_range(tops),
                    role=Role.DATA,
                    labeled=labeled,
                    net_input=net_input,
                ),
            )
        return rule

    return decorate


def layer_type(parameter: LayerParameter) -> LayerType | None:
    """Return the type of a layer, its dialect's own first; None for a type that is not registered.

    >>> layer_type(LayerParameter(type="ReLU")).bottoms
    (1, 1)
    """
    dialect = parameter.text_extra.dialect
    own = layer_types.variant(parameter.type, dialect) if dialect else None
    if own is not None or parameter.type not in layer_types:
        return own
    return layer_types[parameter.type]


def weights_of(parameter: LayerParameter) -> Weights | None:
    """Return the kind of a layer's first parameter blob; None without weights, or for an unknown type.

    >>> weights_of(LayerParameter(type="Embed")), weights_of(LayerParameter(type="ReLU"))
    (<Weights.ROWS: 4>, None)
    """
    kind = layer_type(parameter)
    return None if kind is None else kind.weights


def passed_layer_type(name: str) -> LayerType:
    """Make the type of a layer that is not registered: without blobs, and only tops in place have shapes."""
    return LayerType(name, _passed, (0, None), (0, None), accepts_unranked=True, opaque=True)


@lru_cache(maxsize=256)
def unknown_type(name: str) -> str:
    """Describe a type that is not registered, with the nearest one that is.

    To compare with all names takes a millisecond, and a net may have
    thousands of layers of one such type.
    """
    return f"unknown layer type {name!r}{suggestion(name, layer_types)}"


def require_outputs(num_output: int) -> None:
    """Refuse a layer that does not say how many outputs it has: its weights would be none."""
    if num_output < 1:
        raise NetError("num_output must be given and at least 1")


def require_buildable(parts: int, name: str) -> None:
    """Refuse a layer that draws for more parts than any net has: a few bytes would ask for gigabytes."""
    if parts > MOST_PARTS:
        raise NetError(f"it has {parts:,} {name}, and draws for each of them; {MOST_PARTS:,} are the most")


def refuse_in_place(parameter: LayerParameter) -> None:
    """Caffe's refusal of a first top that is the first bottom: the layer would overwrite what it reads."""
    if parameter.top and parameter.top[0] == parameter.bottom[0]:
        raise NetError(f"{parameter.type} cannot work in place: give its top another name")


def _passed(parameter: LayerParameter, bottoms: tuple[Shape, ...], _: Sources) -> Setup:
    known = dict(zip(parameter.bottom, bottoms, strict=True))
    return Setup(
        tuple(known.get(top) for top in parameter.top),
        notes=(f"{unknown_type(parameter.type)}: passed, without weights",),
    )


def _range(arity: Arity) -> tuple[int, int | None]:
    return (arity, arity) if isinstance(arity, int) else arity
