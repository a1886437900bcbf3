"""docs/lists.md names every list and every table of the pages, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOLD = (ROOT / "docs" / "lists.md").read_text("utf-8")
TEMPLATES = ROOT / "web" / "templates"


def told(part: str) -> set[str]:
    """Give the first words of the rows of a table."""
    rows = re.findall(r"^\| ([^|]+?) \|", part, re.MULTILINE)
    return {row for row in rows if row not in ("key", "template", "---")}


def test_every_list_and_every_table_is_told() -> None:
    """A page with a table of its own says why it needs no search, no pages and no file."""
    lists, tables = TOLD.split("## Tables that are no lists")
    declared = {
        key.replace("{role.value}", "…")
        for pattern in ("*/*.py", "*/*/*.py")
        for source in (ROOT / "web").glob(pattern)
        for key in re.findall(r'Listing\(\s*key=f?"([^"]+)"', source.read_text("utf-8"))
    }
    own = {
        str(page.relative_to(TEMPLATES))
        for page in TEMPLATES.rglob("*.html")
        if "govuk-table" in page.read_text("utf-8") and page.parent.name != "ui"
    }

    assert told(lists) == declared
    assert told(tables) == own
