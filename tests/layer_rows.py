"""What each layer type makes of its bottoms: at least a row per type that is registered.

Shapes are written as the package prints them, `?` for an unknown length; an `unknown` bottom has no known
number of axes, a `scalar` none. Expectations were read from Caffe's source; the rows without an unknown,
layers with files and Python apart, were then run by BVLC/caffe 9b8915401 itself, 296 of them, which agreed
but for one: reading a file, it also sets decay_mult in a BatchNorm with three params (passes/batch_norm.py).
"""

from dataclasses import dataclass

from caffe_fillers.prototxt import parse
from caffe_fillers.schema import NetParameter


@dataclass(frozen=True)
class Row:
    """A layer of one type: its bottoms' shapes and the rest of its prototxt, and what comes of it.

    `tops` are their shapes; `events` what is filled and drawn, in order, `dropped` for a blob that is not
    kept; `saved` what Caffe adds to the layer in the file; `error` a part of the refusal.
    """

    type: str
    bottoms: str = ""
    body: str = ""
    tops: str = ""
    events: str = ""
    saved: str = ""
    error: str = ""
    num_tops: int | None = None


CONVOLUTION = [
    Row(
        "Convolution",
        "2x3x9x9",
        "convolution_param { num_output: 4 kernel_size: 3 }",
        "2x4x7x7",
        "4x3x3x3 constant 0, 4 constant 0",
    ),
    Row(
        "Convolution",
        "2x6x9x8",
        "convolution_param { num_output: 4 kernel_size: 3 stride: 2 pad: 1 group: 2 "
        "weight_filler { type: 'xavier' } bias_filler { value: 0.5 } }",
        "2x4x5x4",
        "4x3x3x3 xavier, 4 constant 0.5",
    ),
    Row(
        "Convolution",
        "2x3x9x9",
        "convolution_param { num_output: 4 kernel_h: 3 kernel_w: 1 pad_h: 1 pad_w: 0 "
        "stride_h: 1 stride_w: 2 bias_term: false bias_filler { type: 'unused' } }",
        "2x4x9x5",
        "4x3x3x1 constant 0",
    ),
    Row(
        "Convolution",
        "2x3x9x9x9",
        "convolution_param { num_output: 4 kernel_size: [1, 2, 3] dilation: 2 }",
        "2x4x9x7x5",
        "4x3x1x2x3 constant 0, 4 constant 0",
    ),
    Row(
        "Convolution",
        "2x3x9x9",
        "convolution_param { num_output: 4 kernel_size: 3 axis: 0 }",
        "4x1x7x7",
        "4x2x3x3x3 constant 0, 4 constant 0",
    ),
    Row(
        "Convolution",
        "2x3",
        "convolution_param { num_output: 4 kernel_size: 3 }",
        "2x4",
        "4x3 constant 0, 4 constant 0",
    ),
    Row(
        "Convolution",
        "2x3x5x5 2x3x5x5",
        "convolution_param { num_output: 4 kernel_size: 5 }",
        "2x4x1x1 2x4x1x1",
        "4x3x5x5 constant 0, 4 constant 0",
    ),
    Row(
        "Convolution",
        "2x3x5x5",
        "convolution_param { num_output: 4 kernel_size: 7 stride: 3 bias_term: false }",
        "2x4x1x1",
        "4x3x7x7 constant 0",
    ),  # (5 - 7) / 3 is 0 in C++
    Row(
        "Convolution",
        "2x3x5x5",
        "convolution_param { num_output: 4 kernel_size: 3 pad: 4294967295 }",
        "2x4x1x1",
        "4x3x3x3 constant 0, 4 constant 0",
    ),  # a pad of -1
    Row(
        "Convolution",
        "?x3x?x8",
        "convolution_param { num_output: 4 kernel_size: 3 }",
        "?x4x?x6",
        "4x3x3x3 constant 0, 4 constant 0",
    ),
    Row(
        "Convolution",
        "2x?x9x9 2x3x?x9",
        "convolution_param { num_output: 4 kernel_size: 3 }",
        "2x4x7x7 2x4x7x7",
        "4x3x3x3 constant 0, 4 constant 0",
    ),
    Row(
        "Convolution",
        "2x?x9x9",
        "convolution_param { num_output: 4 kernel_size: 3 }",
        error="--shape b0=2,C,9,9",
    ),
    Row(
        "Convolution",
        "unknown",
        "convolution_param { num_output: 4 kernel_size: 3 }",
        error="--shape b0=",
    ),
    Row("Convolution", "2x3x9x9", "convolution_param { kernel_size: 3 }", error="num_output must be"),
    Row(
        "Convolution",
        "2x3x9x9",
        "convolution_param { num_output: 4 kernel_size: 3 group: 2 }",
        error="must divide",
    ),
    Row(
        "Convolution", "2x3x9x9", "convolution_param { num_output: 4 }", error="kernel_size is given 0 times"
    ),
    Row("Convolution", "2x3x9x9", "convolution_param { num_output: 4 kernel_size: 0 }", error="at least 1"),
    Row("Convolution", "2x3x9x9", "convolution_param { num_output: 4 kernel_h: 3 }", error="at least 1"),
    Row(
        "Convolution",
        "2x3x9x9",
        "convolution_param { num_output: 4 kernel_size: 3 kernel_h: 3 kernel_w: 3 }",
        error="not both",
    ),
    Row(
        "Convolution",
        "2x3x9",
        "convolution_param { num_output: 4 kernel_h: 3 kernel_w: 3 }",
        error="for two spatial axes",
    ),
    Row(
        "Convolution",
        "2x3x9x9",
        "convolution_param { num_output: 4 kernel_size: 3 stride_h: 2 }",
        error="stride_h and stride_w together",
    ),
    Row(
        "Convolution",
        "2x3x9x9",
        "convolution_param { num_output: 4 kernel_size: 3 stride: 0 }",
        error="stride must be at least 1",
    ),
    Row(
        "Convolution",
        "2x3x3x3",
        "convolution_param { num_output: 4 kernel_size: 5 }",
        error="longer than the image",
    ),
    Row(
        "Convolution",
        "2x3x3x3",
        "convolution_param { num_output: 4 kernel_size: 4 }",
        error="nothing is left",
    ),
    Row(
        "Convolution",
        "1x64x4000x4000",
        "convolution_param { num_output: 4 kernel_size: 3 }",
        error="buffer of shape",
    ),
    Row(
        "Convolution",
        "2x3x5x5 2x3x5x6",
        "convolution_param { num_output: 4 kernel_size: 3 }",
        error="must be equal",
        num_tops=2,
    ),
    Row(
        "Convolution",
        "2x3x5x5 2x3x5x5",
        "convolution_param { num_output: 4 kernel_size: 3 }",
        error="2 bottoms and 1 tops",
        num_tops=1,
    ),
    Row(
        "Convolution",
        "2x3x9x9",
        "convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: 'msro' } }",
        error="did you mean 'msra'",
    ),
    Row(
        "Deconvolution",
        "2x6x5x5",
        "convolution_param { num_output: 4 kernel_size: 4 stride: 2 pad: 1 group: 2 }",
        "2x4x10x10",
        "6x2x4x4 constant 0, 4 constant 0",
    ),
    Row(
        "Deconvolution",
        "2x6x5x5",
        "convolution_param { num_output: 4 kernel_size: 3 dilation: 2 bias_term: false }",
        "2x4x9x9",
        "6x4x3x3 constant 0",
    ),
    Row(
        "Deconvolution",
        "2x6x5x5",
        "convolution_param { num_output: 4 kernel_size: 3 stride_h: 2 }",
        "2x4x11x3",
        "6x4x3x3 constant 0, 4 constant 0",
    ),  # stride_w is 0 then, and nothing divides by it
    Row(
        "Deconvolution",
        "2x6x?x5",
        "convolution_param { num_output: 4 kernel_size: 2 }",
        "2x4x?x6",
        "6x4x2x2 constant 0, 4 constant 0",
    ),
    Row(
        "Deconvolution",
        "2x6x1x1",
        "convolution_param { num_output: 4 kernel_size: 2 pad: 2 }",
        error="takes away more than the whole output",
    ),
    Row("Im2col", "2x3x9x8", "convolution_param { kernel_size: 3 stride: 2 pad: 1 dilation: 2 }", "2x27x4x3"),
    Row("Im2col", "2x3x9", "convolution_param { kernel_size: 3 axis: -2 }", "2x9x7"),
    Row("Im2col", "2x3x?x8", "convolution_param { kernel_size: 3 }", "2x27x?x6"),
    Row("Im2col", "2x3", "convolution_param { kernel_size: 3 }", error="no axis after the channels"),
    Row("Im2col", "2x3x9", "convolution_param { kernel_size: 3 axis: 3 }", error="axis 3 is out of range"),
]

