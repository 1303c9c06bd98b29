"""How frameworks name and arrange a net's parameters: a module each, a pure function for each type of layer."""

from caffe_fillers.port.layouts.contract import Layout, Tensor, arranged, layouts, tensors

__all__ = ["Layout", "Tensor", "arranged", "layouts", "tensors"]
