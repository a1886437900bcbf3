"""The values at which the rules of a table can differ, and which rules accept each of them.

A cell changes its answer only at its literals, so these, their neighbours and values that no cell
names are all that has to be tried; null is one of them in every column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from engine.language import feel
from engine.language.columns import BOOLEAN, DATE, NUMBER
from engine.language.decisions import Table

UNNAMED = "\u0000none of the named texts"
_NEXT = "\u0000"  #: behind a text, the smallest one that is greater
_SOME_DAY = date(2026, 1, 1)

#: Input column (from 0) → all that may come there; None among them when null may come.
Domains = Mapping[int, Sequence[object]]


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One value of one column."""

    value: object
    rules: int  #: those that accept it, one bit each, the first rule the lowest


def columns(table: Table, domains: Domains | None = None) -> list[list[Tried]]:
    """Give the values of each input column that any two rules can tell apart, null last."""
    return [
        _tried(table, index, [*dict.fromkeys(_values(table, index, (domains or {}))), None])
        for index in range(len(table.inputs))
    ]


def _tried(table: Table, index: int, values: list[object]) -> list[Tried]:
    places = {value: place for place, value in enumerate(values)}
    accepting = [0] * len(values)
    for bit, rule in enumerate(table.rules):
        test = dict(rule.tests).get(index)
        named = _named(rule.cells[index]) if test is not None else None
        for place in places.values() if named is None else {places[value] for value in named}:
            if test is None or named is not None or _accepts(test, values[place]):
                accepting[place] |= 1 << bit
    return [Tried(value=value, rules=rules) for value, rules in zip(values, accepting, strict=True)]


def _named(cell: str) -> list[feel.Value] | None:
    """Give the values of a cell that is a mere list of them."""
    try:
        return feel.listed(cell)
    except feel.FeelError:
        return None


def _values(table: Table, index: int, domains: Domains) -> Iterator[object]:
    column = table.read[index]
    literals: list[object] = [*column.named, *domains.get(index, ())]
    for rule in table.rules:
        literals += feel.literals(rule.cells[index])
    plain = [value for value in literals if isinstance(value, int | float)]
    numbers = sorted({Fraction(repr(value)) for value in plain if not isinstance(value, bool)})
    for low, high in pairwise(numbers):
        yield from (_number(low), _number((low + high) / 2))
    if numbers:
        yield from map(_number, (numbers[-1], numbers[0] - 1, numbers[-1] + 1))
    for literal in literals:
        if isinstance(literal, date):
            yield from _days(literal)
        elif isinstance(literal, str):
            yield from (literal, literal + _NEXT)
    if column.type == BOOLEAN or any(isinstance(value, bool) for value in literals):
        yield from (True, False)
    elif not numbers and not any(isinstance(value, date) for value in literals):
        yield {NUMBER: 0, DATE: _SOME_DAY}.get(column.type or "", UNNAMED)


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


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
