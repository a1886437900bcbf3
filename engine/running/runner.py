"""The runner: what casework, pages and workers call.

    runner.start(definition_hash, "initial_registration", application_id, data, actor)
    runner.complete(task_id, actor, {"outcome": "accept"}, write=lambda session: ...)

After the commit the caller's thread runs the services that its action started, so that the next
page shows their result; what it does not get to, the workers do. Never call the runner from
inside `write`, a commit or an inline operation: these are part of a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from engine import holds
from engine.actors import Actor
from engine.definitions import Definitions
from engine.errors import (
    AlreadyRunning,
    DiagramsDiffer,
    NoSuchInstance,
    NotAnIncident,
    NotYourTask,
    OtherVersion,
    TaskClaimed,
    TaskNotOpen,
)
from engine.instances import runtime
from engine.instances.workflow import Workflow
from engine.jobs import queue
from engine.jobs.bell import Bell
from engine.jobs.machine import MachineClock
from engine.jobs.queue import Outlook
from engine.operations import Opened, Operations, Outcome
from engine.running import shapes, store
from engine.running.actions import Actions, Seen, at
from engine.running.asked import Asked, Then, Write
from engine.running.job_runs import JobRuns, verb_of
from engine.running.own_jobs import OwnJobs
from engine.running.scenes import NOBODY, Clock, Host, HostFunction, Scenes
from engine.tables import (
    InstanceStatus,
    Job,
    JobKind,
    JobState,
    ProcessInstance,
    TaskStatus,
    UserTask,
)
from storage.database import new_id, writing

log = structlog.get_logger(__name__)


class _NothingMoved(Exception):
    """Thrown out of a computation that changes nothing, so that nothing is written."""


class Runner:
    """Runs instances on a database; safe to share between threads."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        scenes: Scenes,
        actions: Actions,
        job_runs: JobRuns,
        bell: Bell,
        machine: MachineClock,
    ) -> None:
        self.sessions = sessions
        self.scenes = scenes
        self.actions = actions
        self.job_runs = job_runs
        self.bell = bell
        self.machine = machine
        self._check: Write | None = None

    def provided(self, check: Write) -> Runner:
        """Give a runner whose actions first run `check(session)`, each inside its transaction.

        What it raises refuses the action as a whole: nothing is done.
        """
        runner = copy(self)
        runner._check = check
        return runner

    def checked(self, write: Write | None) -> Write | None:
        """Return what joins the transaction of an action: the check first, then `write`."""
        if (check := self._check) is None:
            return write

        def checked(session: Session) -> None:
            check(session)
            if write is not None:
                write(session)

        return checked

    def start(
        self,
        definition_hash: str,
        process_id: str,
        business_key: str,
        data: Mapping[str, object],
        actor: Actor,
        write: Write | None = None,
        *,
        case: Opened | None = None,
    ) -> str:
        """Start an instance and return its id; raise AlreadyRunning when the case has one.

        `case` is what the caller knows of it.
        """
        process = self.scenes.definitions.get(definition_hash).process(process_id)
        now = self.scenes.clock()
        row = ProcessInstance(
            id=new_id(),
            business_key=business_key,
            definition=definition_hash,
            process_id=process_id,
            status=InstanceStatus.ACTIVE,
            version=1,
            state=b"",
            started_at=now,
            changed_at=now,
        )
        asked = Asked(kind="STARTED", node=None, actor=actor, write=self.checked(write))

        def begin(session: Session, case: Opened) -> Workflow:
            return runtime.start(process, self.scenes.engine(session, row, actor, case), data)

        try:
            self.actions.start(row, asked, begin, case)
        except IntegrityError as error:
            with self.sessions() as session:
                if store.active_instance(session, business_key) is None:
                    raise
            raise AlreadyRunning from error
        self.job_runs.run_own()
        return row.id

    def complete(
        self,
        task_id: str,
        actor: Actor,
        values: Mapping[str, object],
        write: Write | None = None,
        *,
        then: Then | None = None,
        takes: str | None = None,
        case: Opened | None = None,
    ) -> bool:
        """Complete a user task; `write(session)` joins the transaction.

        Return whether what followed at once, if anything, was done without an error.

        `then` completes, in the same action, the task that this one opens for the same actor;
        `takes` is the node of one that it may open and that the actor has claimed with it.
        `case` is what the caller has loaded: it counts while nobody acted on the instance since.

        Raises TaskNotOpen, NotYourTask, TaskClaimed, FourEyes, BadValues, Busy.
        """
        token, write = "", self.checked(write)

        read = case  #: as it was read: it counts once, then the rows are asked

        def look(session: Session) -> Seen:
            nonlocal token, read
            known, read = read, None
            task, row = self._task_for(session, task_id, actor, known)
            token, node = task["task_id"], task["node"]
            asked = Asked(
                kind="TASK",
                node=node,
                actor=actor,
                completed=token,
                claimed_at=task["claimed_at"],
                write=write,
                then=then,
                takes=takes,
            )
            return Seen(instance=row, asked=asked, case=_as_of(case, row, session))

        self.actions.act(look, lambda workflow: runtime.complete(workflow, token, values))
        return self.job_runs.run_own()

    def claim(self, task_id: str, actor: Actor) -> None:
        """Take a task out of a common inbox; again by the same person changes nothing."""
        self._hold(task_id, actor, holder=actor.id)

    def release(self, task_id: str, actor: Actor) -> None:
        """Put a claimed task back into its inbox."""
        self._hold(task_id, actor, holder=None)

    def take_back(
        self,
        task_id: str,
        actor: Actor,
        *,
        holder: str,
        since: datetime,
        write: Write,
        to: str | None = None,
    ) -> None:
        """Put a task back that `holder` took at `since`, for him, or give it on to another.

        `write` joins the transaction. Who may, and to whom, is the caller's to say. Raises
        TaskNotOpen when the hold is over, by whatever.
        """
        statement = (
            update(UserTask)
            .where(
                UserTask.id == task_id,
                UserTask.status == TaskStatus.OPEN,
                UserTask.claimed_by == holder,
                UserTask.claimed_at == since,
            )
            .values(claimed_by=to, claimed_at=self.scenes.clock() if to else None)
        )
        with writing(self.sessions) as session:
            if session.connection().execute(statement).rowcount != 1:
                raise TaskNotOpen
            write(session)
        log.info("task_taken_back", task=task_id, actor=actor.id, holder=holder, to=to)

    def message(
        self,
        name: str,
        business_key: str,
        values: Mapping[str, object],
        actor: Actor,
        write: Write | None = None,
        *,
        then: Then | None = None,
        case: Opened | None = None,
    ) -> None:
        """Deliver a message to the running instance of a case; `then` and `case` as `complete`.

        Raises NoSuchInstance, NobodyWaits (then `write` is not run), BadValues, Busy; with `then`
        TaskNotOpen, NotYourTask, FourEyes.
        """
        write = self.checked(write)

        read = case  #: as it was read: it counts once, then the row is asked

        def look(session: Session) -> Seen:
            nonlocal read
            known, read = read, None
            row = known.instance if known is not None else None
            row = row or store.active_instance(session, business_key)
            if row is None:
                raise NoSuchInstance
            asked = Asked(kind="MESSAGE", node=name, actor=actor, write=write, then=then)
            return Seen(instance=row, asked=asked, case=_as_of(case, row, session))

        self.actions.act(look, lambda workflow: runtime.deliver(workflow, name, values))
        self.job_runs.run_own()

    def rearm(
        self,
        instance_id: str,
        others: Mapping[str, HostFunction],
        actor: Actor,
        write: Callable[[Session, Mapping[str, datetime]], None],
    ) -> Mapping[str, datetime]:
        """Compute the armed timers of an instance anew; return {node: moment} of those that moved.

        Each counts from the moment at which it was armed. `others` stand in for the host functions
        of the diagrams; what is computed to None stays as it is, and so does a timer that has
        fired or whose row is at work. `write(session, moved)` joins the transaction; when nothing
        moves, nothing is written.
        """
        try:
            return self._rearm(at(instance_id, _rearmed(actor)), others, actor, write)
        except (_NothingMoved, TaskNotOpen):  # or the case has ended meanwhile
            return {}

    def note(
        self,
        business_key: str,
        others: Mapping[str, HostFunction],
        actor: Actor,
        write: Write,
        *,
        case: Opened,
    ) -> Mapping[str, datetime]:
        """Write something about a case that its timers count from; they follow in the same action.

        As `rearm`; a reminder that has fired is armed anew where its moment is ahead again. `case`
        shows what `write` is going to store. Raises NoSuchInstance, TaskNotOpen, Busy.
        """
        write = self.checked(write) or write

        def look(session: Session) -> Seen:
            row = store.active_instance(session, business_key)
            if row is None:
                raise NoSuchInstance
            return Seen(instance=row, asked=_rearmed(actor), case=_as_of(case, row, session))

        return self._rearm(look, others, actor, lambda session, _: write(session), again=True)

    def correct(
        self,
        instance_id: str,
        former: str,
        version: str,
        others: Mapping[str, HostFunction],
        actor: Actor,
        write: Callable[[Session, Mapping[str, datetime]], None],
    ) -> None:
        """Let an instance of a version go on with another one, with diagrams of the same shape.

        What it waits for stays; its timers are computed anew by the functions `others`, as
        `rearm` does. `write(session, moved)` joins the transaction. Raises NoSuchInstance,
        TaskNotOpen when it has ended, OtherVersion when it left the former one meanwhile,
        DiagramsDiffer, Busy.
        """
        definitions = self.scenes.definitions
        after = definitions.get(version)

        def look(session: Session) -> Seen:
            row = store.instance(session, instance_id)
            if row is None:
                raise NoSuchInstance
            if row.definition != former:
                raise OtherVersion(version=row.definition[:12])
            before = definitions.get(former)
            if differences := shapes.differences(before, after, row.process_id):
                raise DiagramsDiffer(differences="；".join(differences[:3]))
            row.definition = version  # of no session: it is computed with the other version
            return Seen(instance=row, asked=Asked(kind="CORRECTED", node=None, actor=actor))

        def redefine(session: Session, moved: Mapping[str, datetime]) -> None:
            store.set_definition(session, instance_id, version)
            write(session, moved)

        self._rearm(look, others, actor, redefine, again=True)

    def _rearm(
        self,
        find: Callable[[Session], Seen],
        others: Mapping[str, HostFunction],
        actor: Actor,
        write: Callable[[Session, Mapping[str, datetime]], None],
        *,
        again: bool = False,
    ) -> Mapping[str, datetime]:
        moved: dict[str, datetime] = {}
        moment_of: Callable[[Any], datetime | None]

        def look(session: Session) -> Seen:
            nonlocal moment_of
            seen = find(session)
            key = seen.instance.business_key
            case = self.scenes.open_case(session, key) if seen.case is None else seen.case
            case = case.into(session)
            moment_of = self.moments(session, seen.instance, others, actor, case)
            asked = replace(seen.asked, write=lambda session: write(session, moved))
            return replace(seen, asked=asked, case=case)

        def verb(workflow: Workflow) -> None:
            nonlocal moved
            moved = runtime.rearm(workflow, moment_of)
            if again:
                moved |= runtime.arm_again(workflow, moment_of)
            elif not moved:
                raise _NothingMoved

        self.actions.act(look, verb)
        self.bell.ring()
        return moved

    def moments(
        self,
        session: Session,
        row: ProcessInstance,
        others: Mapping[str, HostFunction],
        actor: Actor,
        case: Opened,
    ) -> Callable[[Any], datetime | None]:
        """Return what computes the moment of a timer anew, None for one to be left alone.

        One that is to be armed now counts from now.
        """
        waiting = select(Job.task_id, Job.created_at).where(
            Job.instance_id == row.id,
            Job.kind == JobKind.TIMER,
            Job.state == JobState.READY,
            Job.attempts == 0,
        )
        armed = {moment.task_id: moment.created_at for moment in session.execute(waiting)}

        def moment_of(task: Any) -> datetime | None:
            due = task.internal_data.get("due")
            if due is not None and task.id.hex not in armed:
                return None
            engine = self.scenes.engine(
                session,
                row,
                actor,
                case,
                now=armed.get(task.id.hex),
                others=others,
                armed=None if due is None else datetime.fromisoformat(due),
            )
            value = engine.evaluate(task, task.task_spec.event_definition.expression)
            return None if value is None else engine.due(value)

        return moment_of

    def retry(self, job_id: str, actor: Actor, write: Write | None = None) -> None:
        """Let an incident try again, with what `write(session)` adds; raise NotAnIncident."""
        with writing(self.sessions) as session:
            queue.retry(session, job_id, self.scenes.clock())
            if (write := self.checked(write)) is not None:
                write(session)
        log.info("job_retried", job=job_id, actor=actor.id)
        self.bell.ring()

    def skip(
        self, job_id: str, actor: Actor, values: object = None, write: Write | None = None
    ) -> None:
        """Go on without a dead job: a service gets `values` as its result, a timer fires.

        `write(session)` joins the transaction. Raises NotAnIncident.
        """
        with self.sessions() as session:
            job = session.get(Job, job_id)
        if job is None or job.state != JobState.DEAD:
            raise NotAnIncident
        write = self.checked(write)
        if job.kind == JobKind.EFFECT:
            with writing(self.sessions) as session:
                queue.skip(session, job_id)
                if write is not None:
                    write(session)
        else:
            asked = Asked(kind="SKIPPED", node=job.node, actor=actor, write=write)
            self.actions.act(at(str(job.instance_id), asked), verb_of(job, Outcome(values=values)))
        log.info("job_skipped", job=job_id, actor=actor.id, operation=job.operation)
        self.job_runs.run_own()

    def run_due(self, instance_id: str | None = None, limit: int = 100) -> int:
        """Run jobs that are due, at most `limit`; return how many.

        With `instance_id`, only services of that instance.
        """
        return self.job_runs.run_due(instance_id, limit)

    def look_around(self) -> int:
        """Look as `look` does; return how many jobs of processes that are no more were freed."""
        return self._look()[1]

    def look(self) -> Outlook:
        """Free the jobs of processes that are no more, and hold the machine's clock against ours.

        Return what there is going to be to do; the bell rings when a lease has ended.
        """
        return self._look()[0]

    def _look(self) -> tuple[Outlook, int]:
        with self.sessions() as session:
            was_right, before = self.machine.is_right, self.machine.wall()
            outlook = queue.outlook(session)
            is_right = self.machine.note(before, outlook.clock_s)
            gone = queue.gone(session) if outlook.is_busy else []
        if is_right != was_right:
            log.error("clock", ahead_s=round(self.machine.ahead_s), trouble=self.machine.trouble)
        freed = 0
        if gone:
            with writing(self.sessions) as session:
                freed = queue.release(session, gone)
        if gone or outlook.is_over:
            self.bell.ring()
        return outlook, freed

    def _task_for(
        self, session: Session, task_id: str, actor: Actor, known: Opened | None = None
    ) -> tuple[Mapping[str, Any], ProcessInstance]:
        """Return an open task that `actor` may do, with its instance; raise what forbids it.

        Both as `known` a moment ago, if they were read: the write compares them with the rows.
        """
        row = _waiting(known, task_id) or store.task_with_instance(session, task_id)
        if row is None or row[0]["status"] != TaskStatus.OPEN:
            raise TaskNotOpen
        task = row[0]
        if not actor.may_open(task["inbox"]):
            raise NotYourTask
        held = (task["inbox"], task["claimed_by"], task["claimed_at"])
        if holds.is_anothers(*held, actor=actor, now=self.scenes.clock()) and self.scenes.keeps(
            session, task["claimed_by"], task["inbox"]
        ):
            raise TaskClaimed
        store.refuse_same_person(session, task, actor)
        return row

    def _hold(self, task_id: str, actor: Actor, holder: str | None) -> None:
        with writing(self.sessions) as session:
            task, _ = self._task_for(session, task_id, actor)
            if task["claimed_by"] == holder:
                return
            statement = (
                update(UserTask)
                .where(
                    UserTask.id == task_id,
                    UserTask.status == TaskStatus.OPEN,
                    UserTask.claimed_by.is_not_distinct_from(task["claimed_by"]),
                )
                .values(claimed_by=holder, claimed_at=self.scenes.clock() if holder else None)
            )
            if session.connection().execute(statement).rowcount != 1:
                raise TaskClaimed
            if self._check is not None:
                self._check(session)


