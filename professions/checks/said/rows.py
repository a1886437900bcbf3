"""What tables say to their readers: headings and descriptions, held against the cells.

An officer reads the description of a row as its meaning, and the list of automatic judgements is
made of it: a row that says the opposite of what it gives misleads both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from engine.language import feel
from engine.language.decisions import Rule, Table
from engine.language.parsing import Sources
from engine.language.xml import root_of
from professions import vocabulary
from refusals.rules import insists

Placed = tuple[str, str, str, str]  #: file, element, what is wrong, what to do

_NOT = re.compile("未|没有|无|非|不(?!予)")
_COUNTED = re.compile("([0-9]{1,6}) ?(秒|分钟|次)")
_SECONDS = {"秒": 1, "分钟": 60, "次": 1}


def faults(sources: Sources, files: Mapping[str, bytes]) -> Iterator[Placed]:
    """Yield headings and descriptions that say something else than the cells."""
    for name, table in sources.tables.items():
        path = sources.table_files[name]
        told = [*_headings(table), *_described(table, root_of(files[path]))]
        yield from ((path, name, text, remedy) for text, remedy in told)


@insists("E_TABLE_SAYS")
def _headings(table: Table) -> Iterator[tuple[str, str]]:
    """Insist that a column of truths is called by what is true."""
    for column in (*table.read, *table.said):
        if column.type == "boolean" and _NOT.match(column.heading):
            text = f"“{column.heading}”列是真假，标题却从反面说"
            yield text, "请从正面写标题，例如“逾期”，不写“未逾期”"


def _described(table: Table, root: etree._Element) -> Iterator[tuple[str, str]]:
    rows = [row for decision in _decisions(root, table.id) for row in decision.iter("{*}rule")]
    for rule, row in zip(table.rules, rows, strict=False):
        said = (row.findtext("{*}description") or "").strip()
        yield from _truths(table, rule, said)
        yield from _words(rule, said)
    for decision in _decisions(root, table.id):
        cells = " ".join(map(str, decision.find("{*}decisionTable").itertext()))  # type: ignore[union-attr]  # it was read
        yield from _numbers(table, decision.findtext("{*}description") or "", cells)


def _decisions(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return (decision for decision in root.iter("{*}decision") if decision.get("id") == name)


@insists("E_TABLE_SAYS")
def _truths(table: Table, rule: Rule, said: str) -> Iterator[tuple[str, str]]:
    """Insist that a description which names a column of truths says what the row gives."""
    for column, value in zip(table.said, rule.outputs, strict=True):
        found = re.search(f"(未|不|非|没有|不是)?{re.escape(column.heading)}", said)
        if not isinstance(value, bool) or found is None:
            continue
        if value is (found[1] is not None):
            given = "true" if value else "false"
            text = f"第 {rule.number} 条规则的说明写的是“{found[0]}”，“{column.heading}”是 {given}"
            yield text, "请改正说明，或者改正输出"


@insists("E_TABLE_SAYS")
def _words(rule: Rule, said: str) -> Iterator[tuple[str, str]]:
    given = [value for value in rule.outputs if value in vocabulary.WORDS_CALLED]
    own = [word for value in given for word in vocabulary.WORDS_CALLED[str(value)]]
    others = [word for words in vocabulary.WORDS_CALLED.values() for word in words if word in said]
    if given and others and not any(word in said for word in own):
        text = f"第 {rule.number} 条规则的说明写的是“{others[0]}”，结果是 {given[0]}"
        yield text, "请改正说明，或者改正输出"


@insists("E_TABLE_SAYS")
def _numbers(table: Table, said: str, cells: str) -> Iterator[tuple[str, str]]:
    """Insist that the numbers of a description stand in the cells, as seconds or as they are."""
    compared = {
        float(value)
        for rule in table.rules
        for cell in rule.cells
        for value in feel.literals(cell)
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    known = compared | {float(number) for number in re.findall("[0-9]+", cells)}
    for number, unit in _COUNTED.findall(said) if compared else ():
        if not {float(number), float(number) * _SECONDS[unit]} & known:
            text = f"说明写的是 {number} {unit}，表中没有这个数"
            yield text, "请改成同一个数"
