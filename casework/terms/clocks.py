"""The clocks of a case: lengths from the table `deadline`, days from the calendar (Law 82)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, cast

from sqlalchemy.orm import Session

from casework.case import opened
from casework.case.opened import Case
from casework.office import Office
from engine.definitions import Definition
from engine.running.scenes import HostFunction, Scene
from registry.applications import decisions, documents
from registry.applications.documents import DocumentKind
from registry.certificates import registrations
from registry.law.calendars import Due, WorkCalendar, shanghai_day
from signing.keys.trust import Role

DRAFT = "DRAFT"  #: the clock of a form that nobody goes on with
LAST_SAVED = "last_saved_at"  #: the word of the table for what a later save moves
#: What may happen to a form before it is filed: none of it outlasts the limit of a correction.
_BEFORE_FILING = frozenset({DRAFT, "RETURNED", "ENTERPRISE_SEAL"})


def due_of(office: Office, definition: str, clock: str, start: date) -> Due:
    """Give the last day of a clock of a case, see `due`."""
    return due(office.calendar, office.definitions.get(definition), clock, start)


def due(calendar: WorkCalendar, definition: Definition, clock: str, start: date) -> Due:
    """Give the last day of a clock that starts on `start`, which is not counted (Civil Code 201).

    Raises `DecisionFailed` for a clock that the table does not know.
    """
    return _end(calendar, _row(definition, clock), start)


def _row(definition: Definition, clock: str) -> Mapping[str, Any]:
    """Ask the table about a clock."""
    return cast("Mapping[str, Any]", definition.decide("deadline", {"clock": clock}))


def _end(calendar: WorkCalendar, row: Mapping[str, Any], start: date) -> Due:
    count = int(row["days"])
    if row["unit"] == "WORKDAY":
        return calendar.add_workdays(start, count)
    if row["unit"] == "MONTH":
        return calendar.add_months(start, count)
    return Due(day=start + timedelta(days=count), provisional=False)


def deadline(office: Office, scene: Scene, clock: str) -> datetime:
    """Give the moment at which a clock of the case is over, as the diagrams ask for it."""
    row = _row(scene.definition, clock)
    ends = _end(office.calendar, row, _start(scene, row["starts_on"]))
    case = opened.of(scene)
    if clock not in _BEFORE_FILING or case.is_beginning:
        return ends.at
    return _in_time(ends, office.calendar, scene.definition, case).at


def draft_ends(calendar: WorkCalendar, definition: Definition, case: Case) -> Due:
    """Give until when a form that is filled in may wait: 90 days after it was saved last (I18).

    Whoever was asked to correct it has no longer than the limit of the correction.
    """
    idle = due(calendar, definition, DRAFT, shanghai_day(case.saved_at))
    return _in_time(idle, calendar, definition, case)


def _in_time(ends: Due, calendar: WorkCalendar, definition: Definition, case: Case) -> Due:
    """Give the end of a step before filing, or of the correction asked for, if that is earlier.

    The correction is answered once the form is filed again, with all signatures it needs.
    """
    filed_at = case.application.filed_at
    if filed_at is None:
        return ends  # nobody has asked for a correction of what was never filed
    asked = case.newest_decision(decisions.DecisionStep.FORMAL_CHECK)
    if asked is None or asked.outcome != "correct":
        return ends
    if filed_at is not None and filed_at > asked.at:
        return ends  # corrected and filed again
    limit = due(calendar, definition, "CORRECTION_REPLY", shanghai_day(asked.at))
    return min(ends, limit, key=lambda end: end.day)


def functions(office: Office) -> dict[str, HostFunction]:
    """Give what the diagrams may call beside the engine's own: deadline and workdays."""

    def workdays(scene: Scene, number: int) -> datetime:
        return office.calendar.add_workdays(shanghai_day(scene.now), number).at

    return {"deadline": partial(deadline, office), "workdays": workdays}


def _start(scene: Scene, starts_on: str) -> date:
    """Give the day from which a clock counts, as the table says; today for what happens now."""
    if starts_on == "registration_valid_to":
        return _last_day(scene)
    case = opened.of(scene)
    if case.is_beginning:
        return shanghai_day(scene.now)
    happened = STARTS.get(starts_on, _arrived)(scene.session, case)
    start = happened or scene.now
    return shanghai_day(start) if isinstance(start, datetime) else start


def _arrived(_: Session, __: Case) -> None:
    """Count from now; so did words of earlier versions, which the check refuses today."""


def _correction_notified(_: Session, case: Case) -> datetime | None:
    asked = case.newest_decision(decisions.DecisionStep.FORMAL_CHECK)
    return asked.at if asked is not None and asked.outcome == "correct" else None


def _issued(kind: DocumentKind) -> Callable[[Session, Case], datetime | None]:
    """Give when the newest letter of a kind was sealed and delivered."""

    def at(session: Session, case: Case) -> datetime | None:
        letter = documents.current(session, case.id, kind)
        return letter.created_at if letter is not None else None

    return at


def _signed(session: Session, case: Case) -> datetime | None:
    made = documents.signatures(session, case.form.id) if case.form is not None else []
    return next(
        (signature.at for signature in reversed(made) if signature.role == Role.APPLICANT), None
    )


#: What each word of the table counts from; None while it has not happened, which is now.
STARTS: Mapping[str, Callable[[Session, Case], date | datetime | None]] = {
    "accepted_on": lambda _, case: case.application.accepted_on,
    "correction_notified_on": _correction_notified,
    "decided_on": lambda _, case: case.application.decided_on,
    "decision_delivered_on": _issued(DocumentKind.DECISION),
    "decision_due_on": lambda _, case: case.application.due_on,
    "enterprise_sealed_at": lambda _, case: case.application.filed_at,
    "intent_served_on": _issued(DocumentKind.INTENDED_DECISION),
    LAST_SAVED: lambda _, case: case.saved_at,
    "applicant_signed_at": _signed,
    "arrived_at": _arrived,
}


def _last_day(scene: Scene) -> date:
    """Give the last valid day of the registration that the case is about."""
    person_id, type_key = str(scene.data["person_id"]), scene.definition.key
    registration = registrations.newest(scene.session, person_id, type_key)
    if registration is None:
        raise LookupError(f"case {scene.business_key} is about no registration")
    return registration.valid_to
