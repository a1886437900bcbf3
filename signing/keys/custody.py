"""Whose key is whose: enrolment, and the one way to make a raw signature with a held key.

The keys of persons and enterprises are held here for them (decision 1) and are opened for the one
signature that an authorization allows. There is no export. That of an enterprise lies under its PIN
as well (decision 17): it opens by the PIN, or by what a right PIN left for one file.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from signing.database import Sessions, locked, writing
from signing.der import CmsTemplate
from signing.errors import (
    AuthorizationExpired,
    CertificateExpired,
    CertificateRevoked,
    NoCertificate,
    StatusUnknown,
    UnknownAuthority,
)
from signing.keeping import guards, pins
from signing.keeping.openings import Openings
from signing.keys import profiles
from signing.keys.authority import Authority, Clock
from signing.keys.issuing import Issued
from signing.keys.profiles import CertificateProfile
from signing.keys.tokens import SigningKey
from signing.keys.trust import ISSUER_OF, Role, family_of
from signing.outside.authority import Wanted
from signing.outside.orders import Act, Order
from signing.tables import StoredCertificate, StoredCredential, StoredKey, StoredSignature
from storage.literals import ONE


@dataclass(frozen=True, kw_only=True)
class CertificateFacts:
    """What may be shown of a signer's certificate."""

    role: Role
    subject: str  #: person id, uscc or agency name
    name: str
    serial: str  #: hexadecimal
    issuer: str  #: common name of the issuing authority
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class Signer:
    """A credential that may sign now."""

    name: str
    serial: str
    template: CmsTemplate  #: of its certificate and chain
    key: SigningKey

    def sign(self, attributes: bytes) -> bytes:
        """Sign the bytes that `pades.prepare` asks for (ECDSA with SHA-256, DER)."""
        return self.key.sign(attributes, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True)
class Held:
    """What one look at the key database says of a signer; all None: nothing was ever given."""

    credential: StoredCredential | None
    certificate: StoredCertificate | None
    key: StoredKey | None
    earlier: StoredSignature | None  #: what the same job made before


_OF_SUBJECT = (
    select(StoredCredential, StoredCertificate, StoredKey, StoredSignature)
    .join(StoredCertificate, StoredCertificate.serial == StoredCredential.serial)
    .join(StoredKey, StoredKey.id == StoredCertificate.key_id)
    .outerjoin(StoredSignature, StoredSignature.key == bindparam("b_job"))
    .where(StoredCredential.role == bindparam("b_role"))
)
_NEWEST = _OF_SUBJECT.order_by(StoredCertificate.not_before.desc()).limit(ONE)
_OF_SUBJECT = _OF_SUBJECT.where(StoredCredential.subject == bindparam("b_subject"))
_CERTIFICATE = (
    select(StoredCertificate)
    .join(StoredCredential, StoredCredential.serial == StoredCertificate.serial)
    .where(StoredCredential.role == bindparam("b_role"))
    .where(StoredCredential.subject == bindparam("b_subject"))
)


