"""Track the blobs between layers: which exist, which are unused, which shapes are unknown and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from caffe_fillers.errors import NetError, UnknownShapeError, suggestion
from caffe_fillers.layers import LayerType, Role
from caffe_fillers.planner.net import Wire
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, check_blob_shape, format_shape, is_known

AUTOMATIC = "(automatic)"  # the name Net::AppendTop gives a top that the layer did not name


@dataclass
class TopBlobs:
    """State that `Net::AppendBottom` and `Net::AppendTop` keep while Caffe walks a net.

    `given` are shapes from the user, which replace what a layer says. `wires`
    has the latest wire of each name. `origins` maps a blob whose shape is not
    fully known to the blobs where that begins; `data` are the tops of layers
    without bottoms.
    """

    given: dict[str, Shape]
    wires: dict[str, Wire] = field(default_factory=dict)
    available: set[str] = field(default_factory=set)
    origins: dict[str, tuple[str, ...]] = field(default_factory=dict)
    data: set[str] = field(default_factory=set)
    _number: int = 0

    def take_bottoms(self, layer: LayerParameter) -> tuple[Wire, ...]:
        """Return the layer's bottoms; each blob can be taken once, since splits were inserted."""
        for index, name in enumerate(layer.bottom):
            if name not in self.available:
                raise NetError(
                    f"unknown bottom blob {name!r} (bottom {index}){suggestion(name, self.available)}: "
                    "no layer before it has it as a top"
                )
            self.available.remove(name)
        return tuple(self.wires[name] for name in layer.bottom)

    def claim_tops(self, layer: LayerParameter) -> None:
        """Refuse a top that another layer makes already, unless the layer works in place."""
        for index, name in enumerate(layer.top):
            in_place = index < len(layer.bottom) and layer.bottom[index] == name
            if not in_place and (name in self.wires or name in layer.top[:index]):
                raise NetError(f"top blob {name!r} is produced by more than one layer; give it another name")
            self.available.add(name)

    def set_tops(
        self,
        layer_id: int,
        layer: LayerParameter,
        kind: LayerType,
        shapes: tuple[Shape | None, ...],
        assumed: Collection[int] = (),
    ) -> tuple[Wire, ...]:
        """Return the tops as wires, with the user's shapes first, and record where unknown ones come from."""
        copied = self.wires[layer.bottom[0]].origin if kind.role is Role.COPY else None
        made = []
        names = [*layer.top, *[AUTOMATIC] * (len(shapes) - len(layer.top))]
        for index, (name, shape) in enumerate(zip(names, shapes, strict=True)):
            final = self.given.get(name, shape)
            if final is not None and is_known(final):
                check_blob_shape(final)
                self.origins.pop(name, None)
            else:
                inherited = dict.fromkeys(
                    origin for bottom in layer.bottom for origin in self.origins.get(bottom, ())
                )
                self.origins[name] = tuple(inherited) or (name,)
            if name != AUTOMATIC:
                guess = index in assumed and name not in self.given
                made.append(Wire(self._number, name, final, layer_id, copied, guess))
                self._number += 1
            if not layer.bottom:
                self.data.add(name)
        self.wires.update((wire.name, wire) for wire in made)
        return tuple(made)

    def unknown(self, layer: LayerParameter) -> UnknownShapeError:
        """Make the error of a layer whose weights depend on a shape that is not known."""
        origins = dict.fromkeys(origin for bottom in layer.bottom for origin in self.origins.get(bottom, ()))
        wires = [self.wires[bottom] for bottom in layer.bottom if bottom in self.origins]
        blobs = ", ".join(f"{wire.origin.name!r} ({format_shape(wire.shape)})" for wire in wires)
        return UnknownShapeError(
            f"its weights depend on the shape of {blobs}, which the net does not tell",
            {name: self.wires[name].shape for name in origins},
            self.data.intersection(origins).difference(self.given),
        )