WEIGHTS = [
    Row(
        "InnerProduct",
        "2x3x4",
        "inner_product_param { num_output: 5 weight_filler { type: 'msra' } }",
        "2x5",
        "5x12 msra, 5 constant 0",
    ),
    Row(
        "InnerProduct",
        "2x3x4",
        "inner_product_param { num_output: 5 axis: -1 transpose: true bias_term: false }",
        "2x3x5",
        "4x5 constant 0",
    ),
    Row(
        "InnerProduct",
        "2x3x4",
        "inner_product_param { num_output: 5 axis: 0 }",
        "5",
        "5x24 constant 0, 5 constant 0",
    ),
    Row(
        "InnerProduct",
        "?x3x4",
        "inner_product_param { num_output: 5 }",
        "?x5",
        "5x12 constant 0, 5 constant 0",
    ),
    Row("InnerProduct", "2x3x?", "inner_product_param { num_output: 5 }", error="--shape b0=2,3,D2"),
    Row("InnerProduct", "2x3", "inner_product_param { axis: 1 }", error="num_output must be given"),
    Row(
        "InnerProduct", "2x3", "inner_product_param { num_output: 5 axis: 2 }", error="axis 2 is out of range"
    ),
    Row(
        "InnerProduct",
        "2x3 2x3",
        "inner_product_param { num_output: 5 }",
        error="2 bottom blobs; the type takes 1",
    ),
    Row(
        "Embed",
        "2x3",
        "embed_param { num_output: 5 input_dim: 9 weight_filler { type: 'uniform' } }",
        "2x3x5",
        "9x5 uniform, 5 constant 0",
    ),
    Row(
        "Embed",
        "scalar",
        "embed_param { num_output: 5 input_dim: 9 bias_term: false }",
        "5",
        "9x5 constant 0",
    ),
    Row(
        "Embed",
        "unknown",
        "embed_param { num_output: 5 input_dim: 9 }",
        "unknown",
        "9x5 constant 0, 5 constant 0",
    ),
    Row("Embed", "2x3", "embed_param { num_output: 5 }", error="num_output and input_dim"),
    Row(
        "BatchNorm",
        "2x3x4x5",
        "",
        "2x3x4x5",
        "3 constant 0, 3 constant 0, 1 constant 0",
        saved="param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 }",
    ),
    Row(
        "BatchNorm",
        "?x3",
        "param { lr_mult: 0 decay_mult: 0 name: 'mean' }",
        "?x3",
        "3 constant 0, 3 constant 0, 1 constant 0",
        saved="param { lr_mult: 0 } param { lr_mult: 0 }",
    ),
    Row(
        "BatchNorm",
        "2x3",
        "param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 }",
        "2x3",
        "3 constant 0, 3 constant 0, 1 constant 0",
    ),
    Row("BatchNorm", "2x3", "param { decay_mult: 0 }", error="set lr_mult: 0"),
    Row("BatchNorm", "3", "", error="channels"),
    Row("BatchNorm", "2x3x0x4", "", error="needs values"),
    Row("BatchNorm", "2x?x4x4", "", error="--shape b0=2,C,4,4"),
    Row(
        "BatchNorm",
        "2x3",
        "param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 }",
        error="4 param entries, but 3 parameter blobs",
    ),
    Row("Scale", "2x3x4x5", "", "2x3x4x5", "3 constant 1"),
    Row(
        "Scale",
        "2x3x4x5",
        "scale_param { filler { } bias_term: true bias_filler { value: 2 } }",
        "2x3x4x5",
        "3 constant 0, 3 constant 2",
    ),
    Row(
        "Scale",
        "2x3x4x5",
        "scale_param { axis: 2 num_axes: -1 filler { type: 'xavier' } }",
        "2x3x4x5",
        "4x5 xavier",
    ),
    Row(
        "Scale",
        "2x3x4x5",
        "scale_param { num_axes: 0 bias_term: true }",
        "2x3x4x5",
        "scalar constant 1, scalar constant 0",
    ),
    Row("Scale", "2x3x4x5 3x4", "scale_param { num_axes: 7 }", "2x3x4x5"),
    Row(
        "Scale",
        "2x3x4x5 3x4",
        "scale_param { bias_term: true bias_filler { type: 'uniform' } }",
        "2x3x4x5",
        "3x4 uniform",
    ),
    Row("Scale", "2x3 scalar", "scale_param { axis: 7 }", "2x3"),
    Row("Scale", "2x3 scalar", "scale_param { axis: 7 bias_term: true }", error="axis 7 is out of range"),
    Row("Scale", "2x3 scalar", "scale_param { axis: 0 bias_term: true }", "2x3", "scalar constant 0"),
    Row("Scale", "?x3x?x?", "", "?x3x?x?", "3 constant 1"),
    Row("Scale", "unknown", "", error="--shape b0"),
    Row("Scale", "2x3 unknown", "", "2x3"),
    Row("Scale", "2x3 unknown", "scale_param { bias_term: true }", error="--shape b1"),
    Row("Scale", "2x3x4", "scale_param { num_axes: 3 }", error="leaves the shape 2x3x4"),
    Row("Scale", "2x3x4", "scale_param { num_axes: -2 }", error="leaves the shape 2x3x4"),
    Row("Scale", "2x3x4 4", "", error="4 does not fit bottom 0 of shape 2x3x4 from axis 1"),
    Row("Bias", "2x3x4", "", "2x3x4", "3 constant 0"),
    Row(
        "Bias",
        "2x3x4",
        "bias_param { axis: -2 num_axes: 2 filler { type: 'gaussian' } }",
        "2x3x4",
        "3x4 gaussian",
    ),
    Row("Bias", "2x3x4 2", "bias_param { axis: 0 }", "2x3x4"),
    Row("Bias", "2x3x4 3x4x5", "", error="does not fit"),
    Row("PReLU", "2x3x4", "", "2x3x4", "3 constant 0.25"),
    Row(
        "PReLU",
        "2x3x4",
        "prelu_param { filler { type: 'uniform' } channel_shared: true }",
        "2x3x4",
        "scalar uniform",
    ),
    Row("PReLU", "2x3x4", "prelu_param { filler { } }", "2x3x4", "3 constant 0"),
    Row("PReLU", "unknown", "prelu_param { channel_shared: true }", "unknown", "scalar constant 0.25"),
    Row("PReLU", "unknown", "", error="--shape b0"),
    Row("PReLU", "2", "", error="channels in axis 1"),
    Row("PReLU", "2x3x4x5x6", "", error="5 axes has no num"),
    Row("Parameter", "", "parameter_param { shape { dim: 2 dim: 3 } }", "2x3", "2x3 constant 0"),
    Row("Parameter", "", "", "scalar", "scalar constant 0"),
    Row("Parameter", "", "parameter_param { shape { dim: -2 } }", error="negative axis"),
    Row("Parameter", "2", "", error="1 bottom blobs; the type takes 0"),
]

