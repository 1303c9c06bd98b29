"""State of a Caffe process: the generator, the device, the log, and the era.

`Caffe::Get()`, include/caffe/common.hpp, BVLC/caffe 9b8915401: one generator
for all nets, which goes on from one net to the next.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from caffe_fillers.api.seeds import make_stream
from caffe_fillers.eras import find_era
from caffe_fillers.layers import layer_types
from caffe_fillers.rng import Stream
from caffe_fillers.schema.dialects import check_dialect


@dataclass(frozen=True)
class Reading:
    """Settings by which nets are read: as `load_net` takes these."""

    dialect: str | None = None
    caffe: str | None = None
    lenient: bool = False

    def keywords(self) -> dict[str, Any]:
        """These as keywords of `load_net`."""
        return asdict(self)


_readings: list[Reading] = [Reading()]


def configure(*, dialect: str | None = None, caffe: str | None = None, lenient: bool = False) -> None:
    """Say whose Caffe all nets of this process are read and built as, from now on.

    `dialect` names a fork, `caffe` a release or a day, `lenient` passes over
    what is unknown: see `caffe_fillers.load_net`. Unknown names are an
    `UnknownNameError`.

    >>> configure(dialect="ssd", lenient=True)
    >>> configure()
    """
    if dialect is not None:
        check_dialect(dialect)
    if caffe is not None:
        find_era(caffe)
    _readings[:] = [Reading(dialect=dialect, caffe=caffe, lenient=lenient)]


def reading() -> Reading:
    """Return the settings by which nets are read now."""
    return _readings[0]


_streams: list[Stream] = []
"""The generator of this process, once anything has needed it."""


def set_random_seed(seed: int) -> None:
    """Begin the generator anew; whatever is built from now on draws as in Caffe after this call."""
    _streams[:] = [make_stream(seed)]


def stream() -> Stream:
    """The generator of this process; without a seed it begins with a fresh one, as Caffe's does."""
    if not _streams:
        _streams.append(make_stream())
    return _streams[0]


def layer_type_list() -> list[str]:
    """The layer types that can be built, sorted."""
    return sorted(layer_types)


def set_mode_cpu() -> None:
    """Nothing: all is done on the CPU."""


def set_mode_gpu() -> None:
    """Nothing: fillers draw on the CPU in GPU mode too."""


def set_device(device: int) -> None:
    """Nothing: there is no device."""


def init_log(level: int = 0, stderr: bool = False) -> None:
    """Nothing: this package keeps no log."""


def log(message: str) -> None:
    """Nothing: this package keeps no log."""


def has_nccl() -> bool:
    """Return False: there is no NCCL."""
    return False
