"""OpenCV's dnn module as the engine; it reads Caffe's own files."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import MissingExtraError, UsageError
from caffe_fillers.formats import caffemodel
from caffe_fillers.model import Model
from caffe_fillers.probe.deploy import Deployed
from caffe_fillers.prototxt import write


def run(
    deployed: Deployed, model: Model, inputs: Mapping[str, NDArray[np.float32]]
) -> Sequence[NDArray[np.float32]]:
    """Return what each of the net's layers puts out, in the order of `deployed.outputs`.

    Fusion is off, so that every layer's own output can be had. A net that
    OpenCV cannot run is a `UsageError` with its reason.
    """
    try:
        import cv2
    except ImportError:
        raise MissingExtraError("opencv-python-headless", "probe") from None
    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        raise UsageError(
            f"OpenCV {cv2.__version__} reads no nets of Caffe any more: OpenCV 4 is the last that does; "
            "pip install 'opencv-python-headless<5', or run in onnxruntime what port --to onnx "
            "writes"
        )
    weights = io.BytesIO()
    caffemodel.write(weights, deployed.weights(model))
    try:
        net = cv2.dnn.readNetFromCaffe(
            bytearray(write(deployed.net).encode()), bytearray(weights.getbuffer())
        )
        net.enableFusion(False)
        for name, values in inputs.items():
            net.setInput(values, name)
        outputs: Sequence[NDArray[np.float32]] = net.forward(list(deployed.outputs))
    except cv2.error as error:
        reason = str(getattr(error, "err", "") or error).splitlines()[0].strip(" >")
        raise UsageError(f"OpenCV cannot run this net: {reason}") from None
    return outputs
