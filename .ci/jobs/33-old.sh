# MXNet 1.9.1 and TensorFlow 1.15.5, each in an old Python of its own, for they take no newer one: printed
# initializers drawn.
job "MXNet's and TensorFlow 1's initializers"
old() { # a name, a version of Python, then what pip installs
  local python
  python=$(interpreter "$2")
  if [ -z "$python" ]; then
    echo "skipped: no interpreter of $2 here for $1"
  elif ! { "$python" -m venv "$work/old/$1" && "$work/old/$1/bin/pip" install --quiet "${@:3}"; }; then
    echo "skipped: $1 cannot be installed here"
    rm -rf "$work/old/${1:?}"
  fi
}
old mxnet 3.8 'mxnet==1.9.1' 'numpy<1.24'
old tensorflow 3.7 'tensorflow==1.15.5' 'protobuf<3.21'
cd "$work/copy"
CAFFE_FILLERS_CLIENTS="$work/old" timeout 300 "$work/test/bin/pytest" -q -p no:cacheprovider -rs \
  tests/port/test_port_initializers.py -k "mxnet_draws_it or tf1_draws_it"
