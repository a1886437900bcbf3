"""Certificates: versioned documents over a registration (B.6).

`issuing` beside this module makes them, `public_answers` tells about them. Here is what a version
is, how it is claimed and ended, and how it is found: by anybody only by a random token, never by
a number.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.applications.documents import Document, DocumentVersion
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.errors import CertificateNotIssued, CertificateNotValid, CertificateSuperseded
from registry.people.persons import Person
from storage.database import Base, EncryptedJson, UtcDateTime, change_all, new_id
from storage.literals import ONE

ELECTRONIC, PAPER = "ELECTRONIC", "PAPER"  #: forms of a certificate


class ClaimState(StrEnum):
    """How far a certificate is on its way to the holder."""

    RESERVED = "RESERVED"
    UNCLAIMED = "UNCLAIMED"
    CLAIMED = "CLAIMED"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return {"RESERVED": "制作中", "UNCLAIMED": "待领取", "CLAIMED": "已领取"}[self]


class Validity(StrEnum):
    """Whether a version counts."""

    VALID = "VALID"
    SUPERSEDED = "SUPERSEDED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    RESCINDED = "RESCINDED"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _VALIDITIES[self]


_VALIDITIES = {
    Validity.VALID: "有效",
    Validity.SUPERSEDED: "已更新",
    Validity.CANCELLED: "已注销",
    Validity.EXPIRED: "已过期",
    Validity.REVOKED: "已吊销",
    Validity.RESCINDED: "已撤销",
}


#: what the state of a registration makes of its certificates (I14)
AS_REGISTRATION = {
    RegistrationStatus.VALID: Validity.VALID,
    RegistrationStatus.EXPIRED: Validity.EXPIRED,
    RegistrationStatus.CANCELLED: Validity.CANCELLED,
    RegistrationStatus.REVOKED: Validity.REVOKED,
    RegistrationStatus.RESCINDED: Validity.RESCINDED,
}


class Cause(StrEnum):
    """Why there is a version (domain B.6)."""

    ISSUE = "ISSUE"
    RENEWAL = "RENEWAL"
    RENAME = "RENAME"
    EXCHANGE = "EXCHANGE"
    CORRECTION = "CORRECTION"
    CANCELLATION = "CANCELLATION"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _CAUSES[self]


_CAUSES = {
    Cause.ISSUE: "初始注册",
    Cause.RENEWAL: "延续注册",
    Cause.RENAME: "企业名称变更",
    Cause.EXCHANGE: "纸质证书换领",
    Cause.CORRECTION: "身份信息更正",
    Cause.CANCELLATION: "注销注册",
}


REGISTRATION, CANCELLATION = "REGISTRATION", "CANCELLATION"  #: kinds of certificates


class Certificate(Base):
    """One version of the electronic certificate of a registration."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("registration_id", "version"),
        UniqueConstraint("application_id", "kind"),
        Index("ix_certificate_person", "person_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    registration_id: Mapped[str] = mapped_column(ForeignKey(Registration.id))
    #: the case that it came of; None for a paper certificate of the register before ours
    application_id: Mapped[str | None] = mapped_column(ForeignKey(Application.id))
    form: Mapped[str] = mapped_column(String(10), default="ELECTRONIC")  #: or PAPER
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id))
    kind: Mapped[str] = mapped_column(String(12))  #: REGISTRATION or CANCELLATION
    cause: Mapped[str] = mapped_column(String(12))  #: one of `Cause`
    no: Mapped[str] = mapped_column(String(24), unique=True)
    identifier: Mapped[str | None] = mapped_column(String(100), unique=True)  #: not on paper
    version: Mapped[int]
    qr_token: Mapped[str] = mapped_column(String(32), unique=True)
    facts: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("certificate.facts"))
    claim_state: Mapped[str] = mapped_column(String(10), default=ClaimState.RESERVED)
    validity: Mapped[str] = mapped_column(String(10), default=Validity.VALID)
    prepared_sha256: Mapped[str | None] = mapped_column(String(64))
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    document_id: Mapped[str | None] = mapped_column(ForeignKey(Document.id), index=True)
    reserved_at: Mapped[datetime] = mapped_column(UtcDateTime())
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())  #: since when not VALID
    #: validity that the electronic certificate store was told last; None: it was told nothing
    told_validity: Mapped[str | None] = mapped_column(String(10))

    @property
    def claim_label(self) -> str:
        """The Chinese word for the claim state."""
        return ClaimState(self.claim_state).label

    @property
    def validity_label(self) -> str:
        """The Chinese word for the validity."""
        return Validity(self.validity).label