class Custody:
    """Holds the keys of signers."""

    def __init__(
        self, sessions: Sessions, authority: Authority, openings: Openings, clock: Clock
    ) -> None:
        self._sessions = sessions
        self._authority = authority
        self._openings = openings
        self._clock = clock

    def enrol_person(self, person_id: str, name: str, id_no_digest: str = "") -> CertificateFacts:
        """Give a person a certificate (R2); the same identity again gives the one at hand.

        A changed name or identity replaces the certificate and revokes the old one.
        `id_no_digest` (keyed, at most 64 characters) ties it to the identity document.
        Raises: of an authority outside CertificateAwaited, EnrolmentRefused, CertificateNotAsAsked.
        """
        order = Order(
            role=Role.APPLICANT,
            subject=person_id,
            act=Act.ENROL,
            name=name,
            identity_digest=id_no_digest,
        )
        if (facts := self._at_hand(order)) is not None:
            return facts
        wanted = wanted_for(Role.APPLICANT, profiles.person_name(person_id, name), order)
        return self._enrol(order, self._authority.issue(wanted))

    def enrol_enterprise(self, uscc: str, name: str, pin: str) -> CertificateFacts:
        """Give an enterprise a certificate guarded by `pin` (R5). Raises: PinMalformed.

        Again with the same name and PIN keeps the certificate. Another PIN does not open the key,
        so that it brings another certificate and revokes the one before.
        """
        pins.require_form(pin)
        order = Order(role=Role.ENTERPRISE, subject=uscc, act=Act.ENROL, name=name)
        wanted = wanted_for(Role.ENTERPRISE, profiles.enterprise_name(uscc, name))
        return self._enrol(order, self._authority.issue(wanted, pin=pin), pin=pin)

    def enrol_agency(self, name: str, *, fresh: Issued | None = None) -> CertificateFacts:
        """Give the agency the certificate of its electronic seal, or keep one that is good.

        `fresh` is what `fresh_seal` gave, where nobody outside may be asked in between.
        """
        order = Order(role=Role.AGENCY, subject=name, act=Act.ENROL, name=name)
        if (facts := self._at_hand(order)) is not None:
            return facts
        return self._enrol(order, fresh or self.fresh_seal(name))

    def fresh_seal(self, name: str) -> Issued:
        """Have a certificate issued for the agency's seal; nothing is stored yet."""
        return self._authority.issue(wanted_for(Role.AGENCY, profiles.agency_name(name)))

    def credential(self, role: str, subject: str) -> CertificateFacts | None:
        """Return the certificate that a signer uses now, good or not."""
        with self._sessions() as session:
            held = credential_in(session, Role(role), subject)
            return self.facts_in(session, held) if held else None

    def of_role(self, role: Role) -> list[CertificateFacts]:
        """Return the certificates that the signers of a role use now, good or not."""
        query = select(StoredCredential).where(StoredCredential.role == role)
        with self._sessions() as session:
            rows = session.scalars(query.order_by(StoredCredential.subject)).all()
            return [self.facts_in(session, row) for row in rows]

    def look(self, role: Role, subject: str | None, job: str = "") -> Held:
        """Read at once what a signing job needs: who signs, and what it made if it ran before.

        Without a `subject` the one enrolled last in this role is meant.
        """
        query = _NEWEST if subject is None else _OF_SUBJECT
        with self._sessions() as session:
            values = {"b_role": role, "b_subject": subject, "b_job": job}
            row = session.execute(query, values).first()
            if row is None:
                earlier = session.get(StoredSignature, job) if job else None
                return Held(None, None, None, earlier)
            return Held(*row)

    def open(self, held: Held, *, leave: str = "") -> Signer:
        """Open a signer's key for use; that of an enterprise by the token of an authorization.

        Raises: NoCertificate, CertificateRevoked, CertificateExpired, StatusUnknown when an
        authority outside does not say how it stands, AuthorizationExpired when the authorization
        does not open this key (it was renewed, or the signature is made).
        """
        credential, row, key = self.usable(held)
        certificate = x509.load_der_x509_certificate(row.der)
        if guards.is_guarded(key.algorithm):
            left = self._openings.by_leave(key, leave)
            if left is None:
                raise AuthorizationExpired
            private: SigningKey = left
        else:
            private = self._authority.opened(key)
        return Signer(
            name=credential.name,
            serial=row.serial,
            template=CmsTemplate(certificate, self._authority.chain(row.issuer)),
            key=private,
        )

    def usable(self, held: Held) -> tuple[StoredCredential, StoredCertificate, StoredKey]:
        """Insist on a certificate that may sign now. Raises: as `open`."""
        row = held.certificate
        if held.credential is None or row is None or held.key is None:
            raise NoCertificate
        if self._authority.is_revoked(row):
            raise CertificateRevoked
        if not row.not_before <= self._clock() <= row.not_after:
            raise CertificateExpired
        return held.credential, row, held.key

    def signer(self, role: Role, subject: str, *, leave: str = "") -> Signer:
        """Open the key of whoever signs as `subject`. Raises: as `open`."""
        return self.open(self.look(role, subject), leave=leave)

    def check(self, role: str, subject: str, name: str | None = None) -> dict[str, object]:
        """Return the facts that decide whether a signer's certificate may be used.

        Keys of the table `signer_certificate`: in_validity, chain_ok, revocation
        GOOD|REVOKED|UNKNOWN, subject_matches, key_usage_ok; and, where there is a certificate,
        serial and not_after (ISO 8601). `name` is compared when given.
        """
        with self._sessions() as session:
            row = session.scalar(_CERTIFICATE, {"b_role": Role(role), "b_subject": subject})
        if row is None:
            return {
                "in_validity": False,
                "chain_ok": False,
                "revocation": "UNKNOWN",
                "subject_matches": False,
                "key_usage_ok": False,
            }
        certificate = x509.load_der_x509_certificate(row.der)
        return {
            "in_validity": row.not_before <= self._clock() <= row.not_after,
            "chain_ok": family_of(row.issuer) == ISSUER_OF[Role(role)]
            and self._is_ours(certificate, row.issuer),
            "revocation": self._revocation(row),
            "subject_matches": _is_of(certificate, Role(role), subject, name),
            "key_usage_ok": row.profile == CertificateProfile.SIGNER and _may_sign(certificate),
            "serial": row.serial,
            "not_after": row.not_after.isoformat(),
        }

    def _at_hand(self, order: Order) -> CertificateFacts | None:
        """Return the certificate that is good for an order already: nobody need be asked."""
        with self._sessions() as session:
            row = credential_in(session, order.role, order.subject)
            if row is None or not self._still_good(session, row, order):
                return None
            return self.facts_in(session, row)

    def _enrol(self, order: Order, fresh: Issued, *, pin: str = "") -> CertificateFacts:
        with writing(self._sessions) as session:
            locked(session, order.lock)
            return self.enrol_in(session, order, fresh, pin=pin)

    def enrol_in(
        self, session: Session, order: Order, fresh: Issued, *, pin: str = ""
    ) -> CertificateFacts:
        """Give a signer a fresh certificate unless the present one is good, and locked is he."""
        role, subject = order.role, order.subject
        row = credential_in(session, role, subject, lock=True)
        if row is None:
            row = StoredCredential(id=secrets.token_hex(16), role=role, subject=subject)
            row.serial = fresh.keep(session).serial
            session.add(row)
        elif not (
            self._still_good(session, row, order)
            and (not pin or self._openings.has_pin(session, row, pin))
        ):
            if self._clock() < _end(session, row.serial):  # what is over needs no revocation
                changed = x509.ReasonFlags.affiliation_changed
                self._authority.revoke_in(session, row.serial, changed)
            row.serial = fresh.keep(session).serial
        row.name, row.identity_digest = order.name, order.identity_digest
        if pin:
            row.pin_hash, row.pin_failures, row.pin_locked_until = pins.IN_THE_KEY, 0, None
        session.flush()
        return self.facts_in(session, row)

    def _still_good(self, session: Session, row: StoredCredential, order: Order) -> bool:
        certificate = session.get_one(StoredCertificate, row.serial)
        return (
            (row.name, row.identity_digest) == (order.name, order.identity_digest)
            and certificate.revoked_at is None
            and self._clock() < certificate.not_after
        )

    def facts_in(self, session: Session, row: StoredCredential) -> CertificateFacts:
        """Return what may be shown of a credential's certificate, in the caller's transaction."""
        certificate = session.get_one(StoredCertificate, row.serial)
        issuer = x509.load_der_x509_certificate(certificate.der).issuer
        return CertificateFacts(
            role=Role(row.role),
            subject=row.subject,
            name=row.name,
            serial=row.serial,
            issuer=_attribute(issuer, NameOID.COMMON_NAME),
            not_before=certificate.not_before,
            not_after=certificate.not_after,
            revoked_at=certificate.revoked_at,
            reason=certificate.reason,
        )

    def _revocation(self, row: StoredCertificate) -> str:
        """Say GOOD, REVOKED, or UNKNOWN while an authority outside does not tell."""
        try:
            return "REVOKED" if self._authority.is_revoked(row) else "GOOD"
        except StatusUnknown:
            return "UNKNOWN"

    def _is_ours(self, certificate: x509.Certificate, issuer: str) -> bool:
        """Tell whether the chain holds cryptographically, not only by names."""
        below = certificate
        try:
            chain = self._authority.chain(issuer)
        except UnknownAuthority:  # outside, and no longer believed
            return False
        for above in chain:
            try:
                below.verify_directly_issued_by(above)
            except (ValueError, TypeError, InvalidSignature):
                return False
            below = above
        return True


