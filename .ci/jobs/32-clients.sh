# Programs that read Caffe's files read ours, each in an environment of its own.
job "clients of plain caffemodels: OpenCV, MNN, converters to ONNX"
client() { # a name, then what pip installs
  python3 -m venv "$work/clients/$1"
  "$work/clients/$1/bin/pip" install --quiet -c "$root/.ci/constraints.txt" "${@:2}" || echo "skipped: $1 cannot be installed here"
}
client opencv 'opencv-python-headless<5'
client mnn MNN numpy
client onnx onnx &&
  # What they ask for are an onnx and a protobuf of 2019, which no longer build; today's serve them.
  client onnx --no-deps caffe-onnx caffe2onnx
cd "$work/copy"
CAFFE_FILLERS_CLIENTS="$work/clients" timeout 170 "$work/test/bin/pytest" -q -ra -p no:cacheprovider tests/formats/test_clients.py