SAME_SHAPE = [
    *(
        Row(name, "2x3", "", "2x3")
        for name in ("BNLL", "Clip", "Dropout", "ELU", "Exp", "Log", "Power", "ReLU")
    ),
    *(Row(name, "scalar", "", "scalar") for name in ("Sigmoid", "Swish", "TanH", "Threshold", "AbsVal")),
    *(Row(name, "2x3x?", "top: 'b0'", "2x3x?") for name in ("ReLU", "Dropout", "Sigmoid", "Exp")),
    Row("ReLU", "unknown", "", "unknown"),
    Row("AbsVal", "2x3", "top: 'b0'", error="cannot work in place"),
    Row("Clip", "2x3", "clip_param { min: 0 max: 1 }", "2x3"),
    Row("Exp", "2x3", "exp_param { base: 1 }", "2x3"),
    Row("Exp", "2x3", "exp_param { base: 0 }", error="positive and finite"),
    Row("Exp", "2x3", "exp_param { base: nan }", error="positive and finite"),
    Row("Log", "2x3", "log_param { base: 2 shift: 1 }", "2x3"),
    Row("Log", "2x3", "log_param { base: 1 }", error="no logarithm to base 1"),
    Row("Log", "2x3", "log_param { base: inf }", error="positive and finite"),
    Row("LRN", "2x3x4x5", "", "2x3x4x5"),
    Row("LRN", "2x3x4x5", "lrn_param { norm_region: WITHIN_CHANNEL local_size: 3 }", "2x3x4x5"),
    Row("LRN", "2x3x4x5", "lrn_param { local_size: 4 }", error="even"),
    Row("LRN", "2x3x4", "", error="4 axes"),
    Row("MVN", "2x3", "", "2x3x1x1"),
    Row("MVN", "2x3x4x5x6", "", error="5 axes"),
    Row("Softmax", "2x3", "softmax_param { axis: -1 }", "2x3"),
    Row("Softmax", "2", "", error="axis 1 is out of range"),
    Row("Split", "2x3", "", "2x3 2x3 2x3"),
    Row("Split", "unknown", "", "unknown unknown"),
    Row("Split", "2x3", "top: 'b0'", error="cannot work in place"),
    Row("Split", "2x3", "", error="0 top blobs", num_tops=0),
    Row("Silence", "2x3 scalar", ""),
    Row("Silence", "unknown", ""),
    Row("Silence", "2x3", "", error="1 top blobs", num_tops=1),
    Row("Python", "2x3", "python_param { module: 'a' layer: 'B' }", "unknown unknown"),
]

