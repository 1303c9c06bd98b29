"""Every exception that a caller of this package meets.

All derive from `CaffeFillersError`, so one `except` clause is enough; the
message alone tells what is wrong, where, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FEW = 3  # names that a message lists
_LONG_NAME, _MANY_NAMES = 100, 1000
"""What is looked at for a suggestion: comparing takes the product of two names' lengths."""


class CaffeFillersError(Exception):
    """Base class of all errors raised on purpose by this package."""


class PrototxtError(CaffeFillersError):
    """A prototxt cannot be read; `path`, `line` and `column` (both from 1) say where.

    >>> print(PrototxtError("expected a value", "net.prototxt", 3, 9, "  type: }"))
    net.prototxt:3:9: expected a value
        type: }
              ^
    """

    def __init__(self, problem: str, path: str, line: int, column: int, source_line: str = "") -> None:
        self.problem, self.path, self.line, self.column = problem, path, line, column
        message = f"{path}:{line}:{column}: {problem}"
        if source_line.strip():
            indent = len(source_line) - len(source_line.lstrip())
            caret = " " * (column - 1 - indent)
            message += f"\n    {source_line.strip()}\n    {caret}^"
        super().__init__(message)


class NetError(CaffeFillersError):
    """Caffe would refuse this net: a layer, a connection or a parameter is wrong."""


class UnknownShapeError(NetError):
    """Weights depend on the shape of a blob that the net alone does not tell.

    `origins` are the blobs to give a shape to, with what is known of it: None,
    or a tuple whose unknown axes are `shapes.UNKNOWN`. `images` are those of
    them that data layers make. `trials` are two plans of the net with different
    numbers for what is not known, where it can be planned with any.
    """

    def __init__(
        self,
        message: str,
        origins: Mapping[str, tuple[int, ...] | None],
        images: Iterable[str] = (),
        trials: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(message)
        self.origins, self.images, self.trials = dict(origins), frozenset(images), trials

    def again(self, message: str, trials: tuple[Any, ...] = ()) -> UnknownShapeError:
        """The same with another message."""
        return UnknownShapeError(message, self.origins, self.images, trials or self.trials)


class FillerError(CaffeFillersError):
    """A filler cannot fill this blob, as Caffe's own checks would find."""


class InitializerError(CaffeFillersError, ValueError):
    """An initializer of another framework cannot be built so, or cannot fill this shape, by its own rules."""


class FormatError(CaffeFillersError):
    """A weight file is broken, or cannot hold what it should."""


class OtherFileError(FormatError):
    """A sound file of Caffe's, of another kind than what was asked for: it is neither a net nor weights."""


class ResourceError(CaffeFillersError):
    """The work needs more disk or memory than there is; it was not begun."""


class SourceError(CaffeFillersError):
    """A data file that a layer names is missing or cannot be read."""


class UsageError(CaffeFillersError):
    """The command line or the arguments of a call make no sense together."""


class MissingExtraError(CaffeFillersError):
    """An optional dependency is not installed; the message names the extra that brings it.

    >>> print(MissingExtraError("h5py", "hdf5"))
    this needs the package h5py: pip install 'caffe-fillers[hdf5]', or in a checkout '.[hdf5]'
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"this needs the package {package}: "
            f"pip install 'caffe-fillers[{extra}]', or in a checkout '.[{extra}]'"
        )


class UnknownNameError(CaffeFillersError):
    """A name is not registered; the message suggests the nearest that is, or the one that is `meant`.

    >>> print(UnknownNameError("filler type", "xaviar", ["msra", "xavier"]))
    unknown filler type 'xaviar' (did you mean 'xavier'?); known: msra, xavier
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], meant: str | None = None) -> None:
        names = sorted(known)
        hint = f" (did you mean {meant!r}?)" if meant else suggestion(name, names)
        super().__init__(f"unknown {kind} {name!r}{hint}; known: {', '.join(names)}")


class UnknownLayerError(UnknownNameError, KeyError):
    """A mapping by layer has no such layer."""

    __str__ = Exception.__str__


def suggestion(name: str, known: Iterable[str]) -> str:
    """A parenthesis that names the nearest of `known`, or nothing where none is near.

    >>> suggestion("convolutoin_param", ["convolution_param", "pooling_param"])
    " (did you mean 'convolution_param'?)"
    """
    near = nearest(name, known)
    return f" (did you mean {near!r}?)" if near else ""


def few(names: Sequence[str]) -> str:
    """The first few of many names.

    >>> few(["conv1", "conv2", "conv3", "conv4", "fc5"])
    "'conv1', 'conv2', 'conv3' and 2 more"
    """
    listed = ", ".join(map(repr, names[:_FEW]))
    return f"{listed} and {len(names) - _FEW} more" if len(names) > _FEW else listed or "none"


def nearest(name: str, known: Iterable[str], *, alike: float = 0.6) -> str | None:
    """The one of `known` that is most like a name; None where none is `alike`, by difflib's ratio.

    >>> nearest("sdt", ["mean", "std"])
    'std'
    """
    from difflib import get_close_matches  # only an error has time for it

    if len(name) > _LONG_NAME:
        return None
    short = (candidate for candidate in known if len(candidate) <= _LONG_NAME)
    folded = {candidate.lower(): candidate for candidate in islice(short, _MANY_NAMES)}
    near = get_close_matches(name.lower(), folded, n=1, cutoff=alike)
    return folded[near[0]] if near else None
