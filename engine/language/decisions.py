"""Decision tables, decided with their real hit policies, loud on overlap and gap.

Result shape: UNIQUE, FIRST, ANY and PRIORITY give a dict {output: value}, or the bare value when
the table has one output; COLLECT, RULE ORDER and OUTPUT ORDER give a list of these, COLLECT with
an aggregation one number. When no rule applies, a single answer is the default outputs, if the
table has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal

from engine.errors import DecisionFailed
from engine.language import feel
from engine.language.columns import Column
from engine.language.expressions import Expression

SINGLE = frozenset({"UNIQUE", "FIRST", "ANY", "PRIORITY"})
SEVERAL = frozenset({"COLLECT", "RULE ORDER", "OUTPUT ORDER"})


def _sum(numbers: Sequence[int | float]) -> int | float:
    """Add as people do: 0.1 and 0.2 are 0.3."""
    total = sum((Decimal(repr(number)) for number in numbers), Decimal())
    return int(total) if all(type(number) is int for number in numbers) else float(total)


AGGREGATES: dict[str, Callable[[Sequence[int | float]], int | float]] = {
    "SUM": _sum,
    "MIN": min,
    "MAX": max,
    "COUNT": len,
}

#: Who wants to know which rows apply: `note(table, row)`, rows as people count them, from 1.
applied: ContextVar[Callable[[str, int], None] | None] = ContextVar("applied", default=None)

Row = dict[str, object]


@dataclass(frozen=True)
class Rule:
    """One row: which inputs it tests and what it says."""

    number: int  #: as people count, from 1
    cells: tuple[str, ...]  #: as written
    tests: tuple[tuple[int, feel.Test], ...]
    said: tuple[str, ...]  #: its outputs as written
    outputs: tuple[object, ...]
    note: str = ""  #: what it is for, in words of law


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a table said once: enough to ask it again."""

    table: str
    inputs: tuple[object, ...]  #: one a column, as its expression read it
    rows: tuple[int, ...]  #: that give the answer, as people count; empty: the default outputs
    value: object  #: shaped as the table's policy says


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Why a row applies, or does not."""

    rule: Rule
    failed: int | None  #: the first column whose cell does not hold; None: the row applies


@dataclass(frozen=True)
class Table:
    """A decision table that passed the check; build it with `engine.language.dmn.read_tables`."""

    id: str
    name: str
    policy: str
    aggregation: str | None
    inputs: tuple[Expression, ...]
    outputs: tuple[str, ...]
    ranks: tuple[tuple[object, ...], ...]  #: the allowed values of each output, best first
    rules: tuple[Rule, ...]
    read: tuple[Column, ...]  #: what is declared of each input
    said: tuple[Column, ...]  #: what is declared of each output
    defaults: tuple[object, ...] | None = None  #: said when no rule applies
    basis: str = ""  #: the rules of law that it follows, as its description says

    def decide(self, facts: Mapping[str, object]) -> object:
        """Return what the table says about `facts`; raise DecisionFailed, ExpressionFailed."""
        return self.answer(self.inputs_of(facts)).value

    def inputs_of(self, facts: Mapping[str, object]) -> list[object]:
        """Return what each column reads of `facts`; raise ExpressionFailed."""
        return [expression.value(facts) for expression in self.inputs]

    def answer(self, values: Sequence[object]) -> Answer:
        """Return what the table says about the values of its columns, and by which rows.

        Raises DecisionFailed.
        """
        for column, value in zip(self.read, values, strict=True):
            if reason := column.refusal(value):
                raise DecisionFailed(table=self.id, reason=f"“{column.heading}”：{reason}")
        hits = self._hits(values)
        if (note := applied.get()) is not None:
            for rule in hits:
                note(self.id, rule.number)
        hits, value = self._said(values, hits)
        rows = tuple(rule.number for rule in hits)
        return Answer(table=self.id, inputs=tuple(values), rows=rows, value=value)

    def verdicts(self, values: Sequence[object]) -> list[Verdict]:
        """Tell of every row whether it applies to the values, and which cell keeps it from it.

        Raises DecisionFailed.
        """
        return [Verdict(rule=rule, failed=self._failed(rule, values)) for rule in self.rules]

    def _said(self, values: Sequence[object], hits: list[Rule]) -> tuple[list[Rule], object]:
        """Return the rows that count, and what they say together."""
        if self.policy in SEVERAL:
            return hits, self._several(hits)
        if not hits and self.defaults is not None:
            return [], self._answer(self.defaults)
        if not hits:
            raise DecisionFailed(table=self.id, reason=f"没有规则适用于 {_shown(values)}")
        if self.policy == "UNIQUE" and len(hits) > 1:
            rows = "、".join(str(rule.number) for rule in hits)
            raise DecisionFailed(table=self.id, reason=f"第 {rows} 条规则同时适用")
        if self.policy == "ANY" and any(differ(rule.outputs, hits[0].outputs) for rule in hits):
            raise DecisionFailed(table=self.id, reason="同时适用的规则结论不一致")
        if self.policy == "PRIORITY":
            hits = sorted(hits, key=self._rank)
        return hits[:1], self._answer(hits[0].outputs)

    def _hits(self, values: Sequence[object]) -> list[Rule]:
        hits = []
        for rule in self.rules:
            if self._failed(rule, values) is None:
                hits.append(rule)
                if self.policy == "FIRST":
                    break
        return hits

    def _failed(self, rule: Rule, values: Sequence[object]) -> int | None:
        """Return the first column whose cell does not hold; None when the row applies."""
        try:
            return next((index for index, test in rule.tests if not test(values[index])), None)
        except feel.FeelError as error:
            raise DecisionFailed(table=self.id, reason=f"第 {rule.number} 条规则{error}") from error

    def _several(self, hits: Sequence[Rule]) -> object:
        if self.policy == "OUTPUT ORDER":
            hits = sorted(hits, key=self._rank)
        if self.aggregation is None:
            return [self._answer(rule.outputs) for rule in hits]
        if self.aggregation == "COUNT":
            return len(hits)
        numbers = [value for rule in hits for value in rule.outputs if _is_number(value)]
        if not numbers and self.aggregation != "SUM":
            raise DecisionFailed(table=self.id, reason="没有规则适用，无从取最大或最小")
        return AGGREGATES[self.aggregation](numbers)  # type: ignore[arg-type]  # numbers only

    def _rank(self, rule: Rule) -> tuple[int, ...]:
        return tuple(
            place_in(rank, value)
            for rank, value in zip(self.ranks, rule.outputs, strict=True)
            if rank
        )

    def _answer(self, outputs: tuple[object, ...]) -> object:
        if len(self.outputs) == 1:
            return outputs[0]
        return dict(zip(self.outputs, outputs, strict=True))


def differ(outputs: Sequence[object], others: Sequence[object]) -> bool:
    """Tell whether two rows say different things; 1 is not true.

    >>> differ((1, "a"), (1.0, "a")), differ((1,), (True,))
    (False, True)
    """
    return any(
        value != other or isinstance(value, bool) != isinstance(other, bool)
        for value, other in zip(outputs, others, strict=True)
    )


def place_in(rank: Sequence[object], value: object) -> int:
    """Give the place of a value in its order; behind all when it has none."""
    places = (place for place, other in enumerate(rank) if not differ((value,), (other,)))
    return next(places, len(rank))


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


def _shown(values: Sequence[object]) -> str:
    return "（" + "，".join(str(value)[:40] for value in values) + "）"
