"""What operators see: incidents, to be tried again or skipped, and how the works are doing."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request
from flask import url_for as to
from werkzeug.wrappers import Response

from casework import skips
from casework.keys import stock
from engine.jobs import queue
from engine.tables import Job, JobKind
from refusals.refusal import NotFound
from registry.people import officers
from registry.people.officers import OfficerRole
from registry.trail import skips as requests
from registry.trail.audit import AuditEvent
from registry.versions import Seen
from web.extensions import db, office
from web.operations import trail
from web.process import clocks
from web.ui import trail_words
from web.visitors import access
from web.visitors.seen import acting, version

bp = Blueprint("operations", __name__, url_prefix="/operations")

_ANSWERS = {"retry": skips.retry, "confirm": skips.confirm, "decline": skips.decline}
_DONE = {
    "retry": "已重新安排执行，请稍后刷新查看结果。",
    "skip": "已申请跳过，等待另一名运行维护人员确认。",
    "confirm": "已跳过该步骤，当事人可以在办理记录中看到。",
    "decline": "已撤销跳过的申请，该步骤仍为异常。",
}
_KINDS = {JobKind.SERVICE: "流程步骤", JobKind.TIMER: "定时", JobKind.EFFECT: "后台事务"}


@bp.get("")
@access.officer(OfficerRole.OPERATOR)
def front() -> str:
    """List the incidents, oldest first, and count what waits."""
    return _page()


@bp.post("/incidents/<job_id>")
@access.officer(OfficerRole.OPERATOR)
def settle(job_id: str) -> Response | tuple[str, int]:
    """Try an incident again, ask to skip it, or answer another operator who asked."""
    action, reason = request.form.get("action", ""), request.form.get("reason", "").strip()
    actor = access.visitor().actor
    if db.session.get(Job, job_id) is None or action not in _DONE:
        raise NotFound
    db.session.rollback()
    if action == "skip":
        try:
            skips.ask(office(), job_id, reason, actor)
        except skips.SkipReasonMissing as refusal:
            return _page({f"reason-{job_id}": str(refusal)}), 422
    else:
        place = office() if action == "retry" else acting(Seen.SKIP, job_id)
        _ANSWERS[action](place, job_id, actor)
    flash(_DONE[action], "success")
    return redirect(to("operations.front"), 303)


def _page(faults: dict[str, str] | None = None) -> str:
    session, now = db.session(), office().now()
    asked = requests.waiting(session)
    for job_id in asked:
        version(Seen.SKIP, job_id)
    incidents = queue.incidents(session)
    return render_template(
        "operations/front.html",
        counts=queue.counts(session, now),
        incidents=incidents,
        numbers=trail.case_numbers(job.business_key for job in incidents),
        wrong_clocks=clocks.troubles(office(), session),
        late_keys=stock.of(office(), now).late,
        asked=asked,
        names=officers.names(session, [_id(request.asked_by) for request in asked.values()]),
        me=access.visitor().actor.id,
        officer_id=_id,
        rule_of=skips.rule_of,
        kinds=_KINDS,
        work=trail_words.work,
        events=trail.rows(_latest_events()),
        faults=faults or {},
        typed=request.form,
    )


def _id(actor: str) -> str:
    return actor.removeprefix("officer:")


def _latest_events() -> Sequence[AuditEvent]:
    newest = sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(20)
    return db.session.scalars(newest).all()
