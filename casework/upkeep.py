"""What the days bring by themselves, as jobs of the engine: one row a duty and a day (C.7, I18).

Each duty is due at 00:10 in Shanghai. Its own commit asks for the next day's, `arm` starts the
chain and mends it when a day ended as an incident. A duty that was late does what earlier days
left: it goes by the day on which it runs, and doing it twice changes nothing. The duties of a day
leave one audit row together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import checkpoints, retention
from casework.authority import ban_effects
from casework.certificate import publication
from casework.keys import duty as keys_duty
from casework.office import OUTAGE, Office
from casework.registration import employer_sync, expiry
from casework.terms import due_dates, moved_timers
from engine import operations
from engine.actors import SYSTEM
from engine.jobs import queue
from engine.operations import Call, Outcome
from engine.tables import Job, JobKind, JobState
from refusals.refusal import Refusal
from registry.law import calendars
from registry.law.calendars import shanghai_day, start_of
from registry.trail import audit, day_counts
from storage.database import writing


class DayNotReached(Refusal):
    """{day}还没有到，不能提前处理；请填写今天或者更早的日期。"""

    code = "E_DAY_NOT_REACHED"


AFTER_MIDNIGHT = timedelta(minutes=10)


def recount(office: Office, at: datetime) -> int:
    """Take the calendar as it is now; count due dates and armed timers anew with it."""
    with office.sessions() as session:
        office.calendar = calendars.current(session)
    return due_dates.recount(office, SYSTEM) + moved_timers.rearm(office, SYSTEM)


#: Duty → what does it; in the order in which they are done by hand.
DUTIES: Mapping[str, Callable[[Office, datetime], int]] = {
    "upkeep/sync_enterprises": employer_sync.sync,
    "upkeep/expire": expiry.expire,
    "upkeep/bars": ban_effects.end_barred,
    "upkeep/remind": expiry.remind,
    "upkeep/recount": recount,
    "upkeep/publish": publication.reconcile,
    "upkeep/checkpoint": checkpoints.duty,
    "upkeep/keys": keys_duty.look_after,
    "upkeep/retention": retention.look_after,
}
PREFIX = "upkeep/"
ACTION = "upkeep.day"  #: the audit row of a day: how much each duty did
_NAMES = [name.removeprefix(PREFIX) for name in DUTIES]


def _offer(name: str, duty: Callable[[Office, datetime], int]) -> None:
    @operations.add(name, schema={"day": str}, retry=OUTAGE)
    def handler(office: Office, call: Call, day: str) -> Outcome:
        count = duty(office, call.now)
        done = max(date.fromisoformat(day), shanghai_day(call.now))

        def commit(session: Session) -> None:
            _ask(session, name, done + timedelta(days=1), call.now)
            _record(session, name, done, count, call.now)

        return Outcome(values={"count": count}, commit=commit)


for _name, _duty in DUTIES.items():
    _offer(_name, _duty)


def _ask(session: Session, name: str, day: date, now: datetime) -> None:
    """Ask for a duty of a day; what was asked for before, by any process, stays as it is."""
    row = queue.row(
        kind=JobKind.EFFECT,
        operation=name,
        params={"day": day.isoformat()},
        key=key_of(name, day),
        due_at=start_of(day) + AFTER_MIDNIGHT,
        now=now,
    )
    queue.add_all(session, [row])


def key_of(name: str, day: date) -> str:
    """Give the key of the one job that a duty has on a day.

    >>> key_of("upkeep/expire", date(2026, 11, 27))
    'upkeep/expire/2026-11-27'
    """
    return f"{name}/{day.isoformat()}"


def _record(session: Session, name: str, day: date, count: int, at: datetime) -> None:
    """Note what a duty did; the last one of a day writes the day's one audit row."""
    told = day_counts.add(session, day, name.removeprefix(PREFIX), count, duties=_NAMES)
    for done, counts in sorted(told.items()):
        subject = f"day:{done.isoformat()}"
        audit.record(session, ACTION, actor=SYSTEM.id, subject=subject, at=at, facts=counts)


def arm(office: Office) -> int:
    """See that each duty is asked for; return how many had to be. Done at start and by each sweep.

    A duty of today that ended as an incident waits for an operator; tomorrow's is asked for all
    the same.
    """
    today = office.today()
    tomorrow = today + timedelta(days=1)
    keys = [key_of(name, day) for name in DUTIES for day in (today, tomorrow)]
    with office.sessions() as session:
        query = select(Job.key, Job.state).where(Job.key.in_(keys))
        states = {row.key: row.state for row in session.execute(query)}
    missing = []
    for name in DUTIES:
        now, later = states.get(key_of(name, today)), key_of(name, tomorrow) in states
        if not later and (now is None or now == JobState.DEAD):
            missing.append((name, tomorrow if now == JobState.DEAD else today))
    if missing:
        with writing(office.sessions) as session:
            for name, day in missing:
                _ask(session, name, day, office.now())
    return len(missing)


def run(office: Office, day: date) -> dict[str, int]:
    """Do the duties of a day by hand; return what each did. Doing a day twice changes nothing.

    Raises `DayNotReached` for a day to come: nothing may end before its time.
    """
    if day > office.today():
        raise DayNotReached(day=day.isoformat())
    at = min(start_of(day) + AFTER_MIDNIGHT, office.now())
    counts = {}
    for name, duty in DUTIES.items():
        counts[name] = duty(office, at)
        with writing(office.sessions) as session:
            _record(session, name, day, counts[name], office.now())
    return counts
