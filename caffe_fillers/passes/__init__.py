"""NetParameter to NetParameter: what Caffe does to a net between reading and building it.

The order is Caffe's own: `UpgradeNetAsNeeded` (src/caffe/util/upgrade_proto.cpp),
then `Net::FilterNet` and `InsertSplits`, BVLC/caffe 9b8915401. Every pass
returns a new message and leaves its argument alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from caffe_fillers.passes.batch_norm import upgrade_batch_norm
from caffe_fillers.passes.inputs import upgrade_inputs
from caffe_fillers.passes.select import select
from caffe_fillers.passes.splits import insert_splits
from caffe_fillers.passes.transformation import upgrade_transformation
from caffe_fillers.passes.v0 import upgrade_v0
from caffe_fillers.passes.v1 import upgrade_v1
from caffe_fillers.schema import NetParameter

__all__ = ["Notes", "Prepared", "prepare", "upgrade"]

Notes = list[str]
"""What Caffe only logs as an error, going on all the same."""

UPGRADES: tuple[Callable[[NetParameter, Notes], NetParameter], ...] = (
    upgrade_v0,
    upgrade_transformation,
    upgrade_v1,
    upgrade_inputs,
    upgrade_batch_norm,
)


@dataclass(frozen=True)
class Prepared:
    """A net after some passes, and what was doubtful on the way."""

    net: NetParameter
    notes: Notes = field(default_factory=list)


def upgrade(net: NetParameter) -> Prepared:
    """A net of any generation in today's form.

    >>> old = NetParameter(input=["data"], input_dim=[1, 3, 8, 8])
    >>> upgrade(old).net.layer[0].type
    'Input'
    """
    notes: Notes = []
    for each in UPGRADES:
        net = each(net, notes)
    return Prepared(net, notes)


def prepare(net: NetParameter) -> Prepared:
    """Upgrade a net, leave out the layers that its state rules out, and split shared blobs."""
    upgraded = upgrade(net)
    return Prepared(insert_splits(select(upgraded.net)), upgraded.notes)
