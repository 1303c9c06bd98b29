# The predicted signal beside what OpenCV measures in nets of twenty layers.
job "the probe: predicted deviations against OpenCV's"
python3 -m venv "$work/probe"
if ! "$work/probe/bin/pip" install --quiet "$work/copy[probe]" pytest >/dev/null 2>&1; then
  echo "skipped: opencv-python-headless<5 cannot be installed here"
else
  (cd "$work/copy" && "$work/probe/bin/python" -m pytest -q -p no:cacheprovider tests/probe/test_probe.py)
fi
