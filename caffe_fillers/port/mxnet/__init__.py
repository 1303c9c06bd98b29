"""Apache MXNet 1: a gluon HybridBlock for each net, its parameters from Caffe's blobs. Read at MXNet 1.9.1.

A HybridBlock, not a bare Symbol: it runs step by step and, hybridised, as a Symbol too; it exports one where
one is wanted; and its parameters are called by where they stand: `conv1.weight`.
"""
