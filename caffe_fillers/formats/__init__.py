"""Weight files: a module per format, each with `read(file)` and `write(file, model)`."""
