"""信息有误: a holder reports a fault, an officer has it corrected or answers (R109, C.4, C.5)."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy.orm import Session

from casework.case import texts, trail
from casework.case.opening import About, FirstLine, open_case
from casework.case.refusals import NotYourApplication, OutcomeUnknown
from casework.office import Office
from casework.tasks import officer_results
from engine import queries
from engine.actors import Actor, role_inbox
from professions.tasks import Task
from refusals.refusal import Refusal
from registry.applications import applications, decisions
from registry.applications.applications import Application
from registry.applications.statuses import Matter, Status
from registry.authority import reports
from registry.authority.reports import Report, ReportOutcome
from registry.certificates import certificates, registrations
from registry.certificates.certificates import Certificate
from registry.people import persons
from registry.people.officers import OfficerRole
from registry.trail import notices


class ReportRunning(Refusal):
    """您已报告该证书信息有误（{no}），市住建委正在核实。请等待结果，需要补充的请联系市住建委（电话见页面下方）。"""

    code = "E_REPORT_RUNNING"


class CorrectionNotMade(Refusal):
    """由该报告提出的更正尚未完成，不能答复“已更正”。请先办结更正，或者写明理由答复。"""

    code = "E_CORRECTION_NOT_MADE"


class ReportTooShort(Refusal):
    """请写明哪一项有误、应当是什么，至少5个字。"""

    code = "E_REPORT_TOO_SHORT"


EXAMINE = Task.EXAMINE_REPORT
_MADE = "姓名或证件号码已更正，证书按更正后的信息换发。"


def is_reported(session: Session, certificate_id: str, text: str) -> bool:
    """Tell whether these very words are what is being looked into: the button pressed again."""
    running = reports.open_of(session, certificate_id)
    return running is not None and running.text == text.strip()


def report(office: Office, certificate_id: str, text: str, actor: Actor) -> str:
    """Open a case upon what the holder says is wrong; return its id.

    Raises `ReportTooShort`, `ReportRunning`, `TextTooLong`, `Unprintable`, `NotYourApplication`.
    """
    said = "".join(texts.said(office, [text], field="text"))
    if len(said) < texts.LEAST_REASON:
        raise ReportTooShort("text")
    with office.sessions() as session:
        certificate = certificates.get(session, certificate_id)
        registration = registrations.get(session, certificate.registration_id)
    if not actor.is_person(certificate.person_id):
        raise NotYourApplication

    def refuse(session: Session) -> None:
        session.get_one(Certificate, certificate_id, with_for_update=True)
        if (running := reports.open_of(session, certificate_id)) is not None:
            no = applications.get(session, running.application_id).no
            raise ReportRunning("text", no=no)

    def fill(session: Session, application: Application) -> FirstLine:
        application.uscc = registration.uscc
        application.enterprise_name = registration.enterprise_name
        session.add(
            Report(
                application_id=application.id,
                person_id=certificate.person_id,
                certificate_id=certificate_id,
                certificate_no=certificate.no,
                text=said,
                at=office.now(),
            )
        )
        name = persons.get(session, certificate.person_id).name
        told = f"{name}报告证书（{certificate.no}）信息有误（{application.no}）：{said}"
        notices.tell(
            session,
            role_inbox(OfficerRole.ACCEPTOR),
            "certificate_report",
            told,
            key=f"report/{application.id}",
            at=office.now(),
        )
        return FirstLine(kind="certificate.report", text=f"报告证书（{certificate.no}）信息有误")

    about = About(matter=Matter.REPORT, type=registration.type, person_id=certificate.person_id)
    return open_case(office, about, actor, refuse=refuse, fill=fill)


def answer(office: Office, task_id: str, outcome: str, *, reason: str, actor: Actor) -> None:
    """Tell the holder what became of a report; without a correction the answer has its reason.

    Raises `CorrectionNotMade` for what was not corrected, `ReasonRequired`, `OutcomeUnknown`.
    """
    if outcome not in ReportOutcome.__members__:
        raise OutcomeUnknown("outcome")
    application = officer_results.case_at(office, task_id, EXAMINE)
    if outcome == ReportOutcome.ANSWERED:
        said = "".join(officer_results.reasons(office, [reason], "reasons"))
    else:
        with office.sessions() as session:
            correction = reports.get(session, application.id).correction_id
            made = correction and applications.get(session, correction).state is Status.COMPLETED
        if not made:
            raise CorrectionNotMade("outcome")
        said = _MADE
    _complete(office, task_id, application.id, ReportOutcome(outcome), said, actor)


def _complete(
    office: Office, task_id: str, report_id: str, outcome: ReportOutcome, said: str, actor: Actor
) -> None:
    now = office.now()

    def write(session: Session) -> None:
        report = reports.get(session, report_id)
        report.outcome, report.answer, report.answered_at = outcome, said, now
        trail.step(session, actor, "report.answer", outcome.label, report_id, now)

    office.runner.complete(task_id, actor, {}, write=write)


def settle(office: Office, correction_id: str, actor: Actor) -> None:
    """Answer the report upon which a correction was opened, once that is decided.

    Whoever decides acts for the acceptors here. Stopped in between, the report stays in their
    inbox; they answer it by hand.
    """
    with office.sessions() as session:
        report = reports.of_correction(session, correction_id)
        if report is None:
            return
        task = queries.task_for(session, report.application_id, EXAMINE)
        verdict = decisions.newest(session, correction_id, decisions.DecisionStep.DECIDE)
    if task is None or verdict is None:
        return
    made = verdict.outcome == "confirm"
    outcome = ReportOutcome.CORRECTED if made else ReportOutcome.ANSWERED
    said = _MADE if made else "；".join(verdict.reasons)
    deputy = actor.standing_in(task.inbox)
    with suppress(Refusal):  # answered, or held, meanwhile: it is theirs then
        _complete(office, task.id, report.application_id, outcome, said, deputy)
