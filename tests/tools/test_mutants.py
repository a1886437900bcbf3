"""docs/mutants.csv: what is changed is there, and who must notice exists."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests import proofs
from tools import mutants
from tools.mutants import Mutant

ROWS = mutants.listed()


def test_each_change_can_be_made() -> None:
    """A text that was moved or is there twice would change nothing, and be called noticed."""
    for mutant in ROWS:
        assert mutant.place_in(mutants.ROOT) != (mutants.ROOT / mutant.file).read_text("utf-8")


@cache
def _tests_of(file: str) -> set[str]:
    tree = ast.parse((mutants.ROOT / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_whoever_must_notice_is_there() -> None:
    """A named test exists; a row without one is about a requirement, whose marked tests notice."""
    for mutant in ROWS:
        assert mutant.tests or mutant.about in proofs.known(), mutant.about
        for name in mutant.tests:
            file, _, test = name.partition("::")
            assert not test or test in _tests_of(file), name


def test_who_notices_is_told(tmp_path: Path) -> None:
    """One word is changed in a copy: the tests that fail are named, and the copy is as before."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "word.py").write_text("WORD = 'yes'\n", "utf-8")
    asks = "from word import WORD\n\n\ndef test_yes():\n    assert WORD == 'yes'\n"
    idles = "\n\ndef test_idle():\n    assert True\n"
    (tmp_path / "tests" / "test_word.py").write_text(asks + idles, "utf-8")
    mutant = Mutant(about="R1", file="word.py", text="yes", instead="no", tests=())

    noticed = mutants.notice(tmp_path, mutant, ["tests/test_word.py"])

    assert noticed == ["tests/test_word.py::test_yes"]
    assert (tmp_path / "word.py").read_text("utf-8") == "WORD = 'yes'\n"


def test_a_text_that_is_not_there_once_is_refused(tmp_path: Path) -> None:
    (tmp_path / "word.py").write_text("yes yes", "utf-8")
    mutant = Mutant(about="R1", file="word.py", text="yes", instead="no", tests=())

    with pytest.raises(ValueError, match="2 times"):
        mutant.place_in(tmp_path)
