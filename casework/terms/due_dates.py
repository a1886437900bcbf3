"""Due dates that were counted before the calendar of a year was known (domain B.10, C.7)."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework.case import trail
from casework.office import Office
from casework.terms import moved_timers, renewal
from casework.terms.clocks import due_of
from engine.actors import Actor
from engine.jobs import queue
from engine.running import store
from registry.applications.applications import Application
from registry.applications.statuses import OPEN
from registry.law import calendars
from registry.law.calendars import Due, HolidayNotice
from registry.trail import audit
from storage.database import writing

RECOUNT = "upkeep/recount"  #: the duty that counts anew, see `upkeep`


def load_year(office: Office, notice: HolidayNotice, *, source: str, actor: Actor) -> None:
    """Enter an official notice; a job counts due dates and timers anew (C.7).

    Raises `calendars.NoticeRefused`.
    """
    now, year = office.now(), notice.year
    with writing(office.sessions) as session:
        notice.check(calendars.current(session))
        calendars.load_year(session, notice, source=source, actor=actor.id, at=now)
        audit.record(session, "calendar.load", actor=actor.id, subject=f"calendar:{year}", at=now)
        params = {"day": office.today().isoformat()}
        queue.add(session, RECOUNT, params, f"{RECOUNT}/{year}/{now.isoformat()}", now)
        calendar = calendars.current(session)
    office.calendar = calendar
    office.runner.bell.ring()


def recount(office: Office, actor: Actor) -> int:
    """Count the due dates of open applications with the calendar as it is now.

    Those that were provisional, and those in a year whose arrangement was entered (again).
    """
    with office.sessions() as session:
        first = moved_timers.first_day(office, session)
        touched = Application.due_provisional
        query = select(Application).where(
            or_(touched, Application.due_on >= first) if first else touched,
            Application.status.in_([status.value for status in OPEN]),
            Application.decided_on.is_(None),
        )
        waiting = list(session.scalars(query))
    changed = 0
    for before in waiting:
        with office.sessions() as session:
            if not _differs(before, _due(office, session, before)):
                continue
        changed += 1
        with writing(office.sessions) as session:
            store.touch(session, before.id)
            application = session.get_one(Application, before.id)
            count(office, session, application, "按公布的放假安排", actor)
    return changed


def count(
    office: Office, session: Session, application: Application, why: str, actor: Actor
) -> None:
    """Count the due date of an undecided application anew, and say so where it is another."""
    due = _due(office, session, application)
    if application.decided_on is None and due is not None and _differs(application, due):
        application.due_on, application.due_provisional = due.day, due.provisional
        text = f"办理期限{why}重新计算为{due.day.isoformat()}"
        trail.step(session, actor, "recount", text, application.id, office.now())


def _differs(application: Application, due: Due | None) -> bool:
    told = (application.due_on, application.due_provisional)
    return due is not None and (due.day, due.provisional) != told


def _due(office: Office, session: Session, application: Application) -> Due | None:
    if application.accepted_on is None:
        return None
    due = due_of(office, application.definition, "DECISION", application.accepted_on)
    if application.extended:
        more = due_of(office, application.definition, "DECISION_EXTENSION", due.day)
        due = Due(day=more.day, provisional=due.provisional or more.provisional)
    return renewal.decision_due(office, session, application, due)
