"""Initial weights of Caffe nets, without Caffe."""
