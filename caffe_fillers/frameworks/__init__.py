"""Initial weights as other frameworks draw them, bit for bit, without the frameworks.

`tensorflow` (graph mode, eager mode and Keras) and `mxnet` each hold the
framework's generator, its initializers and a function that draws a whole
net's parameters in order from one seed; `keras` has Keras's own names. Each
is imported by name.

>>> from caffe_fillers.frameworks import tensorflow
>>> tensorflow.glorot_uniform_initializer(seed=1)((2, 2)).tolist()
[[-0.6392252445220947, 1.0297645330429077], [-1.1010152101516724, -0.010423898696899414]]
"""
