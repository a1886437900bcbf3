"""The applicant's signature: preview, one-time code, confirmation (R38–R45)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.application import qualification
from casework.case import authorizations, opened, reasons, trail
from casework.case.opened import Case
from casework.case.refusals import NotYourApplication, StepRefused
from casework.office import Office
from casework.signature import codes
from casework.tasks import open_tasks
from casework.terms import eligibility
from engine.actors import Actor
from professions.tasks import Task
from refusals.refusal import Refusal
from registry.applications import documents
from registry.applications.documents import Document, DocumentKind
from signing import Role
from signing.errors import DocumentChanged
from storage.database import writing


class DocumentMissing(Refusal):
    """该文件尚未生成，请稍后再试。"""

    code = "E_DOCUMENT_MISSING"


class CodeNotSent(Refusal):
    """验证码未能发送：获取过于频繁或者短信服务暂不可用，请60秒后重新获取验证码。"""

    code = "E_SMS_NOT_SENT"


def document(office: Office, application_id: str) -> Document:
    """Give the application form as it stands: the exact PDF to look at and to sign (R38)."""
    with office.sessions() as session:
        form = documents.current(session, application_id, DocumentKind.APPLICATION)
    if form is None:
        raise DocumentMissing
    return form


def get_ready(office: Office, application_id: str, actor: Actor) -> None:
    """Say that card, certificate and signature image are there now (R1–R4); it is checked again."""
    task = open_tasks.open_task(office, application_id, Task.COMPLETE_READINESS)
    office.runner.complete(task.id, actor, {})


def begin(office: Office, application_id: str, document_sha256: str, actor: Actor) -> None:
    """【请点击此按钮完成签署】: the person saw this very file; a code is sent for it (R39, R40).

    Raises `DocumentChanged` when the form was saved again in another window, `StepRefused` for a
    bad certificate, `QualificationTaken` when another person was faster, `CodeNotSent`.
    """
    case = _own(office, application_id, actor)
    task, application = case.task(Task.PREVIEW_DOCUMENT), case.application
    if _form(case).sha256 != document_sha256:
        raise DocumentChanged
    eligibility.refuse_barred(case)
    qualification.refuse_signing(case)
    open_tasks.refuse_certificate(case, Role.APPLICANT, application.person_id)

    def write(session: Session) -> None:
        now = office.now()
        trail.audit(session, actor, "sign.begin", application_id, now, sha256=document_sha256)

    values = {"document_sha256": document_sha256}
    if office.runner.complete(task.id, actor, values, write, case=case):
        return
    if Task.PREVIEW_DOCUMENT in open_tasks.open_nodes(office, application_id):
        raise CodeNotSent


def resend(office: Office, application_id: str, actor: Actor) -> None:
    """【获取验证码】 again: a fresh code, the earlier one is dead; not within 60 seconds (I6).

    Raises `CodeTooSoon`, `CodeLocked`, `Unavailable` (gateway down).
    """
    case = _own(office, application_id, actor)
    case.task(Task.ENTER_CODE)
    with office.sessions() as session:
        office.check(session)
    codes.send(office, case.person, _form(case).sha256, case.application.no)
    with writing(office.sessions) as session:
        trail.audit(session, actor, "sign.resend", application_id, office.now())


def confirm(office: Office, application_id: str, code: str, actor: Actor) -> None:
    """【确定】: a right code signs the previewed file (R41).

    Raises `StepRefused` with the reason of `sms_challenge` or `signer_certificate`,
    `QualificationTaken`.
    """
    case = _own(office, application_id, actor)
    task, application, form = case.task(Task.ENTER_CODE), case.application, _form(case)
    eligibility.refuse_barred(case)
    qualification.refuse_signing(case)
    open_tasks.refuse_certificate(case, Role.APPLICANT, application.person_id)
    attempt = office.signatures.challenges.try_code(
        application.person_id, form.sha256, code.strip()
    )

    def write(session: Session) -> None:
        sha256, now = form.sha256, office.now()
        if attempt.authorization is None:
            trail.refuse(session, actor, "sign.code-refused", application_id, now, sha256=sha256)
            return
        authorizations.keep(session, application_id, Role.APPLICANT, attempt.authorization)
        trail.audit(session, actor, "sign.code", application_id, now, sha256=sha256)

    if attempt.facts["used"]:  # by the other click of a double click, which goes on by itself
        with writing(office.sessions) as session:
            write(session)
    else:
        office.runner.complete(task.id, actor, {"challenge": attempt.facts}, write, case=case)
    if attempt.authorization is None:
        facts = {"challenge": attempt.facts}
        verdict = office.decide(application.definition, "sms_challenge", facts)
        raise StepRefused([reasons.explain(verdict["result"], attempt.facts)])


def _own(office: Office, application_id: str, actor: Actor) -> Case:
    """Open the case of the person who acts."""
    case = opened.open_(office, application_id)
    if not actor.is_person(case.application.person_id):
        raise NotYourApplication
    return case


def _form(case: Case) -> Document:
    if case.form is None:
        raise DocumentMissing
    return case.form
