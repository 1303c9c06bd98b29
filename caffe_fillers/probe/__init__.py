"""The filled net run in a real engine, measured beside what was predicted."""

from caffe_fillers.probe.measure import Measurement, ProbeRow, measure

__all__ = ["Measurement", "ProbeRow", "measure"]
