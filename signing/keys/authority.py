"""The embedded authority: a root, one issuer a role, their responders and the time stamper.

All of it is persisted; keys are wrapped. It makes the default installation whole. A production
installation with a licensed 电子认证服务机构 plugs that in behind `custody` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.x509.ocsp import OCSPResponseStatus, load_der_ocsp_request
from cryptography.x509.oid import NameOID
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from signing.database import Sessions, locked, writing
from signing.errors import AuthorityOver, UnknownAuthority, UnknownCertificate
from signing.keys import issuing, profiles, revocation
from signing.keys.issuing import Issued
from signing.keys.profiles import Addresses, CertificateProfile, Issuer
from signing.keys.revocation import Revocation
from signing.keys.timestamps import Timestamper
from signing.keys.trust import ROOT as ROOT
from signing.keys.trust import SERVICE, Gone, Trust, family_of
from signing.keys.vault import KeyVault
from signing.tables import StoredAuthority, StoredCertificate, StoredKey

Clock = Callable[[], datetime]
LAST_YEAR = timedelta(days=365)  #: before its end each key has a successor
_COMMON_NAMES: Mapping[str, str] = {
    ROOT: "注册服务根证书",
    "personal": "个人数字证书签发机构",
    "enterprise": "企业数字证书签发机构",
    "agency": "机关电子印章签发机构",
    SERVICE: "时间戳与证书状态服务机构",
}
_TIMESTAMPER = "时间戳服务"
#: Profiles whose certificates vouch for what others sign.
_LASTING = (
    CertificateProfile.ROOT,
    CertificateProfile.AUTHORITY,
    CertificateProfile.RESPONDER,
    CertificateProfile.TIMESTAMPER,
)
#: Reasons (RFC 5280 5.3.1) that leave what was signed before as good as it was.
_HARMLESS = ("superseded", "cessationOfOperation", "affiliationChanged", "privilegeWithdrawn")


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
            name=_common_name(x509.load_der_x509_certificate(row.der)),
            serial=row.serial,
            since=row.not_before,
            not_after=row.not_after,
        )


class Authority:
    """Issues, revokes, and answers for what it issued."""

    def __init__(self, sessions: Sessions, vault: KeyVault, *, base_url: str, clock: Clock) -> None:
        self._sessions = sessions
        self._vault = vault
        self._addresses = Addresses(base_url.rstrip("/"))
        self._clock = clock
        self._issuers: dict[str, Issuer] = {}
        self._above: dict[str, str] = {}  #: the root over each authority
        self._newest: dict[str, str] = {}  #: who issues now, by family
        self._fresh_until: datetime | None = None  #: when the next key begins its last year
        self._responders: dict[str, Issuer] = {}
        self._gone: tuple[tuple[tuple[str, bytes], ...], tuple[Gone, ...]] | None = None
        self._timestamper: Timestamper | None = None
        self.roll()
        self._timestamper = self._load_timestamper()  # a wrong key-encryption key is told at once

    # -- what the world asks ---------------------------------------------------------------

    def certificate(self, name: str) -> bytes:
        """Return the certificate of the authority `name`, DER. Raises: UnknownAuthority."""
        return self.issuer(name).certificate.public_bytes(serialization.Encoding.DER)

    def roots(self) -> list[bytes]:
        """Return the certificates to trust, DER."""
        return [self.certificate(name) for name in self.names() if family_of(name) == ROOT]

    def names(self) -> list[str]:
        """Return the names of all authorities there ever were, each family's oldest first."""
        with self._sessions() as session:
            stored = session.scalars(select(StoredAuthority.name)).all()
        families = list(_COMMON_NAMES)
        return sorted(stored, key=lambda name: (families.index(family_of(name)), _number(name)))

    def crl(self, name: str) -> bytes:
        """Return the current revocation list of `name`, DER: at most an hour old, never stale.

        Raises: UnknownAuthority.
        """
        now, issuer = self._clock(), self.issuer(name)
        while True:
            with self._sessions() as session:
                row = _authority(session, name)
                if row.crl and row.crl_fresh_until and now < row.crl_fresh_until:
                    return row.crl
                revoked = _revocations(session, name, now)
            number = row.crl_number + 1
            made = revocation.build_list(issuer, revoked, number=number, at=now)
            if self._published(name, made, number, now):
                return made

    def _published(self, name: str, made: bytes, number: int, now: datetime) -> bool:
        """Store a list unless another one was published or a revocation came in meanwhile."""
        publish = (
            update(StoredAuthority)
            .where(StoredAuthority.name == name, StoredAuthority.crl_number == number - 1)
            .values(crl_number=number, crl=made, crl_fresh_until=now + revocation.LIST_FRESH)
            .returning(StoredAuthority.name)
        )
        with writing(self._sessions) as session:
            return session.scalar(publish) is not None

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

    def status(self, serial: str) -> bytes | None:
        """Return a fresh status answer about one of our certificates, DER; none if not ours."""
        row = self._row(serial)
        return self._answer(row) if row is not None and family_of(row.issuer) != ROOT else None

    def timestamp(self, request: bytes) -> bytes:
        """Answer a time-stamp request, DER in and out (RFC 3161)."""
        return self._stamper().answer(request, self._clock())

    def stamp(self, digest: bytes) -> bytes:
        """Return a time-stamp token for a SHA-256 digest, DER; the way in without HTTP."""
        return self._stamper().stamp(digest, self._clock())

    def _stamper(self) -> Timestamper:
        self._keep_fresh()
        if self._timestamper is None:
            self._timestamper = self._load_timestamper()
        self._require_valid(_TIMESTAMPER, self._timestamper.certificate)
        return self._timestamper

    def _require_valid(self, name: str, certificate: x509.Certificate) -> None:
        """Let nothing be stamped or issued with what is over or has not begun (a wrong clock)."""
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not begin <= self._clock() <= end:
            raise AuthorityOver(name=name)

    def stamps_since(self) -> datetime:
        """Tell since when the present time stamper stamps: what is older is due to be renewed."""
        return self._stamper().certificate.not_valid_before_utc

    def next_end(self) -> datetime:
        """Tell when the first of the keys that work now is over, unless it is replaced before."""
        return self._keep_fresh() + LAST_YEAR

    def founded_at(self) -> datetime:
        """Tell when the first root began."""
        return self.issuer(ROOT).certificate.not_valid_before_utc

    def working(self) -> list[Working]:
        """List the certificates that root, issuers, responders and time stamper work with now.

        Raises: AuthorityOver when the clock stands outside the life of the time stamper.
        """
        self._keep_fresh()
        working = []
        with self._sessions() as session:
            for family in _COMMON_NAMES:
                row = _newest(session, family)
                serials = [row.serial, row.responder] if row is not None else []
                certificates = [session.get_one(StoredCertificate, s) for s in serials if s]
                working += [Working.of(certificate) for certificate in certificates]
            stamper = _stamper_row(session)
        self._stamper()
        return [*working, Working.of(stamper)] if stamper is not None else working

    def revoke(self, serial: str, reason: str = "superseded") -> None:
        """Revoke for good; a second time changes nothing.

        `reason` is a name of RFC 5280 5.3.1 such as keyCompromise, affiliationChanged, superseded.
        Raises: UnknownCertificate.
        """
        with writing(self._sessions) as session:
            self.revoke_in(session, serial, x509.ReasonFlags(reason))

    def revoked_at(self, serial: str) -> datetime | None:
        """Tell when a certificate was revoked; None: it was not, or is not ours."""
        with self._sessions() as session:
            row = session.get(StoredCertificate, serial)
        return row.revoked_at if row else None

    def revoke_in(self, session: Session, serial: str, reason: x509.ReasonFlags) -> None:
        """Revoke inside the caller's transaction. Raises: UnknownCertificate."""
        row = session.get(StoredCertificate, serial)
        if row is None:
            raise UnknownCertificate(serial=serial)
        if row.revoked_at is None:
            row.revoked_at = self._clock()
            row.reason = reason.value
            issuer = _authority(session, row.issuer, lock=True)
            issuer.crl_number += 1  # a list that is being made without this one is not published
            issuer.crl_fresh_until = None
            if row.profile != CertificateProfile.SIGNER:
                self._fresh_until = None  # who speaks for us is looked up anew

    def trust(self) -> Trust:
        """Return what a verifier of our documents must believe, with fresh lists."""
        lists = self._lists()
        names = [name for name, _ in lists]
        return Trust(
            roots=tuple(self.certificate(n) for n in names if family_of(n) == ROOT),
            issuers=tuple((n, self.certificate(n)) for n in names if family_of(n) != ROOT),
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
            rows = session.scalars(select(StoredAuthority)).all()
        fresh = {
            row.name: row.crl
            for row in rows
            if row.crl and row.crl_fresh_until and now < row.crl_fresh_until
        }
        families = list(_COMMON_NAMES)
        names = sorted(
            (row.name for row in rows),
            key=lambda name: (families.index(family_of(name)), _number(name)),
        )
        return tuple((name, fresh.get(name) or self.crl(name)) for name in names)

    # -- what custody asks -----------------------------------------------------------------

    def issuer(self, name: str) -> Issuer:
        """Return an authority with its key. Raises: UnknownAuthority."""
        if name not in self._issuers:
            with self._sessions() as session:
                serial = _authority(session, name).serial
                above = session.get_one(StoredCertificate, serial).issuer
                issuer = self._open(session, serial, name)
            self._issuers[name], self._above[name] = issuer, above  # both or neither
        return self._issuers[name]

    def chain(self, name: str) -> list[x509.Certificate]:
        """Return the certificates above one that `name` issued, up to and with the root."""
        own = self.issuer(name)
        return [self.issuer(n).certificate for n in dict.fromkeys((name, self._above[own.name]))]

    def issue(self, family: str, profile: CertificateProfile, subject: x509.Name) -> Issued:
        """Make a key and let who issues now for this family certify it; nothing is stored yet."""
        self._keep_fresh()
        issuer = self.issuer(self._newest[family])
        self._require_valid(_COMMON_NAMES[family], issuer.certificate)
        return self._make(profile, subject, issuer)

    def _make(
        self,
        profile: CertificateProfile,
        subject: x509.Name,
        issuer: Issuer | None,
        *,
        root: str = ROOT,
    ) -> Issued:
        return issuing.issue(
            root=root,
            profile=profile,
            subject=subject,
            issuer=issuer,
            vault=self._vault,
            at=self._clock(),
            addresses=self._addresses,
        )

    def key_of(self, session: Session, row: StoredCertificate) -> ec.EllipticCurvePrivateKey:
        """Open the private key of a certificate. Raises: WrongKek."""
        stored = session.get_one(StoredKey, row.key_id)
        return self._vault.open(stored.id, stored.wrapped)

    # -- inside ----------------------------------------------------------------------------

    def _all(self) -> list[Issuer]:
        return [self.issuer(name) for name in self.names()]

    # -- generations -----------------------------------------------------------------------

    def _keep_fresh(self) -> datetime:
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
            for family in _COMMON_NAMES:
                newest = _newest(session, family)
                if newest is None or self._is_ending(_end(session, newest.serial)):
                    newest = self._succeed(session, family, newest)
                    made.append(newest.name)
                self._newest[family] = newest.name
                ends.append(_end(session, newest.serial))
            for row in session.scalars(select(StoredAuthority).order_by(StoredAuthority.name)):
                ends += self._renew_responder(session, row, made)
            stamper = _stamper_row(session)
            if stamper is None or self._is_ending(stamper.not_after):
                subject = profiles.service_name(_TIMESTAMPER)
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
        number = _number(before.name) + 1 if before else 1
        name = family if number == 1 else f"{family}-{number}"
        called = _COMMON_NAMES[family] + ("" if number == 1 else f"（第{number}代）")
        above = None if family == ROOT else self._opened(session, self._newest[ROOT])
        profile = CertificateProfile.AUTHORITY if above else CertificateProfile.ROOT
        issued = self._make(profile, profiles.service_name(called), above, root=name)
        row = StoredAuthority(name=name, serial=issued.keep(session).serial)
        session.add(row)
        session.flush()
        return row

    def _renew_responder(
        self, session: Session, row: StoredAuthority, made: list[str]
    ) -> list[datetime]:
        """See that an authority that is not over has a responder; return when that ends."""
        end = _end(session, row.serial)
        if end <= self._clock():
            return []
        responder_end = _end(session, row.responder) if row.responder else None
        if responder_end is None or (self._is_ending(responder_end) and responder_end < end):
            issuer = self._opened(session, row.name)
            subject = profiles.service_name(f"{_common_name(issuer.certificate)}状态应答")
            row.responder = (
                self._make(CertificateProfile.RESPONDER, subject, issuer).keep(session).serial
            )
            session.flush()
            responder_end = _end(session, row.responder)
            made.append(f"responder of {row.name}")
            self._responders.pop(row.name, None)
        return [responder_end] if responder_end < end else []

    def _opened(self, session: Session, name: str) -> Issuer:
        """Open an authority inside a transaction that may have made it."""
        return self._open(session, _authority(session, name).serial, name)

    def _open(self, session: Session, serial: str, name: str) -> Issuer:
        row = session.get_one(StoredCertificate, serial)
        certificate = x509.load_der_x509_certificate(row.der)
        return Issuer(name, certificate, self.key_of(session, row))

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
            _revocation(row),
            issuer=self.issuer(row.issuer).certificate,
            responder=self._responder(row.issuer),
            at=self._clock(),
            algorithm=algorithm,
            nonce=nonce,
        )

    def _responder(self, name: str) -> Issuer:
        if name not in self._responders:
            with self._sessions() as session:
                serial = _authority(session, name).responder
                if serial is None:
                    raise UnknownAuthority(name=name)
                self._responders[name] = self._open(session, serial, name)
        return self._responders[name]

    def _load_timestamper(self) -> Timestamper:
        with self._sessions() as session:
            row = _stamper_row(session)
            if row is None:
                raise UnknownAuthority(name=_TIMESTAMPER)
            certificate = x509.load_der_x509_certificate(row.der)
            return Timestamper(certificate, self.key_of(session, row), self.chain(row.issuer))


