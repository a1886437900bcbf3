"""Due dates that were counted before the calendar of a year was known (domain B.10, C.7)."""

from __future__ import annotations

from datetime import date
from functools import cache, partial
from typing import Any

from sqlalchemy import Row, Select, case, or_, select
from sqlalchemy.orm import Session

from casework.case import trail
from casework.office import Office
from casework.terms import moved_timers, renewal
from casework.terms.clocks import due_of
from engine.actors import Actor
from engine.jobs import queue
from engine.running import store
from refusals.days import day_in_words
from registry.applications.applications import Application
from registry.applications.statuses import OPEN, Matter
from registry.certificates.registrations import Registration
from registry.law import calendars
from registry.law.calendars import Due, HolidayNotice
from registry.trail import audit
from storage.database import writing
from storage.literals import ONE

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

    Those that were provisional, and those in a year whose arrangement was entered (again). All are
    compared in one pass; only who has another date then is opened.
    """
    with office.sessions() as session:
        first = moved_timers.first_day(office, session)
        counted = cache(partial(_counted, office))

        def has_moved(row: Row[Any]) -> bool:
            due = counted(row.definition, row.accepted_on, row.extended)
            if row.renews_until is not None:
                filed = (row.definition, row.filed_at, row.renews_until)
                due = renewal.window(office, session, *filed).caps(due)
            return (due.day, due.provisional) != (row.due_on, row.due_provisional)

        waiting = [row.id for row in session.execute(_waiting(first)) if has_moved(row)]
    for application_id in waiting:
        with writing(office.sessions) as session:
            store.touch(session, application_id)
            application = session.get_one(Application, application_id)
            count(office, session, application, "按公布的放假安排", actor)
    return len(waiting)


def _waiting(first: date | None) -> Select[Any]:
    """Ask for what the dates of accepted and undecided applications are counted from."""
    renewed = (
        select(Registration.valid_to)
        .where(
            Registration.person_id == Application.person_id, Registration.type == Application.type
        )
        .order_by(Registration.id.desc())
        .limit(ONE)
        .scalar_subquery()
    )
    touched = Application.due_provisional
    return select(
        Application.id,
        Application.definition,
        Application.accepted_on,
        Application.extended,
        Application.filed_at,
        Application.due_on,
        Application.due_provisional,
        case((Application.matter == Matter.RENEWAL, renewed)).label("renews_until"),
    ).where(
        or_(touched, Application.due_on >= first) if first else touched,
        Application.status.in_([status.value for status in OPEN]),
        Application.decided_on.is_(None),
        Application.accepted_on.is_not(None),
    )


def count(
    office: Office, session: Session, application: Application, why: str, actor: Actor
) -> None:
    """Count the due date of an undecided application anew, and say so where it is another."""
    due = _due(office, session, application)
    if application.decided_on is None and due is not None and _differs(application, due):
        application.due_on, application.due_provisional = due.day, due.provisional
        text = f"办理期限{why}重新计算为{day_in_words(due.day)}"
        trail.step(session, actor, "recount", text, application.id, office.now())


def _differs(application: Application, due: Due | None) -> bool:
    told = (application.due_on, application.due_provisional)
    return due is not None and (due.day, due.provisional) != told


def _due(office: Office, session: Session, application: Application) -> Due | None:
    if application.accepted_on is None:
        return None
    counted = _counted(
        office, application.definition, application.accepted_on, application.extended
    )
    return renewal.decision_due(office, session, application, counted)


def _counted(office: Office, definition: str, accepted_on: date, extended: bool) -> Due:
    """Count the days of a decision, whatever it is about."""
    due = due_of(office, definition, "DECISION", accepted_on)
    if not extended:
        return due
    more = due_of(office, definition, "DECISION_EXTENSION", due.day)
    return Due(day=more.day, provisional=due.provisional or more.provisional)
