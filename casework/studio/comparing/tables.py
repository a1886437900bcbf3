"""A decision table in parts: the table, its columns, and its rows cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from casework.studio.comparing import elements, words
from casework.studio.comparing.difference import Part, Told, told
from casework.studio.comparing.elements import local
from engine.language.xml import read_xml
from professions import vocabulary
from professions.manifests import Clock

_COLUMNS = ("input", "output")
_PARTS = ("definitions", "decision", "rule", *_COLUMNS)
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]\d)")
_CALLED = re.compile(r"\w+")
_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_WORDS = {"-": "任意", "": "任意", "true": "是", "false": "否", "null": "无"}
_UNITS = {"days": "日", "hours": "小时", "seconds": "秒", "minutes": "分钟", "years": "年"}


def differences(before: bytes, after: bytes) -> Iterator[Told]:
    """Yield what differs between two files of tables. Raises XmlRefused."""
    old, new = (_parts(read_xml(data)) for data in (before, after))
    for key, part in new.items():  # a column that came or went is told once, not in every row
        if key in old and "row" in part.facts:
            both = old[key].facts.keys() & part.facts.keys()
            for row in (old[key], part):
                row.facts = {
                    path: fact
                    for path, fact in row.facts.items()
                    if path in both or not path.startswith("cell:")
                }
    for key in old.keys() & new.keys():
        _leave_ids(old[key], new[key])
    drawn = [
        b"".join(etree.tostring(found, method="c14n") for found in root.findall("{*}DMNDI"))
        for root in (read_xml(before), read_xml(after))
    ]
    changes = list(told(old, new))
    yield from changes
    if not changes and drawn[0] != drawn[1]:
        yield Told("", "", "仅图形变更")


def _leave_ids(old: Part, new: Part) -> None:
    """Leave out how parts of a part are called in the file, where they say something else."""
    said = [
        {path: fact.raw for path, fact in part.facts.items() if not path.endswith(_INNER_ID)}
        for part in (old, new)
    ]
    if said[0] != said[1]:
        for part in (old, new):
            part.facts = {
                path: fact for path, fact in part.facts.items() if not path.endswith(_INNER_ID)
            }


_INNER_ID = "@id"


def _parts(root: etree._Element) -> dict[str, Part]:
    found: dict[str, Part] = {"": _part(root, "文件")}
    for decision in root.findall("{*}decision"):
        key = decision.get("id") or ""
        table = found[key] = _part(decision, f"决策表“{decision.get('name') or key}”")
        columns = _columns(decision)
        for name, column in columns.items():
            found[name] = _part(column, f"{_KIND[local(column)]}“{_heading(column)}”列")
        rows = decision.findall("{*}decisionTable/{*}rule")
        names = {}
        for number, row in enumerate(rows, 1):
            name = row.get("id") or f"{key}:{_said(row, 'description') or number}"
            found[name] = _row(number, row, columns)
            names[name] = found[name].name
        table.keep_order("rows", "行的次序", names)
        table.keep_order(
            "columns",
            "列的次序",
            {name: found[name].name for name in columns},
        )
    return found


_KIND = {"input": "输入", "output": "输出"}


def _part(element: etree._Element, name: str) -> Part:
    part = Part(name=name)
    for path, value in elements.facts(element, _is_elsewhere):
        label = next((said for end, said in words.TABLE.items() if path.endswith(end)), path)
        if path == "@name" and local(element) == "output":
            label = "变量名"  # the label is what people call it
        elif path.endswith(_INNER_ID):
            label = "标识"
        part.say(path, label, value, _spelled(path, value))
    if local(element) == "decision" and _POLICY not in part.facts:
        part.say(_POLICY, words.TABLE[_POLICY], "UNIQUE", _spelled(_POLICY, "UNIQUE"))
    return part


_POLICY = "decisionTable@hitPolicy"


def _spelled(path: str, value: str) -> str | None:
    """Write what stands for itself in a code; None: it is written as it is."""
    if path == _POLICY:
        return words.POLICIES.get(value, value)
    if path.endswith("@typeRef"):
        return words.TYPES.get(value, value)
    return None


def _is_elsewhere(element: etree._Element) -> bool:
    return local(element) in (*_PARTS, "DMNDI")


def _columns(decision: etree._Element) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for kind in _COLUMNS:
        for number, column in enumerate(decision.findall(f"{{*}}decisionTable/{{*}}{kind}"), 1):
            found[column.get("id") or f"{decision.get('id')}:{kind}{number}"] = column
    return found


def _said(element: etree._Element, tag: str) -> str:
    child = element.find(f"{{*}}{tag}")
    return "" if child is None else (child.findtext("{*}text") or child.text or "").strip()


def _heading(column: etree._Element) -> str:
    return column.get("label") or column.get("name") or _said(column, "inputExpression")


def _row(number: int, row: etree._Element, columns: Mapping[str, etree._Element]) -> Part:
    note = _said(row, "description")
    part = Part(name=f"第{number}行" + (f"“{note}”" if note else ""))
    part.say("row", "", "row", "")
    part.say("description", "依据和说明", note)
    cells = [
        (cell.findtext("{*}text") or "").strip()
        for kind in _COLUMNS
        for cell in row.findall(f"{{*}}{kind}Entry")
    ]
    names = {name: column.get("name") for name, column in columns.items()}
    said = {names[name] or "": cell for name, cell in zip(columns, cells, strict=False)}
    for (name, column), cell in zip(columns.items(), cells, strict=False):
        part.say(f"cell:{name}", f"“{_heading(column)}”", cell, _shown(column, cell, said))
    for place, cell in enumerate(cells[len(columns) :], 1):
        part.say(f"extra:{place}", f"多余的第{place}格", cell)
    for place, more in enumerate(row.findall("{*}annotationEntry"), 1):
        part.say(f"note:{place}", f"附注{place}", more.findtext("{*}text") or "")
    return part


def _shown(column: etree._Element, cell: str, said: Mapping[str, str]) -> str:
    """Write a cell as people read it, numbers with what they count."""
    if cell in _WORDS:
        return _WORDS[cell] if cell or local(column) == "input" else ""
    if column.get("name") == "days" and "unit" in said and _AMOUNT.fullmatch(cell):
        unit = said["unit"].strip('"')
        one = Clock(days=1, unit=unit, starts_on="", on_expiry="", basis="").words
        return one.replace("1", cell, 1)
    if column.get("name") == "unit" and cell.startswith('"'):
        unit = Clock(days=1, unit=cell.strip('"'), starts_on="", on_expiry="", basis="").words
        return unit.removeprefix("1").removeprefix("个")
    called = _CALLED.findall(column.get("name") or _said(column, "inputExpression"))
    unit = vocabulary.FIGURES.get(called[-1], "") if called else ""
    counts = vocabulary.UNITS[unit][-1] if unit else _counted(called)
    if counts and '"' not in cell:
        return _NUMBER.sub(lambda number: f"{number[0]}{counts}", cell)
    return re.sub(r'"([^"]*)"', r"“\1”", cell)


def _counted(called: list[str]) -> str:
    steps = called[-1].split("_") if called else []
    return next((_UNITS[step] for step in steps if step in _UNITS), "")
