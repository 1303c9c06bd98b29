"""One page that shows a net's initialisation: self-contained, readable without a network."""

from caffe_fillers.report.content import Content, Origin, collect
from caffe_fillers.report.page import render

__all__ = ["Content", "Origin", "collect", "render"]
