"""Refuse to overwrite an input file."""

from __future__ import annotations

from collections.abc import Iterable

from caffe_fillers.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from caffe_fillers.api import Net


def refuse_overwriting_inputs(output: str | Path, net: Net, others: Iterable[str | None] = ()) -> None:
    """Refuse an output that would replace the net, a net that its solver names, or another file that is read.

    Standard output replaces nothing. What `--weights` reads is not asked about: filling may write it anew.
    """
    from caffe_fillers.api.files import are_one_file

    if output == "-":
        return
    named = [
        (path, "a net of the solver" if number else "the net itself") for number, path in enumerate(net.files)
    ]
    named += [(path, "a file that is read") for path in others if path is not None]
    for path, what in named:
        if are_one_file(path, output):
            raise UsageError(f"{output} is {what}, which the output would replace: choose another name")
