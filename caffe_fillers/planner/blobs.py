"""The blobs between layers: which exist, which are still to be used, which shapes are unknown and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from caffe_fillers.errors import NetError, UnknownShapeError, suggestion
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, check_blob_shape, format_shape, is_known

AUTOMATIC = "(automatic)"  # the name Net::AppendTop gives a top that the layer did not name


@dataclass
class TopBlobs:
    """What `Net::AppendBottom` and `Net::AppendTop` keep while Caffe walks a net.

    `given` are shapes from the user, which replace what a layer says.
    `origins` maps a blob whose shape is not fully known to the blobs where
    that begins, `copies` the tops of a Split layer to the blob it copies;
    `data` are the tops of layers without bottoms.
    """

    given: dict[str, Shape]
    shapes: dict[str, Shape | None] = field(default_factory=dict)
    available: set[str] = field(default_factory=set)
    origins: dict[str, tuple[str, ...]] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    data: set[str] = field(default_factory=set)

    def take_bottoms(self, layer: LayerParameter) -> tuple[Shape | None, ...]:
        """Shapes of the layer's bottoms; each blob can be taken once, split insertion sees to the rest."""
        for index, name in enumerate(layer.bottom):
            if name not in self.available:
                raise NetError(
                    f"unknown bottom blob {name!r} (bottom {index}){suggestion(name, self.available)}: "
                    "no layer before it has it as a top"
                )
            self.available.remove(name)
        return tuple(self.shapes[name] for name in layer.bottom)

    def claim_tops(self, layer: LayerParameter) -> None:
        """Refuse a top that another layer makes already, unless the layer works in place."""
        for index, name in enumerate(layer.top):
            in_place = index < len(layer.bottom) and layer.bottom[index] == name
            if name in self.shapes and not in_place:
                raise NetError(f"top blob {name!r} is produced by more than one layer; give it another name")
            self.shapes.setdefault(name, None)
            self.available.add(name)

    def set_tops(self, layer: LayerParameter, shapes: tuple[Shape | None, ...]) -> None:
        """Record the tops' shapes, those from the user first, and where unknown ones come from."""
        names = [*layer.top, *[AUTOMATIC] * (len(shapes) - len(layer.top))]
        for name, shape in zip(names, shapes, strict=True):
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
                self.shapes[name] = final
            if not layer.bottom:
                self.data.add(name)
            if layer.type == "Split":
                self.copies[name] = layer.bottom[0]

    def unknown(self, layer: LayerParameter) -> UnknownShapeError:
        """The error of a layer whose weights depend on a shape that is not known."""
        origins = dict.fromkeys(origin for bottom in layer.bottom for origin in self.origins.get(bottom, ()))
        blobs = ", ".join(
            f"{self.copies.get(bottom, bottom)!r} ({format_shape(self.shapes[bottom])})"
            for bottom in layer.bottom
            if bottom in self.origins
        )
        return UnknownShapeError(
            f"its weights depend on the shape of {blobs}, which the net does not tell",
            {name: self.shapes[name] for name in origins},
            self.data.intersection(origins).difference(self.given),
        )
