"""pycaffe's interface without Caffe: `import caffe_fillers.pycaffe as caffe`.

Nets are built, filled, changed, copied, saved and computed forward; net
generators run; the values are the very bytes of Caffe's. What needs a
backward pass or a solver's steps ends in an error that says so.

>>> import caffe_fillers.pycaffe as caffe
>>> from caffe_fillers.pycaffe import layers as L
>>> net = caffe.NetSpec()
>>> net.data = L.Input(shape=dict(dim=[1, 3]))
>>> net.score = L.InnerProduct(net.data, num_output=2, weight_filler=dict(type="xavier"))
>>> [layer.type for layer in net.to_proto().layer]
['Input', 'InnerProduct']
"""

from caffe_fillers._version import __version__
from caffe_fillers.pycaffe import coord_map, draw, io, net_spec, proto
from caffe_fillers.pycaffe.classifier import Classifier
from caffe_fillers.pycaffe.detector import Detector
from caffe_fillers.pycaffe.install import install
from caffe_fillers.pycaffe.net import Net
from caffe_fillers.pycaffe.net_spec import NetSpec, layers, params, to_proto
from caffe_fillers.pycaffe.process import (
    configure,
    has_nccl,
    init_log,
    layer_type_list,
    log,
    set_device,
    set_mode_cpu,
    set_mode_gpu,
    set_random_seed,
)
from caffe_fillers.pycaffe.python_layer import Layer
from caffe_fillers.pycaffe.solver import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
    get_solver,
)
from caffe_fillers.schema import TEST, TRAIN

__all__ = [
    "TEST",
    "TRAIN",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "Classifier",
    "Detector",
    "Layer",
    "NesterovSolver",
    "Net",
    "NetSpec",
    "RMSPropSolver",
    "SGDSolver",
    "__version__",
    "configure",
    "coord_map",
    "draw",
    "get_solver",
    "has_nccl",
    "init_log",
    "install",
    "io",
    "layer_type_list",
    "layers",
    "log",
    "net_spec",
    "params",
    "proto",
    "set_device",
    "set_mode_cpu",
    "set_mode_gpu",
    "set_random_seed",
    "to_proto",
]
