"""Find the `--shape` options with which a net can be planned that stops at an unknown shape; each is tried.

A blob is tried as a pattern of axes: a number, a letter that stands for a
number which the user knows, or `?` where none matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Generic, TypeAlias, TypeVar

from caffe_fillers.errors import CaffeFillersError, UnknownShapeError
from caffe_fillers.shapes import UNKNOWN, Shape

Pattern: TypeAlias = "tuple[int | str, ...]"
Planned = TypeVar("Planned")

_ANY = "?"
_IMAGE: Pattern = (1, 3, _ANY, _ANY)
_FEATURES: Pattern = (_ANY, "C", _ANY, _ANY)
_LETTERS = "NCHW"
_RANKS = (2, 3, 5, 1)  # which else an image or a blob of features may have, tried in this order
_SIZES = ((1, 720, 224), (2, 1440, 192), (3, 360, 33), (4, 840, 15), (5, 240, 7))
"""Lengths that letters have in a trial, by axis: the first, the second, any other."""

_OTHER_CHANNELS = 1  # what an image has whose 3 channels are a guess
_MAX_PLANS = 150


@dataclass
class _Search(Generic[Planned]):
    """A search for patterns with which a net can be planned; `attempt` plans it with more shapes given."""

    attempt: Callable[[Mapping[str, Shape]], Planned]
    left: int = _MAX_PLANS
    refusal: CaffeFillersError | None = None
    """The first error that was about something else than an unknown shape."""

    images: set[str] = field(default_factory=set)
    """Blobs whose channels are a guess where they are 3."""

    def run(self, error: UnknownShapeError, known: Mapping[str, Pattern]) -> dict[str, Pattern] | None:
        """Return patterns of all blobs whose shape must be given; None if none were found."""
        self.images |= error.images
        for more in _alternatives(error, known):
            patterns = {**known, **more}
            if patterns == known:
                continue
            for size in _SIZES:
                outcome = self.plan(patterns, size)
                if isinstance(outcome, UnknownShapeError):
                    if found := self.run(outcome, patterns):
                        return found
                    break
                if outcome is not None:
                    return patterns
        return None

    def plan(
        self, patterns: Mapping[str, Pattern], size: tuple[int, int, int], channels: int | None = None
    ) -> Planned | UnknownShapeError | None:
        """Plan the net with numbers for the letters; None if something else is wrong with it."""
        if self.left == 0:
            return None
        self.left -= 1
        try:
            return self.attempt(
                {
                    name: _shape(each, size, channels if name in self.images else None)
                    for name, each in patterns.items()
                }
            )
        except UnknownShapeError as error:
            return error
        except CaffeFillersError as error:
            self.refusal = self.refusal or error
            return None

    def plans(self, patterns: Mapping[str, Pattern], guessed: bool) -> list[Planned]:
        """Return two plans that differ in all that is not known, or as many as can be made."""
        found: list[Planned] = []
        for size in _SIZES:
            for channels in (_OTHER_CHANNELS, None) if guessed and found else (None,):
                outcome = self.plan(patterns, size, channels)
                if outcome is not None and not isinstance(outcome, UnknownShapeError):
                    found.append(outcome)
                    break
            if len(found) == 2:
                break
        return found


def with_remedy(
    error: UnknownShapeError, attempt: Callable[[Mapping[str, Shape]], Planned]
) -> UnknownShapeError:
    """Return the error with all options to add, and with plans of the net for trial numbers.

    The top of a data layer is tried as an image of 3 channels first, which is
    all that most convolutions ask; for any other blob the channels are a letter.
    """
    search = _Search(attempt)
    patterns = search.run(error, {})
    if patterns is None:
        names = " ".join(f"--shape {name}=..." for name in error.origins)
        but = f" (images were tried, and then: {search.refusal})" if search.refusal else ""
        return error.again(f"{error}; give it with {names}{but}")
    options = " ".join(f"--shape {name}={','.join(map(str, each))}" for name, each in patterns.items())
    guessed = any(each[1:2] == (3,) and name in search.images for name, each in patterns.items())
    hints = ["numbers for the letters"] if any(map(_has_letters, patterns.values())) else []
    hints += ["3 channels are a guess"] if guessed else []
    note = f" ({'; '.join(hints)})" if hints else ""
    python = ", ".join(
        f"{name!r}: ({', '.join(map(str, each))}{',' * (len(each) == 1)})" for name, each in patterns.items()
    )
    search.left = _MAX_PLANS
    said = f"{error}; give it with {options}{note}, in Python with shapes={{{python}}}"
    return error.again(said, tuple(search.plans(patterns, guessed)))


def _alternatives(error: UnknownShapeError, known: Mapping[str, Pattern]) -> Iterator[dict[str, Pattern]]:
    """Yield the patterns that the blobs of an error may have, in all combinations, the likeliest first."""
    lists = [
        list(enumerate(_patterns(shape, known.get(name), image=name in error.images)))
        for name, shape in error.origins.items()
    ]
    combinations = islice(product(*lists), _MAX_PLANS)
    for combination in sorted(combinations, key=lambda each: sum(rank for rank, _ in each)):
        yield {name: pattern for name, (_, pattern) in zip(error.origins, combination, strict=True)}


def _patterns(shape: Shape | None, known: Pattern | None, *, image: bool) -> list[Pattern]:
    if known is None and shape is None:
        return [_IMAGE if image else _FEATURES, *(_with_letters((_ANY,) * rank) for rank in _RANKS)]
    axes = known or tuple(_ANY if dim is UNKNOWN else dim for dim in shape or ())
    return [_with_letters(axes)]


def _with_letters(axes: Pattern) -> Pattern:
    """Put letters in place of unknown axes; D0, D1, ... but for four axes."""
    letters = _LETTERS if len(axes) == len(_LETTERS) else [f"D{axis}" for axis in range(len(axes))]
    return tuple(letter if axis == _ANY else axis for axis, letter in zip(axes, letters, strict=True))


def _has_letters(pattern: Pattern) -> bool:
    return any(isinstance(axis, str) and axis != _ANY for axis in pattern)


def _shape(pattern: Pattern, size: tuple[int, int, int], channels: int | None) -> Shape:
    """Put numbers in place of a pattern's letters, and `channels` in place of the 3 that were guessed."""
    dims = []
    for place, axis in enumerate(pattern):
        if isinstance(axis, str):
            dims.append(UNKNOWN if axis == _ANY else size[min(place, len(size) - 1)])
        else:
            dims.append(channels if channels and (place, axis) == (1, 3) else axis)
    return tuple(dims)
