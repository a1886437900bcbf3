"""工作量: what waits at each step, who holds and did how much, what came and went, in pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, render_template
from sqlalchemy import ColumnElement, func, select, text

from engine.actors import role_inbox
from engine.tables import OF_OFFICERS, TaskStatus, UserTask
from registry.law.calendars import end_of, start_of
from registry.people import officers
from registry.people.officers import CASEWORKERS, Officer, OfficerRole
from storage.literals import literal
from web.extensions import db, office
from web.visitors import access

bp = Blueprint("workload", __name__, url_prefix="/agency/workload")

SOON_DAYS = 3
DAYS = 14  #: that the flow and the figures of officers look back
MOST = 1000  #: how far tasks of one step are counted
_INBOXES = [role_inbox(role) for role in CASEWORKERS]


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What came to officers and what they did, by day."""

    come: Mapping[date, int]
    gone: Mapping[date, Counter[str]]  #: by who did it

    def weight(self) -> int:
        """Tell how many tasks were counted."""
        return sum(self.come.values()) + sum(map(Counter.total, self.gone.values()))


@bp.get("")
@access.officer(OfficerRole.APPROVER)
def front() -> str:
    """Show the figures of the authority, each with its table."""
    today = office().today()
    first = today - timedelta(days=DAYS - 1)
    people = [officer for officer in officers.everyone(db.session()) if _works(officer)]
    days = [first + timedelta(days=number) for number in range(DAYS)]
    flow = office().tallies.of(
        ("flow of tasks", today), lambda: _flow(people, days), Flow.weight, office().now()
    )
    steps = [_step(role, today) for role in CASEWORKERS]
    return render_template(
        "agency/workload.html",
        steps=steps,
        capped=any(step["open"] == MOST for step in steps),
        flow=[(day, flow.value.come[day], sum(flow.value.gone[day].values())) for day in days],
        counted=flow,
        people=_figures(people, sum(flow.value.gone.values(), Counter())),
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
        UserTask.inbox == role_inbox(role), UserTask.status == literal(TaskStatus.OPEN), *where
    )
    return db.session.scalar(select(func.count()).select_from(query.limit(MOST).subquery())) or 0


def _flow(people: Sequence[Officer], days: Sequence[date]) -> Flow:
    """Count what came and what was done, day by day: each a stretch of an index."""
    return Flow(
        come={day: _came(day) for day in days}, gone={day: _done(people, day) for day in days}
    )


def _came(day: date) -> int:
    query = select(func.count()).where(
        text(OF_OFFICERS),
        UserTask.inbox.in_(_INBOXES),
        UserTask.entered_at >= start_of(day),
        UserTask.entered_at < end_of(day),
    )
    return db.session.scalar(query) or 0


def _done(people: Sequence[Officer], day: date) -> Counter[str]:
    """Count the tasks done on a day, by who did them."""
    query = (
        select(UserTask.closed_by, func.count())
        .where(
            UserTask.closed_by.in_([f"officer:{officer.id}" for officer in people]),
            UserTask.closed_at >= start_of(day),
            UserTask.closed_at < end_of(day),
            UserTask.status == literal(TaskStatus.DONE),
        )
        .group_by(UserTask.closed_by)
    )
    return Counter({str(row[0]): row[1] for row in db.session.execute(query)})


def _figures(people: Sequence[Officer], done: Counter[str]) -> list[dict[str, object]]:
    """Give of each officer what is held now and was done; who holds most comes first."""
    keys = {f"officer:{officer.id}": officer for officer in people}
    query = (
        select(UserTask.claimed_by, func.count())
        .where(UserTask.claimed_by.in_(list(keys)), UserTask.status == literal(TaskStatus.OPEN))
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