POOLING = [
    Row("Pooling", "2x3x9x8", "pooling_param { kernel_size: 3 stride: 2 }", "2x3x4x4"),
    Row("Pooling", "2x3x9x8", "pooling_param { kernel_size: 3 stride: 2 round_mode: FLOOR }", "2x3x4x3"),
    Row("Pooling", "2x3x9x8", "pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }", "2x3x5x5"),
    Row("Pooling", "2x3x4x4", "pooling_param { kernel_size: 2 stride: 2 pad: 1 }", "2x3x3x3"),
    Row(
        "Pooling", "2x3x3x3", "pooling_param { kernel_size: 2 stride: 2 pad: 1 }", "2x3x2x2"
    ),  # 3 clipped to 2
    Row(
        "Pooling",
        "2x3x9x8",
        "pooling_param { kernel_h: 2 kernel_w: 3 stride_h: 2 stride_w: 4 pad_h: 1 pad_w: 0 }",
        "2x3x5x2",
    ),
    Row("Pooling", "2x3x9x8", "pooling_param { kernel_size: 3 kernel_h: 2 }", "2x3x7x6"),
    Row("Pooling", "2x3x9x8", "pooling_param { kernel_size: 2 stride: 2 }", "2x3x5x4 2x3x5x4"),
    Row("Pooling", "2x3x1x1", "pooling_param { kernel_size: 2 }", "2x3x0x0"),
    Row("Pooling", "2x3x9x8", "pooling_param { pool: AVE global_pooling: true }", "2x3x1x1"),
    Row("Pooling", "?x3x?x?", "pooling_param { pool: AVE global_pooling: true }", "?x3x1x1"),
    Row("Pooling", "2x3x?x8", "pooling_param { kernel_size: 3 stride: 2 pad: 1 }", "2x3x?x5"),
    Row("Pooling", "2x3x9x8", "pooling_param { pool: STOCHASTIC kernel_size: 3 }", "2x3x7x6"),
    Row(
        "Pooling",
        "2x3x9x8",
        "pooling_param { pool: STOCHASTIC kernel_size: 3 pad: 1 }",
        error="average and max",
    ),
    Row(
        "Pooling",
        "2x3x9x8",
        "pooling_param { pool: AVE kernel_size: 2 }",
        error="only max pooling",
        num_tops=2,
    ),
    Row("Pooling", "2x3x9x8", "pooling_param { kernel_size: 3 pad: 3 }", error="smaller than the kernel"),
    Row("Pooling", "2x3x9x8", "pooling_param { kernel_size: 3 stride: 0 }", error="at least 1"),
    Row(
        "Pooling",
        "2x3x9x8",
        "pooling_param { kernel_size: 3 kernel_h: 3 kernel_w: 3 }",
        error="either kernel_size",
    ),
    Row("Pooling", "2x3x9x8", "pooling_param { kernel_h: 3 }", error="either kernel_size"),
    Row(
        "Pooling", "2x3x9x8", "pooling_param { kernel_size: 3 pad: 1 pad_h: 1 pad_w: 1 }", error="either pad"
    ),
    Row("Pooling", "2x3x9x8", "pooling_param { kernel_size: 3 stride_h: 1 }", error="either stride"),
    Row(
        "Pooling", "2x3x9x8", "pooling_param { global_pooling: true kernel_size: 3 }", error="do not give one"
    ),
    Row("Pooling", "2x3x9x8", "pooling_param { global_pooling: true stride: 2 }", error="pad 0 and stride 1"),
    Row("Pooling", "2x3x0x8", "pooling_param { global_pooling: true }", error="nothing to pool"),
    Row("Pooling", "2x3x9x0", "pooling_param { global_pooling: true }", error="nothing to pool"),
    Row("Pooling", "2x3x2x2", "pooling_param { kernel_size: 4 }", error="longer than the 2"),
    Row("Pooling", "2x3x9", "pooling_param { kernel_size: 3 }", error="num, channels, height, width"),
    Row("SPP", "2x3x9x8", "spp_param { pyramid_height: 3 }", "2x63"),
    Row("SPP", "2x3x9x8", "spp_param { pyramid_height: 1 pool: STOCHASTIC }", "2x3x1x1"),
    Row("SPP", "2x3x?x8", "spp_param { pyramid_height: 2 }", "2x15"),
    Row("SPP", "2x3x16x15", "spp_param { pyramid_height: 4 }", "2x255"),
    Row("SPP", "2x3x6x6", "spp_param { pyramid_height: 4 }", error="level 3 of the pyramid does not fit"),
    Row("SPP", "2x3x9x8", "spp_param { pyramid_height: 2 pool: STOCHASTIC }", error="level 1"),
    Row("SPP", "2x3x9x8", "", error="pyramid_height"),
    Row("SPP", "2x3x0x8", "spp_param { pyramid_height: 1 }", error="must not be 0"),
    Row("SPP", "2x3x9x0", "spp_param { pyramid_height: 1 }", error="must not be 0"),
    Row("SPP", "2x3x9x8", "top: 'b0' spp_param { pyramid_height: 2 }", error="in place"),
]

