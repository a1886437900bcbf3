"""What is wrong with a decision table beyond its cells, found before the table is deployed.

Each cell may be sound by itself and the table still fail with every case: a row that an editor
added and nobody filled in, a number in quotes, a column of texts in which one row tests a number, a
sum of texts, an input that calls what only a timer may call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches

from engine.language import feel
from engine.language.columns import TITLES, Column, shown
from engine.language.decisions import Rule, Table
from engine.language.expressions import Expression
from refusals.rules import insists

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "是非"),  # before numbers: Python's truth values are numbers too
    (int, "数"),
    (float, "数"),
    (str, "文字"),
    (date, "日期"),
)
_SEVERAL = 3  #: cells of another type that make the type the mistake
_EXAMPLES = {"string": '"文字"', "number": "30", "boolean": "true", "date": '@"2026-01-01"'}

Finding = tuple[str, str]  #: what is wrong, what to do


@insists("E_TABLE_COLUMN")
def check(table: Table) -> Iterator[Finding]:
    """Yield what would stop the table from answering, or let it answer with nothing."""
    if not _NAME.fullmatch(table.id):
        text = f"决策的标识“{table.id}”不能作为变量名"
        yield text, "请以字母开头，只用字母、数字和下划线"
    for column in (*table.read, *table.said):
        if column.fault:
            text, remedy = column.fault
            yield f"“{column.heading}”列：{text}", remedy
    for index, expression in enumerate(table.inputs):
        yield from _input(table, index, expression)
    if table.defaults is not None:
        yield from _outputs("缺省的输出", table.said, table.defaults)
    mistyped = [*_mistyped(table)]
    yield from mistyped
    for rule in table.rules if not mistyped else ():
        yield from _rule(table, rule)
    if table.aggregation in ("SUM", "MIN", "MAX"):
        for rule in table.rules:
            if not all(_kind(value) == "数" for value in rule.outputs):
                text = f"第 {rule.number} 条规则的输出不是数，不能汇总（{table.aggregation}）"
                yield text, "请改写输出，或者去掉汇总"


@insists("E_COLUMN_TYPE")
def _mistyped(table: Table) -> Iterator[Finding]:
    """Yield columns of which each cell is of another type: the type is the mistake, not they."""
    columns: list[tuple[Column, list[object]]] = [
        (column, [value for rule in table.rules for value in feel.literals(rule.cells[index])])
        for index, column in enumerate(table.read)
    ]
    columns += [
        (column, [rule.outputs[index] for rule in table.rules])
        for index, column in enumerate(table.said)
    ]
    for column, values in columns:
        given = [value for value in values if value is not None]
        kinds = {_kind(value) for value in given}
        if len(given) < _SEVERAL or len(kinds) > 1 or any(map(column.is_of_type, given)):
            continue
        types = {"是非": "boolean", "数": "number", "文字": "string", "日期": "date"}
        kind = next(iter(kinds))
        text = f"各条规则写的不是{TITLES[column.type or 'string']}（{column.type}），而是{kind}"
        yield f"“{column.heading}”列：{text}", f"请把类型（typeRef）改为 {types[kind]}"


@insists("E_TABLE_ROW")
def _rule(table: Table, rule: Rule) -> Iterator[Finding]:
    """Insist that a row says something, in the types and values of its columns."""
    if not any(cell.strip("- \n\t") for cell in rule.cells) and not any(
        text.strip() for text in rule.said
    ):
        yield f"第 {rule.number} 条规则是空行", "请填写该行，或者删除它"
        return
    for column, text in zip(table.said, rule.said, strict=True):
        if not text.strip():
            place = f"第 {rule.number} 条规则“{column.heading}”列"
            yield f"{place}的输出是空的", "请填写输出；确实没有值的写 null"
    yield from _outputs(f"第 {rule.number} 条规则", table.said, rule.outputs)
    for column, cell in zip(table.read, rule.cells, strict=True):
        for literal in feel.literals(cell):
            if reason := column.refusal(literal):
                yield _cell(f"第 {rule.number} 条规则", column, reason, literal)
                break
        else:
            yield from _twice(rule, column, cell)


@insists("E_CELL_TWICE")
def _twice(rule: Rule, column: Column, cell: str) -> Iterator[Finding]:
    """Insist that each part of a list adds something: `> 1,000` is no thousand."""
    parts = feel.alternatives(cell)
    for literal in feel.literals(cell) if parts else ():
        if sum(_says(test, literal) for test in parts) > 1:
            place = f"第 {rule.number} 条规则“{column.heading}”列"
            text = f"{place}：{shown(literal)} 已经包括在其他条件中"
            yield text, "请删除多余的条件；千位不加逗号，例如 1000"
            return


def _says(test: feel.Test, value: object) -> bool:
    try:
        return test(value)
    except feel.FeelError:  # kinds that are mixed in one column are told by `_input`
        return False


@insists("E_OUTPUT_VALUE")
def _outputs(
    where: str, columns: tuple[Column, ...], outputs: tuple[object, ...]
) -> Iterator[Finding]:
    for column, value in zip(columns, outputs, strict=True):
        if reason := column.refusal(value):
            yield _cell(where, column, reason, value)


def _cell(where: str, column: Column, reason: str, value: object) -> Finding:
    text = f"{where}“{column.heading}”列：{reason}"
    if column.type is not None and not column.is_of_type(value):
        name, example = TITLES[column.type], _EXAMPLES[column.type]
        return text, f"该列的类型是{name}（{column.type}），请写成 {example} 这样"
    known = [str(word) for word in column.named if isinstance(word, str)]
    close = get_close_matches(value, known, n=1, cutoff=0.5) if isinstance(value, str) else []
    hint = f"是不是 {close[0]}？" if close else ""
    return text, f"{hint}允许的值：{'、'.join(map(shown, column.named))}"


@insists("E_INPUT_COLUMN")
def _input(table: Table, index: int, expression: Expression) -> Iterator[Finding]:
    name = expression.source
    called = {
        node.func.id
        for node in ast.walk(expression.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    for function in sorted(called - {"len"}):
        yield f"输入列“{name}”不能调用 {function}", "决策表只能用变量和 len，请先由操作得出该值"
    first: dict[str, int] = {}  #: kind → the first rule that has it
    for rule in table.rules:
        for literal in feel.literals(rule.cells[index]):
            if literal is not None:
                first.setdefault(_kind(literal), rule.number)
    if len(first) > 1 and table.read[index].type is None:
        mixed = "、".join(f"{kind}（第 {number} 条规则）" for kind, number in first.items())
        yield f"输入列“{name}”中混有{mixed}", "一列只能比较一种值，请改成同一种"


def _kind(value: object) -> str:
    return next((word for kind, word in _KINDS if isinstance(value, kind)), "空")
