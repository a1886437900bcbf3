"""Job rows: added with what asks for them, claimed under a lease, deleted when done.

The row is the only truth; whoever runs it holds a lease on the database's clock. A runner that
dies is followed by another when its lease ends, or as soon as its machine says that it is gone;
the late result of a lost lease is discarded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Float,
    Select,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.expression import FunctionElement

from engine.errors import NotAnIncident
from engine.jobs import leaseholders
from engine.operations import Retry
from engine.tables import Job, JobKind, JobState, core
from storage.database import at_commit, insert_of, new_id
from storage.literals import ONE

LEASE_S = 7.5  #: what another machine's dead leave is found within ten seconds; long work renews it
RINGS = "rings"  #: note on a session whose commit leaves work for the workers
MAX_ERROR = 500  #: characters kept of a failure
CRASH_LIMIT = 10  #: attempts after which a job that kills its runners is an incident
TOGETHER = 8  #: small effects that one worker leases at once, where twice as many wait


_BLANK: dict[str, object] = {
    **dict.fromkeys(("instance_id", "business_key", "task_id", "node")),
    **dict.fromkeys(("lease_token", "lease_until", "leased_by", "error")),
    "attempts": 0,
}


class database_now(FunctionElement[float]):  # noqa: N801 - named like the SQL functions
    """The database's clock, in seconds."""

    type = Float(53)
    inherit_cache = True


@compiles(database_now, "sqlite")
def _sqlite_now(*_: object, **__: object) -> str:
    return "unixepoch('subsec')"


@compiles(database_now, "postgresql")
def _postgresql_now(*_: object, **__: object) -> str:
    return "extract(epoch from clock_timestamp())"


def row(
    *,
    kind: JobKind,
    operation: str,
    params: Mapping[str, object],
    key: str,
    due_at: datetime,
    now: datetime,
    **about: object,
) -> dict[str, Any]:
    """Return the values of a new row; `about` may name instance_id, business_key, task_id, node."""
    return {
        "id": new_id(),
        "kind": kind,
        "operation": operation,
        "params": dict(params),
        "key": key,
        "state": JobState.READY,
        "due_at": due_at,
        "created_at": now,
        **_BLANK,
        **about,
    }


_JOBS = core(Job)
_OURS = (_JOBS.c.id == bindparam("b_id")) & (_JOBS.c.lease_token == bindparam("b_token"))
_DELETE = delete(_JOBS).where(_OURS)
_OF_TASKS = _JOBS.c.task_id.in_(bindparam("b_ids", expanding=True))
_DROP = delete(_JOBS).where(_OF_TASKS)
_DELETE_AND_DROP = delete(_JOBS).where(_OURS | _OF_TASKS).returning(_JOBS.c.id)
_DELETE_TOGETHER = (
    delete(_JOBS)
    .where(_JOBS.c.id.in_(bindparam("b_ids", expanding=True)))
    .where(_JOBS.c.lease_token == bindparam("b_token"))
    .returning(_JOBS.c.id)
)


