# Other Pythons, the oldest and the newest packages.
for version in 3.10 3.13; do
  job "Python $version (3.10 with the oldest packages that are admitted)"
  python=$(interpreter "$version")
  if [ -z "$python" ]; then
    echo "skipped: no interpreter of $version here"
    continue
  fi
  "$python" -m venv "$work/$version"
  (
    source "$work/$version/bin/activate"
    oldest=()
    [ "$version" = 3.10 ] && oldest=('numpy==1.24.*' 'protobuf==4.25.0' 'rich==13.0.0')
    pip install --quiet "$work/copy[hdf5,lmdb,images]" pytest "${oldest[@]}"
    pip list 2>/dev/null | grep -E '^(numpy|protobuf|rich) '
    cd "$work/copy" && pytest -q -p no:cacheprovider tests/test_corpus.py tests/rng/test_rng_goldens.py
    python tests/outputs.py | grep -v '^format npz' >"$work/outputs-$version" # a zip is Python's, its arrays are ours
  )
done

job "all outputs, the same from each"
(cd "$work/copy" && "$work/test/bin/python" tests/outputs.py | grep -v '^format npz' >"$work/outputs")
for each in "$work"/outputs-*; do
  diff "$work/outputs" "$each"
done
wc -l "$work/outputs"
