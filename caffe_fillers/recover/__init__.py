"""Recover the seed that made some weights, among the first outputs of its stream or anywhere in it."""

from caffe_fillers.recover.found import CAFFE, MXNET, PYTORCH, RELEASES, Found, Progress, Sample, no_progress
from caffe_fillers.recover.search import Options, outputs_before, recover, would_give_a_seed

__all__ = [
    "CAFFE",
    "MXNET",
    "PYTORCH",
    "RELEASES",
    "Found",
    "Options",
    "Progress",
    "Sample",
    "no_progress",
    "outputs_before",
    "recover",
    "would_give_a_seed",
]
