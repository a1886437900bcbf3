"""Tables are as the house asks them: how many answers, what they read, which words they say.

What the house expects stands in `vocabulary.toml`. A column that reads a variable of the case is
held against what that variable can be, in whichever table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from engine.language import columns, feel
from engine.language.columns import Column, shown
from engine.language.decisions import SEVERAL, Table
from engine.language.nearest import hint
from engine.language.parsing import Sources
from engine.lint import gaps
from professions import vocabulary
from professions.checks.conditions import Meaning
from professions.kinds import ANYTHING, Kind
from professions.vocabulary import SHAPES, Shape
from refusals.rules import insists

Finding = tuple[str, str, str, str]  #: file, element, what is wrong, what to do

_TYPES = {"words": columns.STRING, "text": columns.STRING, "number": columns.NUMBER}
_TYPES["flag"] = columns.BOOLEAN
_MISSING = "请增加规则，或者最后加一条输入全部为“-”的规则"


def faults(
    sources: Sources, broken: frozenset[str], everything: Mapping[str, Kind]
) -> Iterator[Finding]:
    """Yield where tables are not as they are asked; of `broken` ones gaps are not sought.

    `everything` tells what the variables of cases may be.
    """
    for name, table in sources.tables.items():
        shape = SHAPES.get(name)
        given = everything if shape is None or shape.given is None else shape.given
        told = [*_of_table(table, shape, given)]
        for text, remedy in told or (() if name in broken else _gaps(table, shape, given)):
            yield sources.table_files[name], name, text, remedy


@insists("E_COLUMN_READS")
def _of_table(
    table: Table, shape: Shape | None, given: Mapping[str, Kind]
) -> Iterator[tuple[str, str]]:
    if shape is not None:
        yield from _answers(table, shape)
    for index, column in enumerate(table.read):
        if shape is not None and shape.given is not None:
            for name in sorted(table.inputs[index].names - shape.given.keys()):
                known = "、".join(sorted(shape.given))
                yield f"变量“{name}”没有来源", f"{hint(name, shape.given)}此表可以读：{known}"
        kind, wrong = _kind(table, index, given)
        yield from wrong
        if not wrong:
            yield from _heading(column, kind)
            yield from _cells(table, index, column, kind)
    for index, output in enumerate(table.outputs):
        if shape is None:
            continue
        expected = shape.outputs.get(output) or (
            next(iter(shape.outputs.values())) if len(table.outputs) == 1 else ANYTHING
        )
        yield from _heading(table.said[index], expected)
        yield from _says(table, index, expected)
        yield from _says_all(table, index, expected, shape)


@insists("E_TABLE_SHAPE")
def _answers(table: Table, shape: Shape) -> Iterator[tuple[str, str]]:
    """Insist on one answer or a list, and on the columns that are read of it."""
    if shape.is_list and (table.policy not in SEVERAL or table.aggregation):
        text = f"命中策略 {table.policy} 只给出一个结果，办理时要的是全部理由"
        yield text, "请把命中策略（hitPolicy）改为 COLLECT，不要汇总"
    if not shape.is_list and table.policy in SEVERAL:
        text = f"命中策略 {table.policy} 给出列表，办理时只要一个结果"
        yield text, "请把命中策略（hitPolicy）改为 FIRST 或者 UNIQUE"
    missing = sorted(shape.outputs.keys() - set(table.outputs) - shape.optional)
    if missing:
        close = [hint(name, set(table.outputs) - shape.outputs.keys()) for name in missing]
        text = f"决策表没有输出列 {'、'.join(missing)}"
        asked = "".join(close).replace("是不是", "是不是写成了")
        yield text, f"{asked}请补上该列，列名（name）不能改"
    elif len(shape.outputs) == 1 and len(table.outputs) > 1:
        text = f"决策表多了输出列 {'、'.join(sorted(set(table.outputs) - shape.outputs.keys()))}"
        yield text, "办理时只读一列，请删除多余的列"


def _kind(
    table: Table, index: int, given: Mapping[str, Kind]
) -> tuple[Kind, list[tuple[str, str]]]:
    """Give what a column can read, and what is wrong with what it reads."""
    meaning = Meaning(given)
    kind = meaning.kind(table.inputs[index].tree)
    heading, declared = table.read[index].heading, table.read[index].type
    wrong = [(f"“{heading}”列：{text}", remedy) for text, remedy in meaning.findings]
    wanted = _TYPES.get(kind.name)
    if kind.name in ("record", "items"):
        remedy = "请写到项，例如 form.days" if kind.keys else "请改读其他变量"
        wrong.append((f"“{heading}”列：{table.inputs[index].source} 是{kind.title}", remedy))
    elif declared not in (None, wanted) and wanted is not None and not _is_day(declared, kind):
        told = f"类型是 {declared}，所读的是{kind.title}"
        wrong.append((f"“{heading}”列：{told}", f"请把类型（typeRef）改为 {wanted}"))
    return kind, wrong


def _is_day(declared: str | None, kind: Kind) -> bool:
    return declared == columns.DATE and kind.name == "text"


@insists("E_UNIT")
def _heading(column: Column, kind: Kind) -> Iterator[tuple[str, str]]:
    """Insist that the heading of a figure counts in the figure's unit."""
    if other := vocabulary.other_unit(column.heading, kind.unit):
        own = vocabulary.UNITS[kind.unit][0]
        text = f"“{column.heading}”列：标题以“{other}”计，办理时以“{own}”计"
        yield text, f"请改正标题；数值须换算为“{own}”"


