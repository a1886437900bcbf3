"""How a run is shared out between processes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import sharing
from tests.browser.hands import LookedAt

DEAR = '@pytest.fixture(scope="module")\ndef served():\n    return "an installation"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Lay out tests: modules that share something dear, and some that do not."""
    texts = {
        "shop/conftest.py": DEAR,
        "shop/test_uses.py": "def test_page(served): ...\n",
        "shop/test_alone.py": "def test_page(tmp_path): ...\n",
        "till/test_own.py": DEAR + "def test_page(served): ...\n",
        "till/test_town.py": "def test_case(town: Town): ...\n",
        "till/test_alone.py": "def test_served_by_nobody(tmp_path): ...\n",
        "hall/conftest.py": DEAR.replace("module", "package"),
        "hall/test_one.py": "def test_page(served): ...\n",
        "hall/test_two.py": "def test_page(served): ...\n",
        "hall/test_alone.py": "def test_page(tmp_path): ...\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_a_module_makes_once_is_used_in_one_process(folder: Path) -> None:
    """What is shared, or begins in a town, stays in one process; others are shared out."""
    together = [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("test_*.py"))
        if sharing.stays_together(path)
    ]

    assert together == ["shop/test_uses.py", "till/test_own.py", "till/test_town.py"]


def test_what_a_folder_makes_once_is_used_in_one_process(folder: Path) -> None:
    """Made for all modules of a folder, it would be made again wherever another one goes."""
    together = {
        str(path.relative_to(folder)): str(found.relative_to(folder))
        for path in sorted(folder.rglob("test_*.py"))
        if (found := sharing.of_folder(path)) is not None
    }

    assert together == {"hall/test_one.py": "hall", "hall/test_two.py": "hall"}


def test_the_browser_tests_of_a_module_stay_together() -> None:
    """Each has a service of its own, which is dear."""
    modules = list((Path(__file__).parent / "browser").glob("test_*.py"))

    assert modules
    assert all(map(sharing.stays_together, modules))


def test_long_tests_come_first() -> None:
    """Nobody waits at the end for the last long one; the rest keeps its order."""
    names = ["tests/b.py::test_b", "tests/a.py::test_a", "tests/crash/test_kill.py::test_kill"]
    items = [SimpleNamespace(nodeid=name) for name in names]

    sharing.pytest_collection_modifyitems(items)  # type: ignore[arg-type]  # only names are asked

    assert [item.nodeid for item in items] == [names[2], names[0], names[1]]


def test_a_kind_of_page_is_looked_at_once_in_a_run(tmp_path: Path) -> None:
    """Whichever process comes to it first; at another width it is another kind."""
    one, other = LookedAt(tmp_path), LookedAt(tmp_path)

    assert one.is_first("/verify", "light", 360)
    assert not other.is_first("/verify", "light", 360)
    assert other.is_first("/verify", "light", 1280)
    assert not one.is_first("/verify", "light", 1280)
