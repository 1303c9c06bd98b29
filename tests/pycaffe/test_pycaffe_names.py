"""The names that public scripts use of pycaffe, in the order of their use: each runs as they write it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from paths import LENET

import caffe_fillers.pycaffe

BEGIN = """
import numpy as np
from pathlib import Path
import caffe
from caffe import layers as L, params as P
from caffe.proto import caffe_pb2
from google.protobuf import text_format
net = caffe.Net('net.prototxt', caffe.TEST)
n = caffe.NetSpec()
n.data = L.Input(shape=dict(dim=[1, 3, 8, 8]))
"""

ROWS = {
    "set_mode_cpu, set_mode_gpu": "caffe.set_mode_cpu(); caffe.set_mode_gpu()",
    "TEST, TRAIN": "assert (caffe.TRAIN, caffe.TEST) == (0, 1) == (caffe_pb2.TRAIN, caffe_pb2.TEST)",
    "Net(": "caffe.Net('net.prototxt', caffe.TRAIN)",
    "proto.caffe_pb2": "import caffe.proto.caffe_pb2 as pb; assert pb.NetParameter is caffe_pb2.NetParameter",
    "net.forward": "assert net.forward()['prob'].shape == (64, 10)",
    "layers as L": "n.pool, n.mask = L.Pooling(n.data, kernel_size=2, ntop=2)",
    "net.blobs": "assert [name for name, blob in net.blobs.items()][:2] == ['data', 'conv1']",
    "params as P": "assert P.Pooling.AVE == 1 and P.Eltwise.SUM == 1 and P.Data.LMDB == 1",
    "to_proto": "assert 'type: \"Input\"' in str(n.to_proto())",
    "blobs[..].data": "net.blobs['data'].data[...] = 1; assert net.blobs['data'].data.mean() == 1",
    "net.params": "assert list(net.params) == ['conv1', 'conv2', 'ip1', 'ip2']",
    "set_device": "caffe.set_device(0)",
    "NetSpec(": "assert n.to_proto().layer[0].name == 'data'",
    "Net(proto, weights, phase)": """
other = caffe.Net('net.prototxt', 'weights', caffe.TEST)
assert not (other.params['ip2'][0].data == net.params['ip2'][0].data).any()
""",
    "params[..][i].data": "net.params['ip2'][1].data[:] = 3; assert net.params['ip2'][1].data.sum() == 30",
    "text_format on caffe_pb2": """
parameter = caffe_pb2.NetParameter()
text_format.Merge(Path('net.prototxt').read_text(), parameter)
assert 'LeNet' in text_format.MessageToString(parameter)
""",
    "io.load_image": "assert caffe.io.load_image('image.png').shape == (4, 6, 3)",
    "SolverParameter": """
solver = caffe_pb2.SolverParameter()
solver.train_net = 'net.prototxt'
solver.test_iter.append(1)
solver.solver_mode = caffe_pb2.SolverParameter.GPU
assert 'test_iter: 1' in str(solver)
""",
    "blobs[..].reshape": """
net.blobs['data'].reshape(1, 1, 28, 28)
net.reshape()
assert net.blobs['prob'].data.shape == (1, 10)
""",
    "NetParameter(": "caffe_pb2.NetParameter().ParseFromString(n.to_proto().SerializeToString())",
    "net.save": "net.save('made.caffemodel'); assert Path('made.caffemodel').stat().st_size > 1700000",
    "NetSpec attributes": "setattr(n, 'relu', L.ReLU(n['data'], in_place=True)); assert 'relu' in n.tops",
    "solver.step, solve": """
from caffe_fillers.pycaffe.unavailable import NotCaffeError
for call in (lambda: solver.step(1), lambda: solver.solve()):
    solver = caffe.SGDSolver('solver.prototxt')
    try:
        call()
    except NotCaffeError as error:
        assert 'port' in str(error)
    else:
        raise AssertionError
""",
    "io.Transformer": """