class Download(Base):
    """Each download of a certificate, for whom and for what purpose."""

    __tablename__ = "certificate_download"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificate.id"), index=True)
    actor: Mapped[str] = mapped_column(String(60))
    purpose: Mapped[str | None] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcDateTime())


def claim(session: Session, certificate: Certificate, *, at: datetime) -> Certificate:
    """Hand over to the holder (R113–R114); claiming twice is harmless (I17).

    Raises `CertificateNotIssued`, `CertificateSuperseded` or `CertificateNotValid`.
    """
    session.refresh(certificate, with_for_update=True)
    return _claimed(session, certificate, at)


def claim_of(session: Session, application_id: str, *, at: datetime) -> Certificate:
    """Hand over what an application led to; raises as `claim`, `NotFound` when that is nothing."""
    last = select(func.max(Certificate.id)).where(Certificate.application_id == application_id)
    waiting = (
        update(Certificate)
        .where(Certificate.id == last.scalar_subquery())
        .where(Certificate.claim_state == ClaimState.UNCLAIMED)
        .where(Certificate.validity == Validity.VALID)
        .values(claim_state=ClaimState.CLAIMED, claimed_at=at)
        .returning(Certificate)
    )
    claimed = session.scalar(waiting, execution_options=_AS_IT_IS)
    if claimed is not None:
        return claimed
    query = select(Certificate).where(Certificate.application_id == application_id)
    query = query.order_by(Certificate.id.desc()).limit(ONE).with_for_update()
    certificate = session.scalar(query, execution_options={"populate_existing": True})
    if certificate is None:
        raise NotFound
    return _claimed(session, certificate, at)


#: A row that comes back from an UPDATE is read as it is now, whatever the session knew of it.
_AS_IT_IS = {"synchronize_session": False, "populate_existing": True}


def publish(session: Session, certificate: Certificate, **values: Any) -> bool:
    """Give a reserved certificate these values; False when it is not reserved any more.

    Either way the row is known afterwards as it is in the database.
    """
    reserved = (
        update(Certificate)
        .where(Certificate.id == certificate.id, Certificate.claim_state == ClaimState.RESERVED)
        .values(**values)
        .returning(Certificate)
    )
    if session.scalar(reserved, execution_options=_AS_IT_IS) is not None:
        return True
    session.refresh(certificate)
    return False


def _claimed(session: Session, certificate: Certificate, at: datetime) -> Certificate:
    if certificate.claim_state == ClaimState.RESERVED:
        raise CertificateNotIssued
    insist_valid(certificate)
    if certificate.claim_state == ClaimState.UNCLAIMED:
        certificate.claim_state, certificate.claimed_at = ClaimState.CLAIMED, at
        session.flush()
    return certificate


def insist_valid(certificate: Certificate) -> None:
    """Raise `CertificateSuperseded` or `CertificateNotValid` for what counts no longer."""
    if certificate.validity == Validity.SUPERSEDED:
        raise CertificateSuperseded
    if certificate.validity != Validity.VALID:
        raise CertificateNotValid(status=certificate.validity_label)


def invalidate(
    session: Session, registration_id: str, validity: str, *, at: datetime
) -> list[Certificate]:
    """End every version that counts, in the transaction that ends the registration (I14)."""
    ended = valid_versions(session, registration_id)
    for certificate in ended:
        end(certificate, Validity(validity), at)
    session.flush()
    return ended


def expire(
    session: Session, registration_ids: Collection[str], *, at: datetime
) -> list[Certificate]:
    """End every version that counts of registrations that ran out, in their transaction."""
    query = select(Certificate).where(
        Certificate.registration_id.in_(registration_ids), Certificate.validity == Validity.VALID
    )
    ended = list(session.scalars(query))
    change_all(session, Certificate, ended, {"validity": Validity.EXPIRED, "ended_at": at})
    return ended


