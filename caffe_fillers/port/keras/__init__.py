"""Keras 3: a functional model for each net, its weights from Caffe's blobs. Read at keras v3.15."""
