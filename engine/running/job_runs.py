"""Running jobs: under a lease, outside any transaction, finished in one fenced transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from engine.actors import SYSTEM
from engine.errors import Busy, NoSuchInstance, RunnersDied, TaskNotOpen
from engine.instances import runtime
from engine.jobs import queue
from engine.jobs.bell import Bell
from engine.jobs.leases import Leases
from engine.jobs.machine import MachineClock
from engine.operations import BpmnError, Call, CaseCall, Commit, Outcome, Retry
from engine.running import store
from engine.running.actions import Actions, Verb, at
from engine.running.asked import Asked
from engine.running.own_jobs import Left, OwnJobs
from engine.running.scenes import Scenes
from engine.tables import Job, JobKind
from refusals.refusal import Refusal
from storage import origin, spans
from storage.database import writing

PATIENCE_S = 10.0  #: how long a request goes on starting services after its commit
SHARED_S = 1.0  #: how long what an effect found waits for a transaction with the others'

log = structlog.get_logger(__name__)


class JobRuns:
    """Runs jobs: those of its own thread at once, those of the queue as a worker."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        scenes: Scenes,
        actions: Actions,
        own: OwnJobs,
        bell: Bell,
        machine: MachineClock,
    ) -> None:
        self.machine = machine
        self.sessions = sessions
        self.scenes = scenes
        self.actions = actions
        self.own = own
        self.bell = bell
        self.leases = Leases(sessions)

    def run_due(self, instance_id: str | None = None, limit: int = 100) -> int:
        """Run jobs that are due, at most `limit`; return how many.

        With `instance_id`, only services of that instance.
        """
        count = 0
        while count < limit:
            now, timed = self.scenes.clock(), self.machine.is_right
            with self.sessions() as session:
                due = queue.what_is_due(session, now, instance_id, timed=timed)
            if due is None:
                return count
            most = min(queue.TOGETHER, limit - count)
            is_shared = due.many and not due.orphan and instance_id is None and most > 1
            together: list[queue.Claim] = []
            held = None
            with writing(self.sessions) as session:
                if is_shared:
                    small = self.scenes.operations.small()
                    together = queue.claim_together(session, now, small, most)
                if not together:
                    held = queue.claim(session, now, instance_id, timed=timed, due=due)
            count += max(1, len(together))
            if due.more and (together or held is not None):
                self.bell.ring()
            if together:
                self._run_together(together)
            elif held is not None:
                self._run(held)
            self.run_own()
        return limit

    def _run_together(self, claims: Sequence[queue.Claim]) -> None:
        """Run small effects one after the other; those that took no time share a transaction."""
        worked: list[tuple[queue.Claim, Outcome]] = []
        with self.leases.kept(*claims):
            since = time.monotonic()
            for held in claims:
                with _named(held.job):
                    try:
                        outcome = self._work(held)
                    except Exception as error:  # the border: whatever is raised becomes a row
                        retry = self.scenes.operations.get(held.job.operation).retry
                        self._failed(held, error, retry)
                        continue
                worked.append((held, outcome))
                if time.monotonic() - since > SHARED_S:
                    self._finish_together(worked)
                    worked, since = [], time.monotonic()
            self._finish_together(worked)

    def _work(self, held: queue.Claim) -> Outcome:
        job = held.job
        call = Call(key=job.key, about=job.business_key, now=self.scenes.clock())
        return self.scenes.operations.run(job.operation, self.scenes.office, call, job.params)

    def _finish_together(self, worked: Sequence[tuple[queue.Claim, Outcome]]) -> None:
        """Put what effects found on record in one fenced transaction; if it fails, each alone."""
        if not worked:
            return
        try:
            with writing(self.sessions) as session:
                ours = queue.done_together(session, [held for held, _ in worked])
                for held, outcome in worked:
                    if held.job.id in ours and outcome.commit is not None:
                        with _named(held.job):
                            outcome.commit(session)
        except Exception as error:  # the border: whose fault it is shows when each is alone
            log.warning("not_together", error=type(error).__name__)
            for held, outcome in worked:
                self._finish_alone(held, outcome)
            return
        if session.info.get(queue.RINGS):
            self.bell.ring()
        for held, outcome in worked:
            if held.job.id in ours and outcome.afterwards is not None:
                self._make_room(held.job, outcome.afterwards)

    def _finish_alone(self, held: queue.Claim, outcome: Outcome) -> None:
        with _named(held.job):
            try:
                self._finish(held, outcome, None)
            except Exception as error:  # the border: it ends in the row
                self._failed(held, error, self.scenes.operations.get(held.job.operation).retry)
            else:
                if outcome.afterwards is not None:
                    self._make_room(held.job, outcome.afterwards)

    def run_own(self) -> bool:
        """Run the jobs that this thread leased to itself, and those they start in turn.

        The action that started them is committed: trouble with the database here is not its
        failure, and what it leaves is found by its lease. Return whether all of them were done.
        """
        own, done = self.own, True
        if own.is_running:
            return False
        own.is_running = True
        try:
            enough = time.monotonic() + PATIENCE_S
            while own.queue and time.monotonic() < enough:
                job = own.queue.pop(0)
                done &= self._run(job.claim, job.left)
            done &= not own.queue
            self._give_up([job.claim for job in own.queue])
        except SQLAlchemyError as error:
            log.warning("jobs_left", error=type(error).__name__)
            return False
        finally:
            own.is_running, own.queue = False, []
        return done

    def _give_up(self, left: list[queue.Claim]) -> None:
        """Leave to the workers what a request has no time for."""
        if left:
            with writing(self.sessions) as session:
                for held in left:
                    queue.put_back(session, held)
            self.bell.ring()

    def _run(self, held: queue.Claim, left: Left | None = None) -> bool:
        """Run one leased job to its end, under its own name in the trail.

        `left` is how the action that asked for the job left its case, when that was ours.
        """
        with _named(held.job):
            return self._run_to_end(held, left)

    def _run_to_end(self, held: queue.Claim, left: Left | None) -> bool:
        """Run one leased job, and tell whether it was done; what it raises ends in its row."""
        job, retry = held.job, Retry()
        try:
            if job.kind != JobKind.TIMER:
                retry = self.scenes.operations.get(job.operation).retry
            if job.attempts > max(queue.CRASH_LIMIT, retry.attempts):
                raise RunnersDied
            if job.kind == JobKind.TIMER:
                return self._finish(held, Outcome(), left)
            call, left = self._call(job, left)
            with self.leases.kept(held):
                outcome = self.scenes.operations.run(
                    job.operation, self.scenes.office, call, job.params
                )
            done = self._finish(held, outcome, left)
        except BpmnError as error:
            self._finish_with_error(held, error, left)
        except Exception as error:  # the border: whatever a handler raises becomes a row
            self._failed(held, error, retry)
        else:
            if done and outcome.afterwards is not None:
                self._make_room(job, outcome.afterwards)
            return done
        return False

    def _make_room(self, job: Job, afterwards: Callable[[], object]) -> None:
        try:
            afterwards()
        except Exception as error:  # the border: what was done is on record, and stays done
            log.warning("room_not_made", operation=job.operation, error=type(error).__name__)

    def _call(self, job: Job, left: Left | None) -> tuple[Call, Left | None]:
        """Describe the circumstances of a job, and how its case stands before it."""
        now = self.scenes.clock()
        if job.instance_id is None or job.business_key is None:
            return Call(key=job.key, about=job.business_key, now=now), None
        is_first = left is not None
        if left is None:
            with self.sessions() as session:
                row = store.instance(session, job.instance_id)
            if row is None:
                raise NoSuchInstance
            left = Left(instance=row, case=self.scenes.open_case(session, job.business_key).apart())
        call = CaseCall(
            key=job.key,
            instance_id=job.instance_id,
            business_key=job.business_key,
            definition=left.instance.definition,
            node=str(job.node),
            now=now,
            case=left.case,
            is_first=is_first,
        )
        return call, left

    def _finish(self, held: queue.Claim, outcome: Outcome, left: Left | None) -> bool:
        """Write what a job found and let its instance go on, in one fenced transaction.

        Return whether what it found counts.
        """
        job = held.job
        if job.instance_id is None:
            with writing(self.sessions) as session:
                if queue.done(session, held) and outcome.commit is not None:
                    outcome.commit(session)
            if session.info.get(queue.RINGS):
                self.bell.ring()
            return True
        return self._go_on(held, outcome.commit, verb_of(job, outcome), left)

    def _finish_with_error(self, held: queue.Claim, error: BpmnError, left: Left | None) -> None:
        """Take a job's business error to its boundary event; uncaught, it is an incident."""
        job = held.job
        try:
            if job.instance_id is None:
                raise error
            self._go_on(
                held,
                error.commit,
                lambda workflow: runtime.fail_job(
                    workflow, str(job.task_id), error.code, error.facts
                ),
                left,
            )
        except Exception as failure:  # the border: it ends in the row
            self._failed(held, failure, Retry())

    def _go_on(
        self, held: queue.Claim, commit: Commit | None, verb: Verb, left: Left | None
    ) -> bool:
        job = held.job
        asked = Asked(kind=job.kind, node=job.node, actor=SYSTEM, write=commit, held=held)
        try:
            self.actions.act(at(str(job.instance_id), asked, left), verb)
        except TaskNotOpen:  # the token was taken away meanwhile: the result is void
            with writing(self.sessions) as session:
                queue.done(session, held)
            log.info("job_void", operation=job.operation, case=job.business_key)
            return False
        return True

    def _failed(self, held: queue.Claim, error: Exception, retry: Retry) -> None:
        """Note a failure; one of the diagram or of an operation's rules will not mend itself."""
        log.warning(
            "job_failed",
            operation=held.job.operation,
            case=held.job.business_key,
            attempt=held.job.attempts,
            error=type(error).__name__,
        )
        with writing(self.sessions) as session:
            if isinstance(error, Busy):
                queue.put_back(session, held)
            else:
                final = isinstance(error, Refusal) and not error.may_pass
                final = final or isinstance(error, BpmnError)
                queue.fail(session, held, error, retry, self.scenes.clock(), final=final)


@contextmanager
def _named(job: Job) -> Iterator[None]:
    """Say in the trail, and to who measures, that what is done inside is done by this job."""
    name = f"timer {job.node}" if job.kind == JobKind.TIMER else job.operation
    with origin.coming_from(f"job {name}"), spans.span(f"job {name}") as span:
        span.note(attempt=job.attempts)
        yield


def verb_of(job: Job, outcome: Outcome) -> Verb:
    """Return how an instance goes on after a job."""
    task_id = str(job.task_id)
    if job.kind == JobKind.TIMER:
        return lambda workflow: runtime.fire_timer(workflow, task_id)
    return lambda workflow: runtime.finish_job(workflow, task_id, outcome.values)
