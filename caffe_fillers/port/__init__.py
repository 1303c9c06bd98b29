"""Port a Caffe net to other frameworks: its code, its initializers, the layout of its weights."""
