"""Parse command lines by argparse, whose errors become messages of this package."""

from __future__ import annotations

import argparse

from caffe_fillers.cli.terminal import columns
from caffe_fillers.errors import UsageError, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are a `UsageError`; it knows its options, to suggest one that is misspelled."""

    def __init__(self, prog: str, description: str | None, epilog: str | None = None) -> None:
        self._metavars: dict[str, str] = {}
        self._places: list[str] = []
        width = columns() - 2
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            exit_on_error=False,
            formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=width),
        )

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """Define an option or a positional argument, as argparse does."""
        action = super().add_argument(*names, **options)
        self._metavars |= dict.fromkeys(action.option_strings, str(action.metavar))
        if not action.option_strings:
            self._places.append(str(action.metavar))
        return action

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse the arguments; options and positional ones may stand in any order."""
        self._refuse_unknown(words)
        try:
            arguments, surplus = self.parse_known_intermixed_args(words)
        except argparse.ArgumentError as error:
            raise UsageError(self._refusal(error)) from None
        if surplus:
            raise UsageError(self._surplus(surplus))
        return arguments

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print: mostly names that are required and missing, after a colon."""
        names = message.partition(": ")[2]
        if set(names.split(", ")) <= {*self._places, *self._metavars}:
            message = f"{names} is missing"
        raise UsageError(f"{message}; {self.prog} --help shows what it takes")

    def _refusal(self, error: argparse.ArgumentError) -> str:
        """Say what is wrong with the value of an option."""
        if error.argument_name is None:
            self.error(error.message)
        option = error.argument_name
        metavar = self._metavars.get(option.split("/")[0], "")
        if error.message.startswith("ignored explicit argument"):
            return f"{option} takes no value"
        if error.message.startswith("expected"):
            return f"{option}: give a value after it, as {option.split('/')[0]} {metavar}"
        return f"{option} {error.message}"

    def _refuse_unknown(self, words: Sequence[str]) -> None:
        """Refuse the first unknown option, before arguments that are missing because of it."""
        for word in words:
            name = word.partition("=")[0]
            if name == "--":
                return
            if name.startswith("--") and not any(option.startswith(name) for option in self._metavars):
                near = suggestion(name, self._metavars)
                raise UsageError(f"there is no option {name}{near}; {self.prog} --help lists them")

    def _surplus(self, words: Sequence[str]) -> str:
        """Say what is wrong with surplus arguments."""
        word = next((word for word in words if word.startswith("-") and word != "-"), words[0])
        if word.startswith("-") and word != "-":
            return f"there is no option {word}; {self.prog} --help lists them"
        output = f"; name the output with -o {word}" if "-o" in self._metavars else ""
        return f"{word!r} is one name too many: {self.prog} takes {' and '.join(self._places)}{output}"


def whole(text: str) -> int:
    """Parse a whole number, as `--seed` and others take it."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number{_as_digits(text)}") from None


def _as_digits(text: str) -> str:
    """Return a hint with the digits of a whole number such as 1e3."""
    try:
        value = float(text)
        return f", as {int(value)}" if value == int(value) else ""
    except (ValueError, OverflowError):
        return ""


def one_of(known: Sequence[str], aliases: Mapping[str, str] | None = None) -> Callable[[str], str]:
    """Return a type for options that take one of some names, in any case, or an alias of one.

    >>> one_of(("torch", "jax"), {"pytorch": "torch"})("PyTorch")
    'torch'
    """

    def chosen(text: str) -> str:
        name = text.lower()
        name = (aliases or {}).get(name, name)
        if name in known:
            return name
        said = ", ".join((*known[:-2], " or ".join(known[-2:])))
        raise argparse.ArgumentTypeError(f"{text!r}: give {said}{suggestion(name, known)}")

    return chosen


FRAMEWORK_ALIASES = {"pytorch": "torch", "flax": "jax", "tensorflow": "keras", "tf": "keras", "tf2": "keras"}
"""Other names of the frameworks whose code is printed."""
