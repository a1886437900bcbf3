"""Timers that were armed before the holidays of a year were published: they move with them (C.7).

A timer is computed when a case comes to it. When the arrangement of a year is entered, the ones
that go by working days and end in that year are computed anew from the moment they were armed, so
that what pages say and when the timer fires agree. What has fired stays fired.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.case import opened, trail
from casework.office import Office
from casework.terms import clocks
from engine import queries
from engine.actors import Actor
from engine.definitions import Definition
from engine.errors import Busy, NoSuchInstance, TaskNotOpen
from engine.running import store
from engine.running.asked import Write
from engine.running.scenes import BUILT_IN, HostFunction, Scene
from registry.authority import ex_officio
from registry.law import parameters
from registry.law.calendars import CalendarYear, shanghai_day, start_of
from storage.database import writing
from storage.literals import ONE

#: What ends with a clock that a person was told in a letter: it may become longer, never shorter.
_TOLD = frozenset(
    {"CLOSE_AS_ABANDONED", "DECIDE_WITHOUT_STATEMENT", "NOTE_SILENCE", "RETURN_TO_APPLICANT"}
)
_HEARING = "HEARING"  #: the clock that ends a hearing
PAGE = 500  #: cases whose computing is noted in one transaction
_WAY = 1  #: raised whenever `clocks` counts otherwise: each case is then computed once more


def first_day(office: Office, session: Session) -> date | None:
    """Give the first day that a notice of a year that is not over may name; None without one."""
    query = select(CalendarYear.year).where(CalendarYear.year >= office.today().year)
    first = session.scalar(query.order_by(CalendarYear.year).limit(ONE))
    return date(first - 1, 12, 1) if first else None


def rearm(office: Office, actor: Actor) -> int:
    """Compute the timers anew that end in an entered year; return in how many cases they moved.

    Doing it again moves nothing. While calendar and parameters are those of the last time, only
    the cases that were changed since are computed: a night costs what has changed, also in a
    process that begins with it, as each case notes by what it was computed.
    """
    with office.sessions() as session:
        first = first_day(office, session)
        if first is None:
            return 0
        by = _basis(office, session, first)
        waiting = queries.not_counted(session, by, start_of(first))
    moved = 0
    for at in range(0, len(waiting), PAGE):
        page = waiting[at : at + PAGE]
        moved += sum(_moves(office, case.id, case.business_key, actor) for case in page)
        with writing(office.sessions) as session:
            store.timers_counted(session, by, {case.id: case.version for case in page})
    return moved


def _basis(office: Office, session: Session, first: date) -> str:
    """Name what timers are computed by: calendar, parameters, and the code that computes."""
    figures = dict(parameters.load(session, at=office.now()))
    known = [_WAY, first.isoformat(), office.calendar.told(), figures]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _moves(office: Office, instance_id: str, business_key: str, actor: Actor) -> bool:
    ends: dict[str, datetime] = {}  # clock → the moment computed anew

    def write(session: Session, moved: Mapping[str, datetime]) -> None:
        _keep_hearing(session, business_key, ends, moved)
        facts = {"timers": {node: moment.isoformat() for node, moment in sorted(moved.items())}}
        trail.audit(session, actor, "timer.rearm", business_key, office.now(), **facts)

    try:
        return bool(office.runner.rearm(instance_id, _functions(office, ends), actor, write))
    except Busy:  # others keep changing the case: the duty of the next day comes back to it
        return False


@dataclass(frozen=True, kw_only=True)
class Followed:
    """How the timers of a case follow the periods of another version."""

    functions: dict[str, HostFunction]  #: stand in for those that timers ask
    keep: Callable[[Session, Mapping[str, datetime]], None]  #: notes what moved beside the timers


def follow(office: Office, business_key: str, former: str) -> Followed:
    """Give what computes the timers anew whose period differs from that of the `former` version."""
    ends: dict[str, datetime] = {}
    before = office.definitions.get(former)

    def deadline(scene: Scene, clock: str) -> datetime | None:
        row = _row(scene.definition, clock)
        if row == _row(before, clock):
            return None
        ends[clock] = _moment(office, scene, clock, row)
        return ends[clock]

    def keep(session: Session, moved: Mapping[str, datetime]) -> None:
        _keep_hearing(session, business_key, ends, moved)

    return Followed(functions=_alone(office, deadline), keep=keep)


def correct(
    office: Office,
    instance_id: str,
    business_key: str,
    *,
    former: str,
    version: str,
    actor: Actor,
    write: Write,
) -> None:
    """Let a case go on with a version after its `former` one; its timers follow other periods.

    `write(session)` joins the transaction. Raises as `Runner.correct`.
    """
    followed = follow(office, business_key, former)

    def moves(session: Session, moved: Mapping[str, datetime]) -> None:
        followed.keep(session, moved)
        write(session)

    office.runner.correct(instance_id, former, version, followed.functions, actor, moves)


def _keep_hearing(
    session: Session, business_key: str, ends: Mapping[str, datetime], moved: Mapping[str, datetime]
) -> None:
    """Let a proposed act be heard until the day at whose end its timer fires."""
    if ends.get(_HEARING) in moved.values():  # the moment is 24:00 of its last day
        proposal = ex_officio.get(session, business_key)
        proposal.hear_until = shanghai_day(ends[_HEARING]) - timedelta(days=1)


def _row(definition: Definition, clock: str) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", definition.decide("deadline", {"clock": clock}))


def _moment(office: Office, scene: Scene, clock: str, row: Mapping[str, Any]) -> datetime:
    """Compute the end of a clock anew; what a person was told never becomes shorter."""
    moment = clocks.deadline(office, scene, clock)
    if row["on_expiry"] in _TOLD and scene.armed is not None:
        return max(moment, scene.armed)
    return moment


def _alone(
    office: Office, deadline: Callable[[Scene, str], datetime | None]
) -> dict[str, HostFunction]:
    """Give what stands in for the functions of diagrams: `deadline`, and nothing else moves."""

    def other(_: Scene, __: object) -> None:
        """Leave a timer alone."""

    return {**dict.fromkeys((*BUILT_IN, *clocks.functions(office)), other), "deadline": deadline}


def _functions(office: Office, ends: dict[str, datetime]) -> dict[str, HostFunction]:
    """Give what stands in for `deadline`: only what goes by the calendar is computed anew.

    What it computes is put down in `ends`, by the name of the clock.
    """

    def deadline(scene: Scene, clock: str) -> datetime | None:
        row = _row(scene.definition, clock)
        if row["unit"] == "DAY":
            return None
        ends[clock] = _moment(office, scene, clock, row)
        return ends[clock]

    return {"deadline": deadline}


def saved(office: Office, application_id: str, actor: Actor, write: Write) -> None:
    """Store something typed, by `write`; what counts from the last time that was done follows.

    Periods count days: on the day of the last save nothing moves, and no diagram is computed.
    """
    now = office.now()
    case = opened.open_(office, application_id)
    if shanghai_day(case.application.saved_at) != shanghai_day(now):
        case = case.saves(case.content or {}, now)
        try:
            office.runner.note(application_id, _since_saved(office), actor, write, case=case)
            return
        except (NoSuchInstance, TaskNotOpen):
            pass  # ended meanwhile: `write` says what that means
    with writing(office.sessions) as session:
        version = store.touch(session, application_id)
        if case.version is not None and version == case.version + 1:
            case.into(session)  # nobody acted since: `write` need not read it again
        write(session)


def _since_saved(office: Office) -> dict[str, HostFunction]:
    """Give what stands in for the functions of diagrams: only what counts from the last save."""

    def deadline(scene: Scene, clock: str) -> datetime | None:
        if _row(scene.definition, clock)["starts_on"] != clocks.LAST_SAVED:
            return None
        return clocks.deadline(office, scene, clock)

    return _alone(office, deadline)
