# The compiled loops: without a compiler on the path, switched off, and under the sanitizers of addresses and of
# undefined behavior.
tests="tests/rng/test_rng_goldens.py tests/rng/test_rng_stream.py tests/test_corpus.py"

job "no compiler on the path: the README's main command, the tests of what is drawn"
python3 -m venv "$work/bare"
(
  cd "$work/copy"
  for tool in bash sed grep tail; do ln -s "$(command -v "$tool")" "$work/bare/bin/$tool"; done
  bare() { env PATH="$work/bare/bin" "$@"; }
  command=$(readme_command main)
  cp -r "$work/copy" "$work/bare-copy"
  (cd "$work/bare-copy" && bare bash -ec "$command" | tail -n 1)
  bare caffe-fill --version | tee "$work/bare-version"
  grep -q "numpy alone" "$work/bare-version"
  bare pip install --quiet "$work/copy[hdf5,lmdb,images]" pytest hypothesis
  bare pytest -q -p no:cacheprovider $tests
)

job "compiled, and switched off"
(
  source "$work/test/bin/activate"
  cd "$root"
  caffe-fill --version | tee "$work/compiled-version"
  CAFFE_FILL_PURE=1 caffe-fill --version
  if command -v gcc >/dev/null; then grep -q "compiled loops" "$work/compiled-version"; fi
)

job "AddressSanitizer and UndefinedBehaviorSanitizer"
if ! library=$(gcc -print-file-name=libasan.so) || [ ! -e "$library" ]; then
  echo "skipped: no gcc with libasan here"
else
  python3 -m venv "$work/sanitized"
  (
    source "$work/sanitized/bin/activate"
    cd "$work/copy"
    CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -DCLONES=" \
      pip install --quiet "$work/copy[hdf5,lmdb,images]" pytest hypothesis
    cp -r tests "$work/sanitized/tests" # beside no package: the installed one is meant
    cd "$work/sanitized"
    export LD_PRELOAD=$library ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc
    caffe-fill --version | grep "compiled loops"
    pytest -q -p no:cacheprovider --rootdir . tests/rng/test_rng_kernel.py tests/rng/test_rng_goldens.py tests/rng/test_rng_stream.py tests/recover/test_elimination.py -k "not every_kind_of_processor"
  )
fi
