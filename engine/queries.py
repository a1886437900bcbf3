"""What pages ask about tasks and history; every question is answered from an index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from engine.tables import (
    AT_BORDER,
    InstanceEvent,
    InstanceStatus,
    Job,
    JobKind,
    JobState,
    ProcessInstance,
    TaskStatus,
    UserTask,
)
from storage.literals import ONE, literal, number
from storage.passing import ask_once, know

_MOST_ACTORS = 500  #: whose statements are kept: they are dear to build and always the same
Cursor = tuple[datetime, str]  #: `(task.due_by, task.id)` of the last task of the page before


class Counted(NamedTuple):
    """An instance whose timers are to be computed anew, as it stands."""

    id: str
    business_key: str
    version: int


def not_counted(session: Session, by: str, after: datetime) -> list[Counted]:
    """Return the instances with timers that wait for a moment later than `after`, by id.

    Those are left out whose timers were last computed `by` just that, at the version that they
    have (`store.timers_counted`).
    """
    # One walk through the timers, not one for each instance: asked whether a timer EXISTS, SQLite
    # looks for it among all that are due then.
    timed = select(Job.instance_id).where(
        Job.state == JobState.READY, Job.kind == JobKind.TIMER, Job.due_at > after
    )
    query = select(ProcessInstance.id, ProcessInstance.business_key, ProcessInstance.version).where(
        ProcessInstance.status == literal(InstanceStatus.ACTIVE),
        or_(
            ProcessInstance.timers_by.is_(None),
            ProcessInstance.timers_by != by,
            ProcessInstance.timers_version != ProcessInstance.version,
        ),
        ProcessInstance.id.in_(timed),
    )
    return sorted(Counted(*row) for row in session.execute(query))


def open_tasks(
    session: Session, inboxes: Iterable[str], after: Cursor | None = None, limit: int = 20
) -> Sequence[UserTask]:
    """Return a page of the open tasks in `inboxes`, soonest deadline first."""
    inboxes = sorted(inboxes)
    if len(inboxes) == 1 and after is None:
        return session.scalars(_FIRST, {"b_inbox": inboxes[0], "b_limit": limit}).all()
    order = tuple_(UserTask.due_by, UserTask.id)
    pages = []
    for inbox in inboxes:
        page = select(UserTask.id).where(
            UserTask.inbox == inbox, UserTask.status == literal(TaskStatus.OPEN)
        )
        if after is not None:
            page = page.where(order > after)
        page = page.order_by(UserTask.due_by, UserTask.id).limit(limit)
        pages.append(select(page.subquery().c.id))  # a page an inbox keeps to its index
    if not pages:
        return []
    listed = pages[0] if len(pages) == 1 else union_all(*pages)
    return session.scalars(
        select(UserTask)
        .where(UserTask.id.in_(listed))
        .order_by(UserTask.due_by, UserTask.id)
        .limit(limit)
    ).all()


_FIRST = (
    select(UserTask)
    .where(UserTask.inbox == bindparam("b_inbox"), UserTask.status == literal(TaskStatus.OPEN))
    .order_by(UserTask.due_by, UserTask.id)
    .limit(bindparam("b_limit", type_=Integer()))
)


def capped_count(
    session: Session, inboxes: Iterable[str], cap: int = 99, *, actor_id: str | None = None
) -> int:
    """Return how many open tasks are in `inboxes`, counting no further than `cap` + 1.

    With `actor_id` without those that four eyes keep from him.
    """
    return session.scalar(_counted(cap, actor_id), {"b_inboxes": sorted(inboxes)}) or 0


@lru_cache(maxsize=_MOST_ACTORS)
def _counted(cap: int, actor_id: str | None) -> Select[int]:
    limited = select(UserTask.id).where(
        UserTask.inbox.in_(bindparam("b_inboxes", expanding=True)),
        UserTask.status == literal(TaskStatus.OPEN),
    )
    if actor_id is not None:
        limited = limited.where(~kept_from(actor_id))
    return select(func.count()).select_from(limited.limit(number(cap + 1)).subquery())


@lru_cache(maxsize=_MOST_ACTORS)
def kept_from(actor_id: str) -> ColumnElement[bool]:
    """Tell of a user task whether this actor did the step that another person has to follow."""
    earlier = aliased(UserTask)
    last = (
        select(earlier.closed_by)
        .where(
            earlier.instance_id == UserTask.instance_id,
            earlier.node == UserTask.different_from,
            earlier.status == literal(TaskStatus.DONE),
        )
        .order_by(earlier.closed_at.desc(), earlier.id.desc())
        .limit(ONE)
        .correlate(UserTask)
        .scalar_subquery()
    )
    return func.coalesce(last, "") == actor_id


def task(session: Session, task_id: str) -> UserTask | None:
    """Return a task by id."""
    return session.get(UserTask, task_id)


def tasks_of(session: Session, business_key: str) -> Sequence[UserTask]:
    """Return the open tasks of a case."""
    slot, values = (UserTask, business_key), {"b_key": business_key}
    return ask_once(session, slot, lambda: session.scalars(_OPEN_OF, values).all())


def know_tasks(session: Session, business_key: str, tasks: Sequence[UserTask]) -> None:
    """Let a transaction that reads know the open tasks of a case, read as its page was opened."""
    know(session, (UserTask, business_key), tasks)


_OPEN_OF = (
    select(UserTask)
    .where(UserTask.business_key == bindparam("b_key"), UserTask.status == literal(TaskStatus.OPEN))
    .order_by(UserTask.entered_at, UserTask.id)
)


def task_for(session: Session, business_key: str, node: str) -> UserTask | None:
    """Return the open task of a case at `node`, if there is one."""
    opened = tasks_of(session, business_key)
    return next((task for task in opened if task.node == node), None)


def history(session: Session, business_key: str) -> Sequence[InstanceEvent]:
    """Return what happened in a case, oldest first."""
    return session.scalars(_HISTORY, {"b_key": business_key}).all()


_HISTORY = (
    select(InstanceEvent)
    .where(InstanceEvent.business_key == bindparam("b_key"))
    .order_by(InstanceEvent.id)
)


def instance_of(session: Session, business_key: str) -> ProcessInstance | None:
    """Return the newest instance of a case."""
    return session.scalar(
        select(ProcessInstance)
        .where(ProcessInstance.business_key == business_key)
        .order_by(ProcessInstance.id.desc())
        .limit(ONE)
    )


def version_of(session: Session, business_key: str) -> int | None:
    """Return the version of a case's running instance; None when none runs."""
    return session.scalar(
        select(ProcessInstance.version).where(
            ProcessInstance.business_key == business_key,
            ProcessInstance.status == literal(InstanceStatus.ACTIVE),
        )
    )


