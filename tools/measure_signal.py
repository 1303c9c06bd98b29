"""Make the table of docs/signal.md: the error of the prediction on the nets of tests/corpus that OpenCV runs.

    python tools/measure_signal.py [FILLS]

Needs the extra `probe`. Prints Markdown.
"""

from __future__ import annotations

import sys
from pathlib import Path

import caffe_fillers as cf
from caffe_fillers.probe import Measurement, measure

CORPUS = Path(__file__).parent.parent / "tests" / "corpus"


def probe(path: Path, fills: int) -> Measurement | str:
    """The measurement, or why there is none."""
    try:
        net = cf.load_net(path, phase="test")
        return measure(net.plan, (net.model(seed) for seed in range(fills)))
    except cf.CaffeFillersError as error:
        return str(error).splitlines()[0]


def main() -> None:
    """Print a row for each net, and the nets that cannot be run with the reason."""
    fills = int(sys.argv[1]) if len(sys.argv) > 1 else 32
    refused = []
    print("| net | layers run | predicted | median error | worst error | where |\n|---|---|---|---|---|---|")
    for path in sorted(CORPUS.glob("*.prototxt")):
        found = probe(path, fills)
        if isinstance(found, str):
            refused.append(f"- {path.stem}: {found.replace(str(path), path.name)}")
            continue
        errors = sorted((abs(row.error), row.layer) for row in found.rows if row.error is not None)
        if not errors:
            refused.append(f"- {path.stem}: nothing that is predicted varies")
            continue
        (worst, where), (median, _) = errors[-1], errors[len(errors) // 2]
        print(
            f"| {path.stem} | {len(found.rows)} | {len(errors)} | {median:.1%} | {worst:.1%} | {where} |",
            flush=True,
        )
    print("\nNot run:\n\n" + "\n".join(refused))


if __name__ == "__main__":
    main()
