# JAX and OpenCV in one environment: printed functions beside OpenCV's outputs and numpy's.
job "JAX and OpenCV"
python3 -m venv "$work/jax"
source "$work/jax/bin/activate"
if ! pip install --quiet jax 'opencv-python-headless<5'; then
  echo "skipped: jax or opencv-python-headless cannot be installed here"
  exit 0
fi
pip install --quiet "$work/copy[all]" pytest
cd "$work/copy"
JAX_PLATFORMS=cpu timeout 240 pytest -q -p no:cacheprovider -rs tests/port/test_port_forks.py tests/port/test_port_clients.py tests/port/test_port_axes.py \
  tests/port/test_one_name.py -k jax
