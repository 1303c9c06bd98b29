"""A converter to ONNX, then ONNX's own reference: PACKAGE NET WEIGHTS INPUT OUTPUT, arrays as npy and npz."""

import sys
from importlib import import_module

import numpy as np
from onnx.reference import ReferenceEvaluator

package, net_path, weights_path, input_path, output_path = sys.argv[1:]
files, converter = (import_module(f"{package}.{name}") for name in ("load_save_model", "caffe2onnx"))
graph, weights = files.loadcaffemodel(net_path, weights_path)
model = converter.Caffe2Onnx(graph, weights, "converted").createOnnxModel()
evaluator = ReferenceEvaluator(model)
(output,) = evaluator.run(None, {evaluator.input_names[0]: np.load(input_path)})
np.savez(output_path, output=output)
