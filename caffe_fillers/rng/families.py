"""Families of Boost's normal distribution, by release; the other distributions never changed."""

from __future__ import annotations

import re
from enum import Enum

from caffe_fillers.errors import UsageError

BOOST = "1.74"
"""The release that the recorded runs of Caffe were built with."""


class Family(Enum):
    """The algorithms of `boost::normal_distribution`, read at tags boost-1.54.0, 1.58.0 and 1.74.0."""

    BOX_MULLER = "box_muller"
    ZIGGURAT_1_56 = "ziggurat_1.56"
    ZIGGURAT_1_64 = "ziggurat_1.64"


def boost_family(release: str) -> Family:
    """Return the family that a release number belongs to.

    >>> boost_family("1.54"), boost_family("1.65.1")
    (<Family.BOX_MULLER: 'box_muller'>, <Family.ZIGGURAT_1_64: 'ziggurat_1.64'>)
    """
    if not isinstance(release, str):
        raise UsageError(f"boost={release!r}: write the release as a text, such as '1.54'")
    match = re.fullmatch(r"1\.(\d+)(\.\d+)?", release.strip())
    if match is None:
        raise UsageError(f"{release!r} is no release of Boost; write it as 1.54 or 1.65.1")
    minor = int(match[1])
    if minor >= 64:
        return Family.ZIGGURAT_1_64
    return Family.ZIGGURAT_1_56 if minor >= 56 else Family.BOX_MULLER
