"""What is wrong with a decision table beyond its cells, found before the table is deployed.

Each cell may be sound by itself and the table still fail with every case: a column of texts in
which one row tests a number, a sum of texts, an input that calls what only a timer may call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date

from engine.language import feel
from engine.language.decisions import Table
from engine.language.expressions import Expression

MAX_RULES = 500  #: more nobody can read; every rule is held against every other
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "是非"),  # before numbers: Python's truth values are numbers too
    (int, "数"),
    (float, "数"),
    (str, "文字"),
    (date, "日期"),
)

Finding = tuple[str, str]  #: what is wrong, what to do


def check(table: Table) -> Iterator[Finding]:
    """Yield what would stop the table from answering."""
    if not _NAME.fullmatch(table.id):
        text = f"决策的标识“{table.id}”不能作为变量名"
        yield text, "请以字母开头，只用字母、数字和下划线"
    if len(table.rules) > MAX_RULES:
        yield f"规则超过 {MAX_RULES} 条", "请拆成几张表"
        return
    for index, expression in enumerate(table.inputs):
        yield from _input(table, index, expression)
    if table.aggregation in ("SUM", "MIN", "MAX"):
        for rule in table.rules:
            if not all(_kind(value) == "数" for value in rule.outputs):
                text = f"第 {rule.number} 条规则的输出不是数，不能汇总（{table.aggregation}）"
                yield text, "请改写输出，或者去掉汇总"


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
    if len(first) > 1:
        mixed = "、".join(f"{kind}（第 {number} 条规则）" for kind, number in first.items())
        yield f"输入列“{name}”中混有{mixed}", "一列只能比较一种值，请改成同一种"


def _kind(value: object) -> str:
    return next((word for kind, word in _KINDS if isinstance(value, kind)), "空")
