"""Fuzzing of all readers, by the thousand in CI and by the hundred thousand by hand: `python -m tests.fuzz --help`."""
