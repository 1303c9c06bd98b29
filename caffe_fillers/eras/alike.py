"""Eras that draw and fill alike, whatever else they do otherwise."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from caffe_fillers.eras.contract import Era
from caffe_fillers.eras.forks import FORKS
from caffe_fillers.eras.history import HISTORY, RELEASES, find_era


@cache
def eras_alike() -> tuple[tuple[str, ...], ...]:
    """Names of releases, days and dialects, those together that draw and fill alike.

    >>> [names[:4] for names in eras_alike()][:2]
    [('rc', '2014-09-18'), ('rc2', '2015-02-19')]
    """
    alike: dict[Era, list[str]] = {}
    for name in (*RELEASES, *(change.since.isoformat() for change in HISTORY), *FORKS):
        alike.setdefault(_drawing(find_era(name)), []).append(name)
    return tuple(map(tuple, alike.values()))


def _drawing(era: Era) -> Era:
    """An era but for its name and for what changes files alone."""
    return replace(
        era,
        name="",
        convention=replace(era.convention, name=""),
        input_layer=True,
        split_in_place=False,
        batch_norm_params="as given",
        v1_layers=False,
        blob_layout="shape",
    )
