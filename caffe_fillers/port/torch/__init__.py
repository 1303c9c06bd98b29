"""torch.nn: a module for each net, its state_dict from Caffe's blobs. Read at torch v2.5.1."""
