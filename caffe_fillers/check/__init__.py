"""Whether weights are what their prototxt declares, and if not, what they are."""

from caffe_fillers.check.checker import NO_SEED, check_model
from caffe_fillers.check.diagnose import diagnose
from caffe_fillers.check.result import BlobVerdict, CheckResult, Kind, Mismatch, Origin, Status

__all__ = [
    "NO_SEED",
    "BlobVerdict",
    "CheckResult",
    "Kind",
    "Mismatch",
    "Origin",
    "Status",
    "check_model",
    "diagnose",
]
