"""MNN's converter, then its interpreter: NET WEIGHTS INPUT OUTPUT, arrays as npy and npz."""

# ruff: noqa: E402

import sys
from pathlib import Path

# Importing it would install a package into whatever pip is in the path, and report what is converted.
sys.modules["MNN.tools"] = None

import _tools
import MNN
import numpy as np

net_path, weights_path, input_path, output_path = sys.argv[1:]
converted = str(Path(output_path).with_suffix(".mnn"))
options = ["-f", "CAFFE", "--modelFile", weights_path, "--prototxt", net_path, "--bizCode", "test"]
if not _tools.mnnconvert(["mnnconvert", *options, "--MNNModel", converted]):
    sys.exit("MNN did not convert it")
interpreter = MNN.Interpreter(converted)
session = interpreter.createSession()


def tensor(values):
    """The values in the order that Caffe has."""
    return MNN.Tensor(values.shape, MNN.Halide_Type_Float, values, MNN.Tensor_DimensionType_Caffe)


interpreter.getSessionInput(session).copyFrom(tensor(np.load(input_path)))
interpreter.runSession(session)
output = interpreter.getSessionOutput(session)
result = np.zeros(output.getShape(), np.float32)
holder = tensor(result)
output.copyToHostTensor(holder)
np.savez(output_path, output=np.array(holder.getData(), np.float32).reshape(result.shape))
