"""docs/domain.md tells what the product does: its tables are those of the data."""

from __future__ import annotations

import re
from pathlib import Path

from engine.language import decisions, dmn
from engine.language.xml import read_xml
from registry.applications.documents import DocumentKind
from registry.applications.statuses import END, MOVES, Matter, Status
from registry.certificates.registrations import RegistrationStatus
from registry.identifiers import IdType
from registry.patterns import APPLICATION_LETTERS
from tests.professions.folders import SHIPPED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/domain.md").read_text("utf-8")
BPMN_FOLDER = ROOT / "bpmn"
STOPS = {Status.WITHDRAWN, Status.CLOSED}


def chapter(number: str) -> str:
    """Give the text under a heading, up to the next one."""
    match = re.search(rf"^##+ {re.escape(number)}\.? .*?\n(.*?)(?=^##+ |\Z)", PAGE, re.M | re.S)
    assert match, number
    return match[1]


def rows(number: str, first: str) -> dict[str, list[str]]:
    """Give the table whose first column is headed `first`: {first cell: the other cells}."""
    lines = chapter(number).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |"))
    table: dict[str, list[str]] = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        name, *cells = (cell.strip().strip("`") for cell in line.strip("|").split("|"))
        assert name not in table
        table[name] = cells
    return table


def tables_of(folder: str) -> dict[str, decisions.Table]:
    """Give the decision tables of a folder of `bpmn/`."""
    return {
        table.id: table
        for path in sorted((BPMN_FOLDER / folder).glob("*.dmn"))
        for table in dmn.read_tables(read_xml(path.read_bytes()))
    }


def test_the_matters() -> None:
    """B.4: every matter, its Chinese name, the letter in its numbers."""
    told = rows("B.4", "matter")

    assert {name: cells[0] for name, cells in told.items()} == {m: m.label for m in Matter}
    letters = {name: cells[2] for name, cells in told.items() if cells[2] != "–"}
    assert letters == APPLICATION_LETTERS


def test_the_statuses_and_where_they_lead() -> None:
    """B.4: every status, the word people read, and the moves from it."""
    told = rows("B.4", "status")

    assert {name: cells[0] for name, cells in told.items()} == {s: s.label for s in Status}
    for name, (_, leads) in told.items():
        ways = MOVES.get(Status(name), frozenset())
        named = {Status(word) for word in re.findall(r"[A-Z_]{5,}", leads)}
        assert named - STOPS == ways - STOPS, name
        assert bool(ways) is not (Status(name) in END), name


def test_registrations_papers_and_identity_documents() -> None:
    """B.5, B.7, B.1: the closed lists with their Chinese words."""
    told = rows("B.5", "status")
    assert {name: cells[0] for name, cells in told.items()} == {
        s: s.label for s in RegistrationStatus
    }
    assert {name: cells[0] for name, cells in rows("B.7", "kind").items()} == {
        kind: kind.label for kind in DocumentKind
    }
    assert {name: cells[0] for name, cells in rows("B.1", "identity document").items()} == {
        kind: kind.label for kind in IdType
    }


def test_the_processes() -> None:
    """C: every process that is drawn, with its file; each points to a chapter."""
    told = rows("C", "process")
    drawn = {
        process.get("id"): str(path.relative_to(BPMN_FOLDER))
        for path in BPMN_FOLDER.rglob("*.bpmn")
        for process in read_xml(path.read_bytes()).iter("{*}process")
    }

    assert {name: cells[0].strip("`") for name, cells in told.items()} == drawn
    for cells in told.values():
        for number in re.findall(r"C\.\d", cells[1]):
            chapter(number)


def test_the_decision_tables() -> None:
    """D.6: every table with its hit policy, and whose it is."""
    main, shared = map(tables_of, ("structural-engineer-2", "common-parts"))
    own = [name for key in SHIPPED[1:] for name in tables_of(key)]
    told = rows("D.6", "table")

    assert {name: cells[0] for name, cells in told.items()} == {
        name: table.policy for name, table in (main | shared).items()
    }
    for name, cells in told.items():
        whose = "own" if name in own else "shared" if name in shared else "same"
        assert cells[2].split(":")[0] == whose, name


def test_the_periods() -> None:
    """D.7: length, unit, start and end of every period, as the table has them."""
    [table] = [t for name, t in tables_of("structural-engineer-2").items() if name == "deadline"]
    told = rows("D.7", "clock")

    for clock, (length, starts, ends, _) in told.items():
        row = table.decide({"clock": clock})
        assert f"{row['days']} {row['unit']}" == length, clock
        assert (row["starts_on"], row["on_expiry"]) == (starts, ends), clock
    assert len(told) == len(table.rules)


def test_a_word_stands_once_in_the_glossary() -> None:
    """E: one glossary, no word twice, three columns filled."""
    for word, cells in rows("E", "Chinese").items():
        assert all(cells), word
