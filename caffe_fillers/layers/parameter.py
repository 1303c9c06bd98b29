"""Layers that compute nothing, or nothing that can be seen.

parameter_layer.hpp, silence_layer.cpp, python_layer.hpp.
"""

from __future__ import annotations

from typing import Any

from caffe_fillers.fillers import Constant, from_parameter
from caffe_fillers.layers.contract import Param, Role, Setup, layer
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, as_shape


@layer("Parameter", bottoms=0)
def parameter_layer(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Its top is its blob, which no filler of BVLC's fills: fresh memory is zero.

    training_toolbox_caffe's has a filler.
    """
    param: Any = parameter.parameter_param
    shape = as_shape(param.shape.dim)
    return Setup(
        (shape,), (Param(shape, from_parameter(param.filler) if param.HasField("filler") else Constant()),)
    )


@layer("Silence", bottoms=(1, None), tops=0, role=Role.MEASURE, accepts_unranked=True)
def silence(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Takes blobs that nobody wants."""
    return Setup(())


@layer("Python", bottoms=(0, None), tops=(0, None), accepts_unranked=True, opaque=True)
def python(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Leave tops without shapes: the code of a Python layer is unknown, and so is what it draws."""
    code = f"{parameter.python_param.module}.{parameter.python_param.layer}"
    note = f"the Python code {code} is not run; it is taken to have no parameter blobs and to draw nothing"
    return Setup((None,) * len(parameter.top), notes=(note,))
