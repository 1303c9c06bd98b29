"""A Caffe net as other frameworks have it: its weights' layout, its code, its initializers."""
