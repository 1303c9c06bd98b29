"""Nets written in Python: `L.Convolution(net.data, kernel_size=3, num_output=8)`.

The rules are pycaffe's (python/caffe/net_spec.py, BVLC/caffe 9b8915401, and
the branch ssd of weiliu89/caffe for keys, update and deletion): a keyword
that ends in `param` is a field of the layer, another one a field of the
message of the layer's type, or else of the layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, MutableSequence
from typing import Any

import numpy as np
from google.protobuf.descriptor import FieldDescriptor

from caffe_fillers.errors import NetError, UsageError, suggestion
from caffe_fillers.pycaffe.proto import caffe_pb2
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.schema.extras import FIELD, is_repeated

_WHOLE = (
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
    FieldDescriptor.CPPTYPE_ENUM,
)
_SUFFIX, _MESSAGE_SUFFIX = "_param", "Parameter"


def param_name_dict() -> dict[str, str]:
    """The field of each layer type's message without its suffix: `{"Convolution": "convolution", ...}`.

    Of two fields with one message, as forks have them, it is the first.
    """
    names: dict[str, str] = {}
    for field in LayerParameter.DESCRIPTOR.fields:
        if field.name.endswith(_SUFFIX) and field.message_type is not None:
            type_name = field.message_type.name.removesuffix(_MESSAGE_SUFFIX)
            names.setdefault(type_name, field.name.removesuffix(_SUFFIX))
    return names


_PARAM_NAMES = param_name_dict()


class Top:
    """One output of a layer."""

    def __init__(self, fn: Function, n: int) -> None:
        self.fn, self.n = fn, n

    def to_proto(self) -> NetParameter:
        """The net of all layers that this output needs."""
        return to_proto(self)

    def _write(self, layers: dict[Function, LayerParameter], names: Names) -> None:
        self.fn._write(layers, names)

    def _update(self, params: Mapping[str, Any]) -> None:
        self.fn._update(params)


class Function:
    """A layer: its type, its inputs, its parameters; `ntop` and `in_place` among the latter are its own."""

    def __init__(self, type_name: str, inputs: tuple[Any, ...], params: dict[str, Any]) -> None:
        for index, each in enumerate(inputs):
            if not isinstance(each, Top):
                raise TypeError(f"{type_name} input {index} is not a Top (type is {type(each)})")
        self.type_name, self.inputs, self.params = type_name, inputs, params
        self.ntop: int = params.pop("ntop", 1)
        self.in_place: bool = params.pop("in_place", False)
        self.tops = tuple(Top(self, number) for number in range(self.ntop))

    def _update(self, params: Mapping[str, Any]) -> None:
        self.params.update(params)

    def _write(self, layers: dict[Function, LayerParameter], names: Names) -> None:
        """Add the layers of the inputs, then this one, to `layers`, unless it is there."""
        if self in layers:
            return
        layer = LayerParameter(type=self.type_name)
        for each in self.inputs:
            each._write(layers, names)
            layer.bottom.append(layers[each.fn].top[each.n])
        layer.top.extend(layer.bottom if self.in_place else (names.of(top) for top in self.tops))
        layer.name = names.of(self.tops[0]) if self.tops else names.of(self)
        for name, value in self.params.items():
            assign_proto(_holder(layer, self.type_name, name), name, value)
        layers[self] = layer


def _holder(layer: LayerParameter, type_name: str, name: str) -> Any:
    """The message that a keyword belongs to: that of the layer's type, or the layer itself."""
    if name.endswith("param") or type_name not in _PARAM_NAMES:
        return layer
    message = getattr(layer, _PARAM_NAMES[type_name] + _SUFFIX)
    own = name in message.DESCRIPTOR.fields_by_name
    return message if own or name not in layer.DESCRIPTOR.fields_by_name else layer


class Names:
    """Names of tops and of layers without tops: those given, and `Convolution1` and so on for others."""

    def __init__(self, given: Mapping[Top | Function, str]) -> None:
        self._names, self._count = dict(given), Counter[str]()

    def of(self, owner: Top | Function) -> str:
        """The name, made when it is first asked for."""
        if owner not in self._names:
            type_name = owner.type_name if isinstance(owner, Function) else owner.fn.type_name
            self._count[type_name] += 1
            self._names[owner] = f"{type_name}{self._count[type_name]}"
        return self._names[owner]


def to_proto(*tops: Top | Function) -> NetParameter:
    """A net of all layers that some outputs need, with automatic names.

    >>> data = layers.Input(shape=dict(dim=[1, 8]))
    >>> [layer.name for layer in to_proto(layers.ReLU(data, in_place=True)).layer]
    ['Input1', 'ReLU1']
    """
    return _net(tops, Names({}))


def _net(tops: Any, names: Names) -> NetParameter:
    written: dict[Function, LayerParameter] = {}
    for top in tops:
        top._write(written, names)
    return NetParameter(layer=list(written.values()))


