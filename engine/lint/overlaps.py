"""Rules of a table that could both apply, found before the table is deployed.

Columns are looked at one by one: two rules overlap when each column has a value that both accept.
A cell changes its answer only at its literals, so these, their neighbours and values that no cell
names are all that has to be tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations, pairwise

from engine.language import feel
from engine.language.decisions import Rule, Table

_UNNAMED = "\u0000none of the named texts"
_NEXT = "\u0000"  #: behind a text, the smallest one that is greater


def overlaps(table: Table) -> list[tuple[int, int]]:
    """Return the pairs of rules (by their numbers) that break the table's hit policy.

    UNIQUE forbids any overlap, ANY one with different outputs; the other policies allow them.
    """
    if table.policy not in ("UNIQUE", "ANY"):
        return []
    return [
        (combination.number, other.number)
        for combination, other in combinations(table.rules, 2)
        if (table.policy == "UNIQUE" or combination.outputs != other.outputs)
        and _meet(combination, other, len(table.inputs))
    ]


def _meet(rule: Rule, other: Rule, width: int) -> bool:
    tests, others = dict(rule.tests), dict(other.tests)
    for column in range(width):
        if column not in tests or column not in others:
            continue
        values = _values([*feel.literals(rule.cells[column]), *feel.literals(other.cells[column])])
        if not any(_accepts(tests[column], v) and _accepts(others[column], v) for v in values):
            return False
    return True


def _values(literals: list[feel.Value]) -> Iterator[object]:
    """Yield every value that can make a difference."""
    plain = [value for value in literals if isinstance(value, int | float)]
    numbers = sorted({float(value) for value in plain if not isinstance(value, bool)})
    for number in numbers:
        yield from (number, number - 1, number + 1)
    for low, high in pairwise(numbers):
        yield (low + high) / 2
    for literal in literals:
        if isinstance(literal, date):
            yield from _days(literal)
        elif isinstance(literal, str):
            yield from (literal, literal + _NEXT, _UNNAMED)
        elif isinstance(literal, bool):
            yield from (True, False)
    yield None


def _days(day: date) -> Iterator[date]:
    """Yield a day and its neighbours; the calendar has a first and a last one."""
    yield day
    if day > date.min:
        yield day - timedelta(days=1)
    if day < date.max:
        yield day + timedelta(days=1)


def _accepts(test: feel.Test, value: object) -> bool:
    try:
        return test(value)
    except feel.FeelError:
        return False
