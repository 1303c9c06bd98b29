"""`python -m caffe_fillers`: the command where its script is not on the path."""

from caffe_fillers.cli import entry_point

if __name__ == "__main__":
    entry_point()
