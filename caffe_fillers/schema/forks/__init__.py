"""A table per fork: the fields and enum values that its caffe.proto has and BVLC's has not.

A line without indent names a message, or `enum` and an enum; the indented
lines below are its fields (name, number, type, * where repeated, default) or
its values (name, number). A field that BVLC has too stands here where the
fork gives it another number or type, and with a minus where the fork has not got it.
"""
