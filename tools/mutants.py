"""Mutation testing: a copy of the tree is changed in one place at a time; which changes does no test notice?

    pip install -e '.[dev]' && python tools/mutants.py PIECE FOLDER [MUTANT...]

PIECE is rng or rules. Mutants meet the tests that are quick and near; those that
survive meet these again in a process of their own, for what is worked out once
and kept was worked out in mutmut's before the mutant was on, and with them the
tests that take longer. FOLDER is filled anew unless it holds a run already,
which is then gone on with. MUTANT is a pattern such as
`caffe_fillers.rng.uniform*`. What survives both is printed as changes;
`mutmut browse` works in FOLDER.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import libcst as cst

ROOT = Path(__file__).parent.parent
PIECES = {
    "rng": (
        ["caffe_fillers/rng/*"],
        ["rng_stream", "rng_goldens", "rng_tables", "libm"],
        ["rng_boost", "rng_truth", "execute", "corpus"],
    ),
    "rules": (
        [f"caffe_fillers/{name}" for name in ("layers/*", "fillers/*", "fans.py", "distributions/*")],
        ["distributions", "fillers", "layers", "fork_layers", "forks", "execute", "sources"],
        ["corpus", "zoo", "generated_nets", "api"],
    ),
}
# Messages are left out: their words are no rule of Caffe's, and tests hold what matters of them.
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
    paths, names, _ = PIECES[piece]
    tests = test_files(names)
    with (folder / "pyproject.toml").open("a") as project:
        project.write(CONFIGURATION.format(paths=paths, tests=tests))


def test_files(names: list[str]) -> list[str]:
    return sorted(
        str(path.relative_to(ROOT)) for name in names for path in ROOT.glob(f"tests/**/test_{name}.py")
    )


def mutmut(folder: Path, *words: str) -> str:
    """What a command of mutmut prints."""
    command = [sys.executable, "-m", "mutmut", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def survives_alone(folder: Path, mutant: str, tests: list[str]) -> bool:
    """Whether all tests pass in a process that has the mutant from its first line on."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-o", "addopts=", *tests]
    environment = os.environ | {"MUTANT_UNDER_TEST": mutant, "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, cwd=folder / "mutants", env=environment, capture_output=True, check=False, timeout=600
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main(piece: str, folder: Path, mutants: list[str]) -> None:
    """Copy, unless there is a copy, and run; then the second time for what survived."""
    if not (folder / "pyproject.toml").exists():
        copy_tree(folder, piece)
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mutmut", "run", *mutants]
    subprocess.run(command, cwd=folder, env=environment, check=False)
    left = re.findall(r"^ *(\S+): (?:survived|no tests)$", mutmut(folder, "results"), re.MULTILINE)
    _, quick, slow = PIECES[piece]
    tests = test_files(quick + slow)
    survived = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        alone = pool.map(lambda mutant: survives_alone(folder, mutant, tests), left)
        for mutant, alive in zip(left, alone, strict=True):
            if alive:
                survived += 1
                print(mutmut(folder, "show", mutant), flush=True)
    print(f"{len(left)} survived the first time, {survived} of them the second")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).resolve(), sys.argv[3:])
