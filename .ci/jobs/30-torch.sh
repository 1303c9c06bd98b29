# torch and OpenCV in an environment of their own: printed modules beside OpenCV's outputs.
job "torch and OpenCV"
python3 -m venv "$work/torch"
source "$work/torch/bin/activate"
if ! pip install --quiet 'torch==2.13.0' 'opencv-python-headless<5'; then
  echo "skipped: torch 2.13.0 or opencv-python-headless cannot be installed here"
  exit 0
fi
pip install --quiet "$work/copy[all]" pytest
cd "$work/copy" && pytest -q -p no:cacheprovider -rs tests/test_port_torch.py
