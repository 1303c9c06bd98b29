"""The structure of the package as tests: arrows between rooms, ceilings, what must not be called."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from paths import PACKAGE

# In order: a room imports only from rooms before it. The rooms that read Plans and models stand side by
# side: of them only those named may use another.
ROOMS = [
    "_version errors notes",
    "_registry resources",
    "shapes",
    "fans",
    "eras",
    "schema",
    "prototxt",
    "passes",
    "solver",
    "libm",
    "rng",
    "distributions",
    "fillers",
    "plan",
    "sources",
    "layers",
    "planner",
    "traps rows",
    "model",
    "execute",
    "formats",
    "copying",
    "frameworks",
    "recover",
    "check",
    "signal",
    "probe",
    "port",
    "report",
    "api",
    "pycaffe",
    "__init__",
    "cli",
    "__main__",
]
ORDER = {room: number for number, rooms in enumerate(ROOMS) for room in rooms.split()}

MODULE_LINES, FUNCTION_LINES = 300, 40
TABLES: dict[str, str] = {}
"""Modules longer than the ceiling, each with the reason."""

PROGRAMS = {"first_record.py": "run as a process of its own, which a damaged database may end"}

READ_THE_ENVIRONMENT = {
    "kernel.py": "CAFFE_FILL_PURE holds for every use of the package, and is read when that is imported"
}

BANNED = {
    "requests": "no network",
    "urllib": "no network",
    "socket": "no network",
    "pickle": "files of strangers",
    "random": "the streams are ours",
    "tensorflow": "a framework is imitated, never imported",
    "mxnet": "a framework is imitated, never imported",
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_upwards(path: Path) -> None:
    own = ORDER[room(path)]
    for name in imports(ast.parse(path.read_text())):
        parts = name.split(".")
        if parts[0] == "caffe_fillers" and len(parts) > 1 and parts[1] in ORDER:
            assert ORDER[parts[1]] <= own, f"{path.name} imports {name}"
        assert parts[0] not in BANNED, f"{path.name} imports {name}: {BANNED[parts[0]]}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_ceilings(path: Path) -> None:
    text = path.read_text()
    if path.name not in TABLES:
        assert text.count("\n") <= MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (node.end_lineno or 0) - (body[0].lineno if body else node.lineno) + 1
            assert length <= FUNCTION_LINES, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    if room(path) == "cli" or path.name in PROGRAMS:
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "exit", "quit", "input"}
        if isinstance(node, ast.Attribute) and path.name not in READ_THE_ENVIRONMENT:
            assert node.attr not in {"environ", "getenv", "argv"}


def test_every_module_belongs_to_a_room() -> None:
    assert {room(path) for path in modules()} <= set(ORDER)


def test_layer_types_are_asked_for_their_role_not_by_name() -> None:
    found = {}
    for path in modules():
        if room(path) in ("layers", "passes", "schema", "solver"):
            continue
        if names := [*_types_by_name(ast.parse(path.read_text()))]:
            found[path.relative_to(PACKAGE).as_posix()] = names
    assert not found


def _types_by_name(tree: ast.AST) -> Iterator[str]:
    """Comparisons of something's `type` with strings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            parts = [each for side in (node.left, *node.comparators) for each in ast.walk(side)]
            texts = [
                each.value for each in parts if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
            if texts and any(isinstance(each, ast.Attribute) and each.attr == "type" for each in parts):
                yield ast.unparse(node)