def _unleased(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give rows as `_ADD` takes them, leased to nobody."""
    return [
        {**{key: value for key, value in job.items() if key != "lease_until"}, "b_lease": None}
        for job in rows
    ]


def insert_rows(session: Session, rows: Sequence[dict[str, Any]], token: str | None) -> None:
    """Insert rows at the commit; with `token` the first is leased to who will run it at once."""
    values = _unleased(rows)
    if token is not None:
        values[0] |= {"state": JobState.RUNNING, "lease_token": token, "attempts": 1}
        values[0] |= {"leased_by": leaseholders.me(), "b_lease": LEASE_S}
    at_commit(session, "jobs", _insert).extend(values)


def add(
    session: Session,
    operation: str,
    params: Mapping[str, object],
    key: str,
    now: datetime,
    *,
    business_key: str | None = None,
    delay: timedelta = timedelta(),
) -> bool:
    """Ask for a stand-alone effect in the caller's transaction; False when `key` is there already.

    `key` is the idempotency key the handler gets; the same key twice is one job.
    """
    values = row(
        kind=JobKind.EFFECT,
        operation=operation,
        params=params,
        key=key,
        due_at=now + delay,
        now=now,
        business_key=business_key,
    )
    statement = insert_of(session)(Job).on_conflict_do_nothing(index_elements=["key"])
    if session.connection().scalar(statement.returning(Job.id), values) is None:
        return False
    session.info[RINGS] = True
    return True


def ask(
    session: Session,
    operation: str,
    params: Mapping[str, object],
    key: str,
    now: datetime,
    *,
    business_key: str | None = None,
) -> None:
    """Ask as `add` does, without being told whether `key` is new: all of them at the commit."""
    values = row(
        kind=JobKind.EFFECT,
        operation=operation,
        params=params,
        key=key,
        due_at=now,
        now=now,
        business_key=business_key,
    )
    ask_all(session, [values])


def ask_all(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Ask for many at the commit (rows as `row` gives them)."""
    at_commit(session, "jobs", _insert).extend(_unleased(rows))


def add_all(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Ask for many stand-alone effects at once (rows as `row` gives them); known keys stay."""
    _insert(session, _unleased(rows))


@cache
def _adding(insert: Callable[[type[DeclarativeBase]], Any]) -> Any:
    """Build the statement once. Without `b_lease` a row is not leased: a sum with NULL is NULL."""
    add = insert(Job).values(lease_until=database_now() + bindparam("b_lease", type_=Float()))
    return add.on_conflict_do_update(
        index_elements=["key"], set_={"id": None}, where=add.excluded.kind != JobKind.EFFECT
    )


def _insert(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of effects whose key is new, and all of an instance's own.

    The key of a service or timer is its token: a second one is a fault, which nulls the id.
    """
    if not rows:
        return
    session.connection().execute(_adding(insert_of(session)), list(rows))
    if any(job["kind"] == JobKind.EFFECT for job in rows):
        session.info[RINGS] = True


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A job under our lease."""

    job: Job
    token: str


@dataclass(frozen=True, kw_only=True)
class Due:
    """What there is to lease."""

    orphan: bool  #: a job whose runner died
    ready: bool  #: a job whose moment has come
    more: bool = False  #: another one beside it
    many: bool = False  #: more than one worker takes together


EITHER = Due(orphan=True, ready=True)


def claim(
    session: Session,
    now: datetime,
    instance_id: str | None = None,
    *,
    timed: bool = True,
    due: Due = EITHER,
) -> Claim | None:
    """Lease the next job whose runner died, or that is due; None when there is none.

    Run it in a write transaction of its own. With `instance_id`, only that instance's services;
    without `timed` nothing that waits for a moment: whose clock is wrong knows of none. `due` is
    what a look has found, so that nothing else is asked for.
    """
    token = new_id()
    values: dict[str, object] = {"b_token": token, "b_me": leaseholders.me(), "b_lease": LEASE_S}
    if instance_id is not None:
        values["b_instance"] = instance_id
    orphan, ready = _claims(instance_id is not None, timed)
    for is_there, statement, more in (
        (due.orphan, orphan, {}),
        (due.ready, ready, {"b_now": now}),
    ):
        if not is_there:
            continue
        job = session.scalar(
            statement,
            {**values, **more},
            execution_options={"synchronize_session": False, "populate_existing": True},
        )
        if job is not None:
            return Claim(job=job, token=token)
    return None


def claim_together(
    session: Session, now: datetime, operations: Sequence[str], most: int = TOGETHER
) -> list[Claim]:
    """Lease those of the next jobs that are effects of these operations; none is as good.

    Only who was never tried: what has ended a process is tried alone, and ends nobody else's.
    """
    token = new_id()
    values: dict[str, object] = {"b_token": token, "b_me": leaseholders.me(), "b_lease": LEASE_S}
    values |= {"b_now": now, "b_names": list(operations), "b_most": most}
    jobs = session.scalars(
        _claim_together(),
        values,
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    in_order = sorted(jobs, key=lambda job: (job.due_at, job.id))
    return [Claim(job=job, token=token) for job in in_order]


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What the rows say to who has nothing to do."""

    clock_s: float  #: the database's, in seconds since 1970
    due_at: datetime | None  #: when the next job may be taken; None: none waits
    is_over: bool  #: a lease has ended
    is_busy: bool  #: somebody holds a lease


def outlook(session: Session) -> Outlook:
    """Look, in one statement, whether and when there is going to be something to do."""
    row = session.execute(_OUTLOOK).one()
    return Outlook(
        clock_s=float(row.clock or 0.0),
        due_at=row.due_at,
        is_over=row.lease_until is not None and row.lease_until < row.clock,
        is_busy=row.lease_until is not None,
    )


_OUTLOOK = select(
    database_now().label("clock"),
    select(func.min(Job.due_at))
    .where(Job.state == JobState.READY)
    .scalar_subquery()
    .label("due_at"),
    select(func.min(func.coalesce(Job.lease_until, 0.0)))
    .where(Job.state == JobState.RUNNING)
    .scalar_subquery()
    .label("lease_until"),
)


def gone(session: Session) -> list[str]:
    """Return who holds a lease and was a process of this machine that is no more."""
    running = select(Job.leased_by).where(Job.state == JobState.RUNNING).distinct()
    holders = session.scalars(running)
    return [holder for holder in holders if holder is not None and leaseholders.is_gone(holder)]


def release(session: Session, holders: Sequence[str]) -> int:
    """End the leases of holders that are gone; return how many jobs wait now.

    Their handlers may have done their work: like those of a lease that ran out, they run again.
    """
    freed = (
        update(Job)
        .where(Job.state == JobState.RUNNING, Job.leased_by.in_(holders))
        .values(lease_until=0, leased_by=None)
    )
    return session.connection().execute(freed).rowcount


def what_is_due(
    session: Session, now: datetime, instance_id: str | None = None, *, timed: bool = True
) -> Due | None:
    """Tell, without writing, what `claim` would find; None when nothing."""
    values = {"b_now": now, "b_instance": instance_id}
    looked = session.connection().execute(_is_there(instance_id is not None, timed), values).one()
    orphan, ready, second, last = (found is not None for found in looked)
    due = Due(orphan=orphan, ready=ready, more=(orphan and ready) or second, many=last)
    return due if due.orphan or due.ready else None


@cache
def _is_there(is_ours: bool, timed: bool) -> Select[str, str, str, str]:
    orphan, ready = _found(is_ours, timed)
    ways = (orphan, ready, ready.offset(1), ready.offset(2 * TOGETHER - 1))
    return select(*(way.scalar_subquery() for way in ways))


@cache
def _claims(is_ours: bool, timed: bool) -> list[ReturningUpdate[Job]]:
    """Return the statements that lease a job, in their order."""
    ways = (way.with_for_update(skip_locked=True) for way in _found(is_ours, timed))
    return [_leased(Job.id == first.scalar_subquery()) for first in ways]


@cache
def _claim_together() -> ReturningUpdate[Job]:
    """Return the statement that leases several; whose clock is wrong may use it: no timer is meant.

    It looks no further than at the next few jobs, whatever else waits.
    """
    first = (
        select(Job.id, Job.operation, Job.attempts)
        .where(Job.state == JobState.READY, Job.due_at <= bindparam("b_now"))
        .where(Job.due_at <= Job.created_at)
        .order_by(Job.due_at, Job.id)
        .limit(bindparam("b_most"))
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    names = first.c.operation.in_(bindparam("b_names", expanding=True))
    return _leased(Job.id.in_(select(first.c.id).where(names, first.c.attempts == 0)))


def _leased(which: ColumnElement[bool]) -> ReturningUpdate[Job]:
    """Return the statement that leases the jobs for which this holds, and gives them back."""
    return (
        update(Job)
        .where(which)
        .values(
            state=JobState.RUNNING,
            attempts=Job.attempts + 1,
            lease_token=bindparam("b_token"),
            lease_until=database_now() + bindparam("b_lease", type_=Float()),
            leased_by=bindparam("b_me"),
        )
        .returning(Job)
    )


def _found(is_ours: bool, timed: bool) -> tuple[Select[str], Select[str]]:
    """Return what looks for a job: orphans first, they are few; each way by its own index."""
    orphan = select(Job.id).where(Job.state == JobState.RUNNING, Job.lease_until < database_now())
    ready = select(Job.id).where(Job.state == JobState.READY, Job.due_at <= bindparam("b_now"))
    if is_ours:
        ours = (Job.instance_id == bindparam("b_instance"), Job.kind == JobKind.SERVICE)
        orphan, ready = orphan.where(*ours), ready.where(*ours)
    if not timed:
        at_once = (Job.kind != JobKind.TIMER, Job.due_at <= Job.created_at)
        orphan, ready = orphan.where(*at_once), ready.where(*at_once)
    return orphan.limit(ONE), ready.order_by(Job.due_at, Job.id).limit(ONE)


def renew(session: Session, held: Claim) -> bool:
    """Prolong our lease; False when it is lost."""
    return _touched(
        session,
        update(Job).where(*_ours(held)).values(lease_until=database_now() + LEASE_S),
    )


def done(session: Session, held: Claim, dropped: Sequence[str] = ()) -> bool:
    """Delete the row of a finished job; False when the lease is lost and the result is void.

    With it go the rows of the tasks that are `dropped`: nobody waits for them any more.
    """
    values: dict[str, object] = {"b_id": held.job.id, "b_token": held.token}
    connection = session.connection()
    if not dropped:
        return connection.execute(_DELETE, values).rowcount == 1
    gone = connection.scalars(_DELETE_AND_DROP, {**values, "b_ids": list(dropped)})
    return held.job.id in set(gone)


def done_together(session: Session, together: Sequence[Claim]) -> set[str]:
    """Delete the rows of finished effects; return the ids of those whose lease was still ours."""
    values = {"b_ids": [held.job.id for held in together], "b_token": together[0].token}
    return set(session.connection().scalars(_DELETE_TOGETHER, values))


def drop(session: Session, dropped: Sequence[str]) -> None:
    """Delete the rows of tasks that nobody waits for any more."""
    if dropped:
        session.connection().execute(_DROP, {"b_ids": list(dropped)})


def put_back(session: Session, held: Claim) -> None:
    """Return a job untouched: not its fault, no attempt lost."""
    _touched(
        session,
        update(Job)
        .where(*_ours(held))
        .values(state=JobState.READY, attempts=Job.attempts - 1, lease_token=None),
    )


def fail(
    session: Session, held: Claim, error: Exception, retry: Retry, now: datetime, *, final: bool
) -> None:
    """Note a failure: again after a pause, or dead when `final` or tried often enough."""
    attempts = held.job.attempts
    dead = final or attempts >= retry.attempts
    _touched(
        session,
        update(Job)
        .where(*_ours(held))
        .values(
            state=JobState.DEAD if dead else JobState.READY,
            due_at=now + timedelta(seconds=retry.pause_s(attempts)),
            error=f"{type(error).__name__}: {error}"[:MAX_ERROR],
            lease_token=None,
            lease_until=None,
        ),
    )


def _ours(held: Claim) -> tuple[Any, Any]:
    return Job.id == held.job.id, Job.lease_token == held.token


def _touched(session: Session, statement: Any) -> bool:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount == 1


def incidents(session: Session, limit: int = 50) -> Sequence[Job]:
    """Return the dead jobs, oldest first: what an operator has to look at."""
    return session.scalars(
        select(Job).where(Job.state == JobState.DEAD).order_by(Job.due_at, Job.id).limit(limit)
    ).all()


def retry(session: Session, job_id: str, now: datetime) -> None:
    """Let a dead job try again from the start; raise NotAnIncident."""
    statement = (
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.DEAD)
        .values(state=JobState.READY, attempts=0, due_at=now)
    )
    if not _touched(session, statement):
        raise NotAnIncident


def skip(session: Session, job_id: str) -> None:
    """Drop a dead effect nobody waits for; raise NotAnIncident.

    A dead service or timer is skipped by `Runner.skip`, because its instance has to go on.
    """
    statement = delete(Job).where(
        Job.id == job_id, Job.state == JobState.DEAD, Job.kind == JobKind.EFFECT
    )
    if not _touched(session, statement):
        raise NotAnIncident


def counts(session: Session, now: datetime) -> dict[str, int]:
    """Return how many jobs are ready, waiting for their moment, running, orphaned and dead.

    Of each at most `MOST_COUNTED`: every open case waits for several moments.
    """
    ready, running = Job.state == JobState.READY, Job.state == JobState.RUNNING
    ways = {
        "ready": (ready, Job.due_at <= now),
        "waiting": (ready, Job.due_at > now),
        "running": (running, Job.lease_until >= database_now()),
        "orphaned": (running, Job.lease_until < database_now()),
        "dead": (Job.state == JobState.DEAD,),
    }
    numbers = session.execute(select(*(_counted(way) for way in ways.values()))).one()
    return dict(zip(ways, map(int, numbers), strict=True))


MOST_COUNTED = 10_000  #: jobs of one state that are counted


def _counted(way: Sequence[Any]) -> Any:
    some = select(Job.id).where(*way).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
