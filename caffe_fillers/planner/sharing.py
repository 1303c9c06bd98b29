"""Parameters that layers share by name: `Net::AppendParam`, src/caffe/net.cpp, BVLC/caffe 9b8915401."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from caffe_fillers.errors import NetError
from caffe_fillers.planner.net import PlannedBlob
from caffe_fillers.schema import LayerParameter, ParamSpec
from caffe_fillers.shapes import format_shape


@dataclass
class _Owner:
    layer: str
    blob: PlannedBlob
    multipliers: dict[str, float]
    """lr_mult and decay_mult as far as a layer has set them."""


@dataclass
class SharedParams:
    """The owners of named parameters met so far."""

    owners: dict[str, _Owner] = field(default_factory=dict)

    def resolve(self, layer: LayerParameter, blob: PlannedBlob) -> PlannedBlob:
        """Share the blob by its name: it keeps its own values, or gets its owner's."""
        spec = layer.param[blob.index] if blob.index < len(layer.param) else ParamSpec()
        if not spec.name:
            return blob
        multipliers = {name: getattr(spec, name) for name in ("lr_mult", "decay_mult") if spec.HasField(name)}
        if spec.name not in self.owners:
            self.owners[spec.name] = _Owner(layer.name, blob, multipliers)
            return blob
        owner = self.owners[spec.name]
        _check_shapes(spec, blob, owner)
        for name, value in multipliers.items():
            if owner.multipliers.setdefault(name, value) != value:
                raise NetError(
                    f"shared param {spec.name!r} has {name} {value:g}, but {owner.multipliers[name]:g} where "
                    f"layer {owner.layer!r} or a later one set it; make them equal"
                )
        return replace(blob, step=owner.blob.step, owner=owner.blob.place)


def _check_shapes(spec: ParamSpec, blob: PlannedBlob, owner: _Owner) -> None:
    permissive = spec.share_mode == ParamSpec.PERMISSIVE
    if (blob.count == owner.blob.count) if permissive else (blob.shape == owner.blob.shape):
        return
    remedy = "" if permissive else "; share_mode: PERMISSIVE compares the number of values only"
    raise NetError(
        f"cannot share param {spec.name!r} of layer {owner.layer!r}: its shape is "
        f"{format_shape(owner.blob.shape)}, here {format_shape(blob.shape)} is needed{remedy}"
    )
