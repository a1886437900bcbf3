"""Rules of a table that could both apply, found before the table is deployed.

Two rules overlap when each column has a value that both accept (see `engine.lint.values`).
"""

from __future__ import annotations

from itertools import combinations

from engine.language.decisions import Table, differ
from engine.lint import values
from engine.lint.values import Tried


def overlaps(table: Table) -> list[tuple[int, int]]:
    """Return the pairs of rules (by their numbers) that break the table's hit policy.

    UNIQUE forbids any overlap, ANY one with different outputs; the other policies allow them.
    """
    if table.policy not in ("UNIQUE", "ANY"):
        return []
    accepted = [_accepted(column, len(table.rules)) for column in values.columns(table)]
    return [
        (rule.number, other.number)
        for (place, rule), (further, other) in combinations(enumerate(table.rules), 2)
        if (table.policy == "UNIQUE" or differ(rule.outputs, other.outputs))
        and all(column[place] & column[further] for column in accepted)
    ]


def _accepted(column: list[Tried], rules: int) -> list[int]:
    """Give, for each rule, the values that it accepts, one bit each."""
    accepted = [0] * rules
    for bit, tried in enumerate(column):
        left = tried.rules
        while left:
            lowest = left & -left
            accepted[lowest.bit_length() - 1] |= 1 << bit
            left ^= lowest
    return accepted
