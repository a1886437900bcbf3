"""Whatever is changed in a table by one value is noticed by the tests of the tables.

The tables are changed in memory: each word of a list goes, each number goes up and down by one,
each truth value is turned over. The examples of `test_tables` are then asked again.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lxml import etree

from engine.errors import DecisionFailed
from engine.language import dmn
from engine.language.decisions import Table
from engine.language.xml import read_xml
from tests.professions import test_tables
from tests.professions.folders import structural_engineer

SHIPPED = {
    table.id: data
    for path, data in structural_engineer().files.items()
    if path.endswith(".dmn")
    for table in dmn.read_tables(read_xml(data))
}
TRUTH = {"true": "false", "false": "true"}
#: Changes that change no answer: the row before has the day after, the one behind says the same.
MASKED = {
    "continuing_education_row2_in2: <= 0 → <= 1",
    "continuing_education_row3_in2: <= 0 → <= 1",
    "continuing_education_row3_in2: <= 0 → <= -1",
}


def cells(root: etree._Element) -> list[etree._Element]:
    """Give the texts of all cells of a table, inputs and outputs."""
    return [
        text
        for entry in root.iter("{*}inputEntry", "{*}outputEntry")
        for text in entry.iter("{*}text")
    ]


def neighbours(cell: str) -> Iterator[str]:
    """Yield what a slip of the hand would have written instead.

    >>> list(neighbours('"A","B"')), list(neighbours("> 300")), list(neighbours("true"))
    (['"B"', '"A"'], ['> 299', '> 301'], ['false'])
    """
    words = cell.split(",")
    if len(words) > 1:
        yield from (",".join(words[:place] + words[place + 1 :]) for place in range(len(words)))
    elif match := re.fullmatch(r"(\D*)(\d+)", cell):
        yield from (f"{match[1]}{int(match[2]) + step}" for step in (-1, 1))
    elif cell in TRUTH:
        yield TRUTH[cell]


def changed(key: str) -> Iterator[tuple[str, Table]]:
    """Yield a table with each of its neighbours, and what was changed."""
    root = read_xml(SHIPPED[key])
    for cell in cells(root):
        before = cell.text or ""
        for after in neighbours(before):
            cell.text = after
            entry = cell.getparent()
            assert entry is not None
            yield f"{entry.get('id')}: {before} → {after}", dmn.read_tables(root)[0]
        cell.text = before


def examples(key: str) -> list[Callable[[], Any]]:
    """Give the tests of `test_tables` that ask a table, each with its parameters."""
    calls: list[Callable[[], Any]] = []
    for name, test in vars(test_tables).items():
        if not name.startswith("test_") or f'decide("{key}"' not in inspect.getsource(test):
            continue
        marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
        rows = [[_given(mark.args[0], row) for row in mark.args[1]] for mark in marks]
        for chosen in itertools.product(*rows):
            given = {key: value for row in chosen for key, value in row.items()}
            calls.append(lambda test=test, given=given: test(**given))
    return calls


def _given(names: str | tuple[str, ...], row: Any) -> dict[str, Any]:
    """Name the values of a row of parameters."""
    if isinstance(names, str):
        return {names: row}
    return dict(zip(names, row, strict=True))


def is_noticed(calls: list[Callable[[], Any]]) -> bool:
    for call in calls:
        try:
            call()
        except (AssertionError, DecisionFailed, LookupError, pytest.fail.Exception):
            return True
    return False


@pytest.mark.parametrize("key", sorted(SHIPPED))
def test_each_value_of_a_table_is_asked(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word less in a list, the neighbour of a number, a truth turned over: some test fails."""
    calls, unnoticed = examples(key), []
    assert calls
    assert not is_noticed(calls)

    for what, table in changed(key):
        monkeypatch.setitem(test_tables.TABLES, key, table)
        if what not in MASKED and not is_noticed(calls):
            unnoticed.append(what)

    assert unnoticed == []
