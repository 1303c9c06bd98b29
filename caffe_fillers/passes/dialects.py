"""Whose fork a net is written for: its layers are marked, for layer rules and for the files they go into."""

from __future__ import annotations

from caffe_fillers.notes import Note
from caffe_fillers.passes.contract import Passed
from caffe_fillers.schema import NetParameter
from caffe_fillers.schema.dialects import BVLC, check_dialect, recognise, unknown_to


def mark_dialect(net: NetParameter, dialect: str | None = None) -> Passed:
    """The net with its dialect in the hidden field of each layer; without one given it is recognised.

    Fields that the dialect has not are noted: they act here, but no file of
    that dialect can hold them. An unknown dialect is an `UnknownNameError`.

    >>> net = NetParameter(layer=[{"type": "Permute", "permute_param": {"order": [0]}}])
    >>> mark_dialect(net).net.layer[0].text_extra.dialect
    'ssd'
    """
    chosen = recognise(net) if dialect is None else check_dialect(dialect)
    if chosen == BVLC and dialect is None:
        return Passed(net)
    marked = NetParameter()
    marked.CopyFrom(net)
    marked.text_extra.dialect = chosen
    for layer in marked.layer:
        layer.text_extra.dialect = chosen
    missing = unknown_to(net, chosen)
    notes = [Note(f"dialect {chosen} ({'given' if dialect else 'recognised from the fields'})")]
    if missing:
        notes.append(Note(f"dialect {chosen} has no {', '.join(missing)}: a caffemodel is written without"))
    return Passed(marked, tuple(notes))
