"""The names of `tf.initializers`, which TensorFlow 1 has beside those that end with `_initializer`.

Source: tensorflow/python/ops/init_ops.py (TensorFlow 1.15).

>>> from caffe_fillers.frameworks import tensorflow as tf
>>> tf.initializers.glorot_uniform(seed=1)((3, 4)).shape
(3, 4)
"""

from caffe_fillers.frameworks.tensorflow import named

glorot_uniform, glorot_normal = named.glorot_uniform, named.glorot_normal
he_uniform, he_normal = named.he_uniform, named.he_normal
lecun_uniform, lecun_normal = named.lecun_uniform, named.lecun_normal
random_uniform = named.random_uniform_initializer
random_normal = named.random_normal_initializer
truncated_normal = named.truncated_normal_initializer
variance_scaling = named.variance_scaling_initializer
constant = named.constant_initializer
zeros = named.zeros_initializer
ones = named.ones_initializer