SHAPES = [
    Row("Concat", "2x3x4 2x5x4", "", "2x8x4"),
    Row("Concat", "2x3 4x3 1x3", "concat_param { axis: -2 }", "7x3"),
    Row("Concat", "2x3 2x4", "concat_param { concat_dim: 1 }", "2x7"),
    Row("Concat", "?x3x4 2x?x4", "", "2x?x4"),
    Row("Concat", "2x3", "", "2x3"),
    Row("Concat", "2x3 3x3", "", error="beside axis 1"),
    Row("Concat", "2x3 2x3x4", "", error="equally many axes"),
    Row("Concat", "2x3 2", "", error="equally many axes"),
    Row("Concat", "2x3 2x3", "concat_param { axis: 1 concat_dim: 1 }", error="either axis or concat_dim"),
    Row("Concat", "2x3 2x3", "concat_param { concat_dim: 2 }", error="out of range"),
    Row("Slice", "2x6", "", "2x2 2x2 2x2"),
    Row("Slice", "2x6", "slice_param { slice_point: 1 slice_point: 4 }", "2x1 2x3 2x2"),
    Row("Slice", "2x6", "slice_param { slice_point: 6 }", "2x6 2x0"),
    Row("Slice", "2x6", "slice_param { slice_dim: 0 }", "1x6 1x6"),
    Row("Slice", "2x?", "slice_param { slice_point: 4 }", "2x4 2x?"),
    Row("Slice", "2x?", "", "2x? 2x?"),
    Row("Slice", "2x6", "top: 'b0'", "2x6"),
    Row("Slice", "2x6", "top: 'b0' top: 't1'", error="in place"),
    Row("Slice", "2x6", "", error="4 equal tops", num_tops=4),
    Row("Slice", "2x6", "slice_param { slice_point: 2 }", error="one fewer than tops", num_tops=3),
    Row("Slice", "2x6", "slice_param { slice_point: 7 }", error="must rise", num_tops=2),
    Row("Slice", "2x6", "slice_param { slice_point: 4 slice_point: 4 }", error="must rise", num_tops=3),
    Row("Slice", "2x1", "slice_param { slice_point: 1 }", error="must rise", num_tops=2),
    Row("Slice", "2x6", "slice_param { axis: 0 slice_dim: 0 }", error="either axis or slice_dim"),
    Row("Eltwise", "2x3 2x3 2x3", "eltwise_param { operation: MAX }", "2x3"),
    Row("Eltwise", "2x3 2x3", "eltwise_param { coeff: 1 coeff: -1 }", "2x3"),
    Row("Eltwise", "unknown ?x3 2x?", "", "2x3"),
    Row("Eltwise", "unknown unknown", "", "unknown"),
    Row("Eltwise", "2x3 2x4", "", error="2x3 and 2x4 must be equal"),
    Row("Eltwise", "2x3 2x3", "eltwise_param { coeff: 1 }", error="1 coeff for 2 bottoms"),
    Row(
        "Eltwise", "2x3 2x3", "eltwise_param { operation: PROD coeff: 1 coeff: 1 }", error="coeff is for sums"
    ),
    Row("Eltwise", "2x3", "", error="at least 2"),
    Row("Flatten", "2x3x4x5", "", "2x60"),
    Row("Flatten", "2x3x4x5", "flatten_param { axis: 0 end_axis: -2 }", "24x5"),
    Row("Flatten", "2x3x4x5", "flatten_param { axis: 2 end_axis: 1 }", "2x3x1x4x5"),
    Row("Flatten", "2x3x?x5", "", "2x?"),
    Row("Flatten", "2x3x4x5", "flatten_param { axis: 3 end_axis: 1 }", error="end_axis 1 is before"),
    Row("Flatten", "2x3", "top: 'b0'", error="in place"),
    Row("Reshape", "2x3x4x5", "reshape_param { shape { dim: 0 dim: -1 dim: 10 } }", "2x6x10"),
    Row("Reshape", "2x3x4", "reshape_param { axis: 1 num_axes: 2 shape { dim: 6 dim: 2 } }", "2x6x2"),
    Row("Reshape", "2x3x4", "reshape_param { axis: -1 num_axes: 0 shape { dim: 1 } }", "2x3x4x1"),
    Row("Reshape", "2x3", "reshape_param { shape { dim: 3 dim: 2 } }", "3x2"),
    Row("Reshape", "1", "", "scalar"),
    Row("Reshape", "2x2x3", "reshape_param { num_axes: 1 shape { dim: -1 dim: 0 } }", "1x2x2x3"),
    Row("Reshape", "3x2x3", "reshape_param { num_axes: 1 shape { dim: -1 dim: 0 } }", error="be divided"),
    Row("Reshape", "?x3x4", "reshape_param { shape { dim: 0 dim: -1 } }", "?x12"),
    Row("Reshape", "?x3x4", "reshape_param { axis: 1 shape { dim: 2 dim: -1 } }", "?x2x6"),
    Row("Reshape", "?x3x4", "reshape_param { shape { dim: 5 dim: -1 } }", "5x?"),
    Row("Reshape", "2x3", "reshape_param { shape { dim: 7 } }", error="holds 6 values, 7 7"),
    Row("Reshape", "2x3", "reshape_param { shape { dim: 4 dim: -1 } }", error="cannot be divided"),
    Row("Reshape", "2x0", "reshape_param { shape { dim: -1 dim: 0 } }", error="length 0"),
    Row("Reshape", "2x3", "reshape_param { shape { dim: -1 dim: -1 } }", error="one -1"),
    Row("Reshape", "2x3", "reshape_param { shape { dim: -2 dim: -3 } }", error="no other negative"),
    Row("Reshape", "2x3", "reshape_param { shape { dim: 6 dim: 1 dim: 0 } }", error="no axis of 2x3 to copy"),
    Row("Reshape", "2x3", "reshape_param { axis: 3 }", error="axis 3 and num_axes -1 leave 2x3"),
    Row("Reshape", "2x3", "reshape_param { axis: 1 num_axes: 2 }", error="leave 2x3"),
    Row("Reshape", "2x3", "top: 'b0'", error="in place"),
    Row("Reduction", "2x3x4", "", "scalar"),
    Row("Reduction", "2x3x4", "reduction_param { axis: -1 operation: MEAN }", "2x3"),
    Row("Reduction", "2x3x4", "reduction_param { axis: 3 }", error="out of range"),
    Row("Tile", "2x3x4", "tile_param { tiles: 3 }", "2x9x4"),
    Row("Tile", "2x?x4", "tile_param { axis: -1 tiles: 2 }", "2x?x8"),
    Row("Tile", "2x3x4", "", error="tiles must be given"),
    Row("Crop", "2x3x9x9 1x1x5x6", "", "2x3x5x6"),
    Row("Crop", "2x3x9x9 1x1x5x6", "crop_param { axis: 1 offset: 1 offset: 4 offset: 3 }", "2x1x5x6"),
    Row("Crop", "2x3x9x9 1x1x5x6", "crop_param { offset: 3 }", "2x3x5x6"),
    Row("Crop", "2x3x?x9 1x1x5x?", "", "2x3x5x?"),
    Row("Crop", "2x3x9x9 1x1x5x6", "crop_param { offset: 4 }", error="in axis 3"),
    Row("Crop", "2x3x9x9 1x1x5x6", "crop_param { axis: 1 offset: 1 offset: 1 }", error="one or one per axis"),
    Row("Crop", "2x3x9x9 1x1x5", "", error="in axis 3"),
    Row("Filter", "4x3 4x2x2 4x1", "", "4x3 4x2x2"),
    Row("Filter", "?x3 4", "", "?x3"),
    Row("Filter", "4x3 4x2", "", error="only its axis 0"),
    Row("Filter", "4x3 5", "", error="as many items"),
    Row("Filter", "4x3 4", "", error="a top for each of its 1 bottoms", num_tops=2),
    Row("BatchReindex", "4x3x2 7", "", "7x3x2"),
    Row("BatchReindex", "4x3 7x1", "", error="one axis is needed"),
    Row("ArgMax", "2x3x4x5x6", "", "2x1x1x1x1"),
    Row("ArgMax", "2x3", "argmax_param { top_k: 3 out_max_val: true }", "2x2x3"),
    Row("ArgMax", "2x3x4", "argmax_param { axis: -1 top_k: 2 out_max_val: true }", "2x3x2"),
    Row("ArgMax", "2x3x?", "argmax_param { top_k: 99 }", "2x1x99"),
    Row("ArgMax", "2x3", "argmax_param { top_k: 4 }", error="from 1 to 3"),
    Row("ArgMax", "2x3", "argmax_param { axis: 0 top_k: 0 }", error="from 1 to 2"),
    Row("ArgMax", "scalar", "", error="out of range"),
]

