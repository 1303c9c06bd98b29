"""Which seed made some values: from any run of them, anywhere in the stream."""

from caffe_fillers.recover.anywhere import recover_64, recover_exact, recover_moved, recover_torch
from caffe_fillers.recover.found import Found

__all__ = ["Found", "recover_64", "recover_exact", "recover_moved", "recover_torch"]
