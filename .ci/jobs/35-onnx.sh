# ONNX models in onnxruntime and OpenCV: layers beside numpy, nets beside OpenCV's reading of Caffe's own files.
# pycaffe's forward pass runs on them.
job "ONNX, onnxruntime and OpenCV"
python3 -m venv "$work/onnx"
source "$work/onnx/bin/activate"
if ! pip install --quiet onnx onnxruntime 'opencv-python-headless<5'; then
  echo "skipped: onnx, onnxruntime or opencv-python-headless cannot be installed here"
  exit 0
fi
pip install --quiet "$work/copy[all]" pytest
cd "$work/copy"
timeout 300 pytest -q -p no:cacheprovider -rs tests/port/test_onnx.py tests/port/test_port_forks.py tests/port/test_port_recurrent.py tests/port/test_port_nets.py tests/port/test_port_clients.py tests/port/test_port_axes.py \
  tests/pycaffe/test_forward.py tests/pycaffe/test_classifier.py tests/pycaffe/test_pycaffe_page.py \
  tests/pycaffe/test_pycaffe_scripts.py -k 'onnx or pycaffe'
