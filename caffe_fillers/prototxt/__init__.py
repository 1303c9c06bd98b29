"""Prototxt to messages and back: Protocol Buffers' text format, read tolerantly and losslessly."""

from caffe_fillers.prototxt.reader import Document, UnknownField, parse
from caffe_fillers.prototxt.tokens import decode, top_fields
from caffe_fillers.prototxt.tolerance import LENIENT_HINT, Tolerance
from caffe_fillers.prototxt.writer import write

__all__ = ["LENIENT_HINT", "Document", "Tolerance", "UnknownField", "decode", "parse", "top_fields", "write"]