LOSSES = [
    Row("SoftmaxWithLoss", "2x3 2", "", "scalar", saved="loss_weight: 1"),
    Row("SoftmaxWithLoss", "2x3x4x5 2x1x4x5", "loss_weight: 0.5", "scalar"),
    Row("SoftmaxWithLoss", "2x3 2", "", saved="loss_weight: 1", num_tops=0),
    Row("SoftmaxWithLoss", "?x3x?x? 2x1x4x5", "", "scalar", saved="loss_weight: 1"),
    Row("SoftmaxWithLoss", "unknown 2", "", "unknown", saved="loss_weight: 1"),
    Row("SoftmaxWithLoss", "2x3 2x3", "", error="need 2 labels"),
    Row("SoftmaxWithLoss", "2x3 3", "", error="differ in axis 0"),
    Row("SoftmaxWithLoss", "2x3 2", "loss_weight: 1 loss_weight: 0", error="a second top", num_tops=2),
    Row("SoftmaxWithLoss", "2x3 2", "loss_weight: 1 loss_weight: 0", error="2 loss_weight for 1 tops"),
    Row("SoftmaxWithLoss", "2x3 2", "top: 'b0'", error="in place"),
    Row("InfogainLoss", "2x3 2 1x1x3x3", "", "scalar", saved="loss_weight: 1"),
    Row("InfogainLoss", "2x3 2 9", "loss_weight: 1 loss_weight: 0", "scalar 2x3"),
    Row("InfogainLoss", "2x3 2 1x1x3x4", "", error="must be 3x3"),
    Row("InfogainLoss", "2x3 2", "", error="needs the infogain matrix"),
    Row("InfogainLoss", "2x3 2 9", "loss_param { normalize: true }", error="use normalization"),
    Row("InfogainLoss", "2x3 2 9", "", error="1 loss_weight for 2 tops", num_tops=2),
    Row("SigmoidCrossEntropyLoss", "2x3 2x3x1", "", "scalar", saved="loss_weight: 1"),
    Row("SigmoidCrossEntropyLoss", "2x3 2x4", "", error="equally many values"),
    Row("EuclideanLoss", "2x3x4 2x12", "", "scalar", saved="loss_weight: 1"),
    Row("EuclideanLoss", "2x3 2x4", "", error="equally many values"),
    Row("EuclideanLoss", "2x3 2x3", "top: 'b1'", error="more than one layer"),
    Row("HingeLoss", "2x3 2x7", "loss_weight: 0", "scalar"),
    Row("HingeLoss", "2x3 scalar", "", error="differ in axis 0"),
    Row("MultinomialLogisticLoss", "2x3 2x1", "", "scalar", saved="loss_weight: 1"),
    Row("MultinomialLogisticLoss", "2x3 2x3", "", error="must have length 1"),
    Row("ContrastiveLoss", "2x3 2x3x1 2", "", "scalar", saved="loss_weight: 1"),
    Row("ContrastiveLoss", "2x3 2x4 2", "", error="differ in length"),
    Row("ContrastiveLoss", "2x3x4 2x3 2", "", error="must have length 1"),
    Row("ContrastiveLoss", "2x3 2x3 2x2", "", error="must have length 1"),
    Row("Accuracy", "2x3x4 2x4", "", "scalar"),
    Row("Accuracy", "2x3x4 2x3", "accuracy_param { axis: -1 top_k: 4 }", "scalar 4"),
    Row("Accuracy", "?x3 ?", "accuracy_param { top_k: 5 }", "scalar"),
    Row("Accuracy", "2x3 2", "accuracy_param { top_k: 4 }", error="more than there are classes"),
    Row("Accuracy", "2x3 2x1x3", "", error="need 2 labels"),
    Row("Accuracy", "0x3 0", "", error="no labels"),
]

RECURRENT = [
    Row("LSTM", "2147483647x1x1 2147483647x1", "recurrent_param { num_output: 1 }", error="time steps"),
    Row("LSTMUnit", "1x2x3 1x2x12 1x2", "", "1x2x3 1x2x3"),
    Row("LSTMUnit", "1x2x3 1x2x9 1x2", "", error="12, are needed", num_tops=2),
    Row("LSTMUnit", "2x2x3 2x2x12 2x2", "", error="one time step", num_tops=2),
    Row(
        "RNN",
        "2x3x4 2x3",
        "recurrent_param { num_output: 5 weight_filler { type: 'xavier' } }",
        "2x3x5",
        "5x4 xavier, 5 constant 0, 5x5 xavier, 5x5 xavier, 5 constant 0, "
        "5x5 xavier dropped, 5x5 xavier dropped, 5 constant 0 dropped",
    ),
    Row(
        "RNN",
        "1x3x4 1x3 3x7 1x3x5",
        "recurrent_param { num_output: 5 expose_hidden: true }",
        "1x3x5 1x3x5",
        "5x4 constant 0, 5 constant 0, 5x7 constant 0, 5x5 constant 0, 5x5 constant 0, 5 constant 0",
    ),
    Row(
        "LSTM",
        "2x3x4 2x3",
        "recurrent_param { num_output: 5 weight_filler { type: 'uniform' } }",
        "2x3x5",
        "20x4 uniform, 20 constant 0, 20x5 uniform, 20x5 uniform dropped",
    ),
    Row(
        "LSTM",
        "1x3x4 1x3 3x7",
        "recurrent_param { num_output: 5 }",
        "1x3x5",
        "20x4 constant 0, 20 constant 0, 20x7 constant 0, 20x5 constant 0",
    ),
    Row(
        "LSTM",
        "1x3x4 1x3 1x3x5 1x3x6",
        "recurrent_param { num_output: 5 expose_hidden: true }",
        error="1x3x5 is needed",
        num_tops=3,
    ),
    Row("LSTM", "2x3 2x3", "recurrent_param { num_output: 5 }", error="streams and then values"),
    Row("LSTM", "2x3x4 2x3 3", "recurrent_param { num_output: 5 }", error="streams and then values"),
]

