"""The history of BVLC's master, as far as it changes a byte of an untrained net."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from caffe_fillers import fans
from caffe_fillers.eras.contract import Era
from caffe_fillers.eras.forks import FORKS
from caffe_fillers.errors import UnknownNameError, UsageError


@dataclass(frozen=True)
class Change:
    """A change that came to master on a day, by which merge.

    `facts` are the fields of `Era` that it changed, `convention` those of `fans.Convention`.
    """

    since: date
    commit: str
    what: str
    facts: dict[str, Any] = field(default_factory=dict)
    convention: dict[str, Any] = field(default_factory=dict)


# Read in the first parents of master: what stood there at the end of each day.
HISTORY = (
    Change(
        date(2014, 9, 18),
        "737ea5e93",
        "rc: data layers draw for the transformer, in TRAIN alone, and for rand_skip",
        {
            "transformer_in_test": False,
            "thread_words": 0,
            "data_rand_skip": True,
            "input_layer": False,
            "batch_norm_params": "as given",
            "v1_layers": True,
            "blob_layout": "four axes",
        },
        {"legacy_blobs": True, "legacy_accessors": True, "bilinear": None, "variance_norm": False},
    ),
    Change(
        date(2015, 2, 19),
        "f998127ef",
        "mirror seeds the transformer in both phases; layers have a string for their type",
        {"transformer_in_test": True, "v1_layers": False},
    ),
    Change(
        date(2015, 3, 3),
        "85bb397ac",
        "blobs have any number of axes, in files a shape; inner product weights two",
        {"blob_layout": "shape"},
        {"legacy_blobs": False},
    ),
    Change(
        date(2015, 5, 26),
        "c25570999",
        "variance_norm and the msra filler",
        convention={"variance_norm": True},
    ),
    Change(
        date(2015, 6, 30),
        "805a995a8",
        "the bilinear filler, off center for widths of 2 and 3 modulo 4",
        convention={"bilinear": "float"},
    ),
    Change(
        date(2015, 8, 13),
        "bb0a90e8a",
        "each thread draws a seed, a DataReader's too, once per layer name and source; "
        "rand_skip of Data draws no more",
        {"thread_words": 1, "reader_words": 1, "data_rand_skip": False},
    ),
    Change(
        date(2016, 2, 26),
        "a04ac1124",
        "a net's input becomes an Input layer",
        {"input_layer": True},
    ),
    Change(
        date(2016, 9, 16),
        "25422de79",
        "BatchNorm sets the param of its blobs; three that are given are cleared",
        {"batch_norm_params": "cleared"},
    ),
    Change(
        date(2017, 1, 17),
        "536851c00",
        "the DataReader is gone, and its word",
        {"reader_words": 0},
    ),
    Change(
        date(2017, 1, 19),
        "bc0d6809d",
        "three param of a BatchNorm layer stay, their rates set to zero",
        {"batch_norm_params": "completed"},
    ),
    Change(
        date(2017, 10, 3),
        "ef2eb4b93",
        "bilinear is centered, and computed in the blob's type",
        convention={"bilinear": "double"},
    ),
    Change(
        date(2018, 2, 20),
        "76f48fe9c",
        "fans come from shape(0) and shape(1)",
        convention={"legacy_accessors": False, "one_axis": False},
    ),
    Change(
        date(2018, 3, 9),
        "69da2cf93",
        "fans of one axis again",
        convention={"one_axis": True},
    ),
)

RELEASES = {
    "rc": date(2014, 9, 18),
    "rc2": date(2015, 2, 20),
    "rc3": date(2016, 1, 29),
    "rc4": date(2017, 1, 20),
    "rc5": date(2017, 2, 21),
    "1.0": date(2017, 4, 15),
    "master": date(2020, 2, 13),
}
"""The days of BVLC's tags, and of the last commit."""

MASTER = Era()

_LIKE_A_DAY, _DAY = re.compile(r"[\d./-]{4,}"), re.compile(r"\d{4}-\d\d-\d\d")


@lru_cache
def find_era(name: str) -> Era:
    """The era of a release (rc, rc2, rc3, rc4, rc5, 1.0, master), of a day, or of a fork's dialect.

    A day means what stood on master at its end. Errors: `UnknownNameError`,
    and `UsageError` for a day before the first release.

    >>> find_era("rc3").reader_words, find_era("2017-01-17").reader_words, find_era("ssd").reader_words
    (1, 0, 1)
    """
    if name in FORKS:
        fork = FORKS[name]
        era = find_era(fork.left.isoformat())
        convention = replace(era.convention, name=name, **fork.convention)
        return replace(era, name=name, convention=convention, **fork.facts)
    day = RELEASES.get(name) or _day(name)
    if day < HISTORY[0].since:
        raise UsageError(f"--caffe {name}: the history that is known starts with {HISTORY[0].since}")
    facts: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for change in HISTORY:
        if change.since <= day:
            facts |= change.facts
            own |= change.convention
    return Era(name=name, convention=fans.Convention(name=name, **own), **facts)


def _day(name: str) -> date:
    """The day that a text names as YYYY-MM-DD."""
    if not _LIKE_A_DAY.fullmatch(str(name)):
        raise UnknownNameError("Caffe release", str(name), RELEASES)
    if _DAY.fullmatch(name):
        with suppress(ValueError):
            return date.fromisoformat(name)
    raise UsageError(f"--caffe {name}: there is no such day; write it as YYYY-MM-DD, such as 2016-02-29")
