"""What the enterprise does: agree and seal, or send back with a reason (R49–R60)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy.orm import Session

from casework.case import authorizations, opened, reasons, texts, trail
from casework.case.opened import Case
from casework.case.refusals import ReasonRequired, StepRefused
from casework.office import Office
from casework.signature import seal_holds
from casework.tasks import open_tasks
from casework.terms import eligibility
from engine.actors import Actor
from engine.errors import TaskNotOpen
from engine.running import answers
from engine.running.asked import Then
from engine.tables import UserTask
from professions.manifests import Confirmation
from professions.tasks import Task
from refusals.days import SHANGHAI
from refusals.refusal import Refusal
from registry.applications import applications, documents
from registry.applications.applications import Application, FormRevision
from registry.applications.documents import Document, VoidReason
from registry.certificates import registrations
from registry.enterprises import enterprises
from registry.enterprises.enterprises import Enterprise, EnterpriseStatus
from signing import Role
from signing.errors import DocumentChanged
from signing.judging import verify
from storage.database import writing
from storage.passing import recall


class SealHeld(Refusal):
    """本单位的{name}正在办理这份申请的签章。请等其完成；{until}以后仍未完成的，您可以接着办理。"""

    code = "E_SEAL_HELD"


def agree(office: Office, application_id: str, *, opinion_ticked: bool, actor: Actor) -> None:
    """【签名确认】: tick 聘用意见; the back end checks, all reasons are told at once (R53–R56).

    Whoever agreed has taken the seal with it: a colleague sees who is at work (C.9).
    Raises `StepRefused` with the reasons of `enterprise_check`.
    """
    case = opened.open_(office, application_id)
    task = case.task(Task.REVIEW_APPLICATION)
    refuse(case, actor, opinion_ticked=opinion_ticked, examine=True)
    values = {"action": "agree", "opinion_ticked": opinion_ticked}
    agreed = confirmation_in(case).text

    def write(session: Session) -> None:
        now = office.now()
        trail.audit(session, actor, "seal.agree", application_id, now, statement=agreed)

    office.runner.complete(task.id, actor, values, write, case=case, takes=seal_holds.SEAL)


def send_back(office: Office, application_id: str, *, reason: str, actor: Actor) -> None:
    """Return the application to the person with a reason of at least five characters (R52)."""
    reason = "".join(texts.said(office, [reason], field="reason", most=1))
    if len(reason) < texts.LEAST_REASON:
        raise ReasonRequired("reason")
    task = open_tasks.open_task(office, application_id, Task.REVIEW_APPLICATION)
    values = {"action": "return", "opinion_ticked": False}

    def write(session: Session) -> None:
        text = f"企业退回：{reason}"
        trail.step(session, actor, "return", text, application_id, office.now(), reason=reason)

    office.runner.complete(task.id, actor, values, write=write)


#: Gives leave to seal one file: of the enterprise `uscc`, with this SHA-256.
Leave = Callable[[str, str], str]


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A case in which nothing that is known stands against the seal."""

    case: Case
    task: UserTask  #: the seal, or the opinion before it
    form: Document  #: the file that is going to be sealed

    @property
    def is_agreed(self) -> bool:
        """Whether the enterprise has agreed before."""
        return self.task.node == seal_holds.SEAL


def seal(office: Office, application_id: str, *, pin: str, actor: Actor) -> None:
    """【验证】: the right PIN unlocks the key for the one file that was shown (R58, R59).

    Raises `PinWrong`, `PinLocked`, `StepRefused` (certificate or enterprise_check, or because the
    file was voided at the same moment: exactly one of both wins), `SealHeld` for the second of two
    operators.
    """
    case = opened.open_(office, application_id)
    case.task(seal_holds.SEAL)
    put(office, ready(case, actor), leave=by_pin(office, pin), actor=actor)


