"""The net's own `input`, `input_shape` and `input_dim` become one Input layer at the front.

`UpgradeNetInput`, src/caffe/util/upgrade_proto.cpp, BVLC/caffe 9b8915401.
"""

from __future__ import annotations

from collections.abc import Iterator

from caffe_fillers.errors import NetError
from caffe_fillers.notes import Note
from caffe_fillers.passes.contract import Passed, copy_without
from caffe_fillers.passes.dialects import era_of
from caffe_fillers.schema import LayerParameter, NetParameter

_STRIDE = 4  # from one input's num, channels, height and width to those of the next, in C3D 1.0 too


def inputs(net: NetParameter) -> Passed:
    """Upgrade a net that has `input`; `input_shape` wins over `input_dim`.

    Inputs without either are dropped: old caffemodels have them, of eras that
    had no such layer and keep them. Fewer shapes than inputs are a `NetError`;
    Caffe would read beyond the list.
    """
    if not net.input or not (net.input_shape or net.input_dim or era_of(net).input_layer):
        return Passed(net)
    upgraded = copy_without(net, "input", "input_shape", "input_dim", "layer")
    if net.input_shape or net.input_dim:
        _check(net)
        upgraded.layer.append(_input_layer(net))
    upgraded.layer.extend(net.layer)
    return Passed(upgraded, tuple(Note(message, line=net.text_extra.line) for message in _losses(net)))


def _check(net: NetParameter) -> None:
    given, each, kind = _given(net)
    if given < each * len(net.input):
        names = ", ".join(map(repr, net.input))
        raise NetError(
            f"the net has {len(net.input)} input ({names}), but {given} {kind}; "
            f"give {each} {kind} for each input"
        )


def _given(net: NetParameter) -> tuple[int, int, str]:
    """Return how many entries there are, how many an input needs, and what they are called."""
    if net.input_shape:
        return len(net.input_shape), 1, "input_shape"
    return len(net.input_dim), _dims(net), "input_dim"


def _dims(net: NetParameter) -> int:
    """Return how many numbers an input has; four are left to the layer that needs five, which says so."""
    given = len(net.input_dim) == _STRIDE * len(net.input)
    return _STRIDE if given else era_of(net).input_dims


def _input_layer(net: NetParameter) -> LayerParameter:
    layer = LayerParameter(name="input", type="Input", top=net.input)
    for index in range(len(net.input)):
        if net.input_shape:
            layer.input_param.shape.append(net.input_shape[index])
        else:
            start = _STRIDE * index
            layer.input_param.shape.add(dim=net.input_dim[start : start + _dims(net)])
    layer.text_extra.line = net.text_extra.line
    return layer


def _losses(net: NetParameter) -> Iterator[str]:
    given, each, kind = _given(net)
    if not given:
        names = ", ".join(map(repr, net.input))
        yield f"input {names} is dropped, as Caffe does, for there is no input_shape and no input_dim"
    elif given > each * len(net.input):
        yield f"{given} {kind} are given, of which {len(net.input)} input take {each * len(net.input)}"
    if net.input_shape and net.input_dim:
        yield "input_dim is ignored, for there is input_shape"
