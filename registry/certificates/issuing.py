"""Issuing certificates, in steps that a crash may interrupt anywhere (B.6).

`reserve` takes the numbers for ever, `prepare` stores the hash of what will be sealed, `issue`
publishes the sealed file. Each may be repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import numbering, verification_codes
from registry.certificates import certificates
from registry.certificates.certificates import (
    AS_REGISTRATION,
    CANCELLATION,
    PAPER,
    REGISTRATION,
    Cause,
    Certificate,
    ClaimState,
    Validity,
)
from registry.certificates.registrations import PAPERS, Registration, RegistrationStatus
from registry.errors import NumberTaken
from registry.identifiers import certificate_identifier
from registry.law.calendars import shanghai_day
from registry.patterns import DEFAULT, Patterns
from storage.passing import forget, is_empty, remember


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What the numbers of a profession's certificates are made of."""

    type_code: str  #: of the electronic certificate (C0215), from the catalogue of the type
    issuer_uscc: str
    patterns: Patterns = DEFAULT


def reserve(
    session: Session,
    registration: Registration,
    application_id: str,
    *,
    facts: dict[str, Any],
    numbers: Numbers,
    at: datetime,
    kind: str = REGISTRATION,
    cause: str = Cause.ISSUE,
) -> Certificate:
    """Take the numbers of the next version; the same application again gives the same ones.

    `facts` is the snapshot that the certificate will show (person, enterprise, photo …); the last
    day of the term is added, because the registration outlives its versions. What certifies
    a cancellation is never valid itself: whoever asks learns that it is 已注销 (I14).
    """
    papers = (PAPERS, registration.id)
    is_first = is_empty(session, papers)
    before = () if is_first else certificates.versions(session, registration.id)
    for done in before:
        if (done.application_id, done.kind) == (application_id, kind):
            return done
    version = max((earlier.version for earlier in before), default=0) + 1
    cancels = kind == CANCELLATION
    certificate = Certificate(
        registration_id=registration.id,
        application_id=application_id,
        person_id=registration.person_id,
        kind=kind,
        cause=Cause(cause),
        no=numbering.certificate_no(session, shanghai_day(at), patterns=numbers.patterns),
        identifier=certificate_identifier(
            numbers.type_code, numbers.issuer_uscc, registration.no, version
        ),
        version=version,
        qr_token=verification_codes.new(),
        facts={**facts, "valid_to": registration.valid_to.isoformat()},
        claim_state=ClaimState.RESERVED,
        validity=Validity.CANCELLED if cancels else Validity.VALID,
        reserved_at=at,
        ended_at=at if cancels else None,
    )
    session.add(certificate)
    session.flush()
    forget(session, papers)
    remember(session, (Certificate, application_id), certificate)
    remember(session, (Registration, registration.id), registration)
    return certificate


def take_over_paper(
    session: Session,
    registration: Registration,
    *,
    no: str,
    issued_at: datetime,
    facts: dict[str, Any],
    at: datetime,
) -> Certificate:
    """Enter a paper certificate of the register before ours; again changes nothing (R116).

    `facts` has the shape of an electronic one's, without photo. Raises `NumberTaken`.
    """
    done = session.scalar(select(Certificate).where(Certificate.no == no))
    if done is not None:
        if done.registration_id != registration.id:
            raise NumberTaken("certificate_no", number=no)
        return done
    ended = registration.status != RegistrationStatus.VALID
    certificate = Certificate(
        registration_id=registration.id,
        person_id=registration.person_id,
        form=PAPER,
        kind=REGISTRATION,
        cause=Cause.ISSUE,
        no=no,
        version=1,
        qr_token=verification_codes.new(),
        facts=facts,
        claim_state=ClaimState.CLAIMED,
        validity=AS_REGISTRATION[RegistrationStatus(registration.status)],
        reserved_at=at,
        issued_at=issued_at,
        claimed_at=issued_at,
        ended_at=at if ended else None,
    )
    session.add(certificate)
    session.flush()
    return certificate


def prepare(session: Session, certificate: Certificate, sha256: str) -> None:
    """Store the hash of what is going to be sealed, so that a crash leaves evidence."""
    certificate.prepared_sha256 = sha256
    session.flush()


def issue(
    session: Session,
    certificate: Certificate,
    *,
    sha256: str,
    document_id: str | None,
    at: datetime,
) -> list[Certificate]:
    """Publish the sealed file: it waits to be claimed. Give the versions that it supersedes.

    A cancellation certificate waits for no claim (G11). Issuing again changes nothing. The
    certificate may be one that was read before; afterwards it is known as it is.
    """
    values = {"sha256": sha256, "document_id": document_id, "issued_at": at}
    if certificate.kind == CANCELLATION:
        values |= {"claim_state": ClaimState.CLAIMED, "claimed_at": at}
    else:
        values |= {"claim_state": ClaimState.UNCLAIMED}
    if not certificates.publish(session, certificate, **values):
        return []
    before: Sequence[Certificate] = ()
    if certificate.version > 1:
        before = certificates.valid_versions(session, certificate.registration_id)
    superseded = [
        earlier
        for earlier in before
        if earlier.id != certificate.id and earlier.version < certificate.version
    ]
    for earlier in superseded:
        certificates.end(earlier, Validity.SUPERSEDED, at)
    session.flush()
    return superseded
