"""TensorFlow 1: a graph of tf.nn's operations and variables under scopes named after layers.

Read at v1.15.5, whose CPU kernels are what "cannot be computed" means here. TensorFlow 2 has the same
functions as tensorflow.compat.v1, under which they are imported.
"""
