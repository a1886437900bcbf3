"""Each row of `docs/asvs.md` names what is there, and every item of levels 1 and 2 is told once."""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "asvs.md").read_text("utf-8")
ITEM = re.compile(r"\b\d{1,2}\.\d{1,2}\.\d{1,2}\b")
#: How many items of levels 1 and 2 each section of version 5.0.0 has; those of level 3 come last.
ITEMS = {
    "1.1": 2,
    "1.2": 9,
    "1.3": 11,
    "1.4": 3,
    "1.5": 2,
    "2.1": 3,
    "2.2": 3,
    "2.3": 4,
    "2.4": 1,
    "3.2": 2,
    "3.3": 4,
    "3.4": 6,
    "3.5": 5,
    "3.7": 2,
    "4.1": 3,
    "4.2": 1,
    "4.3": 2,
    "4.4": 4,
    "5.1": 1,
    "5.2": 3,
    "5.3": 2,
    "5.4": 3,
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "8.1": 2,
    "8.2": 3,
    "8.3": 1,
    "8.4": 1,
    "9.1": 3,
    "9.2": 4,
    "10.1": 2,
    "10.2": 2,
    "10.3": 4,
    "10.4": 11,
    "10.5": 5,
    "10.6": 2,
    "10.7": 3,
    "11.1": 2,
    "11.2": 3,
    "11.3": 3,
    "11.4": 4,
    "11.5": 1,
    "11.6": 1,
    "12.1": 3,
    "12.2": 2,
    "12.3": 4,
    "13.1": 1,
    "13.2": 5,
    "13.3": 2,
    "13.4": 5,
    "14.1": 2,
    "14.2": 4,
    "14.3": 3,
    "15.1": 3,
    "15.2": 3,
    "15.3": 7,
    "16.1": 1,
    "16.2": 5,
    "16.3": 4,
    "16.4": 3,
    "16.5": 3,
}


def rows() -> list[list[str]]:
    """Give items, what is asked, control and test of each row."""
    lines = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_control_is_a_module_and_every_test_is_there() -> None:
    """A row without either would promise what nobody built or nobody proves."""
    assert len(rows()) >= 80
    for items, _, control, test in rows():
        named = re.findall(r"`([a-z_]+(?:\.[a-z_0-9]+)+)`", control)
        modules = [name for name in named if not name.endswith(".md")]
        assert modules, items
        assert [name for name in modules if find_spec(name) is None] == []
        [told] = re.findall(r"`([^`]+)`", test)
        path, _, name = told.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text("utf-8"), re.M), told


def test_every_item_is_told_once() -> None:
    """As held, decided, not held, or of no concern: none is passed over, none is told twice."""
    asked = {
        f"{section}.{number}" for section, most in ITEMS.items() for number in range(1, most + 1)
    }
    heads = [row[0] for row in rows()]
    heads += re.findall(r"^- \*\*([^*]+)\*\*:", PAGE, re.M)
    told = Counter(item for head in heads for item in ITEM.findall(head))

    assert {item for item, count in told.items() if count > 1} == set()
    assert asked - set(told) == set()
    assert set(told) - asked == set()
