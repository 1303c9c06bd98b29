"""Functions that printed modules need beyond their framework; a printer takes them by name.

Real modules, which tests import where the framework is installed; the package itself only reads their text.
"""