def _number(name: str) -> int:
    return int(name.partition("-")[2] or 1)


def _newest(session: Session, family: str) -> StoredAuthority | None:
    rows = session.scalars(select(StoredAuthority)).all()
    own = [row for row in rows if family_of(row.name) == family]
    return max(own, key=lambda row: _number(row.name), default=None)


def _end(session: Session, serial: str) -> datetime:
    return session.get_one(StoredCertificate, serial).not_after


def _stamper_row(session: Session) -> StoredCertificate | None:
    query = select(StoredCertificate).where(
        StoredCertificate.profile == CertificateProfile.TIMESTAMPER,
        StoredCertificate.revoked_at.is_(None),
    )
    return session.scalars(query.order_by(StoredCertificate.not_after.desc())).first()


def _common_name(certificate: x509.Certificate) -> str:
    attributes = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attributes[0].value)


def _authority(session: Session, name: str, *, lock: bool = False) -> StoredAuthority:
    row = session.get(StoredAuthority, name, with_for_update=lock)
    if row is None:
        raise UnknownAuthority(name=name)
    return row


def _revocation(row: StoredCertificate) -> Revocation | None:
    if row.revoked_at is None or row.reason is None:
        return None
    reason = x509.ReasonFlags(row.reason)
    return Revocation(serial=int(row.serial, 16), at=row.revoked_at, reason=reason)


def _revocations(session: Session, name: str, at: datetime) -> list[Revocation]:
    """Read what a list must name: an expired certificate leaves it (RFC 5280 5, one list later)."""
    query = select(StoredCertificate).where(
        StoredCertificate.issuer == name,
        StoredCertificate.revoked_at.is_not(None),
        StoredCertificate.not_after > at - revocation.LIST_LIFE,
    )
    revocations = (_revocation(row) for row in session.scalars(query))
    return [gone for gone in revocations if gone is not None]
