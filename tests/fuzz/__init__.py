"""Fuzzing of all readers, thousands of cases in CI, hundreds of thousands by hand."""
