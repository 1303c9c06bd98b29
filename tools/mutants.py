"""Mutation testing: a copy of the tree is changed in one place at a time; which changes does no test notice?

    pip install -e '.[dev]' && python tools/mutants.py FOLDER [MUTANT...]

FOLDER is filled anew unless it holds a run already, which is then gone on
with. `mutmut` decides, as `[tool.mutmut]` of pyproject.toml says; MUTANT is a
pattern such as `caffe_fillers.rng.uniform*`. Afterwards `mutmut browse` and
`mutmut show MUTANT` work in FOLDER.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import libcst as cst

ROOT = Path(__file__).parent.parent
PLAIN = {"staticmethod", "classmethod", "overload"}


class Undecorate(cst.CSTTransformer):
    """`@layer("Pooling") def pooling...` becomes `def pooling...; pooling = layer("Pooling")(pooling)`.

    The same program; but mutmut passes over decorated functions, which all layer rules are.
    """

    def leave_FunctionDef(  # noqa: N802
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        """Put the decorators behind the function."""
        decorators = updated_node.decorators
        if not decorators or any(getattr(each.decorator, "value", "") in PLAIN for each in decorators):
            return updated_node
        decorated: cst.BaseExpression = updated_node.name
        for each in reversed(decorators):
            decorated = cst.Call(each.decorator, [cst.Arg(decorated)])
        assignment = cst.Assign([cst.AssignTarget(updated_node.name)], decorated)
        return cst.FlattenSentinel(
            [updated_node.with_changes(decorators=()), cst.SimpleStatementLine([assignment])]
        )


def copy_tree(folder: Path) -> None:
    """What git tracks, with decorators undone in the package."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
        if name.startswith("caffe_fillers/") and name.endswith(".py"):
            target.write_text(cst.parse_module(target.read_text()).visit(Undecorate()).code)


def main(folder: Path, mutants: list[str]) -> int:
    """Copy, unless there is a copy, and run."""
    if not (folder / "pyproject.toml").exists():
        copy_tree(folder)
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mutmut", "run", *mutants]
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
