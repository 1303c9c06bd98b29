"""Whose fork a net is written for: its layers are marked, for layer rules and for the files they go into."""

from __future__ import annotations

from caffe_fillers.notes import Note
from caffe_fillers.schema import NetParameter
from caffe_fillers.schema.dialects import BVLC, check_dialect, recognise, unknown_to


def choose_dialect(net: NetParameter, given: str | None = None) -> tuple[str, tuple[Note, ...]]:
    """The dialect of a net as it was read, and what is to be said of it; without one given it is recognised.

    Fields that the dialect has not are noted: they act here, but no file of
    that dialect can hold them. An unknown dialect is an `UnknownNameError`.

    >>> choose_dialect(NetParameter(layer=[{"type": "Permute", "permute_param": {"order": [0]}}]))[0]
    'ssd'
    """
    chosen = check_dialect(given) if given is not None else net.text_extra.dialect or recognise(net)
    if chosen == BVLC and given is None:
        return chosen, ()
    notes = [Note(f"dialect {chosen} ({'given' if given else 'recognised from the fields'})")]
    if missing := unknown_to(net, chosen):
        notes.append(Note(f"dialect {chosen} has no {', '.join(missing)}: a caffemodel is written without"))
    return chosen, tuple(notes)


def mark_dialect(net: NetParameter, dialect: str) -> NetParameter:
    """The net with a dialect in the hidden field of each layer; one of BVLC's as it is.

    >>> mark_dialect(NetParameter(layer=[{"type": "BN"}]), "segnet").layer[0].text_extra.dialect
    'segnet'
    """
    if dialect == BVLC:
        return net
    marked = NetParameter()
    marked.CopyFrom(net)
    for layer in marked.layer:
        layer.text_extra.dialect = dialect
    return marked
