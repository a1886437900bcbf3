"""The plan of the house holds: no crowded folder, and tests stand where the product stands."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "adapters",
    "casework",
    "engine",
    "pdfgen",
    "professions",
    "refusals",
    "registry",
    "signing",
    "storage",
    "web",
)
MOST = 16  #: modules in one flat folder, its `__init__` counted
#: Folders of tests that follow a person through the whole product, not one folder of it.
WHOLE = {"browser", "crash", "docs", "tools", "bench"}


def _folders() -> list[Path]:
    return [
        folder
        for package in PACKAGES
        for folder in (ROOT / package, *(ROOT / package).rglob("*"))
        if (folder / "__init__.py").is_file()
    ]


@pytest.mark.parametrize("folder", _folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_no_folder_is_crowded(folder: Path) -> None:
    """Who opens a folder sees what it is about at a glance."""
    assert len(list(folder.glob("*.py"))) <= MOST


def test_tests_stand_where_the_product_stands() -> None:
    """Who changes a module finds its tests by the name of its folder."""
    tests = ROOT / "tests"
    strays = [
        str(folder.relative_to(tests))
        for folder in sorted(tests.rglob("*"))
        if (folder / "__init__.py").is_file()
        and folder.relative_to(tests).parts[0] not in WHOLE
        and not (ROOT / folder.relative_to(tests)).is_dir()
    ]

    assert strays == ["adapters/contracts"]
