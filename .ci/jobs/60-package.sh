# The package: built from its own sdist without a network, twice to the same bytes, described well, licenses known.
job "sdist and wheel"
python3 -m venv "$work/package"
source "$work/package/bin/activate"
pip install --quiet -c "$root/.ci/constraints.txt" build twine pip-licenses hatchling setuptools
for place in one two; do
  cp -r "$work/copy" "$work/$place"
  (cd "$work/$place" && python -m build --no-isolation --outdir "$work/dist-$place" >/dev/null)
done
(cd "$work/dist-one" && sha256sum -- * | tee "$work/sums")
(cd "$work/dist-two" && sha256sum --check --quiet "$work/sums") && echo "built twice in different folders: the same bytes"
twine check --strict "$work"/dist-one/*

job "a wheel from the sdist alone, and tests from the sdist"
mkdir "$work/sdist"
tar -xzf "$work"/dist-one/*.tar.gz -C "$work/sdist" --strip-components 1
lacking=$(comm -23 <(cd "$work/copy" && find . -type f | sort) <(cd "$work/sdist" && find . -type f | sort) |
  grep -v '^\./\.pre-commit-config\.yaml$' || true)
if [ -n "$lacking" ]; then
  printf 'the sdist lacks\n%s\n' "$lacking"
  exit 1
fi
pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir "$work/dist-sdist" "$work/sdist"
(cd "$work/dist-sdist" && sha256sum --check --quiet <(grep '\.whl$' "$work/sums")) && echo "the same wheel"
pip install --quiet -c "$root/.ci/constraints.txt" "$work"/dist-sdist/*.whl 'numpy>=1.24' pytest h5py lmdb pillow
(cd "$work/sdist" && rm -r caffe_fillers && pytest -q -p no:cacheprovider --rootdir . tests/test_corpus.py)

job "licenses of what is installed at run time"
python3 -m venv "$work/licenses"
source "$work/licenses/bin/activate"
pip install --quiet "$work"/dist-sdist/*.whl
"$work/package/bin/pip-licenses" --python "$work/licenses/bin/python" --from=mixed --partial-match \
  --allow-only="BSD;MIT;Apache;PSF;Python Software Foundation;0BSD;Zlib;CC0" --ignore-packages pip setuptools
