"""A check costs what has changed: nothing is read or set twice, no database is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from engine.language import xml
from pdfgen.trial import stage
from professions import folders, operations
from professions.checks import examination
from professions.checks.checker import Checker

BPMN = Path(__file__).parents[3] / "bpmn"
FONTS = Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))


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
    checker = Checker(operations.DECLARED)
    assert examination.check(files, FONTS, checker) == []
    before = checker.known.work.copy()
    read, set_again = list[int](), list[str]()
    read_xml, ask = xml.read_xml, stage.ask
    monkeypatch.setattr(xml, "read_xml", lambda data: read.append(1) or read_xml(data))
    monkeypatch.setattr(stage, "ask", lambda *told: set_again.append("") or ask(*told))

    named = f'name="{uuid4().hex}"'.encode()  # no other test of this process read such a file
    drawn = files["renewal.bpmn"].replace(b'name="', named[:-1], 1)  # of the pool
    changed = {**files, "renewal.bpmn": drawn}

    assert examination.check(changed, FONTS, checker) == []
    work = checker.known.work - before
    assert (len(read), set_again) == (1, [])
    assert set(work.values()) == {1}  # of each kind one fact, that of this diagram
    assert not {"table", "shape", "form"} & work.keys()


def test_a_changed_part_costs_what_calls_it() -> None:
    """What is drawn elsewhere is not read or tried again; only the ways through it are."""
    files = folders.collect(BPMN / "structural-engineer-2")
    checker = Checker(operations.DECLARED)
    checker.check(files)
    before = checker.known.work.copy()

    part = "common-parts/decision.bpmn"
    named = files[part].replace(b'name="', 'name="市'.encode(), 1)
    checker.check({**files, part: named})

    work = checker.known.work - before
    processes = files[part].count(b"<bpmn:process ")
    assert (work["schema"], work["nodes"], work["trial"]) == (1, 1, processes)
    assert work["invariant"] > 1


def test_a_step_that_is_drawn_elsewhere_is_looked_at_alone() -> None:
    """Whoever moves a step changes nothing that runs: where it stands is all that is judged."""
    files = folders.collect(BPMN / "structural-engineer-2")
    checker = Checker(operations.DECLARED)
    checker.check(files)
    before = checker.known.work.copy()

    moved = files["renewal.bpmn"].replace(b'<dc:Bounds x="', b'<dc:Bounds x="7', 1)
    checker.check({**files, "renewal.bpmn": moved})

    work = checker.known.work - before
    assert {"drawing", "schema", "ids"} <= work.keys()
    assert not {"nodes", "trial", "error", "invariant", "condition", "variables"} & work.keys()


@pytest.mark.parametrize("path", ["help/initial.md", "documents/decision.typ"])
def test_a_changed_text_costs_no_diagram(path: str) -> None:
    """Who writes texts waits for nothing else."""
    files = folders.collect(BPMN / "structural-engineer-2")
    checker = Checker(operations.DECLARED)
    checker.check(files)
    before = checker.known.work.copy()

    checker.check({**files, path: files[path] + b"\n"})

    # its wording, laws, figures, promises and what it prints are read again; of no other file
    parts = ["text", "wording", "citation", "contradicted", "promised"]
    parts += ["printed"] if path.endswith(".typ") else []
    assert checker.known.work - before == dict.fromkeys(parts, 1)


def test_a_type_that_was_checked_without_fault_is_not_checked_again(tmp_path: Path) -> None:
    """The next command knows a whole type by its content; one changed file, and it is checked."""
    files = folders.collect(BPMN / "builder-2")
    store = tmp_path / "found-well"

    def command(files: dict[str, bytes]) -> tuple[int, list[str]]:
        """Check in a process that knows only what the file says: facts found out, and codes."""
        checker = Checker(operations.DECLARED)
        told = examination.check(files, FONTS, checker, examination.memory(store))
        return checker.known.work.total(), [problem.code for problem in told]

    assert command(files)[0] > 0
    assert command(files) == (0, [])
    mistake = "\n照片为 25×35 毫米。\n".encode()
    wrong = {**files, "help/initial.md": files["help/initial.md"] + mistake}
    for _ in range(2):  # what is wrong is told each time
        facts, codes = command(wrong)
        assert facts > 0
        assert codes == ["E_FIGURE_CONTRADICTED"]
    assert command(files) == (0, [])
