"""The base class of layers that scripts write in Python: they can be defined, not run."""

from __future__ import annotations

from caffe_fillers.pycaffe.unavailable import refuse


class Layer:
    """The class that a Python layer derives from; making one is a `NotCaffeError`."""

    def __init__(self, *arguments: object, **keywords: object) -> None:
        refuse(f"a Python layer ({type(self).__name__})")