@insists("E_CELL_WORD")
def _cells(table: Table, index: int, column: Column, kind: Kind) -> Iterator[tuple[str, str]]:
    """Insist that cells compare with what can come; what the column refuses is told by `lint`."""
    for rule in table.rules:
        for literal in feel.literals(rule.cells[index]):
            if column.refusal(literal) is None and (fault := refusal(kind, literal)):
                text, remedy = fault
                place = f"第 {rule.number} 条规则“{column.heading}”列"
                yield f"{place}：{column_reads(table, index)}不会是{text}", remedy
                break


def column_reads(table: Table, index: int) -> str:
    """Name what a column reads."""
    return f"“{table.inputs[index].source}”"


def refusal(kind: Kind, value: object) -> tuple[str, str] | None:
    """Say why `value` cannot be of `kind`, with the remedy; None when it can.

    >>> from professions.vocabulary import kind
    >>> refusal(kind("matter"), "INITAL")[1].split("？")[0]
    '是不是 INITIAL'
    """
    if value is None or kind == ANYTHING:
        return None
    if kind.words:
        if isinstance(value, str) and value in kind.words:
            return None
        close = hint(value, kind.words, cutoff=0.5) if isinstance(value, str) else ""
        known = "、".join(word or '""' for word in sorted(kind.words))
        return shown(value), f"{close}请用：{known}"
    is_of = {"flag": bool, "number": (int, float), "text": str}.get(kind.name)
    if is_of is None:
        return None
    if isinstance(value, is_of) and isinstance(value, bool) == (kind.name == "flag"):  # type: ignore[arg-type]  # types
        return None
    if kind.name == "text" and not isinstance(value, (bool, int, float)):  # a day
        return None
    example = {
        "flag": "true 或者 false，不加引号",
        "number": "数，不加引号",
        "text": "带双引号的文字",
    }
    return shown(value), f"应是{kind.title}，请写{example[kind.name]}"


@insists("E_OUTPUT_WORD")
def _says(table: Table, index: int, kind: Kind) -> Iterator[tuple[str, str]]:
    """Insist that outputs say words that the house knows."""
    column = table.said[index]
    rows = [
        (f"第 {rule.number} 条规则", rule.outputs[index], rule.said[index]) for rule in table.rules
    ]
    if table.defaults is not None:
        rows.append(("缺省的输出", table.defaults[index], "…"))
    for where, value, text in rows:
        place = f"{where}“{column.heading}”列"
        if value is None and text.strip() and not kind.or_null and kind != ANYTHING:
            yield f"{place}：办理时不能没有值（null）", f"请填写{kind.title}"
        elif column.refusal(value) is None and (fault := refusal(kind, value)):
            yield f"{place}：办理时不认识 {fault[0]}", fault[1]


@insists("E_OUTPUT_LACKS")
def _says_all(table: Table, index: int, kind: Kind, shape: Shape) -> Iterator[tuple[str, str]]:
    said = {str(rule.outputs[index]) for rule in table.rules}
    if not shape.says_all or said - kind.words:  # a misspelt one is told
        return
    for word in sorted(kind.words - said):
        text = f"没有规则给出“{table.said[index].heading}” {word}"
        yield text, "请补上这条规则，没有它就不会再有这一结果"


@insists("E_TABLE_GAP")
def _gaps(
    table: Table, shape: Shape | None, given: Mapping[str, Kind]
) -> Iterator[tuple[str, str]]:
    if shape is not None and shape.is_lookup:
        return
    domains = []
    for index in range(len(table.inputs)):
        kind, _ = _kind(table, index, given)
        domain = [True, False] if kind.name == "flag" else sorted(kind.words)
        domains.append(tuple([*domain, None] if kind.or_null and domain else domain))
    yield from _gap(table, tuple(domains))


@lru_cache(maxsize=256)
def _gap(table: Table, domains: tuple[tuple[object, ...], ...]) -> tuple[tuple[str, str], ...]:
    known = {index: domain for index, domain in enumerate(domains) if domain}
    try:
        gap = gaps.gap(table, known)
    except gaps.TooMuch:
        text = f"规则组合过多，无法判断是否有遗漏（{table.policy}）"
        return ((text, "请最后加一条输入全部为“-”的规则，或者拆成几张表"),)
    if gap is None:
        return ()
    example = "，".join(
        f"{column.heading} = {_example(value)}"
        for index, (column, value) in enumerate(zip(table.read, gap, strict=True))
        if any(place == index for rule in table.rules for place, _ in rule.tests)
    )
    return ((f"有的输入没有规则适用（{table.policy}），例如 {example}", _MISSING),)


def _example(value: object) -> str:
    if isinstance(value, str) and "\u0000" in value:
        return "其他文字"
    return shown(value)
