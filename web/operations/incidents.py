"""What operators see: incidents, to be tried again or skipped, and how the works are doing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, request
from flask import url_for as to
from werkzeug.wrappers import Response

from casework import skips
from casework.keys import stock
from casework.office import Office
from casework.privacy import bulk_reads
from engine.jobs import queue
from engine.tables import Job, JobKind, JobState
from refusals.faults import Fault
from refusals.refusal import NotFound
from registry import readings
from registry.applications.applications import Application
from registry.people import officers
from registry.people.officers import OfficerRole
from registry.trail import skips as requests
from registry.trail.audit import AuditEvent
from registry.trail.skips import Skip
from registry.versions import Seen
from web.extensions import db, office
from web.lists import pages as listed
from web.lists.listing import Column, Empty, Filter, Listing, Row, Search, Sort
from web.operations import trail
from web.process import clocks
from web.ui import trail_words
from web.visitors import access, once_more
from web.visitors.seen import acting, version

bp = Blueprint("operations", __name__, url_prefix="/operations")

_ANSWERS = {"retry": skips.retry, "confirm": skips.confirm, "decline": skips.decline}
_DONE = {
    "retry": "已重新安排执行，请稍后刷新查看结果。",
    "skip": "已申请跳过，等待另一名运行维护人员确认。",
    "confirm": "已跳过该步骤，当事人可以在办理记录中看到。",
    "decline": "已撤销跳过的申请，该步骤仍为异常。",
}
_ASKED = "等待确认跳过"
_KINDS = {JobKind.SERVICE: "流程步骤", JobKind.TIMER: "定时", JobKind.EFFECT: "后台事务"}


@bp.get("")
@access.officer(OfficerRole.OPERATOR)
def front() -> Response | str | tuple[str, int]:
    """List the incidents, oldest first, and count what waits."""
    return _page()


@bp.post("/incidents/<job_id>")
@access.officer(OfficerRole.OPERATOR)
def settle(job_id: str) -> Response | str | tuple[str, int]:
    """Try an incident again, ask to skip it, or answer another operator who asked."""
    action, reason = request.form.get("action", ""), request.form.get("reason", "").strip()
    actor = access.visitor().actor
    if db.session.get(Job, job_id) is None or action not in _DONE:
        raise NotFound
    db.session.rollback()
    if action == "skip":
        try:
            skips.ask(office(), job_id, reason, actor)
        except (skips.SkipReasonMissing, skips.SkipAsked) as refusal:
            return _page(Fault.by_field(refusal))
    else:

        def act(place: Office) -> None:
            _ANSWERS[action](place, job_id, actor)

        place = office() if action == "retry" else acting(Seen.SKIP, job_id)
        if action == "confirm" and (
            asks := once_more.unanswered(
                act,
                place,
                "跳过该步骤",
                "跳过后该步骤不再执行，案件继续向下办理，不能恢复。",
                yes="确认跳过",
                back=to("operations.front"),
            )
        ):
            return asks
        act(place)
    flash(_DONE[action], "success")
    return redirect(to("operations.front"), 303)


def _page(faults: dict[str, str] | None = None) -> Response | str | tuple[str, int]:
    session, now = db.session(), office().now()
    asked = requests.waiting(session)
    return listed.show(
        _list(asked),
        "operations/front.html",
        status=422 if faults else 200,
        counts=queue.counts(session, now),
        wrong_clocks=clocks.troubles(office(), session),
        late_keys=stock.of(office(), now).late,
        alarms=trail.rows(bulk_reads.alarms(session, now)),
        names=officers.names(session, [_id(request.asked_by) for request in asked.values()]),
        me=access.visitor().actor.id,
        officer_id=_id,
        events=trail.rows(_latest_events()),
        faults=faults or {},
        typed=request.form,
    )


def _list(asked: Mapping[str, Skip]) -> Listing:
    """List what could not be done, the oldest first; `asked` are the skips that wait."""
    return Listing(
        key="incidents",
        caption="异常",
        query=sa.select(Job.id).where(Job.state == JobState.DEAD),
        id=Job.id,
        rows=lambda ids: _rows(ids, asked),
        columns=[
            Column(key="work", head="步骤", note="operation", note_head="代码"),
            Column(key="no", head="申请", classes="fold__number"),
            Column(key="attempts", head="尝试次数"),
            Column(key="created_at", head="产生时间", kind="moment"),
            Column(key="skip", head="跳过"),
            Column(key="error", head="技术信息"),
        ],
        sorts=[
            Sort(key="oldest", label="最早的在前", by=Job.due_at.expression),
            Sort(key="newest", label="最近的在前", by=Job.due_at.expression, descending=True),
        ],
        search=Search(
            label="查找",
            hint="申请编号或者步骤的代码，须完整",
            where=lambda typed: sa.or_(
                Job.operation == readings.line(typed),
                Job.business_key.in_(
                    sa.select(Application.id).where(Application.no == readings.number(typed))
                ),
            ),
        ),
        filters=[
            Filter(
                key="kind",
                label="类别",
                choices=[(kind.value, label) for kind, label in _KINDS.items()],
                where=lambda word: Job.kind == word,
            ),
            Filter(
                key="skip",
                label="跳过",
                choices=[("asked", _ASKED), ("none", "没有人申请")],
                where=lambda word: Job.id.in_(asked) if word == "asked" else Job.id.not_in(asked),
            ),
        ],
        empty=Empty(text="没有需要处理的异常。", advice="步骤多次尝试仍未完成的，会出现在这里。"),
    )


def _rows(ids: Sequence[str], asked: Mapping[str, Skip]) -> dict[str, Row]:
    jobs = db.session().scalars(sa.select(Job).where(Job.id.in_(ids))).all()
    numbers = trail.case_numbers(job.business_key for job in jobs)
    for job_id in asked.keys() & set(ids):
        version(Seen.SKIP, job_id)
    return {
        job.id: {
            "id": job.id,
            "work": f"{_KINDS[JobKind(job.kind)]}：{trail_words.work(job.operation)}",
            "operation": job.operation,
            "no": numbers.get(job.business_key or ""),
            "attempts": str(job.attempts),
            "created_at": job.created_at,
            "error": job.error,
            "skip": _ASKED if job.id in asked else None,
            "rule": skips.rule_of(job),
            "request": asked.get(job.id),
        }
        for job in jobs
    }


def _id(actor: str) -> str:
    return actor.removeprefix("officer:")


def _latest_events() -> Sequence[AuditEvent]:
    newest = sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(20)
    return db.session.scalars(newest).all()
