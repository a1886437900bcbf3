"""How cases flow: a heat map of a version and period, a funnel, why cases came back, one way."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from casework.published import contents, seen, waiting
from casework.published.contents import Contents, Diagram
from casework.tallies import Tally
from engine import flow
from engine.flow import Passage
from professions.manifests import MatterOffer
from refusals.refusal import NotFound
from registry import readings
from registry.law.calendars import shanghai_day
from web.extensions import db, office
from web.lists.exports import MARK
from web.studio.versions import looked_at
from web.visitors import access
from web.visitors.files import send

bp = Blueprint("studio_flow", __name__, url_prefix="/studio")

USUAL_DAYS = 90
COLUMNS = ("环节", "现在等待", "经过次数", "经过申请", "停留中位数", "九成不超过")
_HOURS, _DAYS = 3600.0, 86400.0
_KINDS = {
    "STARTED": "开始",
    "TASK": "办理",
    "MESSAGE": "收到消息",
    "TIMER": "到期",
    "JOB": "系统处理",
    "SKIPPED": "跳过",
    "REARMED": "期限重算",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """A node in the table of a heat map."""

    node: str
    name: str
    waiting: int
    passage: Passage

    @property
    def cells(self) -> list[str]:
        """Return what stands in the columns."""
        passage = self.passage
        numbers = (self.waiting, passage.passed, passage.cases)
        return [self.name, *map(str, numbers), lasted(passage.median_s), lasted(passage.late_s)]


_NEVER = Passage(passed=0, cases=0, median_s=None, late_s=None)


def lasted(seconds: float | None) -> str:
    """Write how long something took.

    >>> lasted(None), lasted(50), lasted(7200), lasted(864000)
    ('—', '不到1分钟', '2小时', '10日')
    """
    if seconds is None:
        return "—"
    if seconds < 60:
        return "不到1分钟"
    if seconds < _HOURS:
        return f"{seconds / 60:.0f}分钟"
    return f"{seconds / _HOURS:.0f}小时" if seconds < 2 * _DAYS else f"{seconds / _DAYS:.0f}日"


@bp.get("/versions/<version>/flow/<process>")
@access.any_officer
def front(version: str, process: str) -> str:
    """Show a diagram coloured by how long its steps take, with the table that says the same."""
    found = looked_at(version)
    diagram, offer = _asked(found, process)
    since, until = _period()
    steps = _steps(found, diagram, since, until)
    session = db.session()
    return render_template(
        "studio/flow.html",
        found=found,
        title=diagram.title,
        drawings=_drawings(found, diagram, _marks(steps)),
        since=since.isoformat(),
        until=until.isoformat(),
        columns=COLUMNS,
        is_behind=flow.is_behind(session),
        counted=_waiting(found, diagram),
        steps=steps,
        funnel=_funnel(steps),
        returns=seen.returns(session, version, offer.code, since, until),
    )


@bp.get("/versions/<version>/flow/<process>.csv")
@access.any_officer
def table(version: str, process: str) -> Response:
    """Give the table as a file."""
    found = looked_at(version)
    diagram, _ = _asked(found, process)
    since, until = _period()
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    writer.writerows(step.cells for step in _steps(found, diagram, since, until))
    content = (MARK + written.getvalue()).encode()
    name = f"{diagram.title}-{since}-{until}.csv"
    return send(content, name, "text/csv; charset=utf-8", hashlib.sha256(content).hexdigest())


@bp.get("/way")
@access.any_officer
def way() -> str | tuple[str, int]:
    """Show the way of one case by its number, without the person whose case it is."""
    number = readings.number(request.args.get("number", ""))
    if not number:
        return render_template("studio/way.html", number="", case=None, faults={})
    try:
        application, stays = seen.way(db.session(), number)
    except NotFound:
        faults = {"number": "没有这个申请编号，请核对后重新填写。"}
        return render_template("studio/way.html", number=number, case=None, faults=faults), 404
    found = looked_at(application.definition)
    offer = found.kind.matter(application.matter)
    diagram, _ = _asked(found, offer.process)
    names = contents.passed_names(office(), found, diagram)
    counts = dict.fromkeys([node for stay in stays for node in stay.nodes], 0)
    for stay in stays:
        for node in stay.nodes:
            counts[node] += 1
    marks = {
        node: {"text": str(count), "title": f"{names[node]}：经过{count}次", "heat": 1}
        for node, count in counts.items()
        if node in names
    }
    return render_template(
        "studio/way.html",
        number=number,
        faults={},
        case=application,
        found=found,
        drawings=_drawings(found, diagram, marks),
        rows=[
            {
                "at": stay.at,
                "what": _KINDS.get(stay.kind, "系统处理"),
                "nodes": "、".join(names[node] for node in stay.nodes if node in names),
                "until_next": lasted(stay.until_next_s),
            }
            for stay in stays
        ],
    )


def _asked(found: Contents, process: str) -> tuple[Diagram, MatterOffer]:
    """Give a diagram that cases of its own run on. Raises: NotFound."""
    offer = next((offer for offer in found.kind.matters if offer.process == process), None)
    diagram = next((one for one in found.diagrams if one.process == process), None)
    if offer is None or diagram is None:
        raise NotFound
    return diagram, offer


def _period() -> tuple[date, date]:
    """Read the period; what is no day, or the wrong way round, is the usual one."""
    today = office().today()
    until = readings.as_day(request.args.get("until")) or today
    since = readings.as_day(request.args.get("since")) or until - timedelta(days=USUAL_DAYS)
    return (since, until) if since <= until else (until, since)


def _waiting(found: Contents, diagram: Diagram) -> Tally[dict[str, int]]:
    return waiting.at_nodes(office(), db.session(), found.row.hash, diagram.process)


def _steps(found: Contents, diagram: Diagram, since: date, until: date) -> list[Step]:
    session, version, process = db.session(), found.row.hash, diagram.process
    passages = flow.passages(session, version, process, since, until, shanghai_day)
    waits = _waiting(found, diagram).value
    names = contents.passed_names(office(), found, diagram)
    return [
        Step(
            node=node,
            name=names[node],
            waiting=waits.get(node, 0),
            passage=passages.get(node, _NEVER),
        )
        for node in names
        if names[node] != node and (node in passages or node in waits)
    ]


def _drawings(
    found: Contents, diagram: Diagram, marks: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Give the diagram, and each that it calls in which something is marked, with their marks."""
    drawings = []
    for part in contents.passed(office(), found, diagram):
        drawn = contents.names(office(), found, part)
        own = {node: mark for node, mark in marks.items() if node in drawn}
        if own or part is diagram:
            drawings.append(
                {
                    "version": found.row,
                    "process": part.process,
                    "title": part.title,
                    "marks": json.dumps(own, ensure_ascii=False),
                }
            )
    return drawings


def _marks(steps: Sequence[Step]) -> dict[str, Mapping[str, Any]]:
    """Colour the steps of people by their median: the quarter that takes longest is the hottest."""
    timed = sorted(step.passage.median_s for step in steps if step.passage.median_s is not None)
    marks: dict[str, Mapping[str, Any]] = {}
    for step in steps:
        median = step.passage.median_s
        heat = 0 if median is None else 1 + timed.index(median) * 4 // len(timed)
        text = str(step.waiting) if step.waiting else ""
        passed = f"经过{step.passage.passed}次，停留中位数{lasted(median)}"
        title = f"{step.name}：{step.waiting}件等待，{passed}"
        marks[step.node] = {"text": text, "title": title, "heat": heat}
    return marks


def _funnel(steps: Sequence[Step]) -> list[tuple[str, int, int]]:
    """Give the steps of people with how many cases came to each, and the share of the most."""
    timed = [step for step in steps if step.passage.cases and step.passage.median_s is not None]
    most = max((step.passage.cases for step in timed), default=0)
    timed.sort(key=lambda step: -step.passage.cases)
    return [
        (step.name, step.passage.cases, round(100 * step.passage.cases / most)) for step in timed
    ]
