"""Layer types that BVLC Caffe has not, a module per family; each docstring names the fork it is read in.

A type that forks fill differently is registered once for each, as
`type@dialect`; without a dialect the plain name holds.
"""
