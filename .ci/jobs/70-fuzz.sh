# Every reader on some thousand damaged files; the long runs are in docs/trust.md.
job "fuzzing, a short run"
source "$work/test/bin/activate"
cd "$work/copy" && python -m tests.fuzz --cases 2500 --seconds 4 --seed 0
