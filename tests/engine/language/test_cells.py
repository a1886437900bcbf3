"""What a cell says of a value, by hand from clauses 7.3 and 9 and tables 42 to 54 of DMN 1.3."""

from __future__ import annotations

from datetime import date

import pytest

from engine.errors import DecisionRefused
from engine.language.decisions import Table
from engine.language.dmn import read_tables
from engine.language.xml import read_xml
from tests.engine.language.test_decisions import dmn

YEAR_END, NEXT_YEAR = date(2026, 12, 31), date(2027, 1, 1)
#: cell, values that it takes, values that it does not
CELLS: list[tuple[str, list[object], list[object]]] = [
    ("[1..5]", [1, 5, 2.5], [0.9, 5.1, None]),
    ("(1..5]", [1.0001, 5], [1]),
    ("]1..5[", [3], [1, 5]),
    ("[1.5..2.5]", [2.5], [2.51]),
    ("[-5..-1]", [-5, -3], [0]),
    ("[5..5]", [5], [4]),
    ("<= -5", [-5], [-4.9]),
    (">-5", [0], [-5]),
    ("= 5", [5], [6]),
    ("!= 5", [4, None], [5]),
    ("0.1", [0.1], [0.11]),
    ("1.10", [1.1], [1.01]),
    ("1,2,3", [2], [4, None]),
    ("<1,>10", [0, 11], [5, None]),
    ("[1..3],7,>=9", [3, 7, 9], [8]),
    ("not(1,2)", [3], [1, 2]),
    ("not([1..3])", [4], [2]),
    ("not(<1,>3)", [2], [0, None]),
    ("not(>5)", [5], [6, None]),
    ('"a","b"', ["b"], ["A", None]),
    ('not("a","b")', ["c", None], ["a"]),
    ('""', [""], [" "]),
    ('"a,b"', ["a,b"], ["a"]),
    ('"x..y"', ["x..y"], ["x"]),
    ('"not(1)"', ["not(1)"], ["1"]),
    (r'"a\"b"', ['a"b'], ["a"]),
    (r'"a\\b"', ["a\\b"], ["ab"]),
    ("true", [True], [False, None]),
    ("not(true)", [False], [True]),
    ("null", [None], [0, ""]),
    ("not(null)", [0, ""], [None]),
    ('"a",null', ["a", None], ["b"]),
    ("-", [None, 1, "a"], []),
    ('date("2024-02-29")', [date(2024, 2, 29)], [date(2024, 3, 1)]),
    ('< date("2026-03-01")', [date(2026, 2, 28)], [date(2026, 3, 1), None]),
    ('[date("2026-01-01")..date("2026-12-31")]', [YEAR_END], [NEXT_YEAR]),
    ('[@"2026-01-01"..@"2026-12-31")', [date(2026, 1, 1)], [YEAR_END]),
    ('not(@"2026-02-28")', [date(2026, 3, 1)], [date(2026, 2, 28)]),
    ('not(< date("2026-01-01"))', [date(2026, 1, 1)], [date(2025, 12, 31)]),
]
REFUSED = [
    *('date("2026-02-30")', 'date("2026-02-29")', "[5..1]", "1e3", "+5", "5.", "007", "1_000"),
    *('"a" or "b"', "1;2", "> 5 and < 9", "not(not(1))", "a", "?", "? > 5", 'contains(?, "a")'),
    *("'a'", "“a”", "TRUE", "NULL", "1，2", "=>5", "≥5", ">", "[1..5", "1..5", '"a', "not 5"),
    *('not("a"),"b"', 'duration("P1D")', '@"P1D"', r'"a\nb"', "9007199254740993"),
]


def table(cell: str) -> Table:
    """Read a table that says Y where the cell takes its input, else N."""
    (read,) = read_tables(read_xml(dmn([[cell, '"Y"'], ["-", '"N"']], ("x",), ("o",), "FIRST")))
    return read


@pytest.mark.parametrize(("cell", "taken", "left"), CELLS, ids=[cell for cell, *_ in CELLS])
def test_a_cell_takes_what_the_standard_says(
    cell: str, taken: list[object], left: list[object]
) -> None:
    read = table(cell)

    assert [read.decide({"x": value}) for value in taken] == ["Y"] * len(taken)
    assert [read.decide({"x": value}) for value in left] == ["N"] * len(left)


@pytest.mark.parametrize("cell", REFUSED)
def test_a_cell_that_could_be_read_otherwise_is_refused(cell: str) -> None:
    """Neither guessed nor passed over: the table is not used at all."""
    with pytest.raises(DecisionRefused) as refused:
        table(cell)

    assert "第 1 条规则" in str(refused.value)
