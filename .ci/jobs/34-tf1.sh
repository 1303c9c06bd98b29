# TensorFlow 1.15.5 in a Python of its own, which must be an old one: printed graphs beside OpenCV's outputs and numpy's.
job "TensorFlow 1 and OpenCV"
python=$(interpreter 3.7)
if [ -z "$python" ]; then
  echo "skipped: no interpreter of 3.7 here, and TensorFlow 1.15.5 takes no newer one"
  exit 0
fi
"$python" -m venv "$work/tf1-clients/tensorflow"
if ! "$work/tf1-clients/tensorflow/bin/pip" install --quiet 'tensorflow==1.15.5' 'protobuf<3.21'; then
  echo "skipped: tensorflow 1.15.5 cannot be installed here"
  exit 0
fi
python3 -m venv "$work/tf1"
source "$work/tf1/bin/activate"
pip install --quiet -c "$root/.ci/constraints.txt" "$work/copy[all]" pytest
pip install --quiet -c "$root/.ci/constraints.txt" 'opencv-python-headless<5' ||
  echo "opencv-python-headless cannot be installed here: the tests of whole nets skip"
cd "$work/copy"
CAFFE_FILLERS_CLIENTS="$work/tf1-clients" timeout 120 pytest -q -p no:cacheprovider -rs tests/port/test_port_tf1.py \
  tests/port/test_port_clients.py tests/port/test_port_initialisers.py tests/port/test_one_name.py \
  -k 'port_tf1 or port_clients and tf1 or one_name and tf1 or tf1_draws_it'
