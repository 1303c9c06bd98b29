# The report page in a real browser: Debian's Chromium, its driver, and axe-core for accessibility.
job "the report page in headless Chromium"
if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
  if ! { apt-get update -qq && apt-get install -y -qq chromium chromium-driver; } >/dev/null 2>&1; then
    echo "skipped: chromium and chromium-driver cannot be installed here"
    exit 0
  fi
fi
python3 -m venv "$work/browser"
source "$work/browser/bin/activate"
if ! pip install --quiet -c "$root/.ci/constraints.txt" "$work/copy[report]" pytest selenium ||
  ! pip install --quiet --no-deps axe-playwright-python; then
  echo "skipped: the packages cannot be installed here"
  exit 0
fi
cd "$work/copy"
mkdir -p "$work/screenshots"
CAFFE_FILLERS_SCREENSHOTS=$work/screenshots timeout 400 \
  pytest -q -p no:cacheprovider tests/report/test_report_browser.py
