"""Operations of signing and sealing: readiness, code, certificate, signature, seal, augment."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from casework.case import announcements, authorizations, opened, trail
from casework.office import OUTAGE, PATIENT, Office, reading
from casework.signature import codes, enterprise_seal, readiness, seal_batches
from casework.tasks import moves, open_tasks
from engine import operations
from engine.jobs import queue
from engine.operations import BpmnError, Call, CaseCall, Outcome, Retry
from refusals.refusal import Refusal
from registry.applications import applications, documents
from registry.applications.applications import Application
from registry.applications.documents import Document, StoredFile
from registry.applications.statuses import Status
from registry.enterprises.enterprises import Enterprise
from registry.errors import Unavailable
from registry.law.calendars import shanghai_day
from registry.people import persons
from registry.people.persons import Person
from signing import Signed
from signing.errors import (
    AuthorizationExpired,
    AuthorizationUnknown,
    AuthorizationUsed,
    CertificateExpired,
    CertificateRevoked,
    CodeLocked,
    CodeTooSoon,
    DocumentChanged,
    NoCertificate,
)
from signing.keys.trust import Role

ROLES = {"person": Role.APPLICANT, "enterprise": Role.ENTERPRISE}
#: of a signature that was not made: what the trail says, what people read, the kind of the notice
_UNDONE = {
    Role.APPLICANT: ("sign.failed", "个人数字签名", "sign_failed"),
    Role.ENTERPRISE: ("seal.failed", "企业电子签章", "seal_failed"),
}
UNAUTHORIZED = (
    AuthorizationExpired,
    AuthorizationUnknown,
    AuthorizationUsed,
    CertificateExpired,
    CertificateRevoked,
    DocumentChanged,
    NoCertificate,
)


@operations.add("signing/check_readiness", inline=True)
def check_readiness(office: Office, call: CaseCall) -> Outcome:
    """Tell whether card, certificate and signature image are usable now (R1–R4)."""
    return Outcome(values=readiness.of(office, opened.of(call).person).to_json())


@operations.add("signing/send_code", retry=Retry(attempts=3))
def send_code(office: Office, call: CaseCall) -> Outcome:
    """Send a code bound to the file that was previewed; SMS_FAILED leads back to the preview."""
    application, form = form_of_case(call)
    person = opened.of(call).person
    try:
        sent = codes.send(office, person, form.sha256, application.no)
    except (CodeTooSoon, CodeLocked, Unavailable) as refusal:
        raise BpmnError("SMS_FAILED", reason=str(refusal)) from refusal

    def commit(session: Session) -> None:
        trail.audit(session, call.actor, "sign.code-sent", application.id, call.now)

    values = {
        "mobile": persons.mask_mobile(sent.mobile),
        "expires_at": sent.expires_at.isoformat(),
        "resend_at": sent.resend_at.isoformat(),
    }
    return Outcome(values=values, commit=commit)


@operations.add("signing/check_certificate", inline=True, schema={"role": str, "subject": str})
def check_certificate(office: Office, call: CaseCall, role: str, subject: str) -> Outcome:
    """Give the facts of the signer's certificate to the table `signer_certificate` (I13)."""
    return Outcome(values=open_tasks.certificate_facts(opened.of(call), ROLES[role], subject))


@operations.add("signing/sign_application", retry=PATIENT)
def sign_application(office: Office, call: CaseCall) -> Outcome:
    """Put the applicant's signature under the printed form (R41)."""
    application, form = form_of_case(call)
    person = opened.of(call).person
    picture = office.files.get(person.signature_sha256) if person.signature_sha256 else None
    pdf = office.files.get(form.sha256)
    authorization = authorizations.of_case(opened.of(call), Role.APPLICANT)
    try:
        signed = office.signatures.sign_application(
            pdf,
            person_id=person.id,
            authorization=authorization,
            key=call.key,
            name=person.name,
            picture=picture,
        )
    except UNAUTHORIZED as refusal:
        raise _failed(call, application, Role.APPLICANT, refusal) from refusal
    sha256 = office.files.put(signed.pdf)

    def commit(session: Session) -> None:
        record_signature(session, call, form, signed, sha256, Role.APPLICANT, person.name)
        current = applications.get(session, application.id)  # written with the new status
        current.first_signed_on = current.first_signed_on or shanghai_day(signed.at)
        text = "完成个人数字签名"
        trail.step(session, call.actor, "sign", text, application.id, call.now, sha256=sha256)

    return Outcome(values={"sha256": sha256}, commit=commit)


@operations.add("signing/seal_application", retry=PATIENT)
def seal_application(office: Office, call: CaseCall) -> Outcome:
    """Put the enterprise's seal into the same file; the application is filed (R59, R60)."""
    verb = enterprise_seal.confirmation_in(opened.of(call)).verb
    return filed(office, call, office.signatures.seal_application, f"企业{verb}并加盖电子签章")


