"""Layers of one name, which Caffe allows: from here on each has a name of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from caffe_fillers.plan import Plan
from caffe_fillers.schema import NetParameter


def told_apart(net: NetParameter, plan: Plan) -> tuple[NetParameter, Plan]:
    """The same net and plan with a number behind a name that an earlier layer has, in owners too."""
    names = numbered([layer.name for layer in net.layer])
    if all(layer.name == name for layer, name in zip(net.layer, names, strict=True)):
        return net, plan
    renamed = NetParameter()
    renamed.CopyFrom(net)
    for layer, name in zip(renamed.layer, names, strict=True):
        layer.name = name
    makers = {blob.step: (names[blob.layer_id], blob.index) for blob in plan.blobs if blob.owner is None}
    blobs = (
        replace(blob, layer=names[blob.layer_id], owner=makers[blob.step] if blob.owner else None)
        for blob in plan.blobs
    )
    return renamed, replace(plan, blobs=tuple(blobs))


def numbered(names: Sequence[str]) -> list[str]:
    """The names, with a number behind one that came before; no number makes the name of another layer.

    >>> numbered(["c", "c", "c_3", "c"])
    ['c', 'c_2', 'c_3', 'c_4']
    """
    taken, numbers, chosen = set(names), Counter[str](), list[str]()
    for name in names:
        numbers[name] += 1
        free = name
        while numbers[name] > 1 and free in taken:
            free = f"{name}_{numbers[name]}"
            numbers[name] += free in taken
        taken.add(free)
        chosen.append(free)
    return chosen