DATA = [
    Row("Input", "", "input_param { shape { dim: 2 dim: 3 } }", "2x3 2x3"),
    Row("DummyData", "", "dummy_data_param { shape { dim: 2 } shape { } }", "2 scalar"),
    Row("MemoryData", "", "memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 }", "2x3x4x5 2"),
    Row(
        "Data",
        "",
        "data_param { source: 'nowhere' batch_size: 2 } transform_param { crop_size: 7 mirror: true }",
        "2x3x7x7 2",
        "draw 1, draw 1, draw 1",
    ),
    Row(
        "ImageData",
        "",
        "image_data_param { source: 'nowhere' batch_size: 2 shuffle: true }",
        "2x3x?x? 2",
        "draw 1, draw 1",
    ),
    Row(
        "WindowData",
        "",
        "window_data_param { source: 'nowhere' batch_size: 2 } transform_param { crop_size: 7 }",
        "2x?x7x7 2",
        "draw 1, draw 1, draw 1, draw 1",
    ),
    Row("HDF5Data", "", "hdf5_data_param { source: 'nowhere' batch_size: 2 }", "unknown"),
    Row("HDF5Output", "2x3 2", "hdf5_output_param { file_name: 'nowhere' }"),
]

EDGES = [
    Row(
        "Convolution",
        "1x1x32769x32768",
        "convolution_param { num_output: 1 kernel_h: 2 kernel_w: 1 }",
        error="2,147,483,648 values; Caffe's blobs end at 2,147,483,647",
    ),
    Row(
        "Embed", "2x3", "embed_param { num_output: 1 input_dim: 1 }", "2x3x1", "1x1 constant 0, 1 constant 0"
    ),
    Row("PReLU", "2x3", "", "2x3", "3 constant 0.25"),
    Row("PReLU", "2", "", error="channels in axis 1"),
    Row("Tile", "2x3x4", "tile_param { tiles: 1 }", "2x3x4"),
    Row("Crop", "2x3x9x9 1x1x9x9", "", "2x3x9x9"),
    Row("Reshape", "2x3x4", "reshape_param { shape { dim: -2 dim: 12 } }", error="no other negative"),
    Row("Reshape", "2x3x4", "reshape_param { shape { dim: 1 dim: -1 dim: 1 } }", "1x24x1"),
    Row("Pooling", "2x3x9x8", "pooling_param { kernel_h: 0 kernel_w: 2 }", error="kernel"),
    Row("ArgMax", "2x3x4x5", "argmax_param { axis: 1 }", "2x1x4x5"),
    Row("ArgMax", "2x3x4x5", "argmax_param { axis: 2 top_k: 2 }", "2x3x2x5"),
    Row("Accuracy", "4x5 4", "", "scalar"),
    Row("Accuracy", "4x5 4", "", "scalar 5"),
    Row(
        "RNN",
        "1x1x1 1x1",
        "recurrent_param { num_output: 1 }",
        "1x1x1",
        "1x1 constant 0, 1 constant 0, 1x1 constant 0, 1x1 constant 0, 1 constant 0",
    ),
    Row("RNN", "2x3x4 2x3", "", error="num_output must be given"),
    Row("RNN", "2x3x4 3x3", "recurrent_param { num_output: 5 }", error="streams and then values"),
    Row("RNN", "2x3x4 2x3x1", "recurrent_param { num_output: 5 }", error="streams and then values"),
    Row("RNN", "1x3x4 1x3 3x7 1x3x5", "recurrent_param { num_output: 5 }", error="2 or 3 bottoms"),
    Row(
        "RNN",
        "1x3x4 1x3 1x3x5",
        "recurrent_param { num_output: 5 expose_hidden: true }",
        "1x3x5 1x3x5",
        "5x4 constant 0, 5 constant 0, 5x5 constant 0, 5x5 constant 0, 5 constant 0",
    ),
    Row(
        "RNN",
        "1x3x4 1x3 1x3x5",
        "recurrent_param { num_output: 5 expose_hidden: true }",
        error="2 tops",
        num_tops=1,
    ),
    Row(
        "LSTM",
        "1x3x4 1x3 1x3x5 1x3x5",
        "recurrent_param { num_output: 5 expose_hidden: true }",
        "1x3x5 1x3x5 1x3x5",
        "20x4 constant 0, 20 constant 0, 20x5 constant 0",
    ),
    Row("DummyData", "", "dummy_data_param { shape { dim: 2 } }", "2 2 2"),
    Row(
        "DummyData",
        "",
        "dummy_data_param { shape { dim: 2 } shape { dim: 3 } }",
        error="2 shape for 3 tops",
        num_tops=3,
    ),
    Row(
        "DummyData",
        "",
        "dummy_data_param { shape { dim: 2 } data_filler { } data_filler { } }",
        error="2 data_filler for 3 tops",
        num_tops=3,
    ),
    Row("DummyData", "", "dummy_data_param { shape { dim: 2 } data_filler { } }", "2 2"),
    Row(
        "DummyData",
        "",
        "dummy_data_param { num: 2 num: 3 channels: 4 height: 5 width: 6 }",
        "2x4x5x6 3x4x5x6",
    ),
    Row(
        "DummyData",
        "",
        "dummy_data_param { num: 2 num: 3 channels: 4 height: 5 width: 6 }",
        error="once per top",
        num_tops=3,
    ),
    Row(
        "DummyData",
        "",
        "dummy_data_param { num: 2 channels: 4 height: 5 width: 6 }",
        "2x4x5x6 2x4x5x6 2x4x5x6",
    ),
    Row("MemoryData", "", "memory_data_param { batch_size: 1 channels: 1 height: 1 width: 1 }", "1x1x1x1 1"),
    Row(
        "MemoryData",
        "",
        "memory_data_param { batch_size: 1 channels: 1 height: 0 width: 1 }",
        error="at least 1",
        num_tops=2,
    ),
    Row(
        "MemoryData",
        "",
        "memory_data_param { batch_size: 1 channels: 1 height: 1 width: 1 } transform_param { mirror: true }",
        "1x1x1x1 1",
        "draw 1",
    ),
    Row(
        "ImageData",
        "",
        "image_data_param { source: 'nowhere' batch_size: 1 rand_skip: 3 }",
        "1x3x?x? 1",
        "draw 1, draw 1",
    ),
    Row(
        "ImageData",
        "",
        "image_data_param { source: 'nowhere' batch_size: 1 new_height: 1 }",
        error="given together",
        num_tops=2,
    ),
    Row(
        "ImageData",
        "",
        "image_data_param { source: 'nowhere' batch_size: 0 }",
        error="at least 1",
        num_tops=2,
    ),
    Row(
        "WindowData",
        "",
        "window_data_param { source: 'nowhere' batch_size: 2 } transform_param { crop_size: 1 }",
        "2x?x1x1 2",
        "draw 1, draw 1, draw 1, draw 1",
    ),
    Row(
        "WindowData",
        "",
        "window_data_param { source: 'nowhere' batch_size: 2 }",
        error="crop_size",
        num_tops=2,
    ),
    Row(
        "Convolution",
        "2x4x5x5",
        "convolution_param { num_output: 4 kernel_size: 3 group: 0 }",
        error="group 0 must divide",
    ),
    Row(
        "Convolution",
        "2x4x5x0",
        "convolution_param { num_output: 4 kernel_size: 1 bias_term: false }",
        "2x4x5x0",
        "4x4x1x1 constant 0",
    ),
    Row(
        "Convolution",
        "2x4x5x0",
        "convolution_param { num_output: 4 kernel_size: 1 }",
        error="nothing is left",
    ),
    Row(
        "Deconvolution",
        "2x4x0x5",
        "convolution_param { num_output: 4 kernel_size: 1 stride: 2 pad: 0 }",
        error="takes away more",
    ),
    Row(
        "Deconvolution",
        "2x4x1x1",
        "convolution_param { num_output: 3 kernel_size: 2 pad: 1 bias_term: false }",
        "2x3x0x0",
        "4x3x2x2 constant 0",
    ),
    Row(
        "Deconvolution",
        "2x4x1x1",
        "convolution_param { num_output: 3 kernel_size: 2 pad: 1 }",
        error="nothing is left",
    ),
    Row("InnerProduct", "2x3x0", "inner_product_param { num_output: 4 }", error="no values"),
    # (16777218 - 1) / 2 is 8388608.5, and in float, which Caffe takes it in, 8388608.
    Row("Pooling", "1x1x16777218x1", "pooling_param { kernel_size: 1 stride: 2 }", "1x1x8388609x1"),
    Row("Slice", "2x3x4", "", "2x1x4 2x1x4 2x1x4"),
    Row("EuclideanLoss", "2x3x4 2x4x3", "", "scalar", saved="loss_weight: 1"),
    Row("EuclideanLoss", "2x3 3x3", "", error="2x3"),
    Row("MultinomialLogisticLoss", "2x3 2x1x2", "", error="1"),
    Row("MultinomialLogisticLoss", "2x3 2x1x1x2", "", error="1"),
    Row("ContrastiveLoss", "2x3x2x1 2x3x1x1 2", "", error="1"),
    Row("ContrastiveLoss", "2x3x1x2 2x3x1x1 2", "", error="1"),
    Row("ContrastiveLoss", "2x3x1x1 2x3x2x1 2", "", error="1"),
    Row("ContrastiveLoss", "2x3x1x1 2x3x1x2 2", "", error="1"),
    Row("ContrastiveLoss", "2x3x1x1 2x3x1x1 2x2", "", error="1"),
    Row("ContrastiveLoss", "2x3x1x1 2x3x1x1 2x1x2", "", error="1"),
    Row("ContrastiveLoss", "2x3x1x1 2x3x1x1 2x1x1x2", "", error="1"),
    Row(
        "ImageData",
        "",
        "image_data_param { source: 'nowhere' batch_size: 1 new_height: 1 new_width: 5 }",
        "1x3x1x5 1",
        "draw 1",
    ),
    Row(
        "ImageData",
        "",
        "image_data_param { source: 'nowhere' batch_size: 1 new_height: 5 new_width: 1 }",
        "1x3x5x1 1",
        "draw 1",
    ),
]
"""The least that is admitted, and what lies just beyond it; mutants found them."""

ROWS = [*CONVOLUTION, *WEIGHTS, *SAME_SHAPE, *POOLING, *SHAPES, *LOSSES, *RECURRENT, *DATA, *EDGES]


def net_of(kind: str, bottoms: str, body: str, num_tops: int) -> NetParameter:
    """A net of one layer, named x, after an Input for each bottom; what makes an unknown one is not said."""
    net = parse(f"layer {{ name: 'x' type: '{kind}' {body} }}", NetParameter).message
    layer = net.layer.pop()
    for index, text in enumerate(bottoms.split()):
        made = net.layer.add(name=f"in{index}", type="Input", top=[f"b{index}"])
        if text == "unknown":
            made.type = "Python"
        else:
            lengths = [] if text == "scalar" else [int(each) for each in text.split("x") if each.isdigit()]
            made.input_param.shape.add(dim=lengths)
    layer.bottom.extend(f"b{index}" for index in range(len(bottoms.split())))
    if not layer.top:
        layer.top.extend(f"t{index}" for index in range(num_tops))
    net.layer.append(layer)
    return net
