# TensorFlow 1.15.5 in a Python of its own, which must be an old one: printed initializers drawn.
job "TensorFlow 1's initializers"
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
cd "$work/copy"
CAFFE_FILLERS_CLIENTS="$work/tf1-clients" timeout 120 "$work/test/bin/pytest" -q -p no:cacheprovider -rs tests/port/test_port_initializers.py -k tf1_draws_it