@dataclass(frozen=True, kw_only=True)
class Pause:
    """What a case waits for when it waits for no person."""

    node: str
    until: datetime | None  #: when it goes on by itself; None: an operator has to look first


def pause_of(session: Session, business_key: str) -> Pause | None:
    """Return the incident or, without one, the drawn timer that a case waits for."""
    jobs = session.scalars(
        select(Job)
        .where(Job.business_key == business_key, Job.instance_id.is_not(None))
        .order_by(Job.due_at, Job.id)
    ).all()
    if dead := [job for job in jobs if job.state == JobState.DEAD]:
        return Pause(node=dead[0].node or "", until=None)
    for job in jobs:
        if job.kind == JobKind.TIMER and not job.params.get("boundary"):
            return Pause(node=job.node or "", until=job.due_at)
    return None


class Passage(NamedTuple):
    """One event of a case: what happened at which node, and what the case passed after it."""

    kind: str
    node: str | None
    passed: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a case stands in its diagrams: ids of nodes, of the calling diagrams too."""

    active: frozenset[str]
    done: frozenset[str]
    went: Sequence[Passage] = ()  #: how it came there, the oldest first


def status_of(
    session: Session, business_key: str, tasks: Sequence[UserTask] | None = None
) -> Position:
    """Return the active and the passed nodes of a case, for the live diagram.

    `tasks` are its open ones, where the caller has read them.
    """
    active: set[str] = set()
    for open_task in tasks_of(session, business_key) if tasks is None else tasks:
        active |= {open_task.node, *filter(None, open_task.scope.split("/"))}
    connection, of_case = session.connection(), {"b_key": business_key}
    for node, params in connection.execute(_WAITING, of_case):
        if not params.get("boundary"):  # a boundary timer only watches
            active.add(node)
    went = [Passage(*event) for event in connection.execute(_PASSED, of_case)]
    passed = {node for passage in went for node in passage.passed}
    return Position(active=frozenset(active), done=frozenset(passed - active), went=went)


_PASSED = (
    select(InstanceEvent.kind, InstanceEvent.node, InstanceEvent.passed)
    .where(InstanceEvent.business_key == bindparam("b_key"))
    .order_by(InstanceEvent.id)
)
_WAITING = select(Job.node, Job.params).where(
    Job.business_key == bindparam("b_key"), Job.node.is_not(None)
)


def waiting_by_node(
    session: Session, definition: str, process: str | None = None
) -> dict[str, int]:
    """Return how many cases of a version wait at each node, and inside each activity around it.

    With `process` only cases of that process. People's tasks count, and what a job or a moment is
    waited for: an intermediate timer, not one at the border of a step.
    """
    of_version = [
        ProcessInstance.definition == definition,
        ProcessInstance.status == literal(InstanceStatus.ACTIVE),
        *([ProcessInstance.process_id == process] if process is not None else []),
    ]
    tasks = (
        select(UserTask.node, UserTask.scope, func.count())
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(UserTask.status == literal(TaskStatus.OPEN), *of_version)
        .group_by(UserTask.node, UserTask.scope)
    )
    counts: Counter[str] = Counter()
    for node, scope, count in session.execute(tasks):
        for around in (node, *filter(None, scope.split("/"))):
            counts[around] += count
    jobs = (
        select(Job.node, func.count())
        .join(ProcessInstance, ProcessInstance.id == Job.instance_id)
        .where(Job.node.is_not(None), *of_version)
        .where(or_(Job.kind != JobKind.TIMER, Job.params != AT_BORDER))
        .group_by(Job.node)
    )
    for place, count in session.execute(jobs):
        counts[str(place)] += count
    return dict(counts)
