"""How much that no Caffe is known to have is read all the same."""

from __future__ import annotations

from enum import Enum
from typing import Any

from caffe_fillers.errors import nearest

_FILLER = "FillerParameter"


class Tolerance(Enum):
    """What is refused: whatever is unknown, what is unknown and changes weights, or nothing."""

    STRICT = "strict"
    CAREFUL = "careful"
    LENIENT = "lenient"


LENIENT_HINT = "it changes the weights; mend it, or pass over it with --lenient (lenient=True)"


def changes_weights(message: Any, name: str) -> bool:
    """Whether a field that a message's descriptor lacks meant a filler: it is in one, or named nearly as one.

    >>> from caffe_fillers.schema import ConvolutionParameter, FillerParameter
    >>> changes_weights(FillerParameter.DESCRIPTOR, "sdt")
    True
    >>> changes_weights(ConvolutionParameter.DESCRIPTOR, "weight_filer")
    True
    >>> changes_weights(ConvolutionParameter.DESCRIPTOR, "kernal_size")
    False
    """
    if message.name == _FILLER or name.endswith("filler"):
        return True
    fillers = [
        field.name for field in message.fields if field.message_type and field.message_type.name == _FILLER
    ]
    return bool(fillers) and nearest(name, list(message.fields_by_name)) in fillers
