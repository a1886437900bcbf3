"""A decision table as people read it, and what it says of values that somebody tries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request

from casework import why
from engine.errors import DecisionFailed
from engine.language import columns
from engine.language.columns import BOOLEAN, DATE, NUMBER, TITLES, Column
from engine.language.decisions import AGGREGATES, Answer, Table, Verdict
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry import readings
from web.studio.versions import looked_at
from web.visitors import access

bp = Blueprint("studio_tables", __name__, url_prefix="/studio/versions/<version>/tables")

POLICIES = {
    "UNIQUE": "唯一：只能有一条规则适用",
    "FIRST": "首条：取第一条适用的规则",
    "ANY": "一致：适用的规则结论须相同",
    "PRIORITY": "优先：取结论最优先的规则",
    "COLLECT": "收集：列出所有适用的规则",
    "RULE ORDER": "依规则次序列出所有适用的规则",
    "OUTPUT ORDER": "依结论次序列出所有适用的规则",
}
_AGGREGATIONS = dict(zip(AGGREGATES, ("求和", "取最小", "取最大", "计数"), strict=True))


class NotOfType(Refusal):
    """“{heading}”应填写{wanted}，例如{example}。"""

    code = "E_VALUE_NOT_OF_TYPE"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A column of the form in which values are tried."""

    name: str
    column: Column
    typed: str
    cells: tuple[str, ...]  #: what the rules ask of it

    @property
    def hint(self) -> str:
        """Return what the rules ask, for whom does not know the codes."""
        asked = dict.fromkeys(cell.strip() for cell in self.cells if cell.strip() not in ("", "-"))
        return f"规则中写的是：{'、'.join(asked)}" if asked else ""

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Return what may be chosen; empty when it is typed."""
        if self.column.type == BOOLEAN:
            return [("", "（空）"), ("true", "是"), ("false", "否")]
        if self.column.named:
            return [
                ("", "（空）"),
                *((str(value), why.words(value)) for value in self.column.named),
            ]
        return []

    @property
    def title(self) -> str:
        """Return the heading with the type."""
        kind = TITLES.get(self.column.type or "", "任意")
        return f"{self.column.heading}（{kind}）"

    def value(self) -> Any:
        """Read what was typed. Raises: NotOfType."""
        text = self.typed.strip()
        if not text:
            return None
        if self.column.type == BOOLEAN:
            return text == "true"
        if self.column.type == NUMBER:
            return self._number(text)
        if self.column.type == DATE and readings.as_day(text) is None:
            raise NotOfType(
                self.name, heading=self.column.heading, wanted="日期", example="2026-01-31"
            )
        return text

    def _number(self, text: str) -> int | float:
        try:
            number = float(readings.amount(text))
            return int(number) if number.is_integer() else number
        except (ValueError, OverflowError):
            raise NotOfType(
                self.name, heading=self.column.heading, wanted="数", example="30"
            ) from None


@bp.get("/<table>")
@access.any_officer
def front(version: str, table: str) -> str | tuple[str, int]:
    """Show a table; with values in the address, the row that fires and why the others do not."""
    found = looked_at(version)
    read = next((pair for pair in found.tables if pair[0].id == table), None)
    if read is None:
        raise NotFound
    drawn, file = read
    entries = [
        Entry(
            name=f"value-{place}",
            column=column,
            typed=request.args.get(f"value-{place}", ""),
            cells=tuple(rule.cells[place] for rule in drawn.rules),
        )
        for place, column in enumerate(drawn.read)
    ]
    is_tried = any(entry.name in request.args for entry in entries)
    faults, answer, verdicts = _try(drawn, entries) if is_tried else ({}, None, [])
    page = render_template(
        "studio/table.html",
        found=found,
        table=drawn,
        origin=found.origins.get(file, ""),
        policy=_policy(drawn),
        entries=entries,
        is_tried=is_tried,
        faults=faults,
        answer=None if answer is None else why.words(why.named(drawn, answer.value)),
        fired=() if answer is None else answer.rows,
        verdicts={verdict.rule.number: _why(drawn, verdict, entries) for verdict in verdicts},
        allowed=[_allowed(column) for column in (*drawn.read, *drawn.said)],
        types=[TITLES.get(column.type or "", "任意") for column in (*drawn.read, *drawn.said)],
        headings=[column.heading for column in (*drawn.read, *drawn.said)],
    )
    return (page, 422) if faults else page


def _try(
    table: Table, entries: list[Entry]
) -> tuple[dict[str, Fault], Answer | None, list[Verdict]]:
    faults, values = dict[str, Fault](), []
    for entry in entries:
        try:
            values.append(entry.value())
        except NotOfType as refusal:
            faults[entry.name] = Fault.of(refusal)
    if faults:
        return faults, None, []
    try:
        answer = table.answer(values)
        return {}, answer, table.verdicts(values)
    except DecisionFailed as refusal:
        return {entries[0].name if entries else "": Fault.of(refusal)}, None, []


def _why(table: Table, verdict: Verdict, entries: list[Entry]) -> str:
    """Say why a row does not apply; empty when it does."""
    place = verdict.failed
    if place is None:
        return ""
    cell, heading = verdict.rule.cells[place].strip(), table.read[place].heading
    value = entries[place].value()
    tried = why.words(value)
    if isinstance(value, str) and tried != value:
        tried = f"{tried}（{value}）"  # the cell says it in code
    return f"“{heading}”要求 {cell}，试的是 {tried}"


def _policy(table: Table) -> str:
    words = POLICIES[table.policy]
    return f"{words}，{_AGGREGATIONS[table.aggregation]}" if table.aggregation else words


def _allowed(column: Column) -> str:
    return "、".join(map(columns.shown, column.named))
