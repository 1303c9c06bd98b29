# MXNet 1.9.1 in a Python of its own, which must be an old one: printed initializers drawn.
job "MXNet's initializers"
python=$(interpreter 3.8)
python=${python:-$(interpreter 3.9)}
if [ -z "$python" ]; then
  echo "skipped: no interpreter of 3.8 or 3.9 here, and MXNet 1.9.1 takes no newer one"
  exit 0
fi
"$python" -m venv "$work/old/mxnet"
if ! "$work/old/mxnet/bin/pip" install --quiet 'mxnet==1.9.1' 'numpy<1.24'; then
  echo "skipped: mxnet 1.9.1 cannot be installed here"
  exit 0
fi
cd "$work/copy"
CAFFE_FILLERS_CLIENTS="$work/old" timeout 240 "$work/test/bin/pytest" -q -p no:cacheprovider -rs tests/port/test_port_initializers.py -k mxnet_draws_it
