"""The later life of a signer's certificate: it ends, is renewed, is revoked.

A renewal is a new key and a new certificate for the same subject. The one before it is not
revoked: nobody signs with it any more, and what it signed stays as good as it was.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from sqlalchemy import select
from sqlalchemy.orm import Session

from signing.database import Sessions, locked, writing
from signing.errors import (
    CertificateInUse,
    CertificateReplaced,
    CertificateRevoked,
    NoCertificate,
    PinMissing,
)
from signing.keeping import pins
from signing.keys import profiles
from signing.keys.authority import Authority, Clock
from signing.keys.custody import CertificateFacts, Custody, credential_in, wanted_for
from signing.keys.trust import Role
from signing.tables import StoredCertificate, StoredCredential


@dataclass(frozen=True, kw_only=True)
class Ending:
    """A certificate of a signer that ends soon."""

    role: Role
    subject: str  #: person id, uscc or agency name
    serial: str  #: hexadecimal
    not_after: datetime


class Lifecycle:
    """Renews and revokes certificates of signers, and tells which end."""

    def __init__(
        self, sessions: Sessions, authority: Authority, custody: Custody, clock: Clock
    ) -> None:
        self._sessions = sessions
        self._authority = authority
        self._custody = custody
        self._clock = clock

    def renew(
        self,
        role: Role,
        subject: str,
        *,
        ending_before: datetime | None = None,
        shown: str | None = None,
        pin: str = "",
    ) -> CertificateFacts:
        """Give a signer a new key and certificate, before or after the end of the present one.

        With `ending_before` a certificate that lasts longer is kept: doing it twice, or in two
        processes at once, makes one. `shown` is the serial of the certificate that was looked at.
        Name and identity stay. The new key of an enterprise lies under `pin`, which the caller has
        proven to be its PIN.
        Raises: NoCertificate, PinMissing, CertificateReplaced when another than `shown` is in use,
        CertificateRevoked (what was revoked is applied for anew).
        """
        if role is Role.ENTERPRISE and not pin:
            raise PinMissing("pin")
        with self._sessions() as session:
            name = self._named(session, role, subject)
        distinguished = {
            Role.APPLICANT: lambda: profiles.person_name(subject, name),
            Role.ENTERPRISE: lambda: profiles.enterprise_name(subject, name),
            Role.AGENCY: lambda: profiles.agency_name(subject),
        }[role]()
        fresh = self._authority.issue(wanted_for(role, distinguished, renews=True), pin=pin)
        with writing(self._sessions) as session:
            locked(session, f"{role}/{subject}")
            self._named(session, role, subject)
            row = self._required(session, role, subject)
            present = session.get_one(StoredCertificate, row.serial)
            if shown not in (None, row.serial):
                raise CertificateReplaced
            if ending_before is None or present.not_after < ending_before:
                row.serial = fresh.keep(session).serial
                row.pin_hash = pins.IN_THE_KEY if pin else row.pin_hash
            session.flush()
            return self._custody.facts_in(session, row)

    def revoke(
        self, role: Role, subject: str, reason: x509.ReasonFlags, *, shown: str | None = None
    ) -> CertificateFacts:
        """Revoke the certificate that a signer uses now; a second time changes nothing.

        Raises: NoCertificate, CertificateReplaced when its serial is not `shown`.
        """
        with writing(self._sessions) as session:
            locked(session, f"{role}/{subject}")
            row = self._required(session, role, subject)
            if shown not in (None, row.serial):
                raise CertificateReplaced
            self._authority.revoke_in(session, row.serial, reason)
            session.flush()
            return self._custody.facts_in(session, row)

    def apply(self, uscc: str, name: str, pin: str) -> CertificateFacts:
        """Give an enterprise its first certificate, or one after the last was revoked, and a PIN.

        Raises: CertificateInUse while the present one is not revoked, PinMalformed.
        """
        pins.require_form(pin)
        wanted = wanted_for(Role.ENTERPRISE, profiles.enterprise_name(uscc, name))
        fresh = self._authority.issue(wanted, pin=pin)
        with writing(self._sessions) as session:
            locked(session, f"{Role.ENTERPRISE}/{uscc}")
            row = credential_in(session, Role.ENTERPRISE, uscc, lock=True)
            if row is None:
                row = StoredCredential(
                    id=secrets.token_hex(16),
                    role=Role.ENTERPRISE,
                    subject=uscc,
                    identity_digest="",
                )
            elif session.get_one(StoredCertificate, row.serial).revoked_at is None:
                raise CertificateInUse
            row.serial, row.name = fresh.keep(session).serial, name
            row.pin_hash, row.pin_failures, row.pin_locked_until = pins.IN_THE_KEY, 0, None
            session.add(row)
            session.flush()
            return self._custody.facts_in(session, row)

    def ending(self, role: Role, *, before: datetime) -> list[Ending]:
        """List the certificates of a role that end between now and `before`, by their end."""
        certificate = StoredCertificate
        query = (
            select(StoredCredential.subject, certificate.serial, certificate.not_after)
            .join(certificate, certificate.serial == StoredCredential.serial)
            .where(StoredCredential.role == role, certificate.revoked_at.is_(None))
            .where(certificate.not_after >= self._clock(), certificate.not_after < before)
        )
        with self._sessions() as session:
            rows = session.execute(query.order_by(certificate.not_after)).all()
        return [
            Ending(role=role, subject=row.subject, serial=row.serial, not_after=row.not_after)
            for row in rows
        ]

    def _named(self, session: Session, role: Role, subject: str) -> str:
        row = self._required(session, role, subject)
        if session.get_one(StoredCertificate, row.serial).revoked_at is not None:
            raise CertificateRevoked
        return row.name

    def _required(self, session: Session, role: Role, subject: str) -> StoredCredential:
        row = credential_in(session, role, subject, lock=True)
        if row is None:
            raise NoCertificate
        return row
