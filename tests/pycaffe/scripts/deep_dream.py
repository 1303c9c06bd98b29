"""The forward end of DeepDream: a patched prototxt, octaves of other sizes, and where the gradient would begin."""

import caffe
import numpy as np
from google.protobuf import text_format

with open("deploy.prototxt", "w") as f:
    f.write(
        'name: "dream" input: "data" input_shape { dim: 1 dim: 3 dim: 16 dim: 16 }'
        'layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {'
        ' num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "msra" } } }'
        'layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }'
        'layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"'
        " pooling_param { pool: AVE kernel_size: 2 stride: 2 } }"
    )
model = caffe.io.caffe_pb2.NetParameter()
text_format.Merge(open("deploy.prototxt").read(), model)
model.force_backward = True
open("tmp.prototxt", "w").write(str(model))
caffe.Net("tmp.prototxt", caffe.TEST).save("weights.caffemodel")
net = caffe.Classifier(
    "tmp.prototxt", "weights.caffemodel", mean=np.float32([104.0, 116.0, 122.0]), channel_swap=(2, 1, 0)
)


def preprocess(net, img):
    return np.float32(np.rollaxis(img, 2)[::-1]) - net.transformer.mean["data"]


def make_step(net, end="pool"):
    src = net.blobs["data"]
    dst = net.blobs[end]
    net.forward(end=end)
    dst.diff[:] = dst.data
    print(src.data.shape, dst.diff.shape, bool(np.abs(dst.diff).sum() > 0))
    try:
        net.backward(start=end)
    except NotImplementedError as error:
        print("caffe-fill port" in str(error))


img = np.random.RandomState(0).rand(32, 24, 3) * 255
for size in (16, 32):
    octave = preprocess(net, img[:size, :size])
    h, w = octave.shape[-2:]
    net.blobs["data"].reshape(1, 3, h, w)
    net.blobs["data"].data[0] = octave
    make_step(net)
# (1, 3, 16, 16) (1, 4, 8, 8) True
# True
# (1, 3, 32, 24) (1, 4, 16, 12) True
# True
