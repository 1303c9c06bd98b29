"""When each fork left BVLC's master, and what it does otherwise than master did on that day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Fork:
    """The last commit of BVLC's master that a fork has, and where it differs from it.

    `facts` are fields of `Era`, `convention` those of `fans.Convention`.
    """

    left: date
    facts: dict[str, Any] = field(default_factory=dict)
    convention: dict[str, Any] = field(default_factory=dict)


# Where a fork's history is in its repository, `left` is the day of the last merge of BVLC's master;
# where it is not (pspnet), the day is that of the newest change that the fork's files have.
FORKS = {
    "ssd": Fork(date(2016, 11, 22)),
    "segnet": Fork(date(2015, 6, 10)),
    "enet": Fork(date(2016, 12, 2), {"thread_words": 0, "reader_words": 0, "data_rand_skip": True}),
    "yjxiong": Fork(date(2015, 7, 9)),
    "pspnet": Fork(date(2016, 1, 29)),
    "fast_rcnn": Fork(date(2015, 8, 25)),
    "rfcn": Fork(date(2016, 5, 8)),
    "happynear": Fork(date(2017, 8, 6)),
    "ristretto": Fork(date(2019, 3, 1)),
    "openpose": Fork(date(2019, 3, 1)),
    "lisa": Fork(date(2015, 3, 13)),
}
