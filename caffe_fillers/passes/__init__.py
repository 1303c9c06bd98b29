"""Passes over a net, NetParameter to NetParameter; none changes what it is given.

`upgrade` brings a net of any format to today's; `prepare` goes on to the net
that Caffe builds. Single passes are listed, in order, in `order`.
"""

from caffe_fillers.passes.contract import LayerError, Passed
from caffe_fillers.passes.dialects import choose_dialect, era_of, mark
from caffe_fillers.passes.order import UPGRADES, prepare, upgrade
from caffe_fillers.passes.phases import inherit_phase
from caffe_fillers.passes.selection import merge_states, select
from caffe_fillers.passes.splits import insert_splits
from caffe_fillers.passes.v1_to_v2 import to_v1

__all__ = [
    "UPGRADES",
    "LayerError",
    "Passed",
    "choose_dialect",
    "era_of",
    "inherit_phase",
    "insert_splits",
    "mark",
    "merge_states",
    "prepare",
    "select",
    "to_v1",
    "upgrade",
]
