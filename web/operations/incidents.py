"""What operators see: incidents, to be tried again or skipped, and how the works are doing."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request
from flask import url_for as to
from werkzeug.wrappers import Response

from casework.keys import stock
from engine.jobs import queue
from engine.tables import Job, JobKind
from refusals.refusal import NotFound, Refusal
from registry.people.officers import OfficerRole
from registry.trail import audit
from registry.trail.audit import AuditEvent
from storage.database import writing
from web.extensions import db, office
from web.visitors import access

bp = Blueprint("operations", __name__, url_prefix="/operations")

_SHORTEST_REASON = 5
_KINDS = {JobKind.SERVICE: "流程步骤", JobKind.TIMER: "定时", JobKind.EFFECT: "后台事务"}


class SkipReasonMissing(Refusal):
    """请填写跳过该任务的原因（至少5个字），原因将记入审计日志。"""

    code = "E_SKIP_REASON"


@bp.get("")
@access.officer(OfficerRole.OPERATOR)
def front() -> str:
    """List the incidents, oldest first, and count what waits."""
    return _page()


@bp.post("/incidents/<job_id>")
@access.officer(OfficerRole.OPERATOR)
def settle(job_id: str) -> Response | tuple[str, int]:
    """Try an incident again, or skip it with a reason; both are audited."""
    action, reason = request.form.get("action", ""), request.form.get("reason", "").strip()
    job = db.session.get(Job, job_id)
    if job is None or action not in {"retry", "skip"}:
        raise NotFound
    if action == "skip" and len(reason) < _SHORTEST_REASON:
        return _page({f"reason-{job_id}": str(SkipReasonMissing())}), 422
    place, actor = office(), access.visitor().actor
    if action == "retry":
        place.runner.retry(job_id, actor)
        flash("已重新安排执行，请稍后刷新查看结果。", "success")
    else:
        place.runner.skip(job_id, actor)
        flash("已跳过该任务，原因已记入审计日志。", "success")
    with writing(place.sessions) as session:
        audit.record(
            session,
            f"incident_{action}",
            actor=actor.id,
            role=OfficerRole.OPERATOR,
            subject=f"job:{job_id}",
            at=place.now(),
            facts={"operation": job.operation, "attempts": job.attempts, "reason": reason},
        )
    return redirect(to("operations.front"), 303)


def _page(faults: dict[str, str] | None = None) -> str:
    session, now = db.session(), office().now()
    return render_template(
        "operations/front.html",
        counts=queue.counts(session, now),
        incidents=queue.incidents(session),
        late_keys=stock.of(office(), now).late,
        kinds=_KINDS,
        events=_latest_events(),
        faults=faults or {},
        typed=request.form,
    )


def _latest_events() -> Sequence[AuditEvent]:
    newest = sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(20)
    return db.session.scalars(newest).all()
