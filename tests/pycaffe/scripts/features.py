"""Weights copied between nets, features of many images, a batch norm folded into its convolution."""

import caffe
import numpy as np

PROTO = """
input: "data" input_dim: 4 input_dim: 1 input_dim: 10 input_dim: 10
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 3 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "bn1" type: "BatchNorm" bottom: "conv1" top: "conv1" }
layer { name: "scale1" type: "Scale" bottom: "conv1" top: "conv1" scale_param { bias_term: true } }
layer { name: "fc" type: "InnerProduct" bottom: "conv1" top: "%s"
  inner_product_param { num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "sig" type: "Sigmoid" bottom: "%s" top: "%s" }
"""
for name in ("a", "b"):
    with open(name + ".prototxt", "w") as f:
        f.write(PROTO % ((name,) * 3))
caffe.set_random_seed(5)
a = caffe.Net("a.prototxt", caffe.TEST)
b = caffe.Net("b.prototxt", caffe.TEST)
a.params["bn1"][0].data[...] = [1, 2, 3]
a.params["bn1"][1].data[...] = [4, 5, 6]
a.params["bn1"][2].data[...] = 2
for layer in a.params:
    if layer in b.params:
        for i in range(len(a.params[layer])):
            b.params[layer][i].data[...] = a.params[layer][i].data

images = np.random.RandomState(1).rand(10, 1, 10, 10)
features = a.forward_all(blobs=["conv1"], data=images)
print(sorted((name, values.shape) for name, values in features.items()))
for start in range(0, 8, 4):
    b.blobs["data"].data[...] = images[start : start + 4]
    b.forward(end="scale1")
    conv1 = b.blobs["conv1"].data.copy()
    b.forward(start="fc")
    print(np.array_equal(conv1, b.blobs["conv1"].data), np.allclose(conv1, features["conv1"][start : start + 4]))
    print(np.allclose(b.blobs["b"].data, features["a"][start : start + 4]))

w, bias = a.params["conv1"][0].data, a.params["conv1"][1].data
mean, var = (a.params["bn1"][i].data / a.params["bn1"][2].data for i in (0, 1))
factor = a.params["scale1"][0].data / np.sqrt(var + 1e-5)
w *= factor.reshape(-1, 1, 1, 1)
bias[...] = (bias - mean) * factor + a.params["scale1"][1].data
a.params["bn1"][0].data[...] = 0
a.params["bn1"][1].data[...] = 1 - 1e-5
a.params["bn1"][2].data[...] = 1
a.params["scale1"][0].data[...] = 1
folded = a.forward_all(data=images)
print(np.allclose(folded["a"], features["a"], atol=1e-5))
# [('a', (10, 6)), ('conv1', (10, 3, 8, 8))]
# True True
# True
# True True
# True
# True