def agree_and_seal(
    office: Office, application_id: str, *, opinion_ticked: bool, pin: str, actor: Actor
) -> None:
    """Do both on one page: agree as `agree` does and seal as `seal` does, in one action."""
    case = opened.open_(office, application_id)
    opinion = ready(case, actor, opinion_ticked=opinion_ticked, examine=True)
    put(office, opinion, leave=by_pin(office, pin), actor=actor)


def by_pin(office: Office, pin: str) -> Leave:
    """Give leave for a PIN; a wrong one is counted and gives nothing."""
    unlock = office.signatures.challenges.unlock
    return lambda uscc, sha256: unlock(uscc, pin, sha256)


def ready(case: Case, actor: Actor, *, opinion_ticked: bool = True, examine: bool = False) -> Ready:
    """Look at what is known now: the step, who holds it, the rules, the certificate of the seal.

    Raises `StepNotOpen`, `SealHeld`, `StepRefused`, `DocumentChanged` when there is no file.
    """
    office = case.office
    task = case.task(seal_holds.SEAL, Task.REVIEW_APPLICATION)
    if (holder := seal_holds.holder_of(office, task, actor)) is not None:
        raise SealHeld(name=holder.name, until=f"{holder.until.astimezone(SHANGHAI):%H:%M}")
    is_agreed = task.node == seal_holds.SEAL
    refuse(case, actor, opinion_ticked=is_agreed or opinion_ticked, examine=examine)
    open_tasks.refuse_certificate(case, Role.ENTERPRISE, str(case.application.uscc))
    if case.form is None:  # withdrawn, edited or renamed since `refuse` looked
        raise DocumentChanged
    return Ready(case=case, task=task, form=case.form)


def put(
    office: Office,
    ready: Ready,
    *,
    leave: Leave,
    actor: Actor,
    write: Callable[[Session], None] | None = None,
    **about: str,
) -> None:
    """Put the seal on what is ready, also together with the opinion: one action for one file.

    `office` is that of the act, which may refuse it in its transaction (`Office.provided`), and not
    that by which the case was opened. `write` joins the transaction; `about` says in the trail what
    the leave was part of. Raises what `leave` raises, `TaskNotOpen` when somebody was faster,
    `StepRefused` when the file was voided.
    """
    case, task, form = ready.case, ready.task, ready.form
    application_id = case.id
    # 1. Leave is given for this one file, by its hash.
    authorization = leave(str(case.application.uscc), form.sha256)
    agreed = "" if ready.is_agreed else confirmation_in(case).text

    def keep(session: Session) -> None:
        if write is not None:
            write(session)
        now = office.now()
        if agreed:
            trail.audit(session, actor, "seal.agree", application_id, now, statement=agreed)
        authorizations.keep(session, application_id, Role.ENTERPRISE, authorization)
        trail.audit(session, actor, "seal.pin", application_id, now, **about)

    # 2. One transaction keeps the leave with the step that it is for; the seal follows as a job.
    values: dict[str, object] = {}
    then = None
    if not ready.is_agreed:
        values = {"action": "agree", "opinion_ticked": True}
        then = Then(node=seal_holds.SEAL, values={})
    try:
        is_done = office.runner.complete(task.id, actor, values, keep, then=then, case=case)
    except TaskNotOpen:
        _refuse_void(office, form.id)
        raise
    if not is_done:
        _refuse_void(office, form.id)


def _refuse_void(office: Office, document_id: str) -> None:
    """Say why the seal came too late, when an edit or a new name voided the file meanwhile."""
    with office.sessions() as session:
        form = documents.get(session, document_id)
    if form.is_void:
        renamed = form.void_reason == VoidReason.RENAMED
        code = "E_ENTERPRISE_NAME_STALE" if renamed else "E_DOCUMENT_CHANGED"
        raise StepRefused([reasons.explain(code)])