def filed(office: Office, call: CaseCall, seal: Callable[..., Signed], text: str) -> Outcome:
    """Put the enterprise's seal on the form by `seal` of the signatures, and file the case."""
    application, form = form_of_case(call)
    uscc, name = str(application.uscc), str(application.enterprise_name)
    pdf = office.files.get(form.sha256)
    authorization = authorizations.of_case(opened.of(call), Role.ENTERPRISE)
    try:
        signed = seal(pdf, uscc=uscc, authorization=authorization, key=call.key)
    except UNAUTHORIZED as refusal:
        raise _failed(call, application, Role.ENTERPRISE, refusal) from refusal
    sha256 = office.files.put(signed.pdf)

    def commit(session: Session) -> None:
        current = applications.get(session, application.id)
        sealed = Status.ENTERPRISE_SEALED
        if not moves.move(session, current, sealed, call.now, filed_at=call.now):
            current.filed_at = call.now
        record_signature(session, call, form, signed, sha256, Role.ENTERPRISE, name)
        queue.ask(
            session, "signing/augment", {"document_id": form.id}, f"augment/{sha256}", call.now
        )
        trail.step(session, call.actor, "seal", text, application.id, call.now, sha256=sha256)

    return Outcome(values={"sha256": sha256}, commit=commit)


@operations.add("signing/seal_item", schema={"item_id": str}, retry=OUTAGE)
def seal_item(office: Office, call: Call, item_id: str) -> Outcome:
    """Seal one file of a list that was confirmed with one PIN, in the action of a single seal."""
    seal_batches.apply(office, item_id)
    return Outcome()


@operations.add("enterprise/check", inline=True)
def check_enterprise(office: Office, call: CaseCall) -> Outcome:
    """Gather the facts of the table `enterprise_check` (R54)."""
    facts = enterprise_seal.facts(opened.of(call), reading(call), call.actor.uscc)
    return Outcome(values=facts)


@operations.add("signing/augment", schema={"document_id": str}, retry=OUTAGE, small=True)
def augment(office: Office, call: Call, document_id: str) -> Outcome:
    """Add what verifying needs in many years: revocation data and an archive time stamp (B-LTA).

    What the paper was at each stage is the beginning of this last one, and kept as that.
    """
    with office.sessions() as session:
        document = documents.get(session, document_id)
    pdf = office.signatures.augment(office.files.get(document.sha256), key=call.key)
    before, sha256 = document.sha256, office.files.put(pdf)
    stages: dict[str, int] = {}

    def commit(session: Session) -> None:
        current = documents.get(session, document_id)
        if current.sha256 == before:
            file = StoredFile(sha256=sha256, size_bytes=len(pdf))
            documents.replace(session, current, documents.AUGMENTED, file, at=call.now)
            stages.update(documents.earlier(session, current))

    return Outcome(values=sha256, commit=commit, afterwards=lambda: office.files.fold(stages, pdf))


def form_of_case(call: CaseCall) -> tuple[Application, Document]:
    """Give the case and its printed form as it stands."""
    case = opened.of(call)
    if case.form is None:
        raise LookupError(f"application {case.id} has no printed form")
    return case.application, case.form


def _failed(call: CaseCall, application: Application, role: Role, refusal: Refusal) -> BpmnError:
    """Send the case back to whoever signs, and tell that it is not signed: he may have gone."""
    action, made, kind = _UNDONE[role]

    def commit(session: Session) -> None:
        trail.refuse(session, call.actor, action, application.id, call.now, code=refusal.code)
        text = f"申请{application.no}的{made}没有完成，文件没有签署。{refusal}"
        key = f"{action}/{call.key}"
        if role is Role.APPLICANT:
            person = session.get_one(Person, application.person_id)
            word = announcements.to_person(person, kind, text, key)
        else:
            uscc = str(application.uscc)
            employer = session.get(Enterprise, uscc)
            word = announcements.to_enterprise(uscc, employer, kind, text, key)
        announcements.tell(session, [word], call.now, application_id=application.id)

    return BpmnError("SIGNING_FAILED", commit=commit, refusal=refusal.code, reason=str(refusal))


def record_signature(
    session: Session,
    call: Call,
    form: Document,
    signed: Signed,
    sha256: str,
    role: Role,
    signer: str,
) -> None:
    """Give the document its signed bytes, if it is still the one that stands."""
    authorizations.drop(session, form.application_id, role)
    current = documents.current(session, form.application_id, form.kind)
    if current is None or current.id != form.id or current.sha256 not in (form.sha256, sha256):
        raise RuntimeError(f"document {form.id} changed while it was signed")
    documents.signed(
        session,
        current,
        StoredFile(sha256=sha256, size_bytes=len(signed.pdf)),
        role=role,
        signer=signer,
        serial=signed.serial,
        at=signed.at,
    )
