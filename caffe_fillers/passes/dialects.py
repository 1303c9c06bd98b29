"""Mark a net and its layers with their fork and era, for layer rules and for files."""

from __future__ import annotations

from caffe_fillers.eras import FORKS, MASTER, Era, find_era
from caffe_fillers.notes import Note
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.schema.dialects import BVLC, check_dialect, recognize, unknown_to


def choose_dialect(net: NetParameter, given: str | None = None) -> tuple[str, tuple[Note, ...]]:
    """The dialect of a net as it was read, and what is to be said of it; without one given it is recognized.

    Fields that the dialect has not are noted: they act here, but no file of
    that dialect can hold them. An unknown dialect is an `UnknownNameError`.

    >>> choose_dialect(NetParameter(layer=[{"type": "Permute", "permute_param": {"order": [0]}}]))[0]
    'ssd'
    """
    chosen = check_dialect(given) if given is not None else net.text_extra.dialect or recognize(net)
    if chosen == BVLC and given is None:
        return chosen, ()
    notes = [Note(f"dialect {chosen} ({'given' if given else 'recognized from the fields'})")]
    if missing := unknown_to(net, chosen):
        notes.append(Note(f"dialect {chosen} has no {', '.join(missing)}: a caffemodel is written without"))
    return chosen, tuple(notes)


def mark(net: NetParameter, dialect: str, caffe: str | None = None) -> NetParameter:
    """The net with a dialect and a release in the hidden fields of it and of its layers.

    Without a release the era is that of the dialect; a net of BVLC's master stays unchanged.

    >>> marked = mark(NetParameter(layer=[{"type": "BN"}]), "segnet")
    >>> marked.layer[0].text_extra.dialect, era_of(marked.layer[0]).data_rand_skip
    ('segnet', True)
    """
    if dialect == BVLC and caffe is None:
        return net
    marked = NetParameter()
    marked.CopyFrom(net)
    for extra in (marked.text_extra, *(layer.text_extra for layer in marked.layer)):
        if dialect != BVLC:
            extra.dialect = dialect
        if caffe is not None:
            extra.era = caffe
    return marked


def era_of(message: NetParameter | LayerParameter) -> Era:
    """The era of a net or of a layer that `mark` has marked; BVLC's master where it has not."""
    extra = message.text_extra
    return find_era(extra.era or (extra.dialect if extra.dialect in FORKS else MASTER.name))
