"""Predict what an initialization does to the signal, from the plan alone, without drawing a number."""

from caffe_fillers.signal.analysis import analyze
from caffe_fillers.signal.result import EXPLODING, VANISHING, LayerSignal, SignalReport, TopSignal

__all__ = ["EXPLODING", "VANISHING", "LayerSignal", "SignalReport", "TopSignal", "analyze"]
