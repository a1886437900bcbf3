"""【概览】 of an enterprise: what waits, what is late, what flowed this month, in pictures."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Blueprint, g, render_template
from sqlalchemy import select

from casework.registration import employer_sync
from engine.actors import enterprise_inbox
from engine.tables import TaskStatus, UserTask
from registry.enterprises import flow, seal_batches
from registry.law.calendars import shanghai_day
from storage.literals import literal
from web.extensions import db, office
from web.visitors import access

bp = Blueprint("enterprise_overview", __name__, url_prefix="/enterprise/overview")

SOON = 3  #: days before a deadline from which it is near
SPANS = (30, 60, 90)  #: days before the end of a registration
MOST = 5_000  #: waiting tasks that are counted
LISTS = 5  #: lists of seals that are shown


@bp.get("")
@access.enterprise_only
def front() -> str:
    """Show the figures of this enterprise, each with the page on which something can be done."""
    session, today = db.session(), office().today()
    first = today.replace(day=1)
    days = [first + timedelta(days=count) for count in range((today - first).days + 1)]
    signed = flow.signed_by_day(session, g.visitor.uscc, first, today)
    sealed = flow.sealed_by_day(session, g.visitor.uscc, first, today)
    return render_template(
        "enterprise/overview.html",
        stale_name=employer_sync.stale_name(session, g.visitor.uscc),
        month=f"{today.year}年{today.month}月",
        waiting=_waiting(today),
        ending=list(
            zip(
                (f"{span}日内" for span in SPANS),
                flow.ending(session, g.visitor.uscc, today, SPANS),
                strict=True,
            )
        ),
        flow=[(day, signed[day], sealed[day]) for day in days],
        lists=[
            (batch, seal_batches.counts(session, batch.id))
            for batch in seal_batches.of_enterprise(session, g.visitor.uscc, limit=LISTS)
        ],
        sealed_state=seal_batches.SealItemState.SEALED,
    )


def _waiting(today: date) -> list[tuple[str, int]]:
    """Count what waits by how near its deadline is."""
    query = select(UserTask).where(
        UserTask.inbox == enterprise_inbox(g.visitor.uscc),
        UserTask.status == literal(TaskStatus.OPEN),
    )
    counted = {"已逾期": 0, f"{SOON}日内到期": 0, "其他": 0}
    for task in db.session.scalars(query.limit(MOST)):
        counted[_nearness(task.due_at, today)] += 1
    return list(counted.items())


def _nearness(due: datetime | None, today: date) -> str:
    if due is None:
        return "其他"
    left = (shanghai_day(due) - today).days
    return "已逾期" if left < 0 else f"{SOON}日内到期" if left <= SOON else "其他"
