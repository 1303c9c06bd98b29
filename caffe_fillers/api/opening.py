"""Weights as a caller gives them: a file's name, `Weights` in memory, or a model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from caffe_fillers.api.weights import Weights, open_model
from caffe_fillers.errors import UsageError
from caffe_fillers.model import Model

GivenWeights: TypeAlias = "str | Path | Weights | Model"


@contextmanager
def open_given(weights: GivenWeights) -> Iterator[Model]:
    """Open the model of given weights for the block; anything else is a `UsageError`."""
    if isinstance(weights, (str, Path)):
        with open_model(weights) as model:
            yield model
    elif isinstance(weights, (Weights, Model)):
        yield weights.model() if isinstance(weights, Weights) else weights
    else:
        raise UsageError(f"weights are a file's name or cf.Weights, not {type(weights).__name__}")


def name_of(weights: GivenWeights) -> str:
    """Return the name of the weights in messages."""
    return str(weights) if isinstance(weights, (str, Path)) else "the weights"
