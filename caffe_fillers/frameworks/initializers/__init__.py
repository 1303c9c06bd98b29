"""Names of a filler in other frameworks: the one table that `--as`, `port` and `check` read."""

from caffe_fillers.frameworks.initializers.contract import (
    Framework,
    Initializer,
    equivalent,
    frameworks,
    number,
)

__all__ = ["Framework", "Initializer", "equivalent", "frameworks", "number"]
