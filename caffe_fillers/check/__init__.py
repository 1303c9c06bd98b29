"""Check whether weights are what their prototxt declares, and if not, say what they are."""

from caffe_fillers.check.checker import check_model
from caffe_fillers.check.document import document
from caffe_fillers.check.findings import Finding, Kind, Mismatch, Status
from caffe_fillers.check.result import BlobVerdict, CheckResult, Origin
from caffe_fillers.check.structure import match

__all__ = [
    "BlobVerdict",
    "CheckResult",
    "Finding",
    "Kind",
    "Mismatch",
    "Origin",
    "Status",
    "check_model",
    "document",
    "match",
]
