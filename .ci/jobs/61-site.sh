# The documentation as a site: every warning is an error, and no page asks another machine for anything.
job "the documentation site"
python3 -m venv "$work/site"
source "$work/site/bin/activate"
pip install --quiet -c "$root/.ci/constraints.txt" "$work/copy[docs]"
cp -r "$work/copy" "$work/site-copy" # the build draws figures among the pages
(cd "$work/site-copy" && sphinx-build -W --keep-going --quiet docs "$work/pages")
if grep -rnE '<(script|link|img|iframe)[^>]+(src|href)="(https?:)?//' "$work/pages" --include='*.html'; then
  echo "these leave the page"
  exit 1
fi
echo "$(find "$work/pages" -name '*.html' | wc -l) pages"
