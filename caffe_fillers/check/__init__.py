"""Whether weights are what their prototxt declares, and if not, what they are."""

from caffe_fillers.check.checker import NO_SEED, check_model
from caffe_fillers.check.diagnose import diagnose
from caffe_fillers.check.result import BlobVerdict, CheckResult, Kind, Mismatch, Origin, Status
from caffe_fillers.check.search import search_seeds
from caffe_fillers.check.seeds import Observed, recover_seed

__all__ = [
    "NO_SEED",
    "BlobVerdict",
    "CheckResult",
    "Kind",
    "Mismatch",
    "Observed",
    "Origin",
    "Status",
    "check_model",
    "diagnose",
    "recover_seed",
    "search_seeds",
]
