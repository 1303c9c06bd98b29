"""Initial weights of Caffe nets, without Caffe: the very bytes that Caffe would have saved."""

from importlib import import_module

from caffe_fillers._version import __version__

TYPE_CHECKING = False  # as type checkers take it; typing itself would be a third of the start of `--help`

if TYPE_CHECKING:
    from caffe_fillers.api import Net, Weights, fill, load_net, load_weights
    from caffe_fillers.errors import CaffeFillersError
    from caffe_fillers.fans import VarianceNorm
    from caffe_fillers.fillers import (
        MSRA,
        Bilinear,
        Constant,
        Filler,
        Gaussian,
        PositiveUnitball,
        Uniform,
        Xavier,
        filler,
    )
    from caffe_fillers.rng import Stream
    from caffe_fillers.signal import SignalReport

__all__ = [
    "MSRA",
    "Bilinear",
    "CaffeFillersError",
    "Constant",
    "Filler",
    "Gaussian",
    "Net",
    "PositiveUnitball",
    "SignalReport",
    "Stream",
    "Uniform",
    "VarianceNorm",
    "Weights",
    "Xavier",
    "__version__",
    "fill",
    "filler",
    "load_net",
    "load_weights",
]

# Names are fetched when they are asked for, so that `caffe-fill --help` need not import numpy.
_ROOMS = {
    "api": ("Net", "Weights", "fill", "load_net", "load_weights"),
    "errors": ("CaffeFillersError",),
    "fans": ("VarianceNorm",),
    "rng": ("Stream",),
    "signal": ("SignalReport",),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'fillers')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
