# Every reader and command for some seconds, guided by coverage, with one seed: what lands does not hang
# on luck. The long runs of other seeds are in docs/trust.md.
job "fuzzing that coverage guides, two minutes"
source "$work/test/bin/activate"
if ! python -c "import atheris" 2>/dev/null; then
  echo "skipped: atheris, of the extra dev, has no wheel for this Python or this system"
  exit
fi
cd "$work/copy" && python -m tests.fuzz.guided --seconds 6 --seed 1 --keep "$work/findings" 2>"$work/guided-log" ||
  { cat "$work/guided-log"; exit 1; }