def assign_proto(proto: Any, name: str, value: Any) -> None:
    """Give a field a Python value: a dict is a message, a list or tuple a repeated field.

    A single value for a repeated field is a list of one. A whole number that
    is a float, as Python 3 makes of `64 / 2`, is taken for an integer field.

    >>> layer = LayerParameter()
    >>> assign_proto(layer, "convolution_param", {"num_output": 64 / 2, "kernel_size": 3})
    >>> layer.convolution_param.num_output, list(layer.convolution_param.kernel_size)
    (32, [3])
    """
    field = proto.DESCRIPTOR.fields_by_name.get(name)
    if field is None or name == FIELD:
        known = [each for each in proto.DESCRIPTOR.fields_by_name if each != FIELD]
        near = suggestion(name, known)
        raise AttributeError(f"{proto.DESCRIPTOR.name} has no field {name!r}{near}")
    if is_repeated(field):
        values = list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]
        _extend(getattr(proto, name), field, values)
    elif isinstance(value, dict):
        _assign_message(getattr(proto, name), value)
    elif field.message_type is not None:
        getattr(proto, name).CopyFrom(value)
    else:
        setattr(proto, name, _scalar(field, value))


def _extend(target: MutableSequence[Any], field: FieldDescriptor, values: list[Any]) -> None:
    if field.message_type is None:
        target.extend(_scalar(field, value) for value in values)
        return
    for value in values:
        if isinstance(value, dict):
            _assign_message(target.add(), value)  # type: ignore[attr-defined]
        else:
            target.append(value)


def _assign_message(message: Any, values: Mapping[str, Any]) -> None:
    message.SetInParent()
    for name, value in values.items():
        assign_proto(message, name, value)


def _scalar(field: FieldDescriptor, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and field.cpp_type in _WHOLE:
        if not value.is_integer():
            raise UsageError(f"{field.name} is a whole number, and {value} is none")
        return int(value)
    return value


class NetSpec:
    """A net under construction: assigning an output to an attribute or a key names it and its layer.

    >>> net = NetSpec()
    >>> net.data, net.label = layers.DummyData(ntop=2, shape=[dict(dim=[4, 3]), dict(dim=4)])
    >>> net["score"] = layers.InnerProduct(net.data, num_output=2)
    >>> net.loss = layers.SoftmaxWithLoss(net.score, net.label)
    >>> net.keys(), [layer.name for layer in net.to_proto().layer]
    (['data', 'label', 'score', 'loss'], ['data', 'score', 'loss'])
    """

    tops: dict[str, Any]

    def __init__(self) -> None:
        super().__setattr__("tops", {})

    def __setattr__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getattr__(self, name: str) -> Any:
        try:
            return self.tops[name]
        except KeyError:
            raise AttributeError(f"the net has no {name!r} yet{suggestion(name, self.tops)}") from None

    def __setitem__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getitem__(self, name: str) -> Any:
        return self.tops[name]

    def __delitem__(self, name: str) -> None:
        del self.tops[name]

    def __delattr__(self, name: str) -> None:
        del self.tops[name]

    def __contains__(self, name: str) -> bool:
        return name in self.tops

    def __iter__(self) -> Iterator[str]:
        return iter(self.tops)

    def keys(self) -> list[str]:
        """The names given so far, in order."""
        return list(self.tops)

    def vals(self) -> list[Any]:
        """The outputs named so far, in order."""
        return list(self.tops.values())

    def update(self, name: str, params: Mapping[str, Any]) -> None:
        """Change parameters of the layer that made an output."""
        self.tops[name]._update(params)

    def to_proto(self) -> NetParameter:
        """The net: every layer that a named output needs, with the names given."""
        return _net(self.tops.values(), Names({top: name for name, top in self.tops.items()}))


class Layers:
    """Layer types as functions: `layers.Convolution(bottom, kernel_size=3)` is the layer's output.

    With `ntop=2` it is a tuple of outputs, with `ntop=0` the layer itself.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def layer(*inputs: Any, **params: Any) -> Any:
            made = Function(name, inputs, params)
            return {0: made, 1: made.tops[0] if made.tops else made}.get(made.ntop, made.tops)

        return layer


class Parameters:
    """Enums of layer types: `params.Pooling.MAX`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        message = getattr(caffe_pb2, name + _MESSAGE_SUFFIX, None)
        if message is None:
            field = LayerParameter.DESCRIPTOR.fields_by_name.get(_PARAM_NAMES.get(name, "") + _SUFFIX)
            if field is None or field.message_type is None:
                raise NetError(f"no layer type {name!r} has parameters{suggestion(name, _PARAM_NAMES)}")
            message = type(getattr(LayerParameter(), field.name))
        return message


layers = Layers()
params = Parameters()
