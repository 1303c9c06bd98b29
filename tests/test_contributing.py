"""CONTRIBUTING.md against the code: its table of rooms, the paths that it names, the quick tests."""

import re

import pytest
from paths import PACKAGE, ROOT, TESTS
from test_architecture import ROOMS

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, flags=re.M)


def test_the_table_has_every_room_in_the_order_of_imports() -> None:
    assert [sorted(rooms.split()) for rooms in ROOMS] == _grouped([room for room, _ in ROWS])
    for room, _ in ROWS:
        assert (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file()


def _grouped(rooms: list[str]) -> list[list[str]]:
    """The table's rooms, as many together as the order of imports puts side by side."""
    left = iter(rooms)
    grouped = [sorted(next(left, "") for _ in each.split()) for each in ROOMS]
    return grouped + [[room] for room in left]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:[\w.]+/)+[\w.]*)`", PAGE))))
def test_a_path_that_it_names_exists(path: str) -> None:
    stem = re.split(r"NAME|triangular", path)[0]
    assert any((root / stem).exists() for root in (ROOT, PACKAGE)), path


def test_quick_tests_cover_every_room(request: pytest.FixtureRequest) -> None:
    """Every folder of tests that is named like a room has quick tests."""
    quick = request.config.stash["quick"]
    rooms = {room for room, _ in ROWS}
    folders = {folder.name for folder in TESTS.iterdir() if folder.name in rooms and [*folder.glob("test_*")]}
    assert folders <= set(quick)
    for folder, names in quick.items():
        for module, _, function in (each.partition("::") for each in names.split()):
            assert f"def {function}" in (TESTS / folder / module).read_text(encoding="utf-8")