def _rearmed(actor: Actor) -> Asked:
    return Asked(kind="REARMED", node=None, actor=actor)


def _waiting(
    known: Opened | None, task_id: str
) -> tuple[Mapping[str, Any], ProcessInstance] | None:
    """Give a task and its instance as its case was read, if it was."""
    if known is None or known.instance is None:
        return None
    task = known.waiting(task_id)
    return None if task is None else (store.values_of(task), known.instance)


def _as_of(case: Opened | None, row: ProcessInstance, session: Session) -> Opened | None:
    """Give what a caller has loaded, as it is if nobody acted on the instance since."""
    if case is None or case.version == row.version:
        return case
    return case.anew(session)


def open_runner(
    sessions: sessionmaker[Session],
    definitions: Definitions,
    operations: Operations,
    office: object,
    clock: Clock,
    host: Host = NOBODY,
    *,
    bell: Bell | None = None,
    runs_own_jobs: bool = True,
) -> Runner:
    """Put a runner together for one office.

    `office` is handed to every operation. `runs_own_jobs` False leaves every service to the
    workers.
    """
    bell, own, machine = bell or Bell(), OwnJobs(), MachineClock()
    scenes = Scenes(definitions, operations, office, clock, host)
    actions = Actions(sessions, scenes, host.entered, own, bell, runs_own_jobs=runs_own_jobs)
    job_runs = JobRuns(sessions, scenes, actions, own, bell, machine)
    return Runner(sessions, scenes, actions, job_runs, bell, machine)
