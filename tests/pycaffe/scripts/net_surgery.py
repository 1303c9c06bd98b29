"""Fully connected layers become convolutions, and the scores of an image a map of scores."""

import caffe
import numpy as np

HEAD = """
name: "%s"
input: "data" input_dim: 1 input_dim: 3 input_dim: %d input_dim: %d
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 4 kernel_size: 3 stride: 2 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
"""
FC = HEAD % ("fc", 9, 9) + """
layer { name: "fc6" type: "InnerProduct" bottom: "conv1" top: "fc6"
  inner_product_param { num_output: 8 weight_filler { type: "gaussian" std: 0.1 } bias_filler { value: 0.5 } } }
layer { name: "relu6" type: "ReLU" bottom: "fc6" top: "fc6" }
layer { name: "drop6" type: "Dropout" bottom: "fc6" top: "fc6" }
layer { name: "fc7" type: "InnerProduct" bottom: "fc6" top: "fc7"
  inner_product_param { num_output: 5 weight_filler { type: "gaussian" std: 1 } } }
layer { name: "prob" type: "Softmax" bottom: "fc7" top: "prob" }
"""
FULL_CONV = HEAD % ("full conv", 13, 13) + """
layer { name: "fc6-conv" type: "Convolution" bottom: "conv1" top: "fc6-conv"
  convolution_param { num_output: 8 kernel_size: 4 } }
layer { name: "relu6" type: "ReLU" bottom: "fc6-conv" top: "fc6-conv" }
layer { name: "drop6" type: "Dropout" bottom: "fc6-conv" top: "fc6-conv" }
layer { name: "fc7-conv" type: "Convolution" bottom: "fc6-conv" top: "fc7-conv"
  convolution_param { num_output: 5 kernel_size: 1 } }
layer { name: "prob" type: "Softmax" bottom: "fc7-conv" top: "prob" }
"""
for name, text in (("fc", FC), ("full_conv", FULL_CONV)):
    with open(name + ".prototxt", "w") as f:
        f.write(text)

caffe.set_mode_cpu()
caffe.set_random_seed(11)
caffe.Net("fc.prototxt", caffe.TEST).save("fc.caffemodel")
net = caffe.Net("fc.prototxt", "fc.caffemodel", caffe.TEST)
params = ["fc6", "fc7"]
fc_params = {pr: (net.params[pr][0].data, net.params[pr][1].data) for pr in params}
for fc in params:
    print("{} weights are {} dimensional".format(fc, fc_params[fc][0].shape))

net_full_conv = caffe.Net("full_conv.prototxt", "fc.caffemodel", caffe.TEST)
params_full_conv = ["fc6-conv", "fc7-conv"]
conv_params = {
    pr: (net_full_conv.params[pr][0].data, net_full_conv.params[pr][1].data) for pr in params_full_conv
}
for pr, pr_conv in zip(params, params_full_conv):
    conv_params[pr_conv][0].flat = fc_params[pr][0].flat
    conv_params[pr_conv][1][...] = fc_params[pr][1]
net_full_conv.save("full_conv.caffemodel")

image = np.random.RandomState(0).rand(1, 3, 13, 13)
out = net_full_conv.forward_all(data=image)
print(out["prob"][0].argmax(axis=0).shape)
one = net.forward_all(data=image[:, :, 4:, 4:])
print(np.allclose(out["prob"][0, :, 2, 2], one["prob"][0], atol=1e-5))
# fc6 weights are (8, 64) dimensional
# fc7 weights are (5, 8) dimensional
# (3, 3)
# True
