"""What a filler is called in another framework, where that is exactly the same distribution."""

from caffe_fillers.port.initialisers.contract import Framework, Initialiser, equivalent, frameworks

__all__ = ["Framework", "Initialiser", "equivalent", "frameworks"]
