"""Processes whose clock is wrong: each says so in the trail, and operators see who does."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.office import Office
from engine.actors import SYSTEM
from registry.trail import audit
from registry.trail.audit import AuditEvent, Result
from storage.database import writing

ACTION = "process.clock"
AGAIN = timedelta(hours=1)  #: how often a process says that its clock still is wrong


def note(office: Office) -> None:
    """Write how this process's clock is, when that is news.

    The moment of the row is the database's: ours may be the wrong one.
    """
    machine = office.runner.machine
    now = datetime.fromtimestamp(machine.wall() - machine.ahead_s, UTC)
    subject = _own_name()
    with office.sessions() as session:
        said = _latest(session, now).get(subject)
    if machine.is_right == (said is None or said.result == Result.OK):
        return
    with writing(office.sessions) as session:
        audit.record(
            session,
            ACTION,
            actor=SYSTEM.id,
            subject=subject,
            at=now,
            result=Result.OK if machine.is_right else Result.ERROR,
            facts={"ahead_s": round(machine.ahead_s), "words": machine.trouble},
        )


def troubles(office: Office, session: Session) -> Sequence[str]:
    """Tell whose clock is wrong: this process's as it is now, others' as they said last."""
    machine = office.runner.machine
    machine.compare(session)
    own = _own_name()
    now = datetime.fromtimestamp(machine.wall() - machine.ahead_s, UTC)
    others = [
        f"{subject.removeprefix('process:')}：{event.facts['words']}"
        for subject, event in sorted(_latest(session, now).items())
        if event.result == Result.ERROR and subject != own
    ]
    return [*([machine.trouble] if machine.trouble else []), *others]


def _own_name() -> str:
    return f"process:{platform.node()[:40]}/{os.getpid()}"


def _latest(session: Session, now: datetime) -> dict[str, AuditEvent]:
    """Give what each process said last, not longer ago than it says anything again."""
    query = select(AuditEvent).where(AuditEvent.action == ACTION, AuditEvent.at > now - AGAIN)
    return {event.subject: event for event in session.scalars(query.order_by(AuditEvent.id))}
