"""An era: everything that decides a net's bytes and is neither a schema nor a layer's arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from caffe_fillers import fans


@dataclass(frozen=True, kw_only=True)
class Era:
    """Rules of one Caffe for data layers, upgrades and files; the defaults are BVLC's master.

    convention: how its fillers compute.

    What data layers draw while a net is built, in words of the stream:
    transformer_in_test: whether `mirror` makes the transformer draw a seed in
    both phases, not in TRAIN alone. transformer_always: whether it draws one
    even if it neither mirrors nor crops. transformer_seeds: how often a
    prefetching layer seeds it; transformer_per_thread: for each of its
    threads. thread_words: what starting a prefetching thread draws.
    reader_words: what the DataReader behind a Data layer draws, once for each
    layer name and source. data_rand_skip: whether Data's `rand_skip` draws.

    What nets become, and what files hold:
    input_dims: how many `input_dim` an input has. input_layer: whether a net's
    own `input` becomes an Input layer; before that a file has the names alone.
    split_in_place: whether a Split's first top is its bottom. batch_norm_params: whether `param` of a
    BatchNorm layer stay as given, or are completed with rates of zero; for a
    time three that were given were cleared before. v1_layers: whether layers
    are `layers` of an enum type. blob_layout: how blobs lie in files
    (`formats.layouts`).
    """

    name: str = "master"
    convention: fans.Convention = fans.MASTER
    transformer_in_test: bool = True
    transformer_always: bool = False
    transformer_seeds: int = 2
    transformer_per_thread: bool = False
    thread_words: int = 1
    reader_words: int = 0
    data_rand_skip: bool = False
    input_dims: int = 4
    input_layer: bool = True
    split_in_place: bool = False
    batch_norm_params: Literal["as given", "cleared", "completed"] = "completed"
    v1_layers: bool = False
    blob_layout: str = "shape"
