"""Tolerance of fields and types that no Caffe is known to have."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Any

from caffe_fillers.errors import nearest

_FILLER = "FillerParameter"
_ENDS = ("input", "input_dim", "input_shape")
_WINDOW = (
    *("kernel_size", "kernel_h", "kernel_w", "stride", "stride_h", "stride_w", "pad", "pad_h", "pad_w"),
    *("dilation", "group", "global_pooling"),
)
_OUTPUTS = ("num_output", "bias_term", "axis", "transpose", "channel_shared", "num_axes", "expose_hidden")
_LAYER = ("bottom", "top", "param", "blobs", "include", "exclude", "transform_param")

# Fields that decide which layers there are, the shapes of their weights, or what is drawn before them.
_DECISIVE = {
    "NetParameter": ("layer", "layers", *_ENDS),
    "LayerParameter": _LAYER,
    "V1LayerParameter": _LAYER,
    "ParamSpec": ("name", "share_mode"),
    "TransformationParameter": ("mirror", "crop_size"),
    "DataParameter": ("rand_skip",),
    "ImageDataParameter": ("shuffle", "rand_skip", "new_height", "new_width"),
    "PoolingParameter": _WINDOW,
    "ConvolutionParameter": (*_WINDOW, *_OUTPUTS),
    "InnerProductParameter": _OUTPUTS,
    "EmbedParameter": (*_OUTPUTS, "input_dim"),
    "RecurrentParameter": _OUTPUTS,
    "ScaleParameter": _OUTPUTS,
    "BiasParameter": _OUTPUTS,
    "PReLUParameter": _OUTPUTS,
}
_ALL_DECISIVE = (_FILLER, "NetStateRule")
"""Messages of which every field decides something."""

_ALIKE, _LENGTHS_APART = 0.8, 3


class Tolerance(Enum):
    """Levels of what is refused: whatever is unknown, what is unknown and changes weights, or nothing."""

    STRICT = "strict"
    CAREFUL = "careful"
    LENIENT = "lenient"


LENIENT_HINT = "it changes the weights; mend it, or pass over it with --lenient (lenient=True)"


def changes_weights(message: Any, name: str) -> bool:
    """Return whether a field that a message's descriptor lacks meant one that decides the weights.

    A filler is meant in one, and by a name nearly a filler's; another such field by a name nearly its own.

    >>> from caffe_fillers.schema import ConvolutionParameter, FillerParameter
    >>> changes_weights(FillerParameter.DESCRIPTOR, "sdt")
    True
    >>> changes_weights(ConvolutionParameter.DESCRIPTOR, "weight_filer")
    True
    >>> [changes_weights(ConvolutionParameter.DESCRIPTOR, name) for name in ("groups", "cudnn_mode")]
    [True, False]
    """
    if message.name in _ALL_DECISIVE or name.endswith("filler"):
        return True
    if _means_a_decisive_one(message.name, name):
        return True
    fillers = [
        field.name for field in message.fields if field.message_type and field.message_type.name == _FILLER
    ]
    return bool(fillers) and nearest(name, list(message.fields_by_name)) in fillers


@lru_cache(maxsize=1000)
def _means_a_decisive_one(message: str, name: str) -> bool:
    """Return whether a name is nearly that of a decisive field; few are compared, since that is slow."""
    known = [
        each
        for each in _DECISIVE.get(message, ())
        if abs(len(each) - len(name)) <= _LENGTHS_APART and _share_letters(each, name.lower())
    ]
    return nearest(name, known, alike=_ALIKE) is not None if known else False


def _share_letters(first: str, second: str) -> bool:
    """Return whether two names have all but a few letters in common."""
    return len(set(first) ^ set(second)) <= _LENGTHS_APART
