"""The embedded authority: a root, one issuer a role, their responders and the time stamper.

All of it is persisted; keys are wrapped. It makes the default installation whole. Where a licensed
authority 电子认证服务机构 issues to the signers (`signing.outside`), ours still stamps where nobody
else does, and answers for what it issued before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select
from sqlalchemy.orm import Session

from signing.database import Sessions, writing
from signing.errors import UnknownAuthority
from signing.keeping.vault import KeyVault
from signing.keys.generations import LAST_YEAR as LAST_YEAR
from signing.keys.generations import Clock as Clock
from signing.keys.generations import Generations, Working
from signing.keys.issuing import Issued
from signing.keys.national import National
from signing.keys.profiles import Addresses, Issuer
from signing.keys.services import OURS, Services
from signing.keys.statuses import Statuses
from signing.keys.timestamps import Stamper
from signing.keys.tokens import SigningKey
from signing.keys.trust import ROOT as ROOT
from signing.keys.trust import Trust, family_of
from signing.outside.authority import OutsideAuthority, Wanted
from signing.outside.orders import Orders
from signing.tables import StoredCertificate, StoredKey, StoredOrder

_STAMP_BYTES = 2_600  #: of a token of ours
_OUTSIDE_STAMP_BYTES = 4_096  #: of another's token, beside the chain that it may carry


class Authority:
    """Issues, revokes, and answers for what it issued."""

    def __init__(
        self,
        sessions: Sessions,
        vault: KeyVault,
        *,
        base_url: str,
        clock: Clock,
        services: Services = OURS,
    ) -> None:
        """Take the key database, and what of our work is done by services outside."""
        self._sessions = sessions
        self._clock = clock
        addresses = Addresses(base_url.rstrip("/"))
        self._generations = Generations(sessions, vault, addresses, clock, services)
        self.national = National(sessions, vault, addresses, clock, version=services.seal_version)
        self._statuses = Statuses(sessions, self._generations, clock)
        self._outside = services.stamper
        self._believed: OutsideAuthority | None = None  #: outside, issuing now or before
        if (believed := services.authority or services.former) is not None:
            self._believed = OutsideAuthority(
                sessions,
                vault,
                believed,
                clock=clock,
                token=services.token,
                note=self._statuses.note,
            )
        self._issuing = None if services.authority is None else self._believed

    # -- what the world asks ---------------------------------------------------------------

    def certificate(self, name: str) -> bytes:
        """Return the certificate of the authority `name`, DER. Raises: UnknownAuthority."""
        return self._statuses.certificate(name)

    def roots(self) -> list[bytes]:
        """Return the certificates to trust, DER."""
        return [self.certificate(name) for name in self.names() if family_of(name) == ROOT]

    def names(self) -> list[str]:
        """Return the names of all authorities there ever were, each family's oldest first."""
        return self._generations.names()

    def crl(self, name: str) -> bytes:
        """Return the current revocation list of `name`, DER: at most an hour old, never stale.

        Raises: UnknownAuthority.
        """
        return self._statuses.crl(name)

    def ocsp(self, request: bytes) -> bytes:
        """Answer a status request about any certificate of ours, DER in and out (RFC 6960)."""
        return self._statuses.ocsp(request)

    def statuses(self, serials: Sequence[str]) -> list[bytes | None]:
        """Return a fresh status answer about each certificate, DER; none of what is not ours.

        What an authority outside issued it answers for itself. Raises: StatusUnknown when neither
        its answer nor its list is at hand.
        """
        rows = self._statuses.rows(serials)
        return [None if row is None else self._status(row) for row in rows]

    def _status(self, row: StoredCertificate) -> bytes | None:
        if self._believed is not None and (anchor := self._believed.anchor(row.issuer)):
            return self._believed.evidence(row, anchor)
        return self._statuses.status(row)

    def timestamp(self, request: bytes) -> bytes:
        """Answer a time-stamp request, DER in and out (RFC 3161)."""
        return self._stamper().answer(request, self._clock())

    def stamp(self, digest: bytes) -> bytes:
        """Return a time-stamp token for a SHA-256 digest, DER; the way in without HTTP."""
        return self._stamper().stamp(digest, self._clock())

    def stamp_bytes(self) -> int:
        """Tell how long a token may be of who stamps now: it carries the chain of a service."""
        if self._outside is None:
            return _STAMP_BYTES
        return _OUTSIDE_STAMP_BYTES + sum(map(len, self._outside.chain))

    def trust(self) -> Trust:
        """Return what a verifier of our documents must believe, with fresh lists."""
        trust = self._statuses.trust()
        if self._believed is not None:
            trust = self._believed.believed_with(trust)
        return trust if self._outside is None else trust.with_stamper(self._outside.believed())

    # -- what operators ask ----------------------------------------------------------------

    def stamps_since(self) -> datetime:
        """Tell since when the present time stamper stamps: what is older is due to be renewed."""
        return self._stamper().certificate.not_valid_before_utc

    def issuers_outside(self) -> list[Working]:
        """List who issues to signers outside, of each role the one that lasts longest."""
        return self._issuing.issuers() if self._issuing is not None else []

    def next_end(self) -> datetime:
        """Tell when the first of the keys that work now is over, unless it is replaced before."""
        return self._generations.next_end()

    def founded_at(self) -> datetime:
        """Tell when the first root began."""
        return self.issuer(ROOT).certificate.not_valid_before_utc

    def working(self) -> list[Working]:
        """List the certificates that root, issuers, responders and time stamper work with now.

        Raises: AuthorityOver when the clock stands outside the life of the time stamper.
        """
        return self._generations.working() + [Working.of(row) for row in self.national.services()]

    def roll(self) -> list[str]:
        """Give what is in its last year a successor; return what was made."""
        return [*self._generations.roll(), *self.national.keep_fresh()]

    def _stamper(self) -> Stamper:
        """Return who stamps now. Raises: AuthorityOver outside the life of ours."""
        return self._outside or self._generations.stamper()

    # -- what custody asks -----------------------------------------------------------------

    def issuer(self, name: str) -> Issuer:
        """Return an authority with its key. Raises: UnknownAuthority."""
        return self._generations.issuer(name)

    def chain(self, name: str) -> list[x509.Certificate]:
        """Return the certificates above one that `name` issued, up to and with the root.

        Raises: UnknownAuthority.
        """
        if self._believed is not None and (anchor := self._believed.anchor(name)):
            return anchor.chain
        return self._generations.chain(name)

    def is_known(self, name: str) -> bool:
        """Tell whether an issuer is one of ours, or is believed outside (now)."""
        is_outside = self._believed is not None and self._believed.anchor(name) is not None
        return is_outside or name in self.names()

    def forgotten(self) -> list[str]:
        """Name the issuers of certificates of ours that the settings do not believe any more.

        What they issued cannot be verified.
        """
        with self._sessions() as session:
            issuers = session.scalars(select(StoredCertificate.issuer).distinct())
            return sorted(name for name in issuers if not self.is_known(name))

    def issue(self, wanted: Wanted, *, pin: str = "") -> Issued:
        """Make a key and let who issues now for this family certify it; nothing is stored yet.

        A `pin` is part of what encrypts the key (decision 17).
        Raises: AuthorityOver; of an authority outside Unavailable, EnrolmentRefused,
        CertificateNotAsAsked.
        """
        if self._issuing is not None:
            return self._issuing.issue(wanted, pin=pin)
        return self._generations.issue(wanted.family, wanted.profile, wanted.subject, pin=pin)

    def orders(self) -> Orders | None:
        """Return what an authority outside was asked for; None: ours issues, and at once."""
        return self._issuing.orders if self._issuing is not None else None

    def completed(self, row: StoredOrder, key: StoredKey) -> Issued:
        """Have the authority outside certify what was ordered. Raises: as `issue`."""
        if self._issuing is None:
            raise UnknownAuthority(name=row.role)
        return self._issuing.completed(row, key)

    def is_revoked(self, row: StoredCertificate) -> bool:
        """Tell whether a certificate is revoked, here or at an authority outside.

        Raises: StatusUnknown.
        """
        if self._believed is not None and self._believed.anchor(row.issuer):
            return self._believed.is_revoked(row)
        return row.revoked_at is not None

    def key_of(self, session: Session, row: StoredCertificate) -> ec.EllipticCurvePrivateKey:
        """Open the private key of a certificate. Raises: WrongKek."""
        return self._generations.key_of(session, row)

    def opened(self, key: StoredKey) -> SigningKey:
        """Open a private key that was read. Raises: WrongKek, TokenMissing."""
        return self._generations.opened(key)

    def revoke(self, serial: str, reason: str = "superseded") -> None:
        """Revoke for good; a second time changes nothing.

        `reason` is a name of RFC 5280 5.3.1 such as keyCompromise, affiliationChanged, superseded.
        Raises: UnknownCertificate.
        """
        with writing(self._sessions) as session:
            self.revoke_in(session, serial, x509.ReasonFlags(reason))

    def revoke_in(self, session: Session, serial: str, reason: x509.ReasonFlags) -> None:
        """Revoke inside the caller's transaction. Raises: UnknownCertificate.

        An authority outside that issued it is told later (`untold`, `tell`); a former one when it
        issues again.
        """
        row = session.get(StoredCertificate, serial)
        is_new = row is not None and row.revoked_at is None
        self._statuses.revoke_in(session, serial, reason)
        if row is not None and is_new and self._believed and self._believed.anchor(row.issuer):
            self._believed.note_ending(session, row)

    def untold(self, *, before: datetime | None = None) -> list[str]:
        """Return the serials of what we revoked and an authority outside does not know yet.

        With `before` only what we revoked until then; the oldest first.
        """
        return self._issuing.untold(before or self._clock()) if self._issuing is not None else []

    def tell(self, serial: str) -> None:
        """Tell the authority outside that a certificate ended; again changes nothing.

        Raises: Unavailable, WrongAnswer.
        """
        if self._issuing is not None:
            self._issuing.tell(serial)

    def revoked_at(self, serial: str) -> datetime | None:
        """Tell when a certificate was revoked; None: it was not, or is not ours."""
        return self._statuses.revoked_at(serial)

    def revoked(self, serials: Collection[str]) -> dict[str, datetime]:
        """Tell, in one look, when those of some certificates were revoked that were."""
        return self._statuses.revoked(serials)
