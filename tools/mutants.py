"""Mutation testing: a copy of the tree is changed in one place at a time; which changes does no test notice?

    pip install -e '.[dev]' && python tools/mutants.py PIECE FOLDER [MUTANT...]

PIECE is rng or rules, each with the tests that are quick and near. FOLDER is
filled anew unless it holds a run already, which is then gone on with. MUTANT
is a pattern such as `caffe_fillers.rng.uniform*`. Afterwards `mutmut results`,
`mutmut show MUTANT` and `mutmut browse` work in FOLDER.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import libcst as cst

ROOT = Path(__file__).parent.parent
PIECES = {
    "rng": (
        ["caffe_fillers/rng/*"],
        ["rng_stream", "rng_goldens", "rng_tables", "libm"],
    ),
    "rules": (
        [f"caffe_fillers/{name}" for name in ("layers/*", "fillers/*", "fans.py", "laws.py")],
        ["laws", "fillers", "layers", "fork_layers", "forks", "execute", "sources"],
    ),
}
# Messages are left out: their words are no rule of Caffe's, and tests hold what matters of them. The truth in
# plain Python (test_rng_truth) takes too long for each of thousands.
CONFIGURATION = """
[tool.mutmut]
source_paths = ["caffe_fillers"]
only_mutate = {paths}
do_not_mutate_patterns = ['raise \\w+', 'Error\\(', '\\bcast\\(']
also_copy = ["proto", "examples", "docs", "README.md", "tools"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "--assert=plain", "-o", "addopts="]
pytest_add_cli_args_test_selection = {tests}
timeout_multiplier = 10.0
"""
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


def copy_tree(folder: Path, piece: str) -> None:
    """What git tracks, with decorators undone in the package, and what mutmut is to do."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
        if name.startswith("caffe_fillers/") and name.endswith(".py"):
            target.write_text(cst.parse_module(target.read_text()).visit(Undecorate()).code)
    paths, names = PIECES[piece]
    tests = [f"tests/test_{name}.py" for name in names]
    with (folder / "pyproject.toml").open("a") as project:
        project.write(CONFIGURATION.format(paths=paths, tests=tests))


def main(piece: str, folder: Path, mutants: list[str]) -> int:
    """Copy, unless there is a copy, and run."""
    if not (folder / "pyproject.toml").exists():
        copy_tree(folder, piece)
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mutmut", "run", *mutants]
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]).resolve(), sys.argv[3:]))
