"""The net that travels along in a file of another format, as prototxt that names its dialect.

A prototxt has names, and the names do not always tell which fork's numbers a
caffemodel must have again. So a comment in front says it, for a net that is
not plainly BVLC's; to everybody else it is a comment.
"""

from __future__ import annotations

import re

from caffe_fillers import passes, prototxt
from caffe_fillers.model import Model
from caffe_fillers.schema import NetParameter
from caffe_fillers.schema.dialects import BVLC, check_dialect, recognise

_COMMENT = re.compile(r"\ufeff?# dialect: (\w+)\n")


def net_text(model: Model) -> str:
    """The net of a model without its blobs; bytes that no known schema has a name for are not in it."""
    return dialect_line(model) + prototxt.write(_net(model))


def dialect_line(model: Model) -> str:
    """The comment in front of a net's text; of one of BVLC's it is empty."""
    net = _net(model)
    dialect = net.text_extra.dialect or next(
        filter(None, (each.text_extra.dialect for each in net.layer)), BVLC
    )
    return f"# dialect: {dialect}\n" if dialect != BVLC or recognise(net) != BVLC else ""


def _net(model: Model) -> NetParameter:
    net = NetParameter()
    net.CopyFrom(model.net)
    net.layer.extend(layer.parameter for layer in model.layers)
    return net


def read_net_text(text: str) -> NetParameter:
    """The net of such a text, marked with the dialect that it names, or else with the one recognised."""
    net = prototxt.parse(text, NetParameter).message
    said = _COMMENT.match(text)
    net.text_extra.dialect = check_dialect(said[1]) if said else recognise(net)
    return passes.mark(net, net.text_extra.dialect)
