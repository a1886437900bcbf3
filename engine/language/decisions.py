"""Decision tables: read from DMN, decided with their real hit policies, loud on overlap and gap.

Result shape: UNIQUE, FIRST, ANY and PRIORITY give a dict {output: value}, or the bare value when
the table has one output; COLLECT, RULE ORDER and OUTPUT ORDER give a list of these, COLLECT with
an aggregation one number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from lxml import etree

from engine.errors import DecisionFailed, DecisionRefused, ExpressionRefused
from engine.language import feel
from engine.language.expressions import Expression, compile_expression

NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
    }
)
SINGLE = frozenset({"UNIQUE", "FIRST", "ANY", "PRIORITY"})
SEVERAL = frozenset({"COLLECT", "RULE ORDER", "OUTPUT ORDER"})
_AGGREGATES: dict[str, Callable[[Sequence[int | float]], int | float]] = {
    "SUM": sum,
    "MIN": min,
    "MAX": max,
    "COUNT": len,
}
_REQUIREMENTS = ("informationRequirement", "knowledgeRequirement", "literalExpression")

Row = dict[str, object]
Read = TypeVar("Read")


@dataclass(frozen=True)
class Rule:
    """One row: which inputs it tests and what it says."""

    number: int  #: as people count, from 1
    cells: tuple[str, ...]  #: as written
    tests: tuple[tuple[int, feel.Test], ...]
    outputs: tuple[object, ...]


@dataclass(frozen=True)
class Table:
    """A decision table that passed the check; build it with `read_tables`."""

    id: str
    name: str
    policy: str
    aggregation: str | None
    inputs: tuple[Expression, ...]
    outputs: tuple[str, ...]
    ranks: tuple[tuple[object, ...], ...]  #: the allowed values of each output, best first
    rules: tuple[Rule, ...]

    def decide(self, facts: Mapping[str, object]) -> object:
        """Return what the table says about `facts`; raise DecisionFailed, ExpressionFailed."""
        values = [expression.value(facts) for expression in self.inputs]
        hits = self._hits(values)
        if self.policy in SEVERAL:
            return self._several(hits)
        if not hits:
            raise DecisionFailed(table=self.id, reason=f"没有规则适用于 {_shown(values)}")
        if self.policy == "UNIQUE" and len(hits) > 1:
            rows = "、".join(str(rule.number) for rule in hits)
            raise DecisionFailed(table=self.id, reason=f"第 {rows} 条规则同时适用")
        if self.policy == "ANY" and any(rule.outputs != hits[0].outputs for rule in hits):
            raise DecisionFailed(table=self.id, reason="同时适用的规则结论不一致")
        if self.policy == "PRIORITY":
            hits = sorted(hits, key=self._rank)
        return self._said(hits[0])

    def _hits(self, values: Sequence[object]) -> list[Rule]:
        hits = []
        for rule in self.rules:
            try:
                hit = all(test(values[index]) for index, test in rule.tests)
            except feel.FeelError as error:
                raise DecisionFailed(
                    table=self.id, reason=f"第 {rule.number} 条规则{error}"
                ) from error
            if hit:
                hits.append(rule)
                if self.policy == "FIRST":
                    break
        return hits

    def _several(self, hits: Sequence[Rule]) -> object:
        if self.policy == "OUTPUT ORDER":
            hits = sorted(hits, key=self._rank)
        if self.aggregation is None:
            return [self._said(rule) for rule in hits]
        if self.aggregation == "COUNT":
            return len(hits)
        numbers = [value for rule in hits for value in rule.outputs if _is_number(value)]
        if not numbers and self.aggregation != "SUM":
            raise DecisionFailed(table=self.id, reason="没有规则适用，无从取最大或最小")
        return _AGGREGATES[self.aggregation](numbers)  # type: ignore[arg-type]  # numbers only

    def _rank(self, rule: Rule) -> tuple[int, ...]:
        return tuple(
            rank.index(value) for rank, value in zip(self.ranks, rule.outputs, strict=True) if rank
        )

    def _said(self, rule: Rule) -> object:
        if len(self.outputs) == 1:
            return rule.outputs[0]
        return dict(zip(self.outputs, rule.outputs, strict=True))


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


def _shown(values: Sequence[object]) -> str:
    return "（" + "，".join(str(value)[:40] for value in values) + "）"


def _text(element: etree._Element, tag: str) -> str:
    child = element.find(f"{{*}}{tag}")
    return "" if child is None else (child.findtext("{*}text") or child.text or "").strip()


class _Reading:
    """One `decision` element on its way to a Table; every refusal names the table."""

    def __init__(self, element: etree._Element) -> None:
        self.id = element.get("id") or ""
        self.element = element

    def refuse(self, reason: str) -> DecisionRefused:
        return DecisionRefused(self.id, table=self.id, reason=reason)

    def table(self) -> Table:
        tables = self.element.findall("{*}decisionTable")
        if not self.id.isidentifier() or len(tables) != 1:
            raise self.refuse("一个决策须有英文标识并且只含一张决策表")
        if any(self.element.findall(f"{{*}}{tag}") for tag in _REQUIREMENTS):
            raise self.refuse("不支持决策之间的引用")
        table = tables[0]
        if table.findall("{*}output/{*}defaultOutputEntry"):
            raise self.refuse("不支持缺省的输出，请用最后一条规则写明")
        policy = (table.get("hitPolicy") or "UNIQUE").upper()
        if policy not in SINGLE | SEVERAL:
            raise self.refuse(f"不认识的命中策略 {policy}")
        inputs = tuple(self._input(item) for item in table.findall("{*}input"))
        columns = table.findall("{*}output")
        outputs = tuple(item.get("name") or item.get("label") or "" for item in columns)
        if not outputs or len(set(outputs)) < len(outputs) or (len(outputs) > 1 and "" in outputs):
            raise self.refuse("每个输出列须有不同的名称")
        ranks = tuple(self._rank(item) for item in columns)
        if policy in ("PRIORITY", "OUTPUT ORDER") and not any(ranks):
            raise self.refuse("按优先级取值的表须写明输出值的次序")
        aggregation = table.get("aggregation")
        if aggregation and (
            policy != "COLLECT" or aggregation not in _AGGREGATES or len(outputs) > 1
        ):
            raise self.refuse("汇总只能用于单列输出的 COLLECT 表（SUM、MIN、MAX、COUNT）")
        rules = tuple(
            self._rule(number, row, len(inputs), ranks)
            for number, row in enumerate(table.findall("{*}rule"), 1)
        )
        if not rules:
            raise self.refuse("没有规则")
        name = self.element.get("name") or self.id
        return Table(self.id, name, policy, aggregation, inputs, outputs, ranks, rules)

    def _input(self, item: etree._Element) -> Expression:
        text = _text(item, "inputExpression")
        try:
            return compile_expression(text)
        except ExpressionRefused as error:
            raise self.refuse(f"输入列“{text}”：{error.facts['reason']}") from error

    def _cell(self, number: int, index: int, cell: str, read: Callable[[str], Read]) -> Read:
        """Read one cell; what is wrong is told with its row and the heading of its column."""
        try:
            return read(cell)
        except feel.FeelError as error:
            columns = [*self.element.iter("{*}input"), *self.element.iter("{*}output")]
            column = columns[index]
            heading = column.get("label") or column.get("name") or _text(column, "inputExpression")
            raise self.refuse(f"第 {number} 条规则“{heading}”列：{error}") from error

    def _rank(self, item: etree._Element) -> tuple[object, ...]:
        values = _text(item, "outputValues")
        if not values:
            return ()
        try:
            return tuple(feel.listed(values))
        except feel.FeelError as error:
            raise self.refuse(f"输出值次序：{error}") from error

    def _rule(
        self, number: int, row: etree._Element, width: int, ranks: tuple[tuple[object, ...], ...]
    ) -> Rule:
        cells = [cell.findtext("{*}text") or "" for cell in row.findall("{*}inputEntry")]
        said = [cell.findtext("{*}text") or "" for cell in row.findall("{*}outputEntry")]
        if len(cells) != width or len(said) != len(ranks):
            raise self.refuse(f"第 {number} 条规则的格数与列数不符")
        entries = [
            (index, self._cell(number, index, cell, feel.unary_test))
            for index, cell in enumerate(cells)
        ]
        outputs = tuple(
            _plain(self._cell(number, width + index, cell, feel.literal))
            for index, cell in enumerate(said)
        )
        for rank, value in zip(ranks, outputs, strict=True):
            if rank and value not in rank:
                raise self.refuse(f"第 {number} 条规则的输出不在所列次序中")
        tests = tuple((index, test) for index, test in entries if test is not None)
        return Rule(number, tuple(cells), tests, outputs)


def _plain(value: feel.Value) -> object:
    """Case data are JSON: a date output becomes ISO text."""
    return value.isoformat() if isinstance(value, date) else value


def read_tables(root: etree._Element) -> list[Table]:
    """Return the tables of a DMN document; raise DecisionRefused."""
    if etree.QName(root).namespace not in NAMESPACES:
        raise DecisionRefused(table="?", reason="不是 DMN 1.1–1.3 文件")
    decisions = root.findall("{*}decision")
    if not decisions:
        raise DecisionRefused(table="?", reason="文件中没有决策")
    return [_Reading(element).table() for element in decisions]
