"""Weight files: a module per format, each with `read(file)` and `write(file, model)`."""

from caffe_fillers.formats.contract import Format, format_for, format_to_read, formats, read_model

__all__ = ["Format", "format_for", "format_to_read", "formats", "read_model"]
