"""What the house points to is there: chapters of the domain, requirements, decisions."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEFT_OUT = {"build", "dist", "node_modules", "static", "var", "examples"}
KINDS = {
    ".bpmn",
    ".css",
    ".csv",
    ".dmn",
    ".html",
    ".js",
    ".md",
    ".mjs",
    ".py",
    ".toml",
    ".typ",
    ".j2",
}
GENERATED = ROOT / "docs" / "requirements.md"

CHAPTER = re.compile(r"(?<![\w.#/-])[A-HJ]\.\d{1,2}(?!\.?\d|\w)")
REQUIREMENT = re.compile(r"(?<![\w.#/{\"'`-])[RIGJ]\d{1,3}(?![\w{])")
DECISION = re.compile(r"\b[Dd]ecision (\d{1,2})\b")


def texts() -> Iterator[tuple[Path, str]]:
    """Give every file that people write, with its text."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if LEFT_OUT & set(parts) or any(part.startswith(".") for part in parts):
            continue
        if path.suffix in KINDS and path.is_file() and path not in (GENERATED, Path(__file__)):
            yield path, path.read_text("utf-8")


def missing(shape: re.Pattern[str], known: set[str]) -> list[str]:
    """Give what is pointed to in vain: "file:line reference"."""
    return [
        f"{path.relative_to(ROOT)}:{number} {match[0]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        for match in shape.finditer(line)
        if (match[1] if shape is DECISION else match[0]) not in known
    ]


@pytest.fixture(scope="module")
def requirements() -> set[str]:
    """Give the ids of the list."""
    with (ROOT / "docs" / "requirements.csv").open(encoding="utf-8", newline="") as rows:
        ids = [row[0] for row in csv.reader(rows)]
    assert len(ids) == len(set(ids))
    return set(ids)


def test_every_chapter_of_the_domain_that_is_cited_is_there() -> None:
    """A reader who follows `C.9` finds a heading that begins so."""
    headings = re.findall(r"^### ([A-G]\.\d+) ", (ROOT / "docs/domain.md").read_text("utf-8"), re.M)

    assert len(headings) == len(set(headings))
    assert missing(CHAPTER, set(headings)) == []


def test_every_requirement_that_is_cited_is_in_the_list(requirements: set[str]) -> None:
    """`R42`, `I6`, `G4`, `J3`: a row of docs/requirements.csv, also in diagrams and tables."""
    assert missing(REQUIREMENT, requirements) == []


def test_stories_show_requirements_that_are_in_the_list(requirements: set[str]) -> None:
    """What an example says it `shows` is a row as well."""
    for path in sorted((ROOT / "bpmn").rglob("examples/**/*.json")):
        shown = re.search(r'"shows": \[([^]]*)\]', path.read_text("utf-8"))
        ids = set(re.findall(r'"([A-Z]\d+)"', shown[1])) if shown else set()
        assert ids <= requirements, path


def test_every_decision_that_is_cited_has_a_page() -> None:
    """What is called decision 6 is a page of docs/decisions."""
    pages = {path.name[:4].lstrip("0") for path in (ROOT / "docs/decisions").glob("[0-9]*.md")}

    assert missing(DECISION, pages) == []


def test_every_link_between_pages_leads_somewhere() -> None:
    """Links of the documents and both readmes, to files of the house."""
    link = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "bpmn").glob("*.md")]
    lost = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in link.findall(page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]

    assert lost == []