def wanted_for(role: Role, subject: x509.Name, order: Order | None = None) -> Wanted:
    """Say which certificate a signer needs."""
    profile = CertificateProfile.SIGNER
    return Wanted(family=ISSUER_OF[role], profile=profile, subject=subject, order=order)


def _end(session: Session, serial: str) -> datetime:
    return session.get_one(StoredCertificate, serial).not_after


def credential_in(
    session: Session, role: Role, subject: str, *, lock: bool = False
) -> StoredCredential | None:
    """Return what a signer signs with, locked on request; None: nothing was ever given."""
    query = select(StoredCredential).where(
        StoredCredential.role == role, StoredCredential.subject == subject
    )
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    attributes = name.get_attributes_for_oid(oid)
    return str(attributes[0].value) if attributes else ""


def _is_of(certificate: x509.Certificate, role: Role, subject: str, name: str | None) -> bool:
    """Tell whether the certificate names this subject, by id and (when known) by name."""
    says = {
        Role.APPLICANT: (NameOID.SERIAL_NUMBER, subject),
        Role.ENTERPRISE: (
            NameOID.ORGANIZATION_IDENTIFIER,
            profiles.organization_identifier(subject),
        ),
        Role.AGENCY: (NameOID.ORGANIZATION_NAME, subject),
    }
    oid, expected = says[role]
    if role is Role.APPLICANT:
        called = _attribute(certificate.subject, NameOID.COMMON_NAME)
        same_name = name is None or called == profiles.common_name(name)
    else:
        same_name = name in (None, _attribute(certificate.subject, NameOID.ORGANIZATION_NAME))
    return same_name and _attribute(certificate.subject, oid) == expected


def _may_sign(certificate: x509.Certificate) -> bool:
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    return usage.digital_signature and usage.content_commitment
