"""Claiming the certificate (R112–R114)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.casework import certificate_data, records, steps, texts
from engine.casework.errors import NotYourApplication, ReportTooShort
from engine.casework.office import Office
from registry import audit, certificates, documents, notices, persons, public_answers
from registry.certificates import ClaimState, Validity
from registry.database import new_id, writing
from registry.errors import CertificateNotValid


def claim(office: Office, application_id: str, actor: Actor) -> None:
    """【确认】: hand the certificate over; claiming twice is harmless (I17).

    Raises `StepNotOpen` before the certificate is issued, `NotYourTask` for somebody else,
    `CertificateSuperseded` and `CertificateNotValid` for a version that counts no longer.
    """
    with office.sessions() as session:
        certificate = certificates.of_application(session, application_id)
    if certificate is not None and f"person:{certificate.person_id}" in actor.inboxes:
        if certificate.claim_state == ClaimState.CLAIMED:
            return
        certificates.insist_valid(certificate)
    task = steps.open_task(office, application_id, "confirm_claim")

    def write(session: Session) -> None:
        records.audit(session, actor, "claim.confirm", application_id, office.now())

    office.runner.complete(task.id, actor, {"confirmed": True}, write=write)


def download(office: Office, application_id: str, actor: Actor) -> bytes:
    """【下载】: give the newest bytes of the claimed certificate and log it (R114).

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
        records.audit(session, actor, "certificate.download", application_id, now)
    return office.files.get(document.sha256)


def report(office: Office, certificate_id: str, text: str, actor: Actor) -> None:
    """信息有误: put into the acceptors' inbox what the holder says is wrong (R109).

    Raises `ReportTooShort`, `TextTooLong`, `Unprintable`, `NotYourApplication`.
    """
    said = "".join(texts.said(office, [text], field="text"))
    if len(said) < texts.LEAST_REASON:
        raise ReportTooShort("text")
    now = office.now()
    with writing(office.sessions) as session:
        certificate = certificates.get(session, certificate_id)
        if f"person:{certificate.person_id}" not in actor.inboxes:
            raise NotYourApplication
        name = persons.mask_name(persons.get(session, certificate.person_id).name)
        told = f"{name}报告证书（{certificate.no}）信息有误：{said}"
        notices.tell(
            session, "role:acceptor", "certificate_report", told, key=f"report/{new_id()}", at=now
        )
        audit.record(
            session,
            "certificate.report",
            actor=actor.id,
            subject=f"certificate:{certificate_id}",
            at=now,
            facts={},
        )
