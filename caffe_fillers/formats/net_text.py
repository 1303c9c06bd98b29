"""The net that travels along in a file of another format, as prototxt that names its dialect.

A prototxt has names, and the names do not always tell which fork's numbers a
caffemodel must have again. So a comment in front says it, for a net that is
not plainly BVLC's, and others hold what has no name at all (`unread.py`); to
everybody else they are comments.
"""

from __future__ import annotations

import re

from caffe_fillers import passes, prototxt
from caffe_fillers.formats.unread import restore_unread, unread_lines
from caffe_fillers.model import Model
from caffe_fillers.schema import NetParameter
from caffe_fillers.schema.dialects import BVLC, check_dialect, recognize

_COMMENTS = re.compile(r"\ufeff?(?:# dialect: (?P<dialect>\w+)\n)?(?P<unknown>(?:# unknown: .*\n)*)")


def net_text(model: Model) -> str:
    """The net of a model without its blobs."""
    return comments(model) + prototxt.write(_net(model))


def comments(model: Model) -> str:
    """The comments in front of a net's text; of one of BVLC's there are none."""
    net = _net(model)
    dialect = net.text_extra.dialect or next(
        filter(None, (each.text_extra.dialect for each in net.layer)), BVLC
    )
    line = f"# dialect: {dialect}\n" if dialect != BVLC or recognize(net) != BVLC else ""
    return line + unread_lines(net)


def _net(model: Model) -> NetParameter:
    net = NetParameter()
    net.CopyFrom(model.net)
    net.layer.extend(layer.parameter for layer in model.layers)
    return net


def read_net_text(text: str) -> NetParameter:
    """The net of such a text, marked with the dialect that it names, or else with the one recognized."""
    net = prototxt.parse(text, NetParameter).message
    said = _COMMENTS.match(text)
    dialect = said and said["dialect"]
    net.text_extra.dialect = check_dialect(dialect) if dialect else recognize(net)
    restore_unread(net, said["unknown"] if said else "")
    return passes.mark(net, net.text_extra.dialect)
