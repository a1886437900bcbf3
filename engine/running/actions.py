"""An action on an instance: read, compute, one short write transaction.

Nothing is computed inside a transaction; what was computed on a stale version is computed again,
up to three times, before the person is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from engine.actors import Actor
from engine.errors import Busy, NoSuchInstance, NotYourTask, TaskNotOpen
from engine.instances import runtime, state
from engine.instances.workflow import Workflow
from engine.jobs.bell import Bell
from engine.jobs.queue import RINGS, Claim
from engine.operations import Opened
from engine.running import plans, store
from engine.running.asked import Asked, Then
from engine.running.own_jobs import Left, OwnJob, OwnJobs
from engine.running.plans import Before, Entered, Plan
from engine.running.scenes import Scenes
from engine.running.store import Conflict
from engine.tables import InstanceStatus, Job, ProcessInstance
from storage import spans
from storage.database import new_id, writing

TRIES = 4  #: computations of one action when others keep changing the instance

Verb = Callable[[Workflow], None]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What an action is computed from: its instance and what is loaded about the case."""

    instance: ProcessInstance
    asked: Asked
    case: Opened | None = None  #: None: it is opened for the computation


#: Finds the instance of an action, in the read transaction in which it is computed.
Look = Callable[[Session], Seen]


def at(instance_id: str, asked: Asked, left: Left | None = None) -> Look:
    """Return a look at a known instance: first as this thread `left` it, then at its row."""

    def look(session: Session) -> Seen:
        nonlocal left
        if left is not None:
            known, left = left, None
            return Seen(instance=known.instance, asked=asked, case=known.case)
        row = store.instance(session, instance_id)
        if row is None:
            raise NoSuchInstance
        return Seen(instance=row, asked=asked)

    return look


class Actions:
    """Computes and writes actions; safe to share between threads."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        scenes: Scenes,
        entered: Callable[[Session, Entered], None],
        own: OwnJobs,
        bell: Bell,
        *,
        runs_own_jobs: bool,
    ) -> None:
        self.sessions = sessions
        self.scenes = scenes
        self.entered = entered
        self.own = own
        self.bell = bell
        self.runs_own_jobs = runs_own_jobs

    def act(self, look: Look, verb: Verb) -> None:
        """Read, compute and write an action, again when somebody else was faster."""
        with spans.span("act") as span:
            for tries in range(1, TRIES + 1):
                span.note(tries=tries)
                with self.sessions() as session:
                    seen = look(session)
                    case = self._case(session, seen)
                    plan = self._compute(session, seen, verb, case)
                try:
                    self.commit(plan, seen.asked, case)
                except Conflict:
                    continue
                return
            raise Busy

    def start(
        self,
        row: ProcessInstance,
        asked: Asked,
        begin: Callable[[Session, Opened], Workflow],
        case: Opened | None = None,
    ) -> None:
        """Compute and write a new instance; `case` is what the caller knows."""
        with self.sessions() as session:
            known = None if case is None else case.into(session)
            case = known or self.scenes.open_case(session, row.business_key)
            workflow = begin(session, case)
        plan = plans.plan(
            workflow,
            row,
            plans.Before(),
            asked,
            is_new=True,
        )
        self.commit(plan, asked, case)

    def _case(self, session: Session, seen: Seen) -> Opened:
        if seen.case is None:
            return self.scenes.open_case(session, seen.instance.business_key)
        return seen.case.into(session)

    def _compute(self, session: Session, seen: Seen, verb: Verb, case: Opened) -> Plan:
        row, asked = seen.instance, seen.asked
        process = self.scenes.definitions.get(row.definition).process(row.process_id)
        if row.status != InstanceStatus.ACTIVE:
            raise TaskNotOpen
        engine = self.scenes.engine(session, row, asked.actor, case)
        workflow = state.load(row.state, process, engine)
        earlier = plans.before(workflow)
        verb(workflow)
        passing = None
        if asked.then is not None:
            passing = _go_through(session, workflow, row, earlier, asked.then, asked.actor)
        return plans.plan(
            workflow,
            row,
            earlier,
            asked,
            passing=passing,
        )

    def commit(self, plan: Plan, asked: Asked, case: Opened) -> None:
        """Write a computed action; raise Conflict when it came too late."""
        token = new_id() if self.runs_own_jobs else None
        with writing(self.sessions) as session:
            case = case.into(session)
            leased = store.commit(
                session,
                plan,
                write=asked.write,
                entered=self.entered,
                held=asked.held,
                token=token,
            )
            case = case.apart()
        others = plan.jobs[leased:]  # a timer of a later moment is the look-out's
        if any(job["due_at"] <= plan.at for job in others) or session.info.get(RINGS):
            self.bell.ring()
        if leased and token is not None:
            job = Job(**{**plan.jobs[0], "attempts": 1})
            left = Left(instance=plan.after(), case=case)
            self.own.queue.append(OwnJob(claim=Claim(job=job, token=token), left=left))


def _go_through(
    session: Session,
    workflow: Workflow,
    row: ProcessInstance,
    earlier: Before,
    then: Then,
    actor: Actor,
) -> dict[str, Any]:
    """Complete the user task at `then.node` that the first step opened; return its row.

    What holds for a task of its own holds here: it is in the actor's inbox and, where another
    person has to do it, not his. Raises TaskNotOpen, NotYourTask, FourEyes.
    """
    opened = [
        task
        for key, task in runtime.open_user_tasks(workflow).items()
        if task.task_spec.bpmn_id == then.node and key not in earlier.tasks
    ]
    if not opened:
        raise TaskNotOpen
    values = plans.task_row(workflow, row, opened[0], workflow.script_engine.now)
    if not actor.may_open(values["inbox"]):
        raise NotYourTask
    store.refuse_same_person(session, values, actor)
    effects = workflow.script_engine.effects
    effects.writes.append(runtime.passed(opened[0]))
    effects.passed.append(then.node)
    runtime.complete(workflow, values["task_id"], then.values)
    return values
