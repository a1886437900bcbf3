"""DMN documents, read into decision tables; what a table may hold is told in docs/tables.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from difflib import get_close_matches
from typing import TypeVar

from lxml import etree

from engine.errors import DecisionRefused, ExpressionRefused
from engine.language import columns, feel
from engine.language.decisions import AGGREGATES, SEVERAL, SINGLE, Rule, Table, place_in
from engine.language.expressions import Expression
from engine.language.inputs import compile_input

MAX_RULES = 500  #: more nobody can read; every rule is held against every other
NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
_REQUIREMENTS = ("informationRequirement", "knowledgeRequirement", "literalExpression")
_ALONE = "请删除决策之间的箭头和文字表达式，表中直接写变量名；先要得出的值另画一个业务规则任务"
_INPUTS = '输入请写 "文字"、5、> 5、[1..5]、true、not("A")、-（任意）这样的条件'
_OUTPUTS = '输出请写一个值：带双引号的 "文字"、30、true、false、null 或 @"2026-01-01"'
_LOGIC = "请改成一张决策表，或者由登记的操作得出该值"

Read = TypeVar("Read")


def _text(element: etree._Element, tag: str) -> str:
    child = element.find(f"{{*}}{tag}")
    return "" if child is None else (child.findtext("{*}text") or child.text or "").strip()


class _Reading:
    """One `decision` element on its way to a Table; every refusal names the table."""

    def __init__(self, element: etree._Element) -> None:
        self.id = element.get("id") or ""
        self.element = element

    def refuse(self, reason: str, remedy: str = "请修改决策表") -> DecisionRefused:
        return DecisionRefused(self.id, table=self.id, reason=reason, remedy=remedy)

    def table(self) -> Table:
        tables = self.element.findall("{*}decisionTable")
        if any(self.element.findall(f"{{*}}{tag}") for tag in _REQUIREMENTS):
            raise self.refuse("不支持决策之间的引用", _ALONE)
        if not self.id.isidentifier() or len(tables) != 1:
            remedy = "请修改标识，一个决策一张表" if tables else _LOGIC
            raise self.refuse("一个决策须有英文标识并且只含一张决策表", remedy)
        table = tables[0]
        rows = table.findall("{*}rule")
        if len(rows) > MAX_RULES:
            raise self.refuse(f"规则超过 {MAX_RULES} 条", "请拆成几张表")
        policy = (table.get("hitPolicy") or "UNIQUE").upper()
        if policy not in SINGLE | SEVERAL:
            close = get_close_matches(policy, SINGLE | SEVERAL, n=1)
            hint = f"是不是 {close[0]}？" if close else ""
            remedy = f"{hint}请用：{'、'.join(sorted(SINGLE | SEVERAL))}"
            raise self.refuse(f"不认识的命中策略 {policy}", remedy)
        inputs = tuple(self._input(item) for item in table.findall("{*}input"))
        drawn = table.findall("{*}output")
        outputs = tuple(item.get("name") or item.get("label") or "" for item in drawn)
        if not outputs or len(set(outputs)) < len(outputs) or (len(outputs) > 1 and "" in outputs):
            raise self.refuse("每个输出列须有不同的名称", "请给每个输出列填写不同的名称（name）")
        ranks = tuple(self._rank(item) for item in drawn)
        if policy in ("PRIORITY", "OUTPUT ORDER") and not any(ranks):
            remedy = "请在输出列填写允许的值（outputValues），最优先的在前"
            raise self.refuse("按优先级取值的表须写明输出值的次序", remedy)
        aggregation = table.get("aggregation")
        if aggregation and (
            policy != "COLLECT" or aggregation not in AGGREGATES or len(outputs) > 1
        ):
            remedy = "请去掉汇总，或者改成单列输出的 COLLECT 表"
            raise self.refuse("汇总只能用于单列输出的 COLLECT 表（SUM、MIN、MAX、COUNT）", remedy)
        rules = tuple(
            self._rule(number, row, len(inputs), ranks) for number, row in enumerate(rows, 1)
        )
        if not rules:
            raise self.refuse("没有规则", "请填写规则，一行一条")
        return Table(
            id=self.id,
            name=self.element.get("name") or self.id,
            policy=policy,
            aggregation=aggregation,
            inputs=inputs,
            outputs=outputs,
            ranks=ranks,
            rules=rules,
            read=tuple(columns.read(item, _text) for item in table.findall("{*}input")),
            said=tuple(columns.read(item, _text) for item in drawn),
            defaults=self._defaults(drawn, policy),
            basis=(self.element.findtext("{*}description") or "").strip(),
        )

    def _defaults(self, drawn: Sequence[etree._Element], policy: str) -> tuple[object, ...] | None:
        """Read what is said when no rule applies; a list of answers is empty then."""
        if not any(item.findall("{*}defaultOutputEntry") for item in drawn):
            return None
        if policy in SEVERAL:
            remedy = "请删除缺省输出，没有规则适用时结果是空的列表"
            raise self.refuse(f"{policy} 表不能有缺省的输出", remedy)
        said = []
        for item in drawn:
            text, heading = _text(item, "defaultOutputEntry"), item.get("label") or item.get("name")
            if not text:
                remedy = "请在每个输出列填写缺省的输出，没有值的写 null"
                raise self.refuse(f"“{heading}”列缺省的输出是空的", remedy)
            try:
                said.append(_plain(feel.literal(text)))
            except feel.FeelError as error:
                raise self.refuse(f"“{heading}”列缺省的输出：{error}") from error
        return tuple(said)

    def _input(self, item: etree._Element) -> Expression:
        text = _text(item, "inputExpression")
        try:
            return compile_input(text)
        except ExpressionRefused as error:
            remedy = '请写变量名、form["days"] 这样的项，或者比较'
            raise self.refuse(f"输入列“{text}”：{error.facts['reason']}", remedy) from error

    def _cell(self, number: int, index: int, cell: str, read: Callable[[str], Read]) -> Read:
        """Read one cell; what is wrong is told with its row and the heading of its column."""
        try:
            return read(cell)
        except feel.FeelError as error:
            place = f"第 {number} 条规则“{self._heading(index)}”列"
            width = len(self.element.findall("{*}decisionTable/{*}input"))
            remedy = error.remedy or (_INPUTS if index < width else _OUTPUTS)
            raise self.refuse(f"{place}：{error}", remedy) from error

    def _heading(self, index: int) -> str:
        column = [*self.element.iter("{*}input"), *self.element.iter("{*}output")][index]
        return column.get("label") or column.get("name") or _text(column, "inputExpression")

    def _rank(self, item: etree._Element) -> tuple[object, ...]:
        values = _text(item, "outputValues")
        if not values:
            return ()
        try:
            return tuple(map(_plain, feel.listed(values)))
        except feel.FeelError as error:
            raise self.refuse(f"输出值次序：{error}") from error

    def _rule(
        self, number: int, row: etree._Element, width: int, ranks: tuple[tuple[object, ...], ...]
    ) -> Rule:
        cells = [cell.findtext("{*}text") or "" for cell in row.findall("{*}inputEntry")]
        said = [cell.findtext("{*}text") or "" for cell in row.findall("{*}outputEntry")]
        if len(cells) != width or len(said) != len(ranks):
            remedy = f"请在编辑器中补齐：每行 {width} 个输入格、{len(ranks)} 个输出格"
            raise self.refuse(f"第 {number} 条规则的格数与列数不符", remedy)
        entries = [
            (index, self._cell(number, index, cell, feel.unary_test))
            for index, cell in enumerate(cells)
        ]
        outputs = tuple(
            _plain(self._cell(number, width + index, cell, feel.literal))
            for index, cell in enumerate(said)
        )
        for index, (rank, value) in enumerate(zip(ranks, outputs, strict=True)):
            if rank and place_in(rank, value) == len(rank):
                column = f"第 {number} 条规则“{self._heading(width + index)}”列"
                reason = f"{column}：{columns.shown(value)}不在允许的值之内，输出不在所列次序中"
                raise self.refuse(reason, f"请用：{'、'.join(map(columns.shown, rank))}")
        tests = tuple((index, test) for index, test in entries if test is not None)
        note = (row.findtext("{*}description") or "").strip()
        return Rule(number, tuple(cells), tests, tuple(said), outputs, note)


def _plain(value: feel.Value) -> object:
    """Case data are JSON: a date output becomes ISO text."""
    return value.isoformat() if isinstance(value, date) else value


def read_tables(root: etree._Element) -> list[Table]:
    """Return the tables of a DMN document; raise DecisionRefused."""
    if etree.QName(root).namespace not in NAMESPACES:
        remedy = "请用决策表编辑器重新导出为 DMN 1.3"
        raise DecisionRefused(table="?", reason="不是 DMN 1.1–1.5 文件", remedy=remedy)
    decisions = root.findall("{*}decision")
    if not decisions:
        raise DecisionRefused(table="?", reason="文件中没有决策")
    return [_Reading(element).table() for element in decisions]
