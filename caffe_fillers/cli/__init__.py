"""The command `caffe-fill`: the only room that prints, exits or reads the environment."""

from caffe_fillers.cli.main import entry_point, main

__all__ = ["entry_point", "main"]
