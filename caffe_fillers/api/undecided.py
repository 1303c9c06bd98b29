"""Dialects that a net fits as well as its own, and what each of them would change."""

from __future__ import annotations

from collections.abc import Iterator

from caffe_fillers.eras import FORKS, MASTER, Era, find_era
from caffe_fillers.layers import Role, layer_type, layer_types
from caffe_fillers.notes import Note
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.schema.dialects import candidates, numbered_alike
from caffe_fillers.schema.fork_types import types_of

_DRAWS = (
    *("transformer_in_test", "transformer_always", "transformer_seeds", "transformer_per_thread"),
    *("thread_words", "reader_words", "data_rand_skip"),
)


def note_undecided(net: NetParameter, built: NetParameter) -> tuple[Note, ...]:
    """Note that several dialects fit the net that was read and would give other files.

    `built` is the net as Caffe builds it, in the first of these dialects.
    """
    chosen, *others = candidates(net)
    changes = {other: list(_changes(net, built, chosen, other)) for other in others}
    named = [f"{other} would change {', '.join(words)}" for other, words in changes.items() if words]
    if not named:
        return ()
    return (
        Note(
            f"its fields and types fit other dialects than {chosen} as well: {'; '.join(named)}; "
            "say which it is with --dialect"
        ),
    )


def _changes(net: NetParameter, built: NetParameter, chosen: str, other: str) -> Iterator[str]:
    left, right, types = _era(chosen), _era(other), types_of(built)
    if not numbered_alike(net, chosen, other) or left.blob_layout != right.blob_layout:
        yield "the numbers in the file"
    kinds = (layer_type(layer) for layer in built.layer)
    brings_data = any(kind is not None and kind.role is Role.DATA for kind in kinds)
    if brings_data and any(getattr(left, name) != getattr(right, name) for name in _DRAWS):
        yield "what data layers draw"
    if net.input and left.input_layer != right.input_layer:
        yield "the net's input"
    if "BatchNorm" in types and left.batch_norm_params != right.batch_norm_params:
        yield "BatchNorm's param"
    if "filler:bilinear" in types and left.convention.bilinear != right.convention.bilinear:
        yield "bilinear kernels"
    variants = (each for each in sorted(types) if _rule(each, chosen) is not _rule(each, other))
    yield from (f"the layer {each}" for each in variants)


def _rule(kind: str, dialect: str) -> object:
    """Return the rule of a type in a dialect."""
    found = layer_type(LayerParameter(type=kind, text_extra={"dialect": dialect}))
    return found and found.rule if kind in layer_types else None


def _era(dialect: str) -> Era:
    return find_era(dialect) if dialect in FORKS else MASTER
