"""What we say about our certificates: lists, answers, and what a verifier must believe."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.x509.ocsp import OCSPResponseStatus, load_der_ocsp_request
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from signing.database import Sessions
from signing.errors import UnknownCertificate
from signing.keys import revocation, stored
from signing.keys.generations import Clock, Generations
from signing.keys.profiles import CertificateProfile, Issuer
from signing.keys.trust import ROOT, Gone, Trust, family_of
from signing.tables import StoredAuthority, StoredCertificate, StoredSeal

#: Profiles whose certificates vouch for what others sign.
_LASTING = (
    CertificateProfile.ROOT,
    CertificateProfile.AUTHORITY,
    CertificateProfile.RESPONDER,
    CertificateProfile.TIMESTAMPER,
)
#: Reasons (RFC 5280 5.3.1) that leave what was signed before as good as it was.
_HARMLESS = ("superseded", "cessationOfOperation", "affiliationChanged", "privilegeWithdrawn")
_REVOKED = select(StoredCertificate.serial, StoredCertificate.revoked_at).where(
    StoredCertificate.serial.in_(bindparam("b_serials", expanding=True))
)


class Statuses:
    """Revokes, publishes lists and answers about single certificates."""

    def __init__(self, sessions: Sessions, generations: Generations, clock: Clock) -> None:
        self._sessions = sessions
        self._generations = generations
        self._clock = clock
        self._gone: tuple[tuple[tuple[str, bytes], ...], tuple[Gone, ...]] | None = None

    # -- revocation ------------------------------------------------------------------------

    def revoked_at(self, serial: str) -> datetime | None:
        """Tell when a certificate was revoked; None: it was not, or is not ours."""
        return self.revoked([serial]).get(serial)

    def revoked(self, serials: Collection[str]) -> dict[str, datetime]:
        """Tell, in one look, when those of some certificates were revoked that were."""
        with self._sessions() as session:
            rows = session.connection().execute(_REVOKED, {"b_serials": list(serials)})
            return {serial: at for serial, at in rows if at is not None}

    def revoke_in(self, session: Session, serial: str, reason: x509.ReasonFlags) -> None:
        """Revoke inside the caller's transaction. Raises: UnknownCertificate."""
        self.note(session, serial, reason, self._clock())

    def note(self, session: Session, serial: str, reason: x509.ReasonFlags, at: datetime) -> None:
        """Write down that a certificate is revoked since a moment. Raises: UnknownCertificate."""
        row = session.get(StoredCertificate, serial)
        if row is None:
            raise UnknownCertificate(serial=serial)
        if row.revoked_at is None:
            row.revoked_at = at
            row.reason = reason.value
            issuer = session.get(StoredAuthority, row.issuer, with_for_update=True)
            if issuer is not None:  # one outside publishes its own list
                issuer.crl_number += 1  # a list that is being made without it is not published
                issuer.crl_fresh_until = None
            if row.profile != CertificateProfile.SIGNER:
                self._generations.look_anew()
            for seal in session.scalars(select(StoredSeal).where(StoredSeal.credential == serial)):
                self.revoke_in(session, seal.serial, reason)  # its national seal goes with it

    # -- lists and answers -----------------------------------------------------------------

    def crl(self, name: str) -> bytes:
        """Return the current revocation list of `name`, DER: at most an hour old, never stale.

        Raises: UnknownAuthority.
        """
        now, issuer = self._clock(), self._generations.issuer(name)
        while True:
            with self._sessions() as session:
                row = stored.authority(session, name)
                if fresh := stored.fresh(row, now):
                    return fresh
                revoked = stored.revocations(session, name, now)
            number = row.crl_number + 1
            made = revocation.build_list(issuer, revoked, number=number, at=now)
            if stored.published(self._sessions, name, made, number, now):
                return made

    def ocsp(self, request: bytes) -> bytes:
        """Answer a status request about any certificate of ours, DER in and out (RFC 6960)."""
        try:
            parsed = load_der_ocsp_request(request)
            serial, nonce = format(parsed.serial_number, "x"), revocation.nonce_of(parsed)
            issuer = next(i for i in self._all() if revocation.is_about(parsed, i.certificate))
        except StopIteration:
            return revocation.refuse(OCSPResponseStatus.UNAUTHORIZED)
        except (ValueError, UnsupportedAlgorithm, NotImplementedError):
            return revocation.refuse(OCSPResponseStatus.MALFORMED_REQUEST)
        row = self._row(serial)
        if row is None or row.issuer != issuer.name:
            return revocation.refuse(OCSPResponseStatus.UNAUTHORIZED)
        return self._answer(row, parsed.hash_algorithm, nonce)

    def rows(self, serials: Sequence[str]) -> list[StoredCertificate | None]:
        """Return what is stored of each certificate; None of what is not ours."""
        with self._sessions() as session:
            query = select(StoredCertificate).where(StoredCertificate.serial.in_(serials))
            rows = {row.serial: row for row in session.scalars(query)}
        return [rows.get(serial) for serial in serials]

    def status(self, row: StoredCertificate) -> bytes | None:
        """Return a fresh answer about a certificate of ours, DER; None for one of the root."""
        return self._answer(row) if family_of(row.issuer) != ROOT else None

    # -- what a verifier must believe ------------------------------------------------------

    def certificate(self, name: str) -> bytes:
        """Return the certificate of the authority `name`, DER. Raises: UnknownAuthority."""
        issuer = self._generations.issuer(name)
        return issuer.certificate.public_bytes(serialization.Encoding.DER)

    def trust(self) -> Trust:
        """Return what a verifier of our documents must believe, with fresh lists."""
        lists = self._lists()
        names = [name for name, _ in lists]
        return Trust(
            roots=tuple(self.certificate(name) for name in names if family_of(name) == ROOT),
            issuers=tuple(
                (name, self.certificate(name)) for name in names if family_of(name) != ROOT
            ),
            lists=lists,
            gone=self._gone_beside(lists),
            at=self._clock(),
        )

    def _gone_beside(self, lists: tuple[tuple[str, bytes], ...]) -> tuple[Gone, ...]:
        """Read the revocations that these lists no longer name, and those of authorities."""
        kept = self._gone
        if kept is None or kept[0] != lists:
            row = StoredCertificate
            query = select(row.serial, row.revoked_at, row.reason).where(
                row.revoked_at.is_not(None),
                (row.not_after <= self._clock()) | row.profile.in_(_LASTING),
            )
            with self._sessions() as session:
                rows = session.execute(query).all()
            gone = tuple(
                Gone(serial=serial, at=at, is_compromise=reason not in _HARMLESS)
                for serial, at, reason in rows
                if at is not None
            )
            kept = self._gone = (lists, gone)
        return kept[1]

    def _lists(self) -> tuple[tuple[str, bytes], ...]:
        """Return the revocation lists of all authorities; one look for those that are fresh."""
        now = self._clock()
        with self._sessions() as session:
            rows = stored.in_order(session)
        return tuple((row.name, stored.fresh(row, now) or self.crl(row.name)) for row in rows)

    # -- inside ----------------------------------------------------------------------------

    def _all(self) -> list[Issuer]:
        return [self._generations.issuer(name) for name in self._generations.names()]

    def _row(self, serial: str) -> StoredCertificate | None:
        with self._sessions() as session:
            return session.get(StoredCertificate, serial)

    def _answer(
        self,
        row: StoredCertificate,
        algorithm: HashAlgorithm | None = None,
        nonce: x509.OCSPNonce | None = None,
    ) -> bytes:
        return revocation.answer(
            x509.load_der_x509_certificate(row.der),
            stored.revocation_of(row),
            issuer=self._generations.issuer(row.issuer).certificate,
            responder=self._generations.responder(row.issuer),
            at=self._clock(),
            algorithm=algorithm,
            nonce=nonce,
        )
