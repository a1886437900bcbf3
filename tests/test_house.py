"""The plan of the house holds: no crowded folder, and tests stand where the product stands."""

from __future__ import annotations

import ast
import configparser
from pathlib import Path

import pytest

from refusals.hotline import HOTLINE

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "adapters",
    "casework",
    "engine",
    "ofd",
    "pdf",
    "pdfgen",
    "professions",
    "refusals",
    "registry",
    "signing",
    "storage",
    "web",
)
MOST = 16  #: modules in one flat folder, its `__init__` counted
MOST_PARAMETERS = 8  #: of a function, with the session
#: Folders of tests that follow a person through the whole product, not one folder of it.
WHOLE = {"browser", "crash", "crossed", "faults", "docs", "tools", "bench", "screens", "years"}
WHOLE |= {"province"}


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


def _parameters() -> list[tuple[int, str]]:
    """Count the parameters of every function, but for constructors, with its place."""
    return [
        (len(names), f"{path.relative_to(ROOT)}::{function.name}")
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "node_modules" not in path.parts
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef) and function.name != "__init__"
        for given in [function.args]
        for names in [
            {name.arg for name in (*given.posonlyargs, *given.args, *given.kwonlyargs)}
            - {"self", "cls"}
        ]
    ]


def test_no_function_asks_for_a_train_of_parameters() -> None:
    """What belongs together travels as one value with a name of the trade.

    An event of the audit trail is the exception: GB/T 22239 lists its parts, each is named.
    """
    trains = [place for number, place in _parameters() if number > MOST_PARAMETERS]

    assert trains == ["registry/trail/audit.py::record"]


def test_the_hotline_stands_once() -> None:
    """R7: who changes the number of the hotline changes it for refusals, pages and PDFs alike."""
    sources = [
        path
        for folder in (*PACKAGES, "bpmn")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".html", ".typ", ".toml", ".json", ".dmn", ".bpmn"}
        and not {"node_modules", "dist"} & set(path.parts)
    ]

    holders = [path for path in sources if HOTLINE in path.read_text("utf-8")]

    assert holders == [ROOT / "refusals" / "hotline.py"]


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


def test_data_files_travel_with_their_package() -> None:
    """What is read beside a module is packed with it, also where nobody installs editable."""
    read = configparser.ConfigParser()
    read.read(ROOT / "setup.cfg", "utf-8")
    packed = {
        path
        for package, patterns in read["options.package_data"].items()
        for pattern in patterns.split(",")
        for path in (ROOT / package.strip("*")).glob(pattern.strip())
    }
    kept = {
        path
        for folder in PACKAGES
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".toml", ".md", ".html", ".json", ".mako"} and "assets" not in path.parts
    }

    assert kept
    assert sorted(kept - packed) == []


LONGEST_TEMPLATE_LINE = 140  #: characters


def test_no_line_of_a_template_is_too_long_to_read() -> None:
    """A line of a page is read in one piece, and compared in one piece when it changes."""
    templates = sorted((ROOT / "web" / "templates").rglob("*.html"))

    assert len(templates) > 100
    assert [
        f"{template.relative_to(ROOT)}:{number}"
        for template in templates
        for number, line in enumerate(template.read_text("utf-8").splitlines(), start=1)
        if len(line) > LONGEST_TEMPLATE_LINE
    ] == []
