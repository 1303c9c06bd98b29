"""The classification notebook: a mean file, a transformer, a batch of an image, and what the net makes of it."""

import caffe
import numpy as np
from caffe import layers as L
from caffe import params as P
from caffe.proto import caffe_pb2

n = caffe.NetSpec()
n.data = L.Input(shape=dict(dim=[10, 3, 20, 20]))
n.conv1 = L.Convolution(n.data, kernel_size=5, num_output=6, weight_filler=dict(type="xavier"))
n.relu1 = L.ReLU(n.conv1, in_place=True)
n.norm1 = L.LRN(n.relu1, local_size=5, alpha=1e-4, beta=0.75)
n.pool1 = L.Pooling(n.norm1, pool=P.Pooling.MAX, kernel_size=2, stride=2)
n.fc8 = L.InnerProduct(n.pool1, num_output=12, weight_filler=dict(type="gaussian", std=0.05))
n.prob = L.Softmax(n.fc8)
with open("deploy.prototxt", "w") as f:
    f.write(str(n.to_proto()))
caffe.set_random_seed(1)
caffe.Net("deploy.prototxt", caffe.TEST).save("weights.caffemodel")

mean = caffe_pb2.BlobProto(num=1, channels=3, height=24, width=24)
mean.data.extend(np.repeat([104.0, 117.0, 123.0], 24 * 24))
with open("mean.binaryproto", "wb") as f:
    f.write(mean.SerializeToString())
blob = caffe.proto.caffe_pb2.BlobProto()
blob.ParseFromString(open("mean.binaryproto", "rb").read())
mu = np.array(caffe.io.blobproto_to_array(blob))[0].mean(1).mean(1)
print("mean-subtracted values:", list(zip("BGR", mu.tolist())))

net = caffe.Net("deploy.prototxt", "weights.caffemodel", caffe.TEST)
transformer = caffe.io.Transformer({"data": net.blobs["data"].data.shape})
transformer.set_transpose("data", (2, 0, 1))
transformer.set_mean("data", mu)
transformer.set_raw_scale("data", 255)
transformer.set_channel_swap("data", (2, 1, 0))
net.blobs["data"].reshape(50, 3, 20, 20)
image = np.random.RandomState(2).rand(30, 40, 3)
transformed_image = transformer.preprocess("data", image)
net.blobs["data"].data[...] = transformed_image
output = net.forward()
output_prob = output["prob"][0]
print(output["prob"].shape, abs(output_prob.sum() - 1) < 1e-5)
top_inds = output_prob.argsort()[::-1][:5]
print(len(set(top_inds)))
for layer_name, blob in net.blobs.items():
    print(layer_name + "\t" + str(blob.data.shape))
for layer_name, param in net.params.items():
    print(layer_name + "\t" + str(param[0].data.shape), str(param[1].data.shape))
feat = net.blobs["pool1"].data[0]
print(feat.flatten().shape, bool((feat >= 0).all()))
# mean-subtracted values: [('B', 104.0), ('G', 117.0), ('R', 123.0)]
# (50, 12) True
# 5
# data	(50, 3, 20, 20)
# conv1	(50, 6, 16, 16)
# norm1	(50, 6, 16, 16)
# pool1	(50, 6, 8, 8)
# fc8	(50, 12)
# prob	(50, 12)
# conv1	(6, 3, 5, 5) (6,)
# fc8	(12, 384) (12,)
# (384,) True
