"""Hours of continuing education of a new profession: the numbers of its table, asked one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from casework.studio.new_types.beginning import AnswerRefused
from engine.language.xml import read_xml
from professions.folders import EXAMPLES

TABLE = "continuing_education"
PATH, STORIES = f"{TABLE}.dmn", f"{EXAMPLES}/tables/{TABLE}.json"
_MOST = 9999


@dataclass(frozen=True, kw_only=True)
class Hours:
    """One number of the table: what a rule demands."""

    id: str  #: of the cell
    rule: str  #: what the rule says of itself
    column: str  #: label of the output
    variable: str  #: its name
    value: int

    @property
    def kind(self) -> str:
        """The first word of the column, with which texts name these hours: 必修.

        >>> Hours(id="a", rule="", column="必修学时下限", variable="compulsory_min", value=60).kind
        '必修'
        """
        return self.column.partition("学时")[0]


def of(content: bytes) -> list[Hours]:
    """Return the numbers above 0 that the rules demand, in their order. Raises XmlRefused."""
    return [hours for hours, _ in _cells(read_xml(content)) if hours.value > 0]


def _cells(root: etree._Element) -> Iterator[tuple[Hours, etree._Element]]:
    columns = list(root.iterfind(".//{*}decisionTable/{*}output"))
    for row, rule in enumerate(root.iterfind(".//{*}decisionTable/{*}rule"), 1):
        about = rule.findtext("{*}description") or f"第{row}条规则"
        for column, entry in zip(columns, rule.iterfind("{*}outputEntry"), strict=False):
            text = entry.find("{*}text")
            said = "" if text is None else (text.text or "").strip()
            if column.get("typeRef") == "number" and text is not None and said.isdecimal():
                name = column.get("name", "")
                hours = Hours(
                    id=entry.get("id", ""),
                    rule=about,
                    column=column.get("label") or name,
                    variable=name,
                    value=int(said),
                )
                yield hours, text


def changes(files: Mapping[str, bytes], answers: Mapping[str, str]) -> dict[str, bytes]:
    """Return the table with other numbers, and what its examples say where that is one for all.

    `files` are all of the draft, also its scenarios; `answers` go by the id of a cell. Raises
    AnswerRefused, XmlRefused.
    """
    content = files[PATH]
    becomes: dict[tuple[str, int], set[int]] = {}
    for hours in of(content):
        typed = answers.get(hours.id, str(hours.value)).strip()
        if not (typed.isascii() and typed.isdecimal() and len(typed) < 5 and int(typed) <= _MOST):
            name = f"{hours.rule}：{hours.column}"
            raise AnswerRefused(hours.id, name=name, value=typed[:20], why="应为0至9999的整数")
        becomes.setdefault((hours.variable, hours.value), set()).add(int(typed))
        if int(typed) != hours.value:
            content = _put(content, hours, typed)
    written = {PATH: content}
    if STORIES in files:
        stories = files[STORIES]
        for (name, value), new in becomes.items():
            if len(new) == 1:
                was, now = f'"{name}": {value}', f'"{name}": {new.pop()}'
                stories = re.sub(rb"%s(?![0-9])" % was.encode(), now.encode(), stories)
        written[STORIES] = stories
    return {path: text for path, text in written.items() if files[path] != text}


def _put(content: bytes, hours: Hours, typed: str) -> bytes:
    """Write one cell anew, every other byte as it was."""
    cell = rb'(\bid="%s"[^>]*>\s*<[^>]*>)\s*%d\s*(<)' % (re.escape(hours.id.encode()), hours.value)
    return re.sub(cell, rb"\g<1>%s\g<2>" % typed.encode(), content, count=1)
