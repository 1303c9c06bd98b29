"""One page that shows a net's initialization: self-contained, readable without a network."""

from caffe_fillers.report.content import Content, Origin, collect, seeded
from caffe_fillers.report.page import render, require_packages, vega_bundle

__all__ = ["Content", "Origin", "collect", "render", "require_packages", "seeded", "vega_bundle"]