transformer = caffe.io.Transformer({'data': net.blobs['data'].data.shape})
transformer.set_transpose('data', (2, 0, 1))
transformer.set_raw_scale('data', 255)
image = caffe.io.load_image('image.png', color=False)
assert transformer.preprocess('data', image).shape == (1, 28, 28)
""",
    "solver.net": "solver = caffe.SGDSolver('solver.prototxt'); solver.net.save('made'); solver.test_nets",
    "Layer (Python layers)": "class Mine(caffe.Layer):\n    def setup(self, bottom, top): pass",
    "net.copy_from": "net.copy_from('weights')",
    "SGDSolver": "assert caffe.SGDSolver('solver.prototxt').net.params",
    "net.inputs, net.outputs": "assert (net.inputs, net.outputs) == (['data'], ['prob'])",
    "coord_map": """
from caffe.coord_map import crop
n.conv = L.Convolution(n.data, kernel_size=3, num_output=1)
n.up = L.Deconvolution(n.conv, convolution_param=dict(kernel_size=3, num_output=1))
n.crop = crop(n.up, n.data)
""",
    "net.layers": "assert [(layer.type, len(layer.blobs)) for layer in net.layers][1] == ('Convolution', 2)",
    "io.resize_image": "assert caffe.io.resize_image(np.zeros((4, 4, 3)), (8, 8)).shape == (8, 8, 3)",
    "get_solver": "assert caffe.get_solver('solver.prototxt').net.params",
    "Classifier": """
classifier = caffe.Classifier('net.prototxt', 'weights', image_dims=(28, 28))
assert classifier.predict([caffe.io.load_image('image.png', color=False)]).shape == (1, 10)
""",
    "ParseFromString": """
parameter = caffe_pb2.NetParameter()
parameter.ParseFromString(Path('weights').read_bytes())
assert len(parameter.layer[1].blobs) == 2
""",
    "_layer_names, layer_dict": "assert net._layer_names[0] == 'data' and net.layer_dict['conv1'].blobs",
    "bottom_names, top_names": "assert net.top_names['conv1'] == net.bottom_names['pool1'] == ['conv1']",
    "set_random_seed": "caffe.set_random_seed(7)",
    "save_hdf5, load_hdf5": "net.save_hdf5('made.h5'); net.load_hdf5('made.h5')",
    "draw": """
from caffe import draw
n.conv = L.Convolution(n.data, kernel_size=3, num_output=7)
draw.draw_net_to_file(n.to_proto(), 'made.png', 'TB', display_lrm=True)
assert Path('made.png').read_bytes()[:4] == b'\\x89PNG'
text = draw.draw_net(n.to_proto(), 'LR', 'raw', caffe.TEST).decode()
assert text.count('octagon') == 2 and 'kernel size: 3, stride: 1, pad: 0' in text and 'label=7' in text
""",
    "BlobProto": """
blob = caffe_pb2.BlobProto(shape=dict(dim=[1]), data=[2])
assert caffe.io.blobproto_to_array(blob).tolist() == [2]
""",
    "blobproto_to_array": "io = caffe.io; io.blobproto_to_array(io.array_to_blobproto(np.ones(3)))[2] == 1",
    "datum functions": """
datum = caffe.io.array_to_datum(np.ones((1, 2, 3), np.uint8), 4)
assert datum.label == 4 and (caffe.io.datum_to_array(datum) == 1).all()
""",
    "share_with": "caffe.Net('net.prototxt', caffe.TEST).share_with(net)",
}
NEEDS = {
    "forward": "onnxruntime",
    "Classifier": "onnxruntime",
    "load_image": "PIL",
    "resize_image": "PIL",
    "hdf5": "h5py",
    "draw": "pygraphviz",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a net, a solver and weights, where `import caffe` gives this package."""
    (tmp_path / "net.prototxt").write_bytes(LENET.read_bytes())
    (tmp_path / "solver.prototxt").write_text("net: 'net.prototxt' base_lr: 0.1 lr_policy: 'fixed'")
    monkeypatch.chdir(tmp_path)
    caffe_fillers.pycaffe.install()
    caffe_fillers.pycaffe.set_random_seed(1)
    caffe_fillers.pycaffe.Net("net.prototxt", caffe_fillers.pycaffe.TEST).save("weights")
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "caffe"]:
        del sys.modules[name]


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.usefixtures("folder")
def test_a_name_works_as_scripts_use_it(name: str) -> None:
    for used, module in NEEDS.items():
        if used in ROWS[name]:
            pytest.importorskip(module, exc_type=ImportError)
    if "image.png" in ROWS[name]:
        from PIL import Image

        Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save("image.png")
    exec(compile(BEGIN + ROWS[name], name, "exec"), {})
