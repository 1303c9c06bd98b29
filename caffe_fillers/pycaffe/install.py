"""`import caffe` gives this package, for scripts that cannot be changed."""

from __future__ import annotations

import sys
from importlib import import_module

from caffe_fillers.errors import UsageError
from caffe_fillers.pycaffe.process import configure

_PACKAGE = "caffe_fillers.pycaffe"
_MODULES = (
    *("", ".proto", ".proto.caffe_pb2", ".io", ".net_spec", ".pycaffe", ".coord_map"),
    *(".classifier", ".detector", ".draw"),
)
_ATTRIBUTES = ("layers", "params")


def install(*, dialect: str | None = None, caffe: str | None = None, lenient: bool = False) -> None:
    """Make `caffe` and its submodules names of this package's modules, in this process.

    `dialect`, `caffe` and `lenient` are passed on to `configure`: whose Caffe
    the script's nets are read and built as.

    A real pycaffe that has been imported already is a `UsageError`; one that
    is only installed is passed over from now on.

    >>> import caffe_fillers.pycaffe
    >>> caffe_fillers.pycaffe.install()
    >>> import caffe
    >>> from caffe.proto import caffe_pb2
    >>> caffe is caffe_fillers.pycaffe, caffe_pb2.TEST
    (True, 1)
    """
    configure(dialect=dialect, caffe=caffe, lenient=lenient)
    package = import_module(_PACKAGE)
    if sys.modules.get("caffe", package) is not package:
        raise UsageError("caffe has been imported already: call install() before the script imports it")
    for name in _MODULES:
        sys.modules[f"caffe{name}"] = import_module(f"{_PACKAGE}{name}")
    for name in _ATTRIBUTES:  # objects, which `import caffe.layers as L` takes for modules
        sys.modules[f"caffe.{name}"] = getattr(package, name)
