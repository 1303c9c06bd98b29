"""The commands: their names, what people call them elsewhere, and which one a command line means."""

from __future__ import annotations

import os

from caffe_fillers.errors import UsageError, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Each command is a module here with `add_arguments(parser)` and `run(arguments) -> int`; it is
# imported when it is called, so that the others cost nothing.
COMMANDS = {
    "fill": "fill a net and write its weights (the command that is meant where none is named)",
    "plan": "show what would be drawn, without drawing it",
    "probe": "run the filled net in a real engine, measured beside predicted std",
    "check": "is this model what its prototxt declares, and if not, what is it",
    "convert": "write a net as upgraded text, or weights in another format",
    "port": "print a net as code of torch, keras, mxnet, jax or tf1, or its initializers alone",
    "report": "one page that shows a net: graph, table, histograms, filters, signal, warnings",
}

_CALLED_ELSEWHERE = {
    **dict.fromkeys(("inspect", "show", "info", "summary", "print", "list"), "plan"),
    **dict.fromkeys(("verify", "validate", "compare", "diff"), "check"),
    **dict.fromkeys(("export", "translate"), "port"),
    **dict.fromkeys(("upgrade", "dump"), "convert"),
    **dict.fromkeys(("init", "initialize", "generate"), "fill"),
    **dict.fromkeys(("visualize", "plot", "draw"), "report"),
}

_LISTED = f"the commands are {', '.join(COMMANDS)}"


def chosen_command(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the command that is meant and its arguments; `help [COMMAND]` is its --help."""
    if not words:
        raise UsageError(
            "give a net, as in caffe-fill net.prototxt; caffe-fill help lists options and commands"
        )
    first, *others = words
    if first in COMMANDS:
        return first, others
    if first == "help":
        name = others[0] if others else "fill"
        if name not in COMMANDS:
            raise UsageError(f"{name!r} is no command{_meant(name)}; {_LISTED}")
        return name, ["--help"]
    if not (first.startswith("-") or "." in first or os.sep in first or os.path.lexists(first)):
        raise UsageError(f"{first!r} is neither a command{_meant(first)} nor a file; {_LISTED}")
    return "fill", list(words)


def misplaced_command(words: Sequence[str]) -> str | None:
    """Return what to type if a command stands after options; None if none does."""
    for place, word in enumerate(words):
        if place and word in COMMANDS and not os.path.lexists(word):
            import shlex

            return shlex.join(["caffe-fill", word, *words[:place], *words[place + 1 :]])
    return None


def _meant(word: str) -> str:
    """Return the command that a word might mean."""
    name = _CALLED_ELSEWHERE.get(word.lower())
    return f" (did you mean {name!r}?)" if name else suggestion(word, COMMANDS)
