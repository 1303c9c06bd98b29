# Tests that take minutes: seeds from values that were rounded or moved, by linear algebra.
job "slow tests"
source "$work/test/bin/activate"
cd "$work/copy" && timeout 1200 pytest -q -p no:cacheprovider -m slow tests/recover tests/check
