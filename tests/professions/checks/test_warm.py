"""A check costs what has changed: nothing is read or set twice, no database is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.language import parsing
from engine.lint import linter
from pdfgen.trial import stage
from professions import folders
from professions.checks import examination

BPMN = Path(__file__).parents[3] / "bpmn"
FONTS = Path(__file__).parents[3] / "var" / "fonts"


def test_a_check_loads_neither_database_nor_typst() -> None:
    """Who only looks at a folder waits for no library that he does not use."""
    program = (
        "import sys; from professions.checks import examination;"
        "print([name for name in ('sqlalchemy', 'typst', 'pyhanko') if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=BPMN.parent, capture_output=True, check=True
    )

    assert done.stdout.split() == [b"[]"]


def test_one_changed_diagram_is_all_that_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process that is warm, a check follows a change at once."""
    files = folders.collect(BPMN / "structural-engineer-2")
    assert examination.check(files, FONTS) == []
    read, tried, set_again = list[int](), list[str](), list[str]()
    read_xml, trial, ask = parsing.read_xml, linter._trial, stage.ask
    monkeypatch.setattr(parsing, "read_xml", lambda data: read.append(1) or read_xml(data))
    monkeypatch.setattr(linter, "_trial", lambda *told: tried.append(told[1]) or trial(*told))
    monkeypatch.setattr(stage, "ask", lambda *told: set_again.append("") or ask(*told))

    changed = {**files, "renewal.bpmn": files["renewal.bpmn"] + b"\n"}

    assert examination.check(changed, FONTS) == []
    assert (len(read), tried, set_again) == (1, ["renewal_registration"], [])
