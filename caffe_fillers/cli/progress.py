"""Show progress bars for long work."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_fillers.distributions import Values
    from caffe_fillers.model import Model, ModelBlob

_PATIENCE = 2.0
"""Seconds without a bar."""
LONG_FILL = 20_000_000
"""Values from which on a person waits long enough to want a bar."""


def with_progress(model: Model, total: int) -> Model:
    """Return the same model, whose blobs move a bar on the terminal as they are drawn, if that takes long."""
    if total < LONG_FILL:
        return model
    from rich.progress import Progress

    from caffe_fillers.cli.messages import console

    bar = Progress(console=console(sys.stderr), transient=True)
    task = bar.add_task("filling", total=total)

    def moving(blob: ModelBlob) -> Iterator[Values]:
        bar.start()
        for chunk in blob.chunks():
            bar.advance(task, chunk.size)
            yield chunk
        if bar.finished:
            bar.stop()

    layers = [
        replace(layer, blobs=tuple(replace(blob, chunks=partial(moving, blob)) for blob in layer.blobs))
        for layer in model.layers
    ]
    return replace(model, layers=tuple(layers))


@contextmanager
def search_bar() -> Iterator[Callable[[str, float], None]]:
    """Show a bar on the terminal after two seconds; give the function that says what is tried."""
    from rich.progress import Progress

    from caffe_fillers.cli.messages import console

    bar = Progress(console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty())
    task, timer = bar.add_task("", total=1.0), threading.Timer(_PATIENCE, bar.start)
    timer.daemon = True
    timer.start()

    def show(text: str, share: float) -> None:
        bar.update(task, description=text, completed=share)

    try:
        yield show
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
