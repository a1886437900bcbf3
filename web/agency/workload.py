"""工作量: what waits at each step, who holds and did how much, what came and went, in pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask import Blueprint, render_template
from sqlalchemy import ColumnElement, func, select

from engine.actors import role_inbox
from engine.tables import TaskStatus, UserTask
from registry.law.calendars import end_of, shanghai_day, start_of
from registry.people import officers
from registry.people.officers import CASEWORKERS, Officer, OfficerRole
from storage.database import id_at
from web.extensions import db, office
from web.visitors import access

bp = Blueprint("workload", __name__, url_prefix="/agency/workload")

SOON_DAYS = 3
DAYS = 14  #: that the flow and the figures of officers look back
MOST = 1000  #: how far tasks of one step are counted
_INBOXES = [role_inbox(role) for role in CASEWORKERS]


@bp.get("")
@access.officer(OfficerRole.APPROVER)
def front() -> str:
    """Show the figures of the authority, each with its table."""
    today = office().today()
    first = today - timedelta(days=DAYS - 1)
    people = [officer for officer in officers.everyone(db.session()) if _works(officer)]
    done = _done(people, start_of(first))
    come = Counter(shanghai_day(moment) for moment in _come(start_of(first)))
    gone = Counter(shanghai_day(moment) for _, moment in done)
    steps = [_step(role, today) for role in CASEWORKERS]
    return render_template(
        "agency/workload.html",
        steps=steps,
        capped=any(step["open"] == MOST for step in steps),
        flow=[
            (day, come[day], gone[day])
            for day in (first + timedelta(days=number) for number in range(DAYS))
        ],
        people=_figures(people, Counter(by for by, _ in done)),
        days=DAYS,
        soon=SOON_DAYS,
        most=MOST,
    )


def _works(officer: Officer) -> bool:
    return officer.active and not set(officer.roles).isdisjoint(CASEWORKERS)


def _step(role: OfficerRole, today: date) -> dict[str, object]:
    """Count the open tasks of a role: all, nobody's, late, and due within days."""
    late = UserTask.due_by <= end_of(today - timedelta(days=1))
    soon = UserTask.due_by <= end_of(today + timedelta(days=SOON_DAYS))
    waiting, overdue = _count(role), _count(role, late)
    return {
        "label": role.label,
        "role": role.value,
        "open": waiting,
        "open_row": (role.label, waiting),
        "free": _count(role, UserTask.claimed_by.is_(None)),
        "late": overdue,
        "late_row": (role.label, overdue),
        "soon": _count(role, ~late, soon),
    }


def _count(role: OfficerRole, *where: ColumnElement[bool]) -> int:
    query = select(UserTask.id).where(
        UserTask.inbox == role_inbox(role), UserTask.status == TaskStatus.OPEN, *where
    )
    return db.session.scalar(select(func.count()).select_from(query.limit(MOST).subquery())) or 0


def _come(since: datetime) -> Sequence[datetime]:
    """Give when tasks of officers came; ids are in the order of time."""
    query = select(UserTask.entered_at).where(
        UserTask.id >= id_at(since),
        UserTask.entered_at >= since,
        UserTask.inbox.in_(_INBOXES),
    )
    return db.session.scalars(query).all()


def _done(people: Sequence[Officer], since: datetime) -> list[tuple[str, datetime]]:
    """Give by whom and when tasks were done."""
    query = select(UserTask.closed_by, UserTask.closed_at).where(
        UserTask.closed_by.in_([f"officer:{officer.id}" for officer in people]),
        UserTask.closed_at >= since,
        UserTask.status == TaskStatus.DONE,
    )
    return [(str(by), at) for by, at in db.session.execute(query) if at is not None]


def _figures(people: Sequence[Officer], done: Counter[str]) -> list[dict[str, object]]:
    """Give of each officer what is held now and was done; who holds most comes first."""
    keys = {f"officer:{officer.id}": officer for officer in people}
    query = (
        select(UserTask.claimed_by, func.count())
        .where(UserTask.claimed_by.in_(list(keys)), UserTask.status == TaskStatus.OPEN)
        .group_by(UserTask.claimed_by)
    )
    held = {row[0]: row[1] for row in db.session.execute(query)}
    ordered = sorted(keys, key=lambda key: (-held.get(key, 0), -done[key], keys[key].name))
    return [
        {
            "name": keys[key].name,
            "roles": "、".join(role.label for role in CASEWORKERS if role in keys[key].roles),
            "held": held.get(key, 0),
            "done": done[key],
        }
        for key in ordered
    ]
