"""`keras.random.SeedGenerator`, which gives each draw of an initializer other values."""

from caffe_fillers.frameworks.tensorflow.keras import SeedGenerator

__all__ = [
    "SeedGenerator",
]
