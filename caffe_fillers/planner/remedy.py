"""Which `--shape` options let a net be planned that stops at an unknown shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from caffe_fillers.errors import CaffeFillersError, UnknownShapeError
from caffe_fillers.shapes import UNKNOWN, Shape

_IMAGE: Shape = (1, 3, UNKNOWN, UNKNOWN)
_TRIAL_LENGTH = 224
_MOST = 20  # blobs in one message: each takes another walk over the net


def with_remedy(
    error: UnknownShapeError, attempt: Callable[[Mapping[str, Shape]], object]
) -> UnknownShapeError:
    """The error with the options to add, all of them at once.

    `attempt` plans the net with more shapes given. A blob of which nothing is
    known is tried as an image of 3 channels first, which is all that most
    convolutions ask; lengths that matter all the same become letters.
    """
    options: dict[str, str] = {}
    tried: dict[str, Shape] = {}
    guessed = False
    latest: UnknownShapeError | None = error
    while latest is not None and len(options) < _MOST:
        before = dict(options)
        for name, shape in latest.origins.items():
            guessed = guessed or shape is None
            tried[name], options[name] = (_IMAGE, "1,3,?,?") if shape is None else _with_letters(shape)
        latest = _next(tried, attempt) if options != before else None
    given = " ".join(f"--shape {name}={text}" for name, text in options.items())
    hints = ["numbers for the letters"] if any(map(str.isupper, options.values())) else []
    hints += ["3 channels are a guess"] if guessed else []
    hints += ["more blobs may follow"] if latest is not None else []
    note = f" ({'; '.join(hints)})" if hints else ""
    return UnknownShapeError(f"{error}; give it with {given}{note}", error.origins)


def _next(
    tried: Mapping[str, Shape], attempt: Callable[[Mapping[str, Shape]], object]
) -> UnknownShapeError | None:
    """Where the net stops next, with these shapes; None if it does not, or at something else."""
    try:
        attempt(tried)
    except UnknownShapeError as error:
        return error
    except CaffeFillersError:
        return None
    return None


def _with_letters(shape: Shape) -> tuple[Shape, str]:
    """A shape to try, and how a person is to write it."""
    letters = "NCHW" if len(shape) == 4 else [f"D{axis}" for axis in range(len(shape))]
    text = (letter if dim is UNKNOWN else str(dim) for dim, letter in zip(shape, letters, strict=True))
    return tuple(_TRIAL_LENGTH if dim is UNKNOWN else dim for dim in shape), ",".join(text)
