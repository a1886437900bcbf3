"""One officer who reads many people's files in an hour, or takes a long list, is told of (PIPL 51).

How many are many stands in `privacy.toml`. The officer goes on working: whoever runs the service is
told, with who and how many, once an hour, and asks why.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, distinct, func, select
from sqlalchemy.orm import Session

from casework.case import announcements
from casework.privacy import said
from registry.people import officers
from registry.people.officers import OfficerRole
from registry.trail import audit
from registry.trail.audit import AuditEvent, Result
from storage.database import id_at, settle

ALARM = "reads.many"
WINDOW = timedelta(hours=1)
SHOWN_DAYS = 7  #: how long an alarm stands on the operators' page
LOOKS = ("file.view", "person.view", "person.number_shown", "person.identity_shown")


def watch(session: Session, actor: str, at: datetime) -> None:
    """Count whose files an officer has looked at within the hour, after a look; alarm when many."""
    settle(session)
    _alarm(session, actor, at, seen=_seen(session, actor, at), most=said.read().people_an_hour)


def watch_list(session: Session, actor: str, at: datetime, rows: int) -> None:
    """Alarm when a list that an officer took has many rows."""
    _alarm(session, actor, at, seen=rows, most=said.read().rows_of_a_list)


def _alarm(session: Session, actor: str, at: datetime, *, seen: int, most: int) -> None:
    kind, _, officer_id = actor.partition(":")
    if kind != "officer" or seen <= most:
        return
    name = officers.names(session, [officer_id]).get(officer_id, officer_id)
    text = f"工作人员{name}在一小时内查看或者导出了超过{most}人的资料，请核实是否工作需要。"
    key = f"{ALARM}/{actor}/{at:%Y%m%d%H}"
    word = announcements.to_role(OfficerRole.OPERATOR, ALARM, text, key)
    if announcements.tell(session, [word], at):
        facts = {"seen": seen, "most": most}
        audit.record(
            session, ALARM, actor=actor, subject=actor, at=at, result=Result.DENIED, facts=facts
        )


def _seen(session: Session, actor: str, at: datetime) -> int:
    # Ids are made by the clock of the machine: they bound the search, `at` is what counts.
    first = id_at(datetime.now(UTC) - WINDOW)
    bounds = {"b_actor": actor, "b_first": first, "b_since": at - WINDOW}
    return session.scalar(_LOOKED_AT, bounds) or 0


_LOOKED_AT = select(func.count(distinct(AuditEvent.subject))).where(
    AuditEvent.actor == bindparam("b_actor"),
    AuditEvent.id >= bindparam("b_first"),
    AuditEvent.at > bindparam("b_since"),
    AuditEvent.action.in_(LOOKS),
)


def alarms(session: Session, at: datetime) -> list[AuditEvent]:
    """Return the alarms of the last days, newest first."""
    query = select(AuditEvent).where(
        AuditEvent.action == ALARM, AuditEvent.at >= at - timedelta(days=SHOWN_DAYS)
    )
    return list(session.scalars(query.order_by(AuditEvent.at.desc()).limit(20)))