def refuse(case: Case, actor: Actor, *, opinion_ticked: bool, examine: bool = False) -> None:
    """Ask the enterprise register afresh and raise `StepRefused` when a rule is against sealing.

    With `examine` the signature in the file is verified too; making the seal does it once more.
    """
    office, application, form = case.office, case.application, case.form
    eligibility.refuse_barred(case)
    uscc = str(application.uscc)
    enterprise = office.enterprises.by_uscc(uscc)
    if enterprise is not None:
        with writing(office.sessions) as session:
            case.learn((Enterprise, uscc), enterprises.record(session, enterprise, at=office.now()))
    known = dict(case.read(lambda session: facts(case, session, actor.uscc)))
    known["enterprise_found"] = enterprise is not None
    if examine and known["personal_signature_ok"] and form is not None:
        known["personal_signature_ok"] = _is_signed_well(office, application, form.sha256)
    given = {
        "enterprise_facts": known,
        "opinion_ticked": opinion_ticked,
        "matter": application.matter,
    }
    answer = office.answer(application.definition, "enterprise_check", given)
    codes = cast("Sequence[str]", answer.value)
    if codes:
        row = answers.row(application.id, application.definition, answer, at=office.now())
        with writing(office.sessions) as session:
            answers.add(session, [row])
        told = {
            "enterprise_name": application.enterprise_name,
            "enterprise_status": EnterpriseStatus(enterprise.status).label
            if enterprise
            else "未登记",
            "opinion": confirmation_in(case).title,
            "qualification": office.type_of(str(application.definition)).qualification or "资质",
        }
        raise StepRefused(reasons.explain_all(codes, told))


def confirmation_of(office: Office, application: Application) -> Confirmation:
    """Give what the enterprise ticks in this matter: 聘用意见, or 注销意见 (G8).

    Its text is the one that was saved with the form, and therefore the one in the file.
    """
    with office.sessions() as session:
        revision = applications.current_revision(session, application.id)
    return _confirmation(office, application, revision)


def confirmation_in(case: Case) -> Confirmation:
    """Give what `confirmation_of` gives, of an opened case."""
    return _confirmation(case.office, case.application, case.revision)


def _confirmation(
    office: Office, application: Application, revision: FormRevision | None
) -> Confirmation:
    kind = office.type_of(application.definition)
    confirmation = kind.matter(application.matter).confirmation
    if confirmation is None:
        raise LookupError(f"{application.matter} asks no enterprise")
    text = (revision.content if revision else {}).get("confirmation") or confirmation.text
    return replace(confirmation, text=text)


def _is_signed_well(office: Office, application: Application, sha256: str) -> bool:
    """Tell whether the file carries the applicant's good signature and waits for the seal."""
    expected = verify.Expected.signed(application.person_id)
    return office.signatures.holds(office.files.get(sha256), expected=expected)


def facts(case: Case, session: Session, uscc: str | None) -> dict[str, Any]:
    """Give the inputs of `enterprise_check` as the register has them now: once in an act."""
    return case.once(f"enterprise_check/{uscc}", lambda: _facts(case, session, uscc))


def _facts(case: Case, session: Session, uscc: str | None) -> dict[str, Any]:
    office, application, form = case.office, case.application, case.form
    key = application.uscc or ""
    row = recall(session, (Enterprise, key), lambda: session.get(Enterprise, key))
    valid = [
        registration
        for registration in case.registrations
        if registrations.is_valid(registration, on=office.today())
    ]
    registered = valid[0] if valid else None
    return {
        "enterprise_found": row is not None,
        "enterprise_status": row.status if row else "UNKNOWN",
        "design_qualification": row is not None
        and enterprises.is_qualified(
            row,
            on=office.today(),
            kind=office.type_of(str(application.definition)).qualification,
        ),
        "same_uscc": uscc == application.uscc,
        "hash_unchanged": form is not None and form.revision == application.revision,
        "personal_signature_ok": case.is_signed,
        "registered_elsewhere": registered is not None,
        "name_matches_registry": row is not None and row.name == application.enterprise_name,
    }
