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
from signing.keys import issuing, profiles
from signing.keys.authority import Authority, Clock
from signing.keys.custody import CertificateFacts, Custody, credential_in, wanted_for
from signing.keys.issuing import Issued
from signing.keys.trust import Role
from signing.outside.orders import Act, Order, Waiting, order_of
from signing.tables import StoredCertificate, StoredCredential, StoredKey, StoredOrder


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

    def fresh(self, role: Role, subject: str, *, shown: str | None = None, pin: str = "") -> Issued:
        """Have a certificate issued that is to renew the present one; nothing is stored yet.

        Raises: NoCertificate, CertificateRevoked, PinMissing; of an authority outside
        CertificateAwaited (then it comes by itself), EnrolmentRefused, CertificateNotAsAsked.
        """
        if role is Role.ENTERPRISE and not pin:
            raise PinMissing("pin")
        with self._sessions() as session:
            row = self._unrevoked(session, role, subject)
            name, serial = row.name, row.serial
        distinguished = {
            Role.APPLICANT: lambda: profiles.person_name(subject, name),
            Role.ENTERPRISE: lambda: profiles.enterprise_name(subject, name),
            Role.AGENCY: lambda: profiles.agency_name(subject),
        }[role]()
        order = Order(role=role, subject=subject, act=Act.RENEW, name=name, shown=shown or serial)
        wanted = wanted_for(role, distinguished, None if role is Role.AGENCY else order)
        # Only an enterprise has a PIN: under another's nobody could open the key any more.
        return self._authority.issue(wanted, pin=pin if role is Role.ENTERPRISE else "")

    def renew(
        self,
        role: Role,
        subject: str,
        *,
        ending_before: datetime | None = None,
        shown: str | None = None,
        pin: str = "",
        fresh: Issued | None = None,
    ) -> CertificateFacts:
        """Give a signer a new key and certificate, before or after the end of the present one.

        With `ending_before` a certificate that lasts longer is kept: doing it twice, or in two
        processes at once, makes one. `shown` is the serial of the certificate that was looked at.
        Name and identity stay. The new key of an enterprise lies under `pin`, which the caller has
        proven to be its PIN. What `fresh` gave a moment ago is taken where it is given.
        Raises: as `fresh`; CertificateReplaced when another than `shown` is in use,
        CertificateRevoked (what was revoked is applied for anew).
        """
        fresh = fresh or self.fresh(role, subject, shown=shown, pin=pin)
        with writing(self._sessions) as session:
            locked(session, f"{role}/{subject}")
            row = self._unrevoked(session, role, subject)
            if shown not in (None, row.serial):
                raise CertificateReplaced
            present = session.get_one(StoredCertificate, row.serial)
            if ending_before is None or present.not_after < ending_before:
                _renewed(session, row, fresh)
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

    def fresh_application(self, uscc: str, name: str, pin: str) -> Issued:
        """Have a certificate issued for an enterprise that applies; nothing is stored yet.

        Raises: PinMalformed, CertificateInUse; of an authority outside as `fresh`.
        """
        pins.require_form(pin)
        with self._sessions() as session:
            self._require_free(session, uscc)
        order = Order(role=Role.ENTERPRISE, subject=uscc, act=Act.APPLY, name=name)
        wanted = wanted_for(Role.ENTERPRISE, profiles.enterprise_name(uscc, name), order)
        return self._authority.issue(wanted, pin=pin)

    def apply(
        self, uscc: str, name: str, pin: str, *, fresh: Issued | None = None
    ) -> CertificateFacts:
        """Give an enterprise its first certificate, or one after the last was revoked, and a PIN.

        What `fresh_application` gave a moment ago is taken where it is given.
        Raises: as `fresh_application`.
        """
        fresh = fresh or self.fresh_application(uscc, name, pin)
        with writing(self._sessions) as session:
            locked(session, f"{Role.ENTERPRISE}/{uscc}")
            return self._applied(session, uscc, name, fresh)

    def _applied(self, session: Session, uscc: str, name: str, fresh: Issued) -> CertificateFacts:
        row = self._require_free(session, uscc) or StoredCredential(
            id=secrets.token_hex(16), role=Role.ENTERPRISE, subject=uscc, identity_digest=""
        )
        row.serial, row.name = fresh.keep(session).serial, name
        row.pin_hash, row.pin_failures, row.pin_locked_until = pins.IN_THE_KEY, 0, None
        session.add(row)
        session.flush()
        return self._custody.facts_in(session, row)

    def _require_free(self, session: Session, uscc: str) -> StoredCredential | None:
        """Insist that an enterprise has no certificate but a revoked one; give its row."""
        row = credential_in(session, Role.ENTERPRISE, uscc, lock=True)
        if row is None:
            return None
        if session.get_one(StoredCertificate, row.serial).revoked_at is None:
            raise CertificateInUse
        return row

    # -- what an authority outside has not given yet -----------------------------------------

    def awaited(self, role: Role, subject: str) -> Waiting | None:
        """Tell what waits for an authority outside."""
        orders = self._authority.orders()
        found = orders.of(role, subject) if orders is not None else None
        return Waiting(order=order_of(found[0]), since=found[0].at) if found else None

    def waiting(self) -> list[Waiting]:
        """Return everything that waits, the oldest first."""
        orders = self._authority.orders()
        return orders.waiting() if orders is not None else []

    def sweep(self, before: datetime) -> int:
        """Forget what waits since before a moment; return how much."""
        orders = self._authority.orders()
        return orders.sweep(before) if orders is not None else 0

    def withdraw(self, role: Role, subject: str) -> None:
        """Forget what waits for a subject; nothing may wait."""
        orders = self._authority.orders()
        if orders is not None:
            orders.drop(role, subject)

    def complete(self, role: Role, subject: str) -> CertificateFacts | None:
        """Ask again for what waits and put it to use; None: nothing waits, or it is out of date.

        Raises: Unavailable, EnrolmentRefused, CertificateNotAsAsked; the order stays.
        """
        orders = self._authority.orders()
        found = orders.of(role, subject) if orders is not None else None
        if found is None:
            return None
        row, key = found
        fresh, order = self._authority.completed(row, key), order_of(row)
        try:
            with writing(self._sessions) as session:
                locked(session, order.lock)
                present = session.get(StoredOrder, (role, subject))
                if present is None or present.key_id != row.key_id:
                    return None
                session.delete(present)
                session.flush()
                facts = self._settled(session, order, fresh)
                if facts.serial != issuing.serial_of(fresh.certificate):  # not needed any more
                    session.delete(session.get_one(StoredKey, fresh.key.id))
                return facts
        except (CertificateInUse, CertificateReplaced, CertificateRevoked, NoCertificate):
            self.withdraw(role, subject)
            return None

    def _settled(self, session: Session, order: Order, fresh: Issued) -> CertificateFacts:
        """Do what was asked when the order was made."""
        if order.act is Act.ENROL:
            return self._custody.enrol_in(session, order, fresh)
        if order.act is Act.APPLY:
            return self._applied(session, order.subject, order.name, fresh)
        row = self._unrevoked(session, order.role, order.subject)
        if row.serial != order.shown:
            raise CertificateReplaced
        _renewed(session, row, fresh)
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

    def _unrevoked(self, session: Session, role: Role, subject: str) -> StoredCredential:
        row = self._required(session, role, subject)
        if session.get_one(StoredCertificate, row.serial).revoked_at is not None:
            raise CertificateRevoked
        return row

    def _required(self, session: Session, role: Role, subject: str) -> StoredCredential:
        row = credential_in(session, role, subject, lock=True)
        if row is None:
            raise NoCertificate
        return row


def _renewed(session: Session, row: StoredCredential, fresh: Issued) -> None:
    row.serial = fresh.keep(session).serial
    if row.role == Role.ENTERPRISE:
        row.pin_hash = pins.IN_THE_KEY
    session.flush()
