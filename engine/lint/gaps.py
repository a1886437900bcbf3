"""What no rule of a table answers, and rules that never answer, found before it is deployed.

The values of each column (see `engine.lint.values`) are tried together: what no rule accepts is a
gap; a rule of a FIRST table is idle when earlier ones accept all that it accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.language import feel
from engine.language.decisions import SEVERAL, Table
from engine.lint import values
from engine.lint.values import Domains, Tried

_MOST_STEPS = 50_000


class TooMuch(Exception):
    """There are too many combinations to try."""


def gap(table: Table, domains: Domains | None = None) -> tuple[object, ...] | None:
    """Return one combination of inputs that no rule answers, or None; raise TooMuch.

    Null counts where a column speaks of it, or its domain holds it. Tables that give lists, or have
    default outputs, leave nothing unanswered. A text that no cell names is `values.UNNAMED`.
    """
    if table.policy in SEVERAL or table.defaults is not None:
        return None
    domains = domains or {}
    asked = [
        _coming(table, index, column, domains.get(index))
        for index, column in enumerate(values.columns(table, domains))
    ]
    return _Search(asked).uncovered((1 << len(table.rules)) - 1)


def idle(table: Table) -> Iterator[tuple[int, list[int]]]:
    """Yield each rule of a FIRST table that never answers, with those that do so before it."""
    if table.policy != "FIRST":
        return
    columns = values.columns(table)
    for place, rule in enumerate(table.rules):
        own = [[tried for tried in column if tried.rules >> place & 1] for column in columns]
        earlier = (1 << place) - 1
        if not place or not all(own):
            continue
        try:
            if _Search(own).uncovered(earlier) is not None:
                continue
        except TooMuch:
            continue
        covering = [
            other.number
            for index, other in enumerate(table.rules[:place])
            if all(any(tried.rules >> index & 1 for tried in column) for column in own)
        ]
        yield rule.number, covering


def _coming(
    table: Table, index: int, column: Sequence[Tried], domain: Sequence[object] | None
) -> list[Tried]:
    """Leave out what cannot come; a column that no rule looks at has one value, whichever."""
    declared = table.read[index]
    speaks_of_null = any(None in feel.literals(rule.cells[index]) for rule in table.rules)
    may_be_null = speaks_of_null or (domain is not None and None in domain)
    coming = [
        tried
        for tried in column
        if (may_be_null if tried.value is None else declared.refusal(tried.value) is None)
        and (tried.value is None or domain is None or tried.value in domain)
    ]
    return coming or list(column)


class _Search:
    """Goes through the columns with the rules that still apply."""

    def __init__(self, columns: Sequence[Sequence[Tried]]) -> None:
        self._columns = [_least(column) for column in columns]
        self._ahead = _all_ahead(self._columns)
        self._covered: set[tuple[int, int]] = set()
        self._steps = 0

    def uncovered(self, rules: int, at: int = 0) -> tuple[object, ...] | None:
        """Return values from column `at` on with which none of `rules` applies."""
        if not rules:
            return tuple(column[0].value for column in self._columns[at:])
        if rules & self._ahead[at] or (at, rules) in self._covered:
            return None
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise TooMuch
        for tried in self._columns[at]:
            rest = self.uncovered(rules & tried.rules, at + 1)
            if rest is not None:
                return (tried.value, *rest)
        self._covered.add((at, rules))
        return None


def _least(column: Sequence[Tried]) -> list[Tried]:
    """Keep of each set of rules one value, and none whose rules hold those of another."""
    first: dict[int, Tried] = {}
    for tried in column:
        first.setdefault(tried.rules, tried)
    least: list[Tried] = []
    for rules, tried in sorted(first.items(), key=lambda item: item[0].bit_count()):
        if not any(other.rules & rules == other.rules for other in least):
            least.append(tried)
    return least


def _all_ahead(columns: Sequence[Sequence[Tried]]) -> list[int]:
    """Give, for each column, the rules that apply whatever comes from there on."""
    ahead = [-1]
    for column in reversed(columns):
        always = ahead[0]
        for tried in column:
            always &= tried.rules
        ahead.insert(0, always)
    return ahead
