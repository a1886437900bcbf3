"""What the agency does to a registration of its own motion (Licensing Law 69, 70, 79; I19).

A reviewer proposes with ground, facts and evidence; the person is told and may state the case;
another officer, an approver, decides. The end of the registration and of its certificates, the ban
and the public answer are one transaction (I14), see `operations_authority`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from casework.case import evidence, texts, trail
from casework.case.evidence import Upload
from casework.case.opening import About, FirstLine, open_case
from casework.case.refusals import NotYourApplication, StepNotOpen
from casework.office import Office
from casework.tasks import officer_results, open_tasks
from engine.actors import Actor
from engine.errors import NobodyWaits, NotYourTask
from professions import messages
from professions.tasks import Task
from professions.texts import wording
from refusals.refusal import Refusal
from registry.applications import applications
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep, Result
from registry.applications.statuses import Matter
from registry.authority import ex_officio
from registry.authority.ex_officio import Act, Ground, Proposal
from registry.certificates import registrations
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.errors import RegistrationNotValid
from registry.law.calendars import shanghai_day
from registry.people.officers import OfficerRole


class ActNotLawful(Refusal):
    """所选处理方式不适用于该情形，请按法律规定重新选择处理方式和情形。"""

    code = "E_ACT_NOT_LAWFUL"


class ActTooEarly(Refusal):
    """注册有效期至{valid_to}，尚未届满，不能以有效期满为由处理；请核对情形。"""

    code = "E_ACT_TOO_EARLY"


class ActRunning(Refusal):
    """该注册已有依职权处理的案件（{no}）正在办理，请在该案件中办理。"""

    code = "E_ACT_RUNNING"


class StatementEmpty(Refusal):
    """请写明陈述、申辩的内容（至少5个字）。"""

    code = "E_STATEMENT_EMPTY"


_ENDABLE = (RegistrationStatus.VALID, RegistrationStatus.EXPIRED)


def effect(office: Office, registration: Registration, act: str, ground: str) -> Mapping[str, Any]:
    """Give what the table says of an act on a ground: status, ban_basis, ban_years, law.

    Raises `ActNotLawful` when the law knows no such combination.
    """
    definition = office.definitions.latest(registration.type).hash
    rule = office.type_of(definition).law.rule
    known = act in Act.__members__ and ground in Ground.__members__
    consequence = office.decide(definition, "ex_officio_effect", {"act": act, "ground": ground})
    if not known or not consequence["status"]:
        raise ActNotLawful("ground")
    return {**consequence, "law": wording.fill(consequence["law"], {"rule": rule})}


def propose(
    office: Office,
    registration_id: str,
    act: str,
    ground: str,
    *,
    facts: Sequence[str],
    files: Sequence[Upload],
    actor: Actor,
) -> str:
    """Open a case against a registration; return its id. It waits to be checked and submitted.

    Raises `NotYourTask` for who is no reviewer, `ActNotLawful`, `ReasonRequired` (facts),
    `EvidenceRequired`, `ActRunning`, `ActTooEarly`, `RegistrationNotValid`.
    """
    if not actor.has_role(OfficerRole.REVIEWER):
        raise NotYourTask
    said = officer_results.reasons(office, facts, "facts")
    with office.sessions() as session:
        registration = registrations.get(session, registration_id)
    consequence = effect(office, registration, act, ground)
    _refuse_moot(office, registration, ground)
    kept = evidence.check(office, files)

    def refuse(session: Session) -> None:
        current = registrations.get(session, registration_id)
        session.refresh(current, with_for_update=True)
        _refuse_moot(office, current, ground)
        if (other := ex_officio.running(session, registration_id)) is not None:
            raise ActRunning(no=other.no)

    def fill(session: Session, application: Application) -> FirstLine:
        current = registrations.get(session, registration_id)
        application.uscc, application.enterprise_name = current.uscc, current.enterprise_name
        proposal = Proposal(
            application_id=application.id,
            registration_id=registration_id,
            act=Act(act),
            ground=Ground(ground),
            facts="\n".join(said),
            law=consequence["law"],
            status=consequence["status"],
            ban_basis=consequence["ban_basis"] or None,
            ban_years=int(consequence["ban_years"]),
        )
        session.add(proposal)
        evidence.keep(session, application.id, kept, actor, office.now())
        text = f"拟{proposal.act_label}：{proposal.ground_label}"
        return FirstLine(kind="open_act", text=text, facts={"act": act, "ground": ground})

    about = About(
        matter=Matter.EX_OFFICIO,
        type=registration.type,
        person_id=registration.person_id,
        uscc=registration.uscc,
        enterprise_name=registration.enterprise_name,
    )
    return open_case(office, about, actor, refuse=refuse, fill=fill)


def _refuse_moot(office: Office, registration: Registration, ground: str) -> None:
    """Refuse what has ended already, and an expiry that has not come."""
    if registration.status not in _ENDABLE:
        raise RegistrationNotValid(status=RegistrationStatus(registration.status).label)
    if ground == Ground.EXPIRED and office.today() <= registration.valid_to:
        raise ActTooEarly("ground", valid_to=registration.valid_to.isoformat())


def submit(office: Office, task_id: str, outcome: str, *, actor: Actor) -> None:
    """Submit the checked proposal, so that the person is told; or drop it before anybody is."""
    officer_results.submit(office, task_id, Task.PROPOSE_ACT, outcome, actor)


def state_case(
    office: Office, application_id: str, *, text: str, files: Sequence[Upload], actor: Actor
) -> None:
    """Take the person's statement, once, within the period; it goes to the deciding officer.

    Raises `NotYourApplication`, `StatementEmpty`, `StepNotOpen` when the period is over.
    """
    with office.sessions() as session:
        application = applications.get(session, application_id)
    if not actor.is_person(application.person_id):
        raise NotYourApplication
    said = texts.said(office, [text], field="statement", most=1)
    if not said or len(said[0]) < texts.LEAST_REASON:
        raise StatementEmpty("statement")
    kept = evidence.check(office, files, required=False)
    task = open_tasks.open_task(office, application_id, Task.STATE_CASE)
    now = office.now()

    def write(session: Session) -> None:
        proposal = ex_officio.get(session, application_id)
        proposal.statement, proposal.stated_at = said[0], now
        evidence.keep(session, application_id, kept, actor, now)
        text = "当事人提交陈述、申辩意见"
        trail.step(session, actor, "state_case", text, application_id, now, files=len(kept))

    office.runner.complete(task.id, actor, {"stated": True}, write=write)


def decide(
    office: Office, task_id: str, outcome: str, *, reasons: Sequence[str], actor: Actor
) -> None:
    """Act or drop, with reasons; the one who proposed may not (four eyes, Law 34).

    Raises `FourEyes`, `ReasonRequired`, `AlreadyDecided`, `RegistrationNotValid`.
    """
    officer_results.insist(Task.DECIDE_ACT, "verdict", outcome)
    said = officer_results.reasons(office, reasons, "reasons")
    application = officer_results.case_at(office, task_id, Task.DECIDE_ACT)
    if outcome == "act":
        with office.sessions() as session:
            proposal = ex_officio.get(session, application.id)
            registration = registrations.get(session, proposal.registration_id)
        _refuse_moot(office, registration, proposal.ground)
    result = Result(step=DecisionStep.DECIDE, outcome=outcome, reasons=said)
    write = officer_results.storing(office, application, result, actor)
    day = shanghai_day(office.now())

    def decided(session: Session) -> None:
        write(session)
        applications.get(session, application.id).decided_on = day

    office.runner.complete(task_id, actor, {"verdict": outcome}, write=decided)


def withdraw(office: Office, application_id: str, *, reason: str, actor: Actor) -> None:
    """Take a proposal back while the person may still state the case; the person is told.

    Raises `NotYourTask` for who neither reviews nor approves, `StepNotOpen` afterwards.
    """
    if not actor.has_role(OfficerRole.REVIEWER, OfficerRole.APPROVER):
        raise NotYourTask
    said = officer_results.reasons(office, [reason], "reason")
    with office.sessions() as session:
        application = applications.get(session, application_id)
    result = Result(step=DecisionStep.REVIEW, outcome="withdraw", reasons=said)
    write = officer_results.storing(office, application, result, actor)
    try:
        office.runner.message(messages.ACT_WITHDRAWN, application_id, {}, actor, write=write)
    except NobodyWaits as error:
        raise StepNotOpen(status=application.state.label) from error
