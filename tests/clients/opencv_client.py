"""OpenCV: NET WEIGHTS INPUT OUTPUT, arrays as npy and npz; parameters come as layer/index."""

import sys

import cv2
import numpy as np

net_path, weights_path, input_path, output_path = sys.argv[1:]
net = cv2.dnn.readNetFromCaffe(net_path, weights_path)
arrays = {}
for name in net.getLayerNames():
    try:
        blobs = net.getLayer(net.getLayerId(name)).blobs
    except cv2.error:  # a loss, which it reads and cannot make
        continue
    arrays |= {f"{name}/{index}": blob for index, blob in enumerate(blobs)}
if input_path:
    net.setInput(np.load(input_path))
    arrays["output"] = net.forward()
np.savez(output_path, **arrays)
