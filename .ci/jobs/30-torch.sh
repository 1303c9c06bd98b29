# torch, Keras and OpenCV in one environment: printed modules beside OpenCV's outputs, printed initializers drawn.
job "torch, Keras and OpenCV"
python3 -m venv "$work/torch"
source "$work/torch/bin/activate"
if ! pip install --quiet 'torch==2.13.0' 'opencv-python-headless<5' keras; then
  echo "skipped: torch 2.13.0, keras or opencv-python-headless cannot be installed here"
  exit 0
fi
pip install --quiet "$work/copy[all]" pytest
cd "$work/copy"
KERAS_BACKEND=torch timeout 240 pytest -q -p no:cacheprovider -rs tests/port/test_port_torch.py tests/port/test_port_forks.py tests/port/test_port_recurrent.py tests/port/test_port_nets.py tests/port/test_port_clients.py tests/port/test_port_axes.py \
  tests/port/test_port_initializers.py tests/port/test_one_name.py tests/port/test_tutorial.py \
  -k '(draws_it or port_torch or port_clients or port_axes or computed or port_forks or port_recurrent or port_nets or tutorial) and not onnx'
