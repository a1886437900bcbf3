"""Claiming the certificate (R112–R114)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.case import opened, trail
from casework.certificate import certificate_data
from casework.office import Office
from engine.actors import Actor
from professions.tasks import Task
from registry.applications import documents
from registry.applications.documents import Document
from registry.certificates import certificates, public_answers
from registry.certificates.certificates import Certificate, ClaimState, Validity
from registry.errors import CertificateNotValid
from storage.database import writing


def claim(
    office: Office, application_id: str, actor: Actor, *, known: Certificate | None = None
) -> None:
    """【确认】: hand the certificate over; claiming twice is harmless (I17).

    `known` is the certificate of the case where the caller has just read it; it is read again, and
    compared, when it is handed over.

    Raises `StepNotOpen` before the certificate is issued, `NotYourTask` for somebody else,
    `CertificateSuperseded` and `CertificateNotValid` for a version that counts no longer.
    """
    certificate = known
    if certificate is None:
        with office.sessions() as session:
            certificate = certificates.of_application(session, application_id)
    if certificate is not None and actor.is_person(certificate.person_id):
        if certificate.claim_state == ClaimState.CLAIMED:
            return
        certificates.insist_valid(certificate)
    case = opened.open_(office, application_id)
    task = case.task(Task.CONFIRM_CLAIM)

    def write(session: Session) -> None:
        trail.audit(session, actor, "claim.confirm", application_id, office.now())

    office.runner.complete(task.id, actor, {"confirmed": True}, write, case=case)


def download(office: Office, application_id: str, actor: Actor) -> bytes:
    """【下载】: give the newest bytes of the claimed certificate and log it (R114).

    Raises: as `downloaded`.
    """
    return office.files.get(downloaded(office, application_id, actor).sha256)


def downloaded(office: Office, application_id: str, actor: Actor) -> Document:
    """Log that the claimed certificate is handed out, in whichever form; give its paper (R114).

    Raises `CertificateNotIssued` before the claim, `CertificateSuperseded` and
    `CertificateNotValid` for what counts no longer; what certifies a cancellation always counts.
    """
    now = office.now()
    with writing(office.sessions) as session:
        certificate = certificate_data.reserved(session, application_id)
        if certificate.claim_state == ClaimState.CLAIMED and certificate.kind == "REGISTRATION":
            certificates.insist_valid(certificate)
            answer = public_answers.of(session, certificate, on=office.today())
            if answer.status is not Validity.VALID:
                raise CertificateNotValid(status=answer.status.label)
        certificates.downloaded(session, certificate, actor=actor.id, at=now)
        document = documents.get(session, str(certificate.document_id))
        trail.audit(session, actor, "certificate.download", application_id, now)
    return document
