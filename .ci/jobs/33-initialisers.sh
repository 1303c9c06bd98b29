# torch and Keras draw with the initialisers that are printed for them.
job "initialisers, drawn by torch and Keras"
python3 -m venv "$work/initialisers"
if "$work/initialisers/bin/pip" install --quiet -c "$root/.ci/constraints.txt" "$work/copy" torch==2.13.0 keras pytest; then
  cd "$work/copy"
  KERAS_BACKEND=torch timeout 120 "$work/initialisers/bin/python" -m pytest -q -ra -p no:cacheprovider \
    tests/test_port_initialisers.py -k draws_it
else
  echo "skipped: torch or Keras cannot be installed here"
fi
