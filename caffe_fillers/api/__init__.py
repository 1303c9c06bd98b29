"""The facade: opens files, writes them whole or not at all, and hides the other rooms."""

from caffe_fillers.api.blob import fill
from caffe_fillers.api.loading import load_net
from caffe_fillers.api.net import Net
from caffe_fillers.api.weights import Weights, load_weights

__all__ = ["Net", "Weights", "fill", "load_net", "load_weights"]
