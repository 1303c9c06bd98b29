"""Layers of forks at the edges of what they admit: each row is a layer, and what comes of it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import pytest
from test_layers import events

import caffe_fillers as cf
from caffe_fillers.cli import main
from caffe_fillers.shapes import format_shape


class Row(NamedTuple):
    """`learned` are the `param` entries in the file, as lr_mult/decay_mult; `error` a part of the refusal."""

    kind: str
    bottoms: str
    body: str
    tops: str = ""
    events: str = ""
    learned: str = ""
    error: str = ""
    dialect: str | None = None
    num_tops: int | None = None


LABELED = "dense_image_data_param { batch_size: 2 %s } "
DENSE = (
    "Filter_Filler { type: 'msra' } BN_Scaler_Filler { value: 1 } BN_Bias_Filler { type: 'uniform' min: -1 }"
)
ROWS = [
    Row("DenseImageData", "", LABELED % "", "2x3x?x? 2x1x?x?", "", dialect="enet"),
    Row("DenseImageData", "", LABELED % "", "2x3x?x? 2x1x?x?", "", dialect="segnet"),
    Row(
        "DenseImageData",
        "",
        LABELED % "shuffle: true rand_skip: 3 is_color: false",
        "2x1x?x? 2x1x?x?",
        "draw 1, draw 1",
        dialect="enet",
    ),
    Row(
        "DenseImageData",
        "",
        LABELED % "new_height: 9 new_width: 7 label_divide_factor: 2",
        "2x3x9x7 2x1x4x3",
        "",
        dialect="enet",
    ),
    Row("DenseImageData", "", LABELED % "crop_height: 9 crop_width: 7", "2x3x9x7 2x1x9x7", dialect="segnet"),
    Row(
        "DenseImageData",
        "",
        LABELED % "new_height: 9 new_width: 7" + "transform_param { crop_size: 5 }",
        "2x3x5x5 2x1x5x5",
        "draw 1, draw 1",
        dialect="enet",
    ),
    Row("DenseImageData", "", LABELED % "new_height: 9", error="given together", dialect="enet", num_tops=2),
    Row("DenseImageData", "", LABELED % "new_width: 9", error="given together", dialect="enet", num_tops=2),
    Row(
        "ImageSegData",
        "",
        "image_data_param { batch_size: 2 new_height: 9 new_width: 7 }",
        "2x3x9x7 2x1x9x7 2x1x1x2",
        "draw 1",
    ),
    Row(
        "ImageSegData",
        "",
        "image_data_param { batch_size: 2 is_color: false shuffle: true } "
        "transform_param { crop_size: 5 mirror: true }",
        "2x1x5x5 2x1x5x5",
        "draw 1, draw 1, draw 1, draw 1",
    ),
    Row(
        "ImageSegData",
        "",
        "image_data_param { batch_size: 2 } transform_param { crop_height: 9 crop_width: 7 }",
        "2x3x9x7 2x1x9x7",
        "draw 1",
        dialect="pspnet",
    ),
    Row(
        "AnnotatedData",
        "",
        "data_param { batch_size: 2 } transform_param { resize_param { height: 30 width: 40 } }",
        "2x3x30x40 1x1x?x8",
        "draw 1, draw 1",
    ),
    Row(
        "AnnotatedData",
        "",
        "data_param { batch_size: 2 } transform_param { mirror: true crop_size: 7 }",
        "2x3x7x7",
        "draw 1, draw 1, draw 1, draw 1",
    ),
    Row(
        "AnnotatedData",
        "",
        "data_param { batch_size: 2 } transform_param { crop_h: 7 crop_w: 9 }",
        "2x3x7x9",
        "draw 1, draw 1",
    ),
    Row("VideoData", "", "", "?x3x?x? unknown", "draw 1"),
    Row("VideoData", "", "transform_param { crop_size: 7 }", "?x3x7x7", "draw 1, draw 1, draw 1"),
    Row("GlobalLSEMargin", "2x6 2", "", "2x6 5", "1 constant 30, 1 constant 0"),
    Row(
        "GlobalLSEMargin", "2x6 2", "scale_param { filler { value: 4 } }", "2x6", "1 constant 4, 1 constant 0"
    ),
    Row("MovingNormalize", "2x6", "", "2x6 1", "1 constant -1", "0/0"),
    Row("Axpy", "2x6 2x6x4x5 2x6x4x5", "", "2x6x4x5"),
    Row("Axpy", "2x5 2x6x4x5 2x6x4x5", "", error="do not fit"),
    Row("Axpy", "2x6 2x6x4x5 2x6x4x4", "", error="do not fit"),
    Row("ReLU6", "2x6", "", "2x6 unknown"),
    Row("SeLu", "2x6", "", "2x6 unknown"),
    Row(
        "PriorBoxClustered",
        "1x3x4x5 1x3x60x90",
        "prior_box_param { width: [9, 10] height: [7, 8] }",
        "1x2x160",
    ),
    Row("PriorBoxClustered", "1x3x4x5 1x3x60x90", "prior_box_param { height: 7 }", error="needs width"),
    Row(
        "PriorBoxClustered",
        "1x3x4x5 1x3x60x90",
        "prior_box_param { width: [9, 10] height: 7 }",
        error="1 height for 2",
    ),
    Row("SmoothL1Loss", "2x6 2x6", "", "scalar"),
    Row("SmoothL1Loss", "2x6 2x6", "loss_weight: [1, 0]", "scalar unknown"),
    Row("SmoothL1LossOHEM", "2x6x4x5 2x6x4x5", "loss_weight: [1, 0, 0]", "scalar 2x1x4x5 2x6x4x5"),
    Row("SmoothL1LossOHEM", "2x6 2x6", "loss_weight: [1, 0]", "scalar 2x1x1x1"),
    Row("BoxAnnotatorOHEM", "5x5 5x6 5 5x8", "", "5 5x8"),
    Row("DetectionOutput", "1x8 1x4 1x2x8", "detection_output_param { num_classes: 2 }", "1x1x1x7"),
    Row(
        "DetectionOutput",
        "1x16 1x4 1x2x8",
        "detection_output_param { num_classes: 2 share_location: false }",
        "1x1x1x7",
    ),
    Row("DetectionOutput", "1x8 1x4 1x2x8", "", error="DetectionOutputParameter has no num_classes"),
    Row(
        "DetectionOutput",
        "1x8 1x4 1x2x8",
        "detection_output_param { num_classes: 3 }",
        error="2 priors need 6 predictions; its bottom has 4",
    ),
    Row(
        "DetectionOutput",
        "8 1x4 1x2x8",
        "detection_output_param { num_classes: 2 }",
        error="2 priors need 8 predictions; its bottom has 1",
    ),
    Row(
        "DetectionOutput",
        "1x8 1x4 1x2x8",
        "detection_output_param { num_classes: 2 nms_param { eta: 0 } }",
        error="eta above 0",
    ),
    Row(
        "DetectionEvaluate",
        "1x1x1x7 1x1x3x8",
        "detection_evaluate_param { num_classes: 2 }",
        "1x1x?x5",
    ),
    Row("DetectionEvaluate", "1x1x1x7 1x1x3x8", "", error="needs num_classes"),
    Row("MultiBoxLoss", "1x8 1x4 1x2x8 1x1x3x8", "multibox_loss_param { num_classes: 2 }", "scalar"),
    Row("MultiBoxLoss", "1x8 1x4 1x2x8 1x1x3x8", "", error="MultiBoxLossParameter has no num_classes"),
    Row(
        "MultiBoxLoss",
        "1x4 1x4 1x2x8 1x1x3x8",
        "multibox_loss_param { num_classes: 2 }",
        error="2 priors need 8 predictions",
    ),
    Row(
        "PriorBox",
        "1x3x4x5 1x3x60x90",
        "prior_box_param { min_size: 9 max_size: 9 }",
        error="each max_size above its min_size",
    ),
    Row(
        "PriorBox",
        "1x3x4x5 1x3x60x90",
        "prior_box_param { min_size: 9 variance: [0.1, 0.2] }",
        error="one or four",
    ),
    Row(
        "PriorBox",
        "1x3x4x5 1x3x60x90",
        "prior_box_param { min_size: 9 step: 8 step_h: 8 }",
        error="both step and step_h or step_w",
    ),
    Row("ROIPooling", "2x6x8x9 5x5", "roi_pooling_param { pooled_h: 1 pooled_w: 1 }", "5x6x1x1"),
    Row("ROIPooling", "2x6x8x9 5x5", "roi_pooling_param { pooled_h: 0 pooled_w: 1 }", error="at least 1"),
    Row("PSROIPooling", "2x18x8x9 5x5", "psroi_pooling_param { output_dim: 2 group_size: 3 }", "5x2x3x3"),
    Row("PSROIPooling", "2x17x8x9 5x5", "psroi_pooling_param { output_dim: 2 group_size: 3 }", error="18"),
    Row("Permute", "2x3x4", "permute_param { order: [2, 2] }", error="each once"),
    Row("Permute", "2x3x4", "permute_param { order: 3 }", error="must name axes"),
    Row(
        "PriorBox",
        "1x3x4x5 1x3x60x90",
        "prior_box_param { min_size: [9, 10] aspect_ratio: [2, 3] flip: true }",
        "1x2x800",
    ),
    Row(
        "PriorBox",
        "1x3x4x5 1x3x60x90",
        "prior_box_param { min_size: [9, 10] aspect_ratio: [2, 3] flip: false }",
        "1x2x480",
    ),
    Row(
        "PriorBox",
        "1x3x4x5 1x3x60x90",
        "prior_box_param { min_size: 9 aspect_ratio: [2, 0.5] flip: true }",
        "1x2x240",
    ),
    Row(
        "PriorBox",
        "1x3x4x5 1x3x60x90",
        "prior_box_param { min_size: 9 aspect_ratio: [2, 0.5] flip: false }",
        "1x2x240",
    ),
    Row(
        "PriorBox",
        "1x3x4x5 1x3x60x90",
        "prior_box_param { min_size: 9 aspect_ratio: 2.0000001 aspect_ratio: 2 }",
        "1x2x240",
    ),
    Row(
        "PriorBox",
        "1x3x4x5 1x3x60x90",
        "prior_box_param { min_size: 9 max_size: [10, 11] }",
        error="2 max_size for 1",
    ),
    Row("ShuffleChannel", "2x6x4x4", "shuffle_channel_param { group: 1 }", "2x6x4x4"),
    Row("ShuffleChannel", "2x6x4x4", "shuffle_channel_param { group: 0 }", error="group"),
    Row("Upsample", "2x6x4x5 2x6x4x5", "upsample_param { scale: 2 }", "2x6x8x10"),
    Row("Upsample", "2x6x4x5 2x6x4x4", "upsample_param { scale: 2 }", error="its mask 2x6x4x4"),
    Row("Upsample", "2x6x4x5", "upsample_param { upsample_h: 9 upsample_w: 7 }", "2x6x9x7"),
    Row("Upsample", "2x6x4x5", "upsample_param { upsample_h: 9 scale: 3 }", "2x6x12x15"),
    Row("Upsample", "2x6x4x5", "upsample_param { scale_h: 2 scale_w: 3 pad_out_w: true }", "2x6x8x14"),
    Row("Upsample", "2x6x4x5", "upsample_param { scale_h: 2 }", error="scale_h and scale_w"),
    Row("Upsample", "2x6x4x5", "upsample_param { scale: 1 }", error="at least 2"),
    Row("Interp", "2x6x4x5", "interp_param { height: 9 width: 1 }", "2x6x9x1"),
    Row("Interp", "2x6x4x5", "interp_param { height: 9 }", error="height and width"),
    Row("Interp", "2x6x4x5", "interp_param { zoom_factor: 1 }", "2x6x4x5"),
    Row("Interp", "2x6x4x5", "interp_param { shrink_factor: 0 zoom_factor: 2 }", error="at least 1"),
    Row("Interp", "2x6x4x5", "interp_param { shrink_factor: 2 pad_beg: 1 pad_end: -1 }", "2x6x2x3"),
    Row("Normalize", "2x6", "norm_param { channel_shared: false }", "2x6", "6 constant 1"),
    Row("Normalize", "2", "norm_param { channel_shared: false }", error="channels in axis 1"),
    Row(
        "BN",
        "2x6x4x5",
        "bn_param { slope_filler { value: 3 } }",
        "2x6x4x5",
        "1x6 constant 3, 1x6 constant 0, 1x6 constant 0, 1x6 constant 1",
        dialect="happynear",
    ),
    Row(
        "BN",
        "2x6x4x5",
        "bn_param { slope_filler { value: 3 } }",
        "2x6x4x5",
        "1x6 constant 3, 1x6 constant 0, 1x6 constant 0, 1x6 constant 0",
        "1/1 1/1 0/0 0/0",
        dialect="segnet",
    ),
    Row(
        "BN",
        "2x6x4x5",
        "param { lr_mult: 7 } bn_param { frozen: false }",
        "2x6x4x5",
        "1x6 constant 0, 1x6 constant 0, 1x6 constant 0, 1x6 constant 0",
        "7/1 1/1 0/0 0/0",
        dialect="yjxiong",
    ),
    Row(
        "BN",
        "2x6x4x5",
        "bn_param { frozen: true }",
        "2x6x4x5",
        "1x6 constant 0, 1x6 constant 0, 1x6 constant 0, 1x6 constant 1",
        "0/0 0/0 0/0 0/0",
        dialect="yjxiong",
    ),
    Row(
        "BN",
        "2x6x4x5",
        "bn_param { frozen: true }",
        "2x6x4x5",
        "1x6x1x1 constant 0, 1x6x1x1 constant 0, 1x6x1x1 constant 0, 1x6x1x1 constant 1",
        "0/0 0/0 0/0 0/0",
        dialect="pspnet",
    ),
    Row(
        "BN",
        "2x6x4x5",
        "bn_param { frozen: false }",
        "2x6x4x5",
        "1x6x1x1 constant 0, 1x6x1x1 constant 0, 1x6x1x1 constant 0, 1x6x1x1 constant 0",
        "1/1 1/1 0/0 0/0",
        dialect="pspnet",
    ),
    Row(
        "BatchNorm", "7", "", "7", "1 constant 0, 1 constant 0, 1 constant 1", "0/0 0/0 0/0", dialect="nvidia"
    ),
    Row(
        "BatchNorm",
        "2x6",
        "batch_norm_param { scale_filler { value: 3 } }",
        "2x6",
        "6 constant 0, 6 constant 0, 1 constant 1, 6 constant 3, 6 constant 0",
        "0/0 0/0 0/0 1/1 1/1",
        dialect="nvidia",
    ),
    Row(
        "BatchNorm",
        "2x6",
        "param { lr_mult: 7 } batch_norm_param { bias_filler { value: 3 } }",
        "2x6",
        "6 constant 0, 6 constant 0, 1 constant 1, 6 constant 1, 6 constant 3",
        "0/0 0/0 0/0 1/1 1/1",
        dialect="nvidia",
    ),
    Row(
        "MarginInnerProduct",
        "2x6 2",
        "margin_inner_product_param { num_output: 3 }",
        "2x3 1",
        "3x6 constant 0",
    ),
    Row("LargeMarginInnerProduct", "2x6 2 3x6", "largemargin_inner_product_param { num_output: 9 }", "2x3 1"),
    Row(
        "LargeMarginInnerProduct",
        "2x6 2",
        "largemargin_inner_product_param { num_output: 9 }",
        "2x9 1",
        "9x6 constant 0",
    ),
    Row("InnerDistance", "2x6 4x6", "inner_distance_param { num_output: 9 }", "2x4"),
    Row(
        "InnerDistance",
        "2x6 4x6",
        "inner_distance_param { num_output: 9 update_center_only: true }",
        "2x4",
        "4x6 constant 0",
    ),
    Row(
        "InnerDistance", "2x6 4x6 4", "inner_distance_param { num_output: 9 update_center_only: true }", "2x4"
    ),
    Row("CenterLoss", "2x6 2", "center_loss_param { num_output: 3 }", "scalar", "3x6 constant 0"),
    Row(
        "Local",
        "2x3x5x4",
        "local_param { num_output: 1 kernel_size: 4 }",
        "2x1x2x1",
        "1x1x48x2 constant 0, 1x1x1x2 constant 0",
    ),
    Row(
        "Local",
        "2x3x5x4",
        "local_param { num_output: 2 kernel_size: 1 bias_term: false }",
        "2x2x5x4",
        "2x1x3x20 constant 0",
    ),
    Row(
        "Local",
        "2x3x5x4",
        "local_param { num_output: 2 kernel_size: 3 pad: 1 stride: 2 }",
        "2x2x3x2",
        "2x1x27x6 constant 0, 1x1x2x6 constant 0",
    ),
    Row("Local", "2x3x5x4", "local_param { num_output: 2 kernel_size: 5 }", error="kernel"),
    Row("Local", "2x3x5x4", "local_param { num_output: 0 kernel_size: 3 }", error="num_output"),
    Row("Local", "2x3x5x4", "local_param { num_output: 2 kernel_size: 0 }", error="kernel"),
    Row("ChannelScale", "2x6x4x5 2x1x4x5", "", "2x6x4x5"),
    Row(
        "ChannelScale", "2x6 2", "channel_scale_param { global_scale: true }", "2x6 1", "1 constant -1", "0/0"
    ),
    Row(
        "ChannelScale",
        "2x6 2",
        "param { lr_mult: 1 } channel_scale_param { global_scale: true }",
        error="lr_mult: 0",
    ),
    Row(
        "ChannelScale",
        "2x6 2",
        "param { lr_mult: 0 decay_mult: 3 } channel_scale_param { global_scale: true }",
        "2x6",
        "1 constant -1",
        "0/3",
    ),
    Row("PSROIPooling", "2x1x8x9 5x5", "psroi_pooling_param { output_dim: 1 group_size: 1 }", "5x1x1x1"),
    Row(
        "PSROIPooling",
        "2x1x8x9 5x5",
        "psroi_pooling_param { output_dim: 1 group_size: 0 }",
        error="at least 1",
    ),
    Row(
        "PSROIPooling",
        "2x1x8x9 5x5",
        "psroi_pooling_param { output_dim: 0 group_size: 1 }",
        error="at least 1",
    ),
    Row(
        "DenseImageData",
        "",
        LABELED % "new_height: 1 new_width: 5",
        "2x3x1x5 2x1x1x5",
        "",
        dialect="enet",
    ),
    Row(
        "DenseImageData",
        "",
        LABELED % "new_height: 5 new_width: 1",
        "2x3x5x1 2x1x5x1",
        "",
        dialect="enet",
    ),
    Row("Interp", "2x6x4x5", "interp_param { shrink_factor: 1 }", "2x6x4x5"),
    Row("SmoothL1LossOHEM", "2x6x4x5 3x6x2x2", "loss_weight: [1, 0, 0]", "scalar 2x1x4x5 2x6x4x5"),
    Row(
        "MarginInnerProduct",
        "2x6 3x1",
        "margin_inner_product_param { num_output: 3 }",
        "2x3",
        "3x6 constant 0",
    ),
    Row("GlobalLSEMargin", "2x6 2", "", "2x6", "1 constant 30, 1 constant 0", "1/0 0/0"),
    Row("GlobalLSEMargin", "2x6 2 1", "", "2x6", "1 constant 30, 1 constant 0", "0/0 0/0"),
    Row("GlobalLSEMargin", "2x6 2", "param { lr_mult: 7 }", "2x6", "1 constant 30, 1 constant 0", "7/1 0/0"),
    Row(
        "Convolution3D",
        "2x3x6x8x9",
        "convolution3d_param { num_output: 4 kernel_size: 3 kernel_depth: 2 stride: 2 temporal_stride: 3 "
        "pad: 1 temporal_pad: 1 filter_group: 2 }",
        "2x4x3x4x5",
        "4x3x2x3x3 constant 0, 1x1x1x1x4 constant 0",
    ),
    Row(
        "Convolution3D",
        "2x3x6x8x9",
        "convolution3d_param { num_output: 4 kernel_size: 3 }",
        error="kernel_depth",
    ),
    Row(
        "Convolution3D",
        "2x3x6x8",
        "convolution3d_param { num_output: 4 kernel_size: 3 kernel_depth: 1 }",
        error="five axes",
    ),
    Row(
        "Convolution3D",
        "2x3x1x8x9",
        "convolution3d_param { num_output: 4 kernel_size: 3 kernel_depth: 2 }",
        error="nothing is left",
    ),
    Row(
        "Convolution3D",
        "2x3x6x8x9",
        "convolution3d_param { num_output: 4 kernel_size: 3 kernel_depth: 2 filter_group: 3 }",
        error="must divide",
    ),
    Row(
        "Deconvolution3D",
        "2x3x4x5x6",
        "convolution3d_param { num_output: 4 kernel_size: 4 kernel_depth: 3 stride: 2 temporal_stride: 2 "
        "pad: 1 temporal_pad: 1 bias_term: false }",
        "2x4x7x10x12",
        "3x4x3x4x4 constant 0, 1x1x1x1x4 constant 0",
    ),
    Row(
        "Deconvolution3D",
        "2x3x4x5x6",
        "convolution3d_param { num_output: 4 kernel_size: 1 kernel_depth: 1 } "
        "convolution_param { bias_term: false }",
        "2x4x4x5x6",
        "3x4x1x1x1 constant 0",
    ),
    Row(
        "Pooling3D", "2x3x5x8x9", "pooling3d_param { kernel_size: 2 kernel_depth: 2 stride: 2 }", "2x3x4x4x5"
    ),
    Row(
        "Pooling3D",
        "2x3x5x8x9",
        "pooling3d_param { kernel_size: 2 kernel_depth: 2 stride: 2 temporal_stride: 2 pad: 1 pool: AVE }",
        "2x3x3x5x6",
    ),
    Row(
        "Pooling3D", "2x3x5x8x9", "pooling3d_param { kernel_size: 2 kernel_depth: 2 pad: 1 }", error="average"
    ),
    Row("L2Normalize", "2x6", "", "2x6"),
    Row("BlackHole", "2x6 3", "", "1x1x1x1x1"),
    Row("SymmetricRectify", "2x6x4", "", "2x6x4", "6 constant 0"),
    Row(
        "SymmetricRectify",
        "2x6",
        "symmetric_rectify_param { channel_shared: true filler { type: 'uniform' } }",
        "2x6",
        "scalar uniform",
    ),
    Row("SymmetricRectify", "2", "", error="channels"),
    Row("Sparsify", "2x6", "sparsify_param { thre: 0.1 }", "2x6"),
    Row("Sparsify", "2x6", "sparsify_param { coef: -1 }", error="at least 0"),
    Row(
        "Correlation",
        "1x3x12x14 1x3x12x14",
        "correlation_param { pad: 3 kernel_size: 3 max_displacement: 2 stride_1: 2 }",
        "1x25x6x7",
    ),
    Row(
        "Correlation",
        "1x3x12x14 1x3x12x14",
        "correlation_param { pad: 20 kernel_size: 1 max_displacement: 20 stride_2: 2 }",
        "1x441x12x14",
    ),
    Row(
        "Correlation",
        "1x3x4x4 1x3x4x4",
        "correlation_param { kernel_size: 2 max_displacement: 1 }",
        error="even",
    ),
    Row("Correlation", "1x3x4x4 1x3x4x4", "correlation_param { kernel_size: 1 }", error="max_displacement"),
    Row(
        "Correlation",
        "1x3x4x4 1x3x4x5",
        "correlation_param { kernel_size: 1 max_displacement: 1 }",
        error="equal",
    ),
    Row(
        "Correlation",
        "1x3x4x4 1x3x4x4",
        "correlation_param { kernel_size: 1 max_displacement: 2 }",
        error="fit",
    ),
    Row(
        "Correlation1D",
        "1x3x12x14 1x3x12x14",
        "correlation_param { pad: 4 kernel_size: 3 max_displacement: 3 }",
        "1x7x10x14",
    ),
    Row(
        "Correlation1D",
        "1x3x12x14 1x3x12x14",
        "correlation_param { pad: 4 kernel_size: 1 max_displacement: 4 stride_2: 2 single_direction: -1 }",
        "1x3x12x14",
    ),
    Row("Resample", "1x3x4x5", "resample_param { width: 9 height: 8 type: NEAREST }", "1x3x8x9"),
    Row("Resample", "1x3x4x5 1x2x7x6", "", "1x3x7x6"),
    Row("Resample", "1x3x4x5", "resample_param { width: 9 }", error="height"),
    Row("Downsample", "1x3x4x5", "downsample_param { top_height: 2 top_width: 3 }", "1x3x2x3"),
    Row("Accum", "1x3x4x5 1x2x6x3", "", "1x5x6x5"),
    Row("Accum", "1x3x4x5 1x2x6x3", "accum_param { have_reference: true }", "1x3x6x3"),
    Row("Accum", "1x3x4x5 1x2x6x3", "accum_param { top_height: 8 top_width: 9 }", "1x5x8x9"),
    Row("Accum", "1x3x4x5 1x2x6x3", "accum_param { top_height: 8 top_width: 4 }", "1x5x6x5"),
    Row("Accum", "1x3x9x9", "accum_param { size_divisible_by: 4 }", "1x3x12x12"),
    Row("Accum", "1x3x4x5", "accum_param { have_reference: true }", error="two bottoms"),
    Row("FlowWarp", "1x3x4x5 1x2x4x5", "", "1x3x4x5"),
    Row("FlowWarp", "1x3x4x5 1x3x4x5", "", error="flow"),
    Row("ChannelNorm", "1x3x4x5", "", "1x1x4x5"),
    Row("Mean", "1x3x4x5 2x3", "mean_param { operation: SUBTRACT value: 1 }", "1x3x4x5 2x3"),
    Row(
        "DataAugmentation",
        "2x3x8x9",
        "augmentation_param { crop_width: 6 crop_height: 5 }",
        "2x3x5x6 2x42x1x1",
        "1x1x1x1 constant 0",
        "0/0",
    ),
    Row(
        "DataAugmentation",
        "2x3x8x9 2x42x1x1",
        "augmentation_param { recompute_mean: 5 }",
        "2x3x8x9",
        "1x1x1x1 constant 0, 1x3x8x9 constant 0, 1x3x1x1 constant 0",
        "0/0 0/0 0/0",
    ),
    Row(
        "DataAugmentation", "2x3x8x9", "augmentation_param { crop_width: 10 crop_height: 5 }", error="larger"
    ),
    Row(
        "FlowAugmentation",
        "2x2x8x9 2x42x1x1 2x42x1x1",
        "augmentation_param { crop_width: 6 crop_height: 5 }",
        "2x2x5x6",
    ),
    Row("FlowAugmentation", "2x2x8x9 2x42x1x1 2x42x1x1", "", error="crop_width"),
    Row("GenerateAugmentationParameters", "2x3x8x9", "", "2x42x1x1"),
    Row("LpqLoss", "2x3x8x9 2x3x8x9", "lpq_loss_param { p: 2 q: 0.5 }", "scalar"),
    Row("L1Loss", "2x3x8x9", "", "scalar", dialect="flownet2"),
    Row("Upsample", "2x6x4x5", "", "2x6x4x5", dialect="yolo"),
    Row("Upsample", "2x6x4x5", "upsample_param { scale: 3 }", "2x6x12x15", dialect="yolo"),
    Row("Upsample", "2", "", error="cannot be scaled", dialect="yolo"),
    Row("Reorg", "2x6x4x8", "reorg_param { stride: 2 }", "2x24x2x4"),
    Row("Reorg", "2x8x4x8", "reorg_param { stride: 2 reverse: true }", "2x2x8x16"),
    Row("Reorg", "2x8x4x8", "", error="stride"),
    Row("RegionLoss", "2x35x4x4 2x1x150", "region_loss_param { num_class: 2 }", "scalar"),
    Row("Yolov3", "2x21x4x4 2x1x300x5", "yolov3_param { num_class: 2 num: 3 }", "scalar"),
    Row("Yolov3", "2x22x4x4 2x1x300x5", "yolov3_param { num_class: 2 num: 3 }", error="need 21"),
    Row("GaussianYolov3", "2x33x4x4 2x1x300x5", "yolov3_param { num_class: 2 num: 3 }", "scalar"),
    Row("Yolov3DetectionOutput", "2x21x4x4 2x21x8x8", "", "1x1x1x7"),
    Row("SegmentationEvaluate", "2x5x4x4 2x3x4x4", "", "1x1x1x3"),
    Row("AssistedExcitation", "2x5x4x4 2x1x4x4 2x1x4x4", "", "2x5x4x4"),
    Row("Maximum", "2x5x4x6", "", "2x5x1x3"),
    Row("ImResize", "2x5x4x6", "imresize_param { factor: 8 }", "1x5x32x48"),
    Row(
        "ImResize",
        "2x5x4x6",
        "imresize_param { target_spatial_height: 7 target_spatial_width: 9 }",
        "1x5x7x9",
    ),
    Row("Nms", "2x5x4x6", "nms_param { max_peaks: 64 num_parts: 18 }", "2x18x65x3"),
    Row("EuclideanmaskLoss", "2x3x4x4 2x3x4x4 2x3x4x4", "", "scalar"),
    Row("EuclideanmaskLoss", "2x3x4x4 2x3x4x5 2x3x4x4", "", error="equally many"),
    Row(
        "BatchNorm",
        "2x6",
        "batch_norm_param { scale_bias: true }",
        "2x6",
        "6 constant 0, 6 constant 0, 1 constant 0, 6 constant 1, 6 constant 0",
        "0/0 0/0 0/0 1/1 1/1",
        dialect="jacinto",
    ),
    Row(
        "BatchNorm",
        "2x6",
        "batch_norm_param { scale_filler { value: 3 } }",
        "2x6",
        "6 constant 3, 6 constant 0, 6 constant 0, 6 constant 0, 1 constant 0",
        dialect="nvidia15",
    ),
    Row(
        "Lstm",
        "7x2x5",
        "lstm_param { num_output: 3 weight_filler { type: 'xavier' } }",
        "7x2x3",
        "12x5 xavier, 12x3 xavier, 12 constant 0",
    ),
    Row(
        "Lstm",
        "7x2x5x4",
        "lstm_param { num_output: 3 }",
        "7x2x3",
        "12x20 constant 0, 12x3 constant 0, 12 constant 0",
    ),
    Row("Lstm", "7", "lstm_param { num_output: 3 }", error="streams"),
    Row("Lstm", "7x2x5", "", error="num_output"),
    Row(
        "Lstm",
        "14x5",
        "lstm_param { num_output: 3 batch_size: 2 }",
        "14x3",
        "12x5 constant 0, 12x3 constant 0, 12 constant 0",
        dialect="caffe_lstm",
    ),
    Row("Lstm", "13x5", "lstm_param { num_output: 3 batch_size: 2 }", error="multiple", dialect="caffe_lstm"),
    Row("Transpose", "2x3x4", "transpose_param { dim: [2, 0, 1] }", "4x2x3"),
    Row("Transpose", "2x3x4", "transpose_param { dim: [2, 0] }", error="each axis"),
    Row("Reverse", "2x3", "reverse_param { axis: 1 }", "2x3"),
    Row("Reverse", "2x3", "reverse_param { axis: 2 }", error="out of range"),
    Row("Reverse", "2x3", "reverse_param { axis: -1 }", error="negative"),
    Row("ReverseTime", "7x2x5 2", "", "7x2x5"),
    Row("ReverseTime", "7x2x5 3", "", error="a length for each"),
    Row("CTCGreedyDecoder", "7x2x5", "", "2x7x1x1"),
    Row("CTCGreedyDecoder", "7x2x5 2x4", "", "1x2x1x1"),
    Row("ContinuationIndicator", "", "continuation_indicator_param { time_step: 7 batch_size: 2 }", "7x2"),
    Row("ContinuationIndicator", "", "", error="time_step"),
    Row("WarpCTCLoss", "7x2x5 2x4", "", "scalar"),
    Row("CtcLoss", "7x2x5 2x4", "ctc_loss_param { alphabet_size: 5 time_step: 7 }", "scalar"),
    Row("SoftmaxWithLossMultiLabel", "2x5 2x3", "loss_weight: [1, 0]", "scalar 2x5"),
    Row("LabelsequenceAccuracy", "7x2x5 2x4", "", "scalar"),
    Row(
        "NdConvolution",
        "2x6x8x9x9",
        "convolution_param { num_output: 4 group: 2 kernel_shape { dim: [3, 3, 2] } "
        "stride_shape { dim: [1, 2, 2] } pad_shape { dim: [1, 1, 0] } }",
        "2x4x8x5x4",
        "4x3x3x3x2 constant 0, 4 constant 0",
    ),
    Row(
        "NdConvolution",
        "2x6x1x9",
        "convolution_param { num_output: 4 bias_term: false kernel_shape { dim: [1, 3] } }",
        "2x4x7",
        "4x6x1x3 constant 0",
    ),
    Row(
        "NdConvolution",
        "2x6x8x9",
        "convolution_param { num_output: 4 kernel_shape { dim: 3 } }",
        error="2 axes",
    ),
    Row(
        "NdConvolution",
        "2x6x8",
        "convolution_param { num_output: 4 kernel_shape { dim: 9 } }",
        error="longer",
    ),
    Row(
        "NdPooling",
        "2x6x4x9x9",
        "pooling_param { kernel_shape { dim: [1, 2, 2] } stride_shape { dim: [1, 2, 2] } }",
        "2x6x4x5x5",
    ),
    Row(
        "NdPooling",
        "2x6x4x9",
        "pooling_param { kernel_shape { dim: [2, 2] } stride_shape { dim: [2, 2] } "
        "pad_shape { dim: [1, 1] } }",
        "2x6x3x5",
    ),
    Row(
        "NdPooling",
        "2x6x4x9",
        "pooling_param { global_pooling: true kernel_shape { dim: [1, 1] } }",
        "2x6x1x1",
    ),
    Row(
        "DeformableConvolution",
        "2x6x8x9 2x72x8x9",
        "deformable_convolution_param { num_output: 4 kernel_size: 3 pad: 2 dilation: 2 group: 2 }",
        "2x4x8x9",
        "4x3x3x3 constant 0, 4 constant 0",
    ),
    Row(
        "DeformableConvolution",
        "2x6x8x9 2x18x8x9",
        "deformable_convolution_param { num_output: 4 kernel_size: 3 pad: 1 deformable_group: 1 "
        "bias_term: false }",
        "2x4x8x9",
        "4x6x3x3 constant 0",
    ),
    Row("Conadd", "2x6 2x6", "conadd_param { }", "2x6"),
    Row(
        "VideoData",
        "",
        "video_data_param { batch_size: 2 new_length: 16 new_height: 128 new_width: 171 shuffle: true } "
        "transform_param { crop_size: 112 mirror: true }",
        "2x3x16x112x112 2",
        "draw 1, draw 1, draw 1, draw 1",
        dialect="c3d11",
    ),
    Row(
        "VideoData",
        "",
        "video_data_param { batch_size: 2 new_length: 16 is_color: false }",
        "2x1x16x?x? 2",
        "draw 1",
        dialect="video_caffe",
    ),
    Row(
        "Convolution",
        "2x6x1x8x9",
        "convolution_param { num_output: 4 kernel_size: 3 pad: 1 group: 2 }",
        "2x4x1x8x9",
        "4x3x1x3x3 constant 0, 1x1x1x1x4 constant 0",
        dialect="c3d10",
    ),
    Row(
        "Convolution",
        "2x6x1x8x9",
        "convolution_param { num_output: 4 kernel_size: 3 group: 4 }",
        error="divide",
        dialect="c3d10",
    ),
    Row(
        "Convolution",
        "2x6x8x9",
        "convolution_param { num_output: 4 kernel_size: 3 }",
        error="five",
        dialect="c3d10",
    ),
    Row("Im2col", "2x6x1x8x9", "convolution_param { kernel_size: 3 }", "2x54x1x6x7", dialect="c3d10"),
    Row("Pooling", "2x6x3x8x9", "pooling_param { kernel_size: 2 stride: 2 }", "2x6x1x4x5", dialect="c3d10"),
    Row("ReLU", "2x6x3x8x9", "", "2x6x1x8x9", dialect="c3d10"),
    Row("EltwiseProduct", "2x6x3x8x9 2x6x1x8x9", "", "2x6x1x8x9", dialect="c3d10"),
    Row("EltwiseProduct", "2x6x3x8x9 2x5x3x8x9", "", error="equal shapes", dialect="c3d10"),
    Row("Concat", "2x6x1x1x1 2x3x1x1x1", "", "2x9x1x1x1", dialect="c3d10"),
    Row(
        "Concat",
        "2x6x1x1x1 2x3x1x1x1",
        "concat_param { concat_dim: 0 }",
        error="fit together",
        dialect="c3d10",
    ),
    Row("Concat", "2x6x1x1x1 2x6x1x1x1", "concat_param { concat_dim: 2 }", error="neither", dialect="c3d10"),
    Row("Flatten", "2x6x1x4x5", "", "2x120x1x1x1", dialect="c3d10"),
    Row("Flatten", "2x6x3x4x5", "", error="length of 1", dialect="c3d10"),
    Row(
        "DownSampling",
        "2x6x8x9x9",
        "down_sampling_param { spatial_factor: 2 temporal_factor: 4 }",
        "2x6x2x4x4",
    ),
    Row("DownSampling", "2x6x8x9x9", "down_sampling_param { spatial_factor: 2 }", error="temporal_factor"),
    Row("Accuracy", "2x6x1x1x1 2x1x1x1x1", "", "1x2x1x1x1", dialect="c3d10"),
    Row("EuclideanLoss", "2x6x1x1x1 2x6x1x1x1", "", "1x1x1x1x1", dialect="c3d10"),
    Row("EuclideanLoss", "2x6x1x1x1 3x6x1x1x1", "", error="axis 0", dialect="c3d10"),
    Row(
        "InnerProduct",
        "2x6x1x4x5",
        "inner_product_param { num_output: 3 }",
        "2x3x1x1x1",
        "1x1x1x3x120 constant 0, 1x1x1x1x3 constant 0",
        dialect="c3d10",
    ),
    Row(
        "VideoData",
        "",
        "image_data_param { batch_size: 2 new_length: 16 new_height: 128 new_width: 171 crop_size: 112 "
        "mirror: true "
        "shuffle: true }",
        "2x3x16x112x112 2x1x1x1x1",
        "draw 1, draw 1",
        dialect="c3d10",
    ),
    Row(
        "VolumeData",
        "",
        "data_param { batch_size: 2 rand_skip: 3 }",
        "2x3x?x?x? 2x1x1x1x1",
        "draw 1",
        dialect="c3d10",
    ),
    Row(
        "VideoWithVoxelTruthData",
        "",
        "image_data_param { batch_size: 2 num_truth_channels: 2 crop_size: 4 }",
        "2x3x?x4x4 2x2x?x4x4",
        "draw 1",
        dialect="c3d10",
    ),
    Row(
        "MemoryData",
        "",
        "memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 }",
        "2x3x1x4x5 2x1x1x1x1",
        dialect="c3d10",
    ),
    Row(
        "CustomData",
        "",
        "data_param { batch_size: 2 slice_point: 3 slice_point: 6 mirror: true }",
        "2x3x?x? 2x3x?x? 2x?x?x? 2x1x1x1",
        "draw 1",
        dialect="flownet2",
    ),
    Row(
        "CustomData", "", "data_param { batch_size: 2 slice_point: 3 }", "2x3x?x? 2x?x?x?", dialect="flownet2"
    ),
    Row("CustomData", "", "data_param { slice_point: 3 }", error="for 1 slice_point", dialect="flownet2"),
    Row(
        "DisparityData",
        "",
        "image_data_param { batch_size: 2 is_color: false new_height: 4 new_width: 5 shuffle: true }",
        "2x1x4x5 2",
        "draw 1, draw 1",
        dialect="flownet2",
    ),
    Row("ImgReader", "", "reader_param { file: 'none.png' num: 2 }", "2x3x?x?", dialect="flownet2"),
    Row("FloatReader", "", "reader_param { num: 2 }", "2x?x?x?", dialect="flownet2"),
    Row(
        "OPData",
        "",
        "data_param { batch_size: 2 } op_transform_param { stride: 8 crop_size_x: 368 crop_size_y: 320 }",
        "2x3x320x368 2x?x40x46",
        "draw 1",
        dialect="openpose",
    ),
    Row(
        "OPVideo",
        "",
        "data_param { batch_size: 2 } op_transform_param { frame_size: 3 } include { phase: TRAIN }",
        "6x3x368x368",
        "draw 1",
        dialect="openpose",
    ),
    Row(
        "DetectNetTransformation",
        "2x3x40x60 2x1x9x16",
        "detectnet_groundtruth_param { stride: 16 image_size_x: 1248 image_size_y: 384 "
        "object_class { src: 1 dst: 0 } object_class { src: 8 dst: 2 } }",
        "2x3x384x1248 2x11x24x78",
        "draw 1",
        dialect="nvidia15",
    ),
    Row("DetectNetTransformation", "2x1x40x60 2x1x9x16", "", error="not 3", dialect="nvidia15", num_tops=2),
    Row(
        "ImageLabelData",
        "",
        "image_label_data_param { batch_size: 2 backend: LMDB } "
        "transform_param { crop_size: 8 mirror: true }",
        "2x3x8x8 2x1x8x8",
        "draw 1, draw 2, draw 2",
        dialect="jacinto",
    ),
    Row(
        "ImageLabelData",
        "",
        "image_label_data_param { batch_size: 2 } transform_param { random_seed: 3 }",
        "2x3x?x? 2x1x?x?",
        "draw 2, draw 2",
        dialect="jacinto",
    ),
    Row(
        "ImageLabelListData",
        "",
        "image_label_data_param { batch_size: 2 shuffle: true }",
        "2x3x?x? 2x1x?x?",
        "draw 1, draw 1",
        dialect="jacinto",
    ),
    Row(
        "AnnotatedData",
        "",
        "data_param { batch_size: 2 } annotated_data_param { yolo_data_type: 1 seg_scales: 4 } "
        "transform_param { resize_param { height: 416 width: 320 } resize_param { height: 9 width: 9 } }",
        "2x3x416x320 2x1x300x5 2x1x104x80",
        "draw 1, draw 1",
        dialect="yolo",
    ),
    Row(
        "AnnotatedData",
        "",
        "data_param { batch_size: 2 } annotated_data_param { seg_resize_width: 5 seg_resize_height: 7 "
        "single_class: false }",
        "2x3x?x? 1x1x?x8 2x?x5x7",
        "draw 1, draw 1",
        dialect="yolo",
    ),
    Row(
        "LaneData",
        "",
        "data_param { batch_size: 2 }",
        "2x3x?x? 2x1x1x1 2x1x?x?",
        "draw 1, draw 1",
        dialect="yolo",
    ),
    Row("Gather", "2x3 4x5", "", "2x3 4x5", dialect="yjxiong"),
    Row("Scatter", "2x3", "", "2x3", dialect="yjxiong"),
    Row("BatchReduction", "6x3", "", "3", dialect="yjxiong"),
    Row("BatchReduction", "2x6x3", "batch_reduction_param { reduction_param { axis: 1 } }", "2x3"),
    Row(
        "BatchReduction",
        "2x5x3",
        "batch_reduction_param { level: [1, 2] reduction_param { axis: 1 } }",
        "2x2x3",
    ),
    Row("BatchReduction", "2x4x3", "batch_reduction_param { level: 2 reduction_param { axis: 1 } }", "2x1x3"),
    Row(
        "BatchReduction", "2x6x5x3", "batch_reduction_param { pos: true reduction_param { axis: 1 } }", "2x3"
    ),
    Row(
        "BatchReduction", "6x3", "batch_reduction_param { level: [1, 2] }", error="levels [1, 2] have 5 cells"
    ),
    Row(
        "BatchReduction",
        "5x3",
        "batch_reduction_param { level: [1, 2] pos: true }",
        error="pos takes one level",
    ),
    Row("BatchReduction", "5", "batch_reduction_param { pos: true }", error="none follows axis 0"),
    Row(
        "SyncBN",
        "2x6x8x9",
        "bn_param { frozen: true slope_filler { value: 1 } bias_filler { type: 'uniform' } }",
        "2x6x8x9",
        "1x6 constant 1, 1x6 uniform, 1x6 constant 0, 1x6 constant 0",
        "1/1 1/1 0/0 0/0",
        dialect="yjxiong",
    ),
    Row(
        "DenseBlock",
        "2x6x8x9",
        f"denseblock_param {{ numTransition: 2 growthRate: 4 {DENSE} }}",
        "2x14x8x9",
        "4x6x3x3 msra, 1x6x1x1 constant 1, 1x6x1x1 uniform, 1x6x1x1 constant 0, 1x6x1x1 constant 1, "
        "4x10x3x3 msra, 1x10x1x1 constant 1, 1x10x1x1 uniform, 1x10x1x1 constant 0, 1x10x1x1 constant 1, "
        "1 constant 0",
        "1/1 1/1 1/1 1/1 1/1 1/1 0/0 0/0 0/0 0/0 0/0",
    ),
    Row(
        "DenseBlock",
        "2x6x8x9",
        f"denseblock_param {{ numTransition: 1 growthRate: 2 use_BC: true {DENSE} }}",
        "2x8x8x9",
        "2x8x3x3 msra, 8x6x1x1 msra, 1x6x1x1 constant 1, 1x8x1x1 constant 1, 1x6x1x1 uniform, "
        "1x8x1x1 uniform, 1x6x1x1 constant 0, 1x8x1x1 constant 0, 1x6x1x1 constant 1, 1x8x1x1 constant 1, "
        "1 constant 0",
        "1/1 1/1 1/1 0/0 0/0 1/1 1/1 1/1 0/0 0/0 0/0",
    ),
    Row("DenseBlock", "2x6x8x9", "param { lr_mult: 1 }", error="sets the param of its blobs itself"),
    Row("DenseBlock", "2x6", "", error="four axes are needed"),
    Row("DenseBlock", "2x6x8x9", "denseblock_param { numTransition: 2147483647 }", error="transitions, and"),
    Row(
        "Data",
        "",
        "data_param { source: '-' batch_size: 1 threads: 2147483647 } transform_param { mirror: true }",
        error="threads, and",
        dialect="nvidia",
    ),
]


def load(row: Row) -> cf.Net:
    bottoms = row.bottoms.split()
    layers = [
        f'layer {{ name: "i{index}" type: "Input" top: "b{index}" '
        f"input_param {{ shape {{ dim: [{bottom.replace('x', ', ')}] }} }} }}"
        for index, bottom in enumerate(bottoms)
    ]
    ends = [f'bottom: "b{index}"' for index in range(len(bottoms))]
    ends += [f'top: "t{index}"' for index in range(row.num_tops or max(1, len(row.tops.split())))]
    layers.append(f'layer {{ name: "x" type: "{row.kind}" {" ".join(ends)} {row.body} }}')
    return cf.load_net(io.BytesIO("\n".join(layers).encode()), dialect=row.dialect)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind} {row.bottoms} {row.body}"[:90])
def test_a_layer_of_a_fork(row: Row) -> None:
    if row.error:
        with pytest.raises(cf.CaffeFillersError, match=rf"layer 'x' \({row.kind}\): ") as raised:
            load(row)
        assert row.error in str(raised.value)
        return
    net = load(row)
    shapes = [net.blob_shapes[f"t{index}"] for index in range(len(row.tops.split()))]
    assert ["unknown" if shape is None else format_shape(shape) for shape in shapes] == row.tops.split()
    assert ", ".join(events(net.plan)) == row.events
    if row.learned:
        saved = [f"{param.lr_mult:g}/{param.decay_mult:g}" for param in net.parameter.layer[-1].param]
        assert saved == row.learned.split()


def test_offsets_that_do_not_fit_are_noted() -> None:
    row = Row(
        "DeformableConvolution",
        "2x6x8x9 2x18x8x9",
        "deformable_convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: 'xavier' } }",
    )
    assert any("should have 72 channels of offsets" in note.message for note in load(row).notes)


@pytest.mark.parametrize("kind", ["DenseImageData", "ImageSegData", "AnnotatedData", "VideoData"])
def test_a_shape_that_is_assumed_is_said(kind: str) -> None:
    notes = load(Row(kind, "", "dense_image_data_param { batch_size: 2 }", num_tops=2)).notes
    assert any("assumed (--shape t0=" in note.message for note in notes)


def test_blobs_may_be_filled_in_another_order_than_they_are_stored_in() -> None:
    """DenseBlock_layer.cpp goes transition by transition; blobs_[transition] is a kernel."""
    body = f"denseblock_param {{ numTransition: 2 growthRate: 4 {DENSE} }}"
    blobs = load(Row("DenseBlock", "2x6x8x9", body)).fill(seed=7)["x"]
    stream = cf.Stream(7)
    for transition, channels in enumerate((6, 10)):
        kernel = cf.MSRA().fill((4, channels, 3, 3), stream)
        bias = cf.Uniform(min=-1).fill((1, channels, 1, 1), stream)
        assert blobs[transition].tobytes() == kernel.tobytes()
        assert blobs[4 + transition].tobytes() == bias.tobytes()
        assert (blobs[2 + transition] == 1).all()
    assert len(blobs) == 11


def test_a_file_of_a_dense_block_is_checked_alone(tmp_path: Path) -> None:
    body = f"denseblock_param {{ numTransition: 2 growthRate: 4 {DENSE} }}"
    weights = tmp_path / "m.caffemodel"
    load(Row("DenseBlock", "2x6x8x9", body)).fill(seed=7).save(weights)
    assert main(["check", str(weights)]) == 0