def valid_versions(session: Session, registration_id: str) -> list[Certificate]:
    """Return the versions of a registration that count."""
    query = select(Certificate).where(
        Certificate.registration_id == registration_id, Certificate.validity == Validity.VALID
    )
    return list(session.scalars(query))


def end(certificate: Certificate, validity: Validity, at: datetime) -> None:
    """Let a version count no longer; the public learns since when."""
    certificate.validity, certificate.ended_at = validity, at


def downloaded(
    session: Session,
    certificate: Certificate,
    *,
    actor: str,
    at: datetime,
    purpose: str | None = None,
) -> None:
    """Log a download; raises `CertificateNotIssued` before the claim (R114)."""
    if certificate.claim_state != ClaimState.CLAIMED:
        raise CertificateNotIssued
    session.add(Download(certificate_id=certificate.id, actor=actor, purpose=purpose, at=at))


def untold(session: Session, *, after: str = "", limit: int = 500) -> list[Certificate]:
    """Return certificates of which the certificate store does not know the truth, by id."""
    query = select(Certificate).where(
        Certificate.id > after,
        Certificate.identifier.is_not(None),
        Certificate.sha256.is_not(None),
        Certificate.claim_state != ClaimState.RESERVED,
        or_(Certificate.told_validity.is_(None), Certificate.told_validity != Certificate.validity),
    )
    return list(session.scalars(query.order_by(Certificate.id).limit(limit)))


def get(session: Session, certificate_id: str) -> Certificate:
    """Return the certificate; raises `NotFound`."""
    certificate = session.get(Certificate, certificate_id)
    if certificate is None:
        raise NotFound
    return certificate


def of_application(session: Session, application_id: str) -> Certificate | None:
    """Return the certificate that an application led to."""
    query = select(Certificate).where(Certificate.application_id == application_id)
    return session.scalar(query.order_by(Certificate.id.desc()).limit(ONE))


def newest(session: Session, registration_id: str) -> Certificate | None:
    """Return the newest issued certificate of a registration, whatever became of it."""
    query = select(Certificate).where(
        Certificate.registration_id == registration_id,
        Certificate.kind == REGISTRATION,
        Certificate.claim_state != ClaimState.RESERVED,
    )
    return session.scalar(query.order_by(Certificate.version.desc()).limit(ONE))


def latest(session: Session, registration_id: str) -> Certificate | None:
    """Return the last version that was written down, even when it is not issued yet."""
    query = select(Certificate).where(
        Certificate.registration_id == registration_id, Certificate.kind == "REGISTRATION"
    )
    return session.scalar(query.order_by(Certificate.version.desc()).limit(ONE))


def versions(session: Session, registration_id: str) -> list[Certificate]:
    """Return all that was written down for a registration, the last version first."""
    query = select(Certificate).where(Certificate.registration_id == registration_id)
    return list(session.scalars(query.order_by(Certificate.version.desc())))


def of_person(session: Session, person_id: str) -> list[Certificate]:
    """Return the person's certificates: unclaimed ones first, then newest first (R112, R118)."""
    query = select(Certificate).where(
        Certificate.person_id == person_id, Certificate.claim_state != ClaimState.RESERVED
    )
    first = (Certificate.claim_state != ClaimState.UNCLAIMED).asc()
    return list(session.scalars(query.order_by(first, Certificate.id.desc())))


def by_token(session: Session, token: str) -> Certificate:
    """Find a certificate by the token of its QR code; raises `NotFound`."""
    certificate = session.scalar(select(Certificate).where(Certificate.qr_token == token))
    if certificate is None or certificate.claim_state == ClaimState.RESERVED:
        raise NotFound
    return certificate


def by_sha256(session: Session, sha256: str) -> Certificate | None:
    """Find the certificate whose sealed file has this hash, or had it before or after evidence."""
    certificate = session.scalar(select(Certificate).where(Certificate.sha256 == sha256))
    if certificate is not None:
        return certificate
    query = select(Certificate).join(
        DocumentVersion, DocumentVersion.document_id == Certificate.document_id
    )
    return session.scalar(query.where(DocumentVersion.sha256 == sha256).limit(ONE))
