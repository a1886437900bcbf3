"""The keys that vouch, generation by generation: root, issuers, responders and time stamper.

Each has a successor before its last year begins; predecessors stay, are believed for what they
issued, and publish their lists. What is opened is kept in memory until it changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from signing.database import Sessions, locked, writing
from signing.errors import AuthorityOver, UnknownAuthority
from signing.keeping.vault import KeyVault
from signing.keys import issuing, profiles, stored, tokens
from signing.keys.issuing import Issued
from signing.keys.profiles import Addresses, CertificateProfile, Issuer
from signing.keys.services import OURS, Services
from signing.keys.stored import FAMILIES
from signing.keys.timestamps import Timestamper
from signing.keys.tokens import SigningKey
from signing.keys.trust import ISSUER_OF, ROOT, SERVICE, Role
from signing.tables import StoredAuthority, StoredCertificate, StoredKey

Clock = Callable[[], datetime]
LAST_YEAR = timedelta(days=365)  #: before its end each key has a successor
_TIMESTAMPER = "时间戳服务"


@dataclass(frozen=True, kw_only=True)
class Working:
    """A certificate of our own services that is in use."""

    name: str  #: of its subject, for people
    serial: str  #: hexadecimal
    since: datetime
    not_after: datetime

    @classmethod
    def of(cls, row: StoredCertificate) -> Working:
        """Read a stored certificate."""
        return cls(
            name=stored.common_name(x509.load_der_x509_certificate(row.der)),
            serial=row.serial,
            since=row.not_before,
            not_after=row.not_after,
        )


class Generations:
    """Opens the keys that work now, and gives each its successor in time."""

    def __init__(
        self,
        sessions: Sessions,
        vault: KeyVault,
        addresses: Addresses,
        clock: Clock,
        services: Services = OURS,
    ) -> None:
        self._sessions = sessions
        self._token = services.token
        self._house = services.house
        self._vault = vault
        self._addresses = addresses
        self._clock = clock
        self._issuers: dict[str, Issuer] = {}
        self._above: dict[str, str] = {}  #: the root over each authority
        self._newest: dict[str, str] = {}  #: who issues now, by family
        self._fresh_until: datetime | None = None  #: when the next key begins its last year
        self._responders: dict[str, Issuer] = {}
        self._timestamper: Timestamper | None = None
        self.roll()
        self._timestamper = self._load_timestamper()  # a wrong key-encryption key is told at once

    # -- who works now ---------------------------------------------------------------------

    def names(self) -> list[str]:
        """Return the names of all authorities there ever were, each family's oldest first."""
        with self._sessions() as session:
            return [row.name for row in stored.in_order(session)]

    def issuer(self, name: str) -> Issuer:
        """Return an authority with its key. Raises: UnknownAuthority."""
        if name not in self._issuers:
            with self._sessions() as session:
                serial = stored.authority(session, name).serial
                above = session.get_one(StoredCertificate, serial).issuer
                issuer = self._open(session, serial, name)
            self._issuers[name], self._above[name] = issuer, above  # both or neither
        return self._issuers[name]

    def chain(self, name: str) -> list[x509.Certificate]:
        """Return the certificates above one that `name` issued, up to and with the root."""
        own = self.issuer(name)
        issuers = dict.fromkeys((name, self._above[own.name]))
        return [self.issuer(issuer).certificate for issuer in issuers]

    def issue(
        self, family: str, profile: CertificateProfile, subject: x509.Name, *, pin: str = ""
    ) -> Issued:
        """Make a key and let who issues now for this family certify it; nothing is stored yet."""
        self.keep_fresh()
        issuer = self.issuer(self._newest[family])
        self._require_valid(FAMILIES[family], issuer.certificate)
        if self._token is None or family != ISSUER_OF[Role.AGENCY]:
            return self._make(profile, subject, issuer, pin=pin)
        return issuing.issue_on_token(
            profile,
            subject,
            issuer=issuer,
            vault=self._vault,
            token=self._token,
            at=self._clock(),
            addresses=self._addresses,
        )

    def key_of(self, session: Session, row: StoredCertificate) -> ec.EllipticCurvePrivateKey:
        """Open the private key of a certificate of our services. Raises: WrongKek."""
        key = session.get_one(StoredKey, row.key_id)
        return self._vault.open(key.id, key.wrapped)

    def opened(self, key: StoredKey) -> SigningKey:
        """Open a private key that was read, or find it in the token.

        Raises: WrongKek, TokenMissing.
        """
        if key.algorithm == tokens.ALGORITHM:
            return tokens.opened(self._token, self._vault.open_der(key.id, key.wrapped).decode())
        return self._vault.open(key.id, key.wrapped)

    def responder(self, name: str) -> Issuer:
        """Return who answers for the authority `name`. Raises: UnknownAuthority."""
        if name not in self._responders:
            with self._sessions() as session:
                serial = stored.authority(session, name).responder
                if serial is None:
                    raise UnknownAuthority(name=name)
                self._responders[name] = self._open(session, serial, name)
        return self._responders[name]

    def stamper(self) -> Timestamper:
        """Return who stamps now. Raises: AuthorityOver outside the life of its certificate."""
        self.keep_fresh()
        if self._timestamper is None:
            self._timestamper = self._load_timestamper()
        self._require_valid(_TIMESTAMPER, self._timestamper.certificate)
        return self._timestamper

    def next_end(self) -> datetime:
        """Tell when the first of the keys that work now is over, unless it is replaced before."""
        return self.keep_fresh() + LAST_YEAR

    def working(self) -> list[Working]:
        """List the certificates that root, issuers, responders and time stamper work with now.

        Raises: AuthorityOver when the clock stands outside the life of the time stamper.
        """
        self.keep_fresh()
        working = []
        with self._sessions() as session:
            for family in FAMILIES:
                row = stored.newest(session, family)
                serials = [row.serial, row.responder] if row is not None else []
                certificates = [
                    session.get_one(StoredCertificate, serial) for serial in serials if serial
                ]
                working += [Working.of(certificate) for certificate in certificates]
            stamper = stored.stamper(session)
        self.stamper()
        return [*working, Working.of(stamper)] if stamper is not None else working

    # -- their successors ------------------------------------------------------------------

    def look_anew(self) -> None:
        """Look up who speaks for us before the next act: one of them was revoked."""
        self._fresh_until = None

    def keep_fresh(self) -> datetime:
        """Never issue or stamp with what is over, even where the daily duty did not run."""
        if self._fresh_until is None or self._clock() >= self._fresh_until:
            self.roll()
        return self._fresh_until or self._clock()

    def roll(self) -> list[str]:
        """Give root, issuers, responders and time stamper a successor in their last year.

        Whoever comes first does it, also for a new database. Nothing is revoked: predecessors
        stay, are believed for what they issued, and publish their lists. Returns what was made.
        """
        made: list[str] = []
        ends: list[datetime] = []
        with writing(self._sessions) as session:
            locked(session, "signing")
            for family in FAMILIES:
                newest = stored.newest(session, family)
                if newest is None or self._is_ending(stored.end_of(session, newest.serial)):
                    newest = self._succeed(session, family, newest)
                    made.append(newest.name)
                self._newest[family] = newest.name
                ends.append(stored.end_of(session, newest.serial))
            for row in stored.in_order(session):
                ends += self._renew_responder(session, row, made)
            stamper = stored.stamper(session)
            if stamper is None or self._is_ending(stamper.not_after):
                subject = profiles.service_name(_TIMESTAMPER, self._house)
                issuer = self._opened(session, self._newest[SERVICE])
                stamper = self._make(CertificateProfile.TIMESTAMPER, subject, issuer).keep(session)
                made.append("timestamper")
            ends.append(stamper.not_after)
        self._timestamper = None
        self._fresh_until = min(ends) - LAST_YEAR
        return made

    def _is_ending(self, end: datetime) -> bool:
        return end - self._clock() <= LAST_YEAR

    def _succeed(
        self, session: Session, family: str, before: StoredAuthority | None
    ) -> StoredAuthority:
        number = stored.generation(before.name) + 1 if before else 1
        name = family if number == 1 else f"{family}-{number}"
        called = FAMILIES[family] + ("" if number == 1 else f"（第{number}代）")
        above = None if family == ROOT else self._opened(session, self._newest[ROOT])
        profile = CertificateProfile.AUTHORITY if above else CertificateProfile.ROOT
        issued = self._make(profile, profiles.service_name(called, self._house), above, root=name)
        row = StoredAuthority(name=name, serial=issued.keep(session).serial)
        session.add(row)
        session.flush()
        return row

    def _renew_responder(
        self, session: Session, row: StoredAuthority, made: list[str]
    ) -> list[datetime]:
        """See that an authority that is not over has a responder; return when that ends."""
        end = stored.end_of(session, row.serial)
        if end <= self._clock():
            return []
        responder_end = stored.end_of(session, row.responder) if row.responder else None
        if responder_end is None or (self._is_ending(responder_end) and responder_end < end):
            issuer = self._opened(session, row.name)
            subject = profiles.service_name(
                f"{stored.common_name(issuer.certificate)}状态应答", self._house
            )
            row.responder = (
                self._make(CertificateProfile.RESPONDER, subject, issuer).keep(session).serial
            )
            session.flush()
            responder_end = stored.end_of(session, row.responder)
            made.append(f"responder of {row.name}")
            self._responders.pop(row.name, None)
        return [responder_end] if responder_end < end else []

    # -- inside ----------------------------------------------------------------------------

    def _make(
        self,
        profile: CertificateProfile,
        subject: x509.Name,
        issuer: Issuer | None,
        *,
        root: str = ROOT,
        pin: str = "",
    ) -> Issued:
        return issuing.issue(
            root=root,
            pin=pin,
            profile=profile,
            subject=subject,
            issuer=issuer,
            vault=self._vault,
            at=self._clock(),
            addresses=self._addresses,
        )

    def _require_valid(self, name: str, certificate: x509.Certificate) -> None:
        """Let nothing be stamped or issued with what is over or has not begun (a wrong clock)."""
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not begin <= self._clock() <= end:
            raise AuthorityOver(name=name)

    def _opened(self, session: Session, name: str) -> Issuer:
        """Open an authority inside a transaction that may have made it."""
        return self._open(session, stored.authority(session, name).serial, name)

    def _open(self, session: Session, serial: str, name: str) -> Issuer:
        row = session.get_one(StoredCertificate, serial)
        certificate = x509.load_der_x509_certificate(row.der)
        return Issuer(name, certificate, self.key_of(session, row))

    def _load_timestamper(self) -> Timestamper:
        with self._sessions() as session:
            row = stored.stamper(session)
            if row is None:
                raise UnknownAuthority(name=_TIMESTAMPER)
            certificate = x509.load_der_x509_certificate(row.der)
            return Timestamper(certificate, self.key_of(session, row), self.chain(row.issuer))
