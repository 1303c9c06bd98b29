"""A solver's nets are built, seeded, fine-tuned from a file and computed; its steps are Caffe's."""

import caffe
from caffe import layers as L
from caffe.proto import caffe_pb2


def net(batch):
    n = caffe.NetSpec()
    n.data, n.label = L.DummyData(
        ntop=2,
        shape=[dict(dim=[batch, 8]), dict(dim=[batch])],
        data_filler=[dict(type="gaussian", std=1), dict(type="constant", value=1)],
    )
    n.score = L.InnerProduct(n.data, num_output=16 / 4, weight_filler=dict(type="xavier"))
    n.loss = L.SoftmaxWithLoss(n.score, n.label)
    n.accuracy = L.Accuracy(n.score, n.label, include=dict(phase=caffe_pb2.Phase.Value("TEST")))
    return n.to_proto()


with open("train.prototxt", "w") as f:
    f.write(str(net(32)))
with open("test.prototxt", "w") as f:
    f.write(str(net(8)))
s = caffe_pb2.SolverParameter()
s.random_seed = 0xCAFFE
s.train_net = "train.prototxt"
s.test_net.append("test.prototxt")
s.test_interval = 500
s.test_iter.append(100)
s.base_lr = 0.01
s.lr_policy = "step"
s.type = "SGD"
with open("solver.prototxt", "w") as f:
    f.write(str(s))

caffe.set_device(0)
caffe.set_mode_gpu()
solver = caffe.get_solver("solver.prototxt")
print([(k, v.data.shape) for k, v in solver.net.blobs.items()])
print(solver.net.forward()["loss"].shape, solver.test_nets[0].forward()["accuracy"].shape)
solver.net.save("pretrained.caffemodel")
solver = caffe.SGDSolver("solver.prototxt")
solver.net.copy_from("pretrained.caffemodel")
solver.test_nets[0].share_with(solver.net)
print(solver.test_nets[0].params["score"][0].data is solver.net.params["score"][0].data)
try:
    solver.step(1)
except NotImplementedError as error:
    print(str(error).split(";")[0])
# [('data', (32, 8)), ('label', (32,)), ('score', (32, 4)), ('loss', ())]
# () ()
# True
# Solver.step needs Caffe's engine
