"""Refuse what this package does not do, where a script asks for it."""

from __future__ import annotations

from typing import NoReturn

from caffe_fillers.errors import CaffeFillersError


class NotCaffeError(CaffeFillersError, NotImplementedError):
    """A script asks for what only Caffe's engine does: a backward pass, a solver's step, a Python layer."""


def refuse(what: str) -> NoReturn:
    """Raise a `NotCaffeError` that says what to use instead.

    >>> refuse("Net.backward")
    Traceback (most recent call last):
    ...
    caffe_fillers.pycaffe.unavailable.NotCaffeError: Net.backward needs Caffe's engine; caffe_fillers \
builds nets, fills them and computes them forward: to train this net, port it: caffe-fill port NET --to torch
    """
    raise NotCaffeError(
        f"{what} needs Caffe's engine; caffe_fillers builds nets, fills them and computes them forward: "
        "to train this net, port it: caffe-fill port NET --to torch"
    )
