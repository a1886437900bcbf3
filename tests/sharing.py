"""How a run with `-n` is shared out: each test goes to the process that is free, long ones first.

Tests of a module that share something dear (a fixture of the module: a served installation, told
stories; or a town, whose steps `tests.memory` keeps in the process) stay together, so that it is
made once; and so do all modules of a folder that share a fixture of the folder. What is known to be
long comes first, what is short and goes test by test comes last, so that the processes end
together.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

#: Folders and modules whose single tests take long, the longest first.
LONG = (
    "tests/browser/test_analysts_day.py",
    "tests/browser/test_fourth_profession.py",
    "tests/docs/test_operations.py",
    "tests/browser/test_studio_walked.py",
    "tests/web/test_entries.py",
    "tests/browser/",
    "tests/crash/",
    "tests/web/demo/",
    "tests/signing/test_years.py",
    "tests/signing/test_parallel.py",
    "tests/web/test_command_line.py",
    "tests/web/process/test_twins.py",
    "tests/web/test_cli.py",
    "tests/professions/",
    "tests/casework/rename/",
    "tests/years/",
    "tests/tools/test_plan.py",
    "tests/browser/",
    "tests/web/",
    "tests/casework/",
)
TOWN = re.compile(r"\btown: Town\b")  #: a test begins in a town and takes steps in it
_FUNCTION = re.compile(r"^def (\w+)\((.*?)\)", re.MULTILINE | re.DOTALL)
_OF_MODULE = re.compile(r'@pytest\.fixture\(.*scope="module".*\)\ndef (\w+)')
_OF_FOLDER = re.compile(r'@pytest\.fixture\(.*scope="package".*\)\ndef (\w+)')


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells no types
    """Units of work: a folder or a module that shares something, otherwise a test."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if (folder := of_folder(self.config.rootpath / path)) is not None:
            return str(folder)
        return path if stays_together(self.config.rootpath / path) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares | None:
    """Share out so, unless the command line names another way."""
    return Shares(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests first; otherwise they stay in the order of the files."""
    items.sort(key=lambda item: _place(item.nodeid))


@cache
def stays_together(path: Path) -> bool:
    """Tell whether a module shares a fixture, its own or of conftest, or begins in a town."""
    text = path.read_text("utf-8")
    if TOWN.search(text):
        return True
    shared = [name for folder in path.parents for name in _fixtures(folder / "conftest.py")]
    return bool(_OF_MODULE.search(text)) or any(re.search(rf"\b{name}\b", text) for name in shared)


@cache
def of_folder(path: Path) -> Path | None:
    """Give the folder of which a module uses a fixture that is made once for all its modules."""
    conftest = path.parent / "conftest.py"
    shared = _OF_FOLDER.findall(conftest.read_text("utf-8")) if conftest.exists() else []
    text = path.read_text("utf-8")
    return path.parent if any(re.search(rf"\b{name}\b", text) for name in shared) else None


@cache
def _fixtures(conftest: Path) -> set[str]:
    """Give the names of its fixtures that are made once a module, and of those that use them."""
    if not conftest.exists():
        return set()
    text = conftest.read_text("utf-8")
    shared = set(_OF_MODULE.findall(text))
    asked = {name: set(re.findall(r"\w+(?=:)", asks)) for name, asks in _FUNCTION.findall(text)}
    while using := {name for name, asks in asked.items() if asks & shared} - shared:
        shared |= using
    return shared


def _place(nodeid: str) -> int:
    return next((place for place, start in enumerate(LONG) if nodeid.startswith(start)), len(LONG))
