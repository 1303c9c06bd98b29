"""Initial weights as other frameworks draw them, bit for bit, without the frameworks.

`tensorflow` (graph mode, eager mode and Keras) and `mxnet` each hold the
framework's generator, its initializers and a function that draws a whole
net's parameters in order from one seed. Each is imported by name.

>>> from caffe_fillers.frameworks import mxnet, tensorflow
>>> tensorflow.glorot_uniform((2, 2), seed=1).tolist()
[[0.8656113147735596, -0.9857177734375], [-0.03739321231842041, 0.14362859725952148]]
"""
