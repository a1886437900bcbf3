"""Going on without a step that failed for good: what may be, by two operators, and told (§trust).

A step with legal effect is never skipped: it is mended and tried again. For the others one operator
asks with a reason and another confirms; that the case went on without it stands in its timeline.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.case.two_operators import TwoOperators, note
from casework.office import Office
from engine.actors import Actor
from engine.errors import NotAnIncident
from engine.tables import Job, JobKind, JobState
from professions import operations
from professions.operations import Skipping
from refusals.refusal import Refusal
from registry.applications import timeline
from registry.applications.applications import Application
from registry.trail import audit, skips
from registry.trail.skips import Skip
from storage.database import writing

SHORTEST_REASON = 5
LONGEST_REASON = 300


class SkipForbidden(Refusal):
    """该步骤不能跳过：{why}。请排除故障后重试。"""

    code = "E_SKIP_FORBIDDEN"


class SkipReasonMissing(Refusal):
    """请填写跳过该步骤的原因（5至300个字），原因将由另一名运行维护人员核对，并对当事人公开。"""

    code = "E_SKIP_REASON"


class SkipNeedsAnother(Refusal):
    """跳过该步骤须由另一名运行维护人员确认。申请跳过的人不能自己确认。"""

    code = "E_SKIP_NEEDS_ANOTHER"
    is_denial = True


class SkipNotAsked(Refusal):
    """跳过该步骤的申请已经撤回或者已经处理。请刷新页面，查看最新状态。"""

    code = "E_SKIP_NOT_ASKED"


class SkipAsked(Refusal):
    """{who}已于{when}申请跳过该步骤，等待确认。请先确认或者撤回该申请，再提出新的申请。"""

    code = "E_SKIP_ASKED"


_BY_TWO = TwoOperators(needs_another=SkipNeedsAnother, not_asked=SkipNotAsked, waits=SkipAsked)


def rule_of(job: Job) -> Skipping:
    """Say whether a job may be skipped, and why or why not."""
    return operations.skipping(None if job.kind == JobKind.TIMER else job.operation)


def ask(office: Office, job_id: str, reason: str, actor: Actor) -> None:
    """Ask to go on without an incident; the same again changes nothing.

    Raises `NotAnIncident`, `SkipForbidden`, `SkipReasonMissing`, `SkipAsked`.
    """
    with writing(office.sessions) as session:
        job = _incident(session, job_id)
        if not (rule := rule_of(job)).allowed:
            raise SkipForbidden(why=rule.why)
        field = f"reason-{job_id}"
        if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
            raise SkipReasonMissing(field)
        if not skips.ask(
            session,
            job_id,
            operation=job.operation,
            business_key=job.business_key,
            reason=reason,
            actor=actor.id,
            at=office.now(),
        ):
            waits = skips.get(session, job_id)
            _BY_TWO.again(session, waits, actor, {"reason": reason}, field=field)
            return
        _audit(office, session, "incident_skip_asked", job, actor)


def confirm(office: Office, job_id: str, actor: Actor) -> None:
    """Go on without an incident that another operator asked to skip: one transaction.

    Raises `NotAnIncident`, `SkipForbidden`, `SkipNotAsked`, `SkipNeedsAnother`.
    """
    if _BY_TWO.is_done(office, Skip, job_id, actor, skips.CONFIRMED):
        return  # a second press
    with office.sessions() as session:
        job, asked = _incident(session, job_id), skips.get(session, job_id)
        if not (rule := rule_of(job)).allowed:
            raise SkipForbidden(why=rule.why)
        asked = _BY_TWO.confirmable(session, asked, actor)

    def write(session: Session) -> None:
        _BY_TWO.insist(skips.confirm(session, job_id, actor=actor.id, at=office.now()))
        _tell(office, session, job, asked.reason, actor)
        _audit(office, session, "incident_skip", job, actor, asked_by=asked.asked_by)

    office.runner.skip(job_id, actor, write=write)


def decline(office: Office, job_id: str, actor: Actor) -> None:
    """Take a request to skip back, one's own or another's; raises `NotAnIncident`."""
    with writing(office.sessions) as session:
        job = _incident(session, job_id)
        skips.drop(session, job_id)
        _audit(office, session, "incident_skip_declined", job, actor)


def retry(office: Office, job_id: str, actor: Actor) -> None:
    """Let an incident try again; a request to skip it is void. Raises `NotAnIncident`."""
    try:
        _retry(office, job_id, actor)
    except NotAnIncident:
        if not _has_retried(office, job_id, actor):
            raise  # nobody has pressed it before


def _retry(office: Office, job_id: str, actor: Actor) -> None:
    with office.sessions() as session:
        job = _incident(session, job_id)

    def write(session: Session) -> None:
        skips.drop(session, job_id)
        _audit(office, session, "incident_retry", job, actor)

    office.runner.retry(job_id, actor, write)


def _has_retried(office: Office, job_id: str, actor: Actor) -> bool:
    with office.sessions() as session:
        job, subject = session.get(Job, job_id), f"job:{job_id}"
        is_over = job is not None and job.state != JobState.DEAD
        return is_over and audit.is_known(
            session, "incident_retry", actor=actor.id, subject=subject
        )


def _incident(session: Session, job_id: str) -> Job:
    job = session.get(Job, job_id)
    if job is None or job.state != JobState.DEAD:
        raise NotAnIncident
    return job


def _tell(office: Office, session: Session, job: Job, reason: str, actor: Actor) -> None:
    """Write what the case went on without, for everybody whom it concerns."""
    if job.business_key is None or session.get(Application, job.business_key) is None:
        return
    text = f"系统步骤“{rule_of(job).title}”未能完成，经两名运行维护人员核对后跳过"
    facts = {"operation": job.operation, "why": f"跳过的原因：{reason}"}
    now = office.now()
    timeline.add(session, job.business_key, "skip", text, actor=actor.id, at=now, facts=facts)


def _audit(
    office: Office, session: Session, action: str, job: Job, actor: Actor, **facts: str
) -> None:
    about = {"operation": job.operation, "case": job.business_key, "attempts": job.attempts}
    note(office, session, action, actor, subject=f"job:{job.id}", facts={**about, **facts})
