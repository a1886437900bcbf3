"""The embedded authority: a root, one issuer a role, their responders and the time stamper.

All of it is persisted; keys are wrapped. It makes the default installation whole. A production
installation with a licensed 电子认证服务机构 plugs that in behind `custody` instead.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.ocsp import OCSPRequest, OCSPResponseStatus, load_der_ocsp_request
from sqlalchemy import select
from sqlalchemy.orm import Session

from signing import profiles, revocation
from signing.database import Sessions, alone, writing
from signing.errors import UnknownAuthority, UnknownCertificate
from signing.profiles import Addresses, Issuer, Profile
from signing.revocation import Revocation
from signing.tables import StoredAuthority, StoredCertificate, StoredKey
from signing.timestamps import Timestamper
from signing.trust import ISSUER_OF, SERVICE, Trust
from signing.vault import Vault

Clock = Callable[[], datetime]
ROOT = "root"
_COMMON_NAMES: Mapping[str, str] = {
    ROOT: "注册服务根证书",
    "personal": "个人数字证书签发机构",
    "enterprise": "企业数字证书签发机构",
    "agency": "机关电子印章签发机构",
    SERVICE: "时间戳与证书状态服务机构",
}
_TIMESTAMPER = "时间戳服务"


def serial_of(certificate: x509.Certificate) -> str:
    """Write a serial number as we store it: hexadecimal, lower case."""
    return format(certificate.serial_number, "x")


class Authority:
    """Issues, revokes, and answers for what it issued."""

    def __init__(self, sessions: Sessions, vault: Vault, *, base_url: str, clock: Clock) -> None:
        self._sessions = sessions
        self._vault = vault
        self._addresses = Addresses(base_url.rstrip("/"))
        self._clock = clock
        self._issuers: dict[str, Issuer] = {}
        self._responders: dict[str, Issuer] = {}
        self._found()
        self._timestamper = self._load_timestamper()

    # -- what the world asks ---------------------------------------------------------------

    def certificate(self, name: str) -> bytes:
        """Return the certificate of the authority `name`, DER. Raises: UnknownAuthority."""
        return self.issuer(name).certificate.public_bytes(serialization.Encoding.DER)

    def roots(self) -> list[bytes]:
        """Return the certificates to trust, DER."""
        return [self.certificate(ROOT)]

    def crl(self, name: str) -> bytes:
        """Return the current revocation list of `name`, DER: at most an hour old, never stale.

        Raises: UnknownAuthority.
        """
        now = self._clock()
        with self._sessions() as session:
            row = _authority(session, name)
            if row.crl and row.crl_fresh_until and now < row.crl_fresh_until:
                return row.crl
        issuer = self.issuer(name)
        with writing(self._sessions) as session:
            row = _authority(session, name, lock=True)
            row.crl_number += 1
            row.crl = revocation.build_list(
                issuer, _revocations(session, name), number=row.crl_number, at=now
            )
            row.crl_fresh_until = now + revocation.LIST_FRESH
            return row.crl

    def ocsp(self, request: bytes) -> bytes:
        """Answer a status request about any certificate of ours, DER in and out (RFC 6960)."""
        try:
            parsed = load_der_ocsp_request(request)
            issuer = next(i for i in self._all() if revocation.is_about(parsed, i.certificate))
        except StopIteration:
            return revocation.refuse(OCSPResponseStatus.UNAUTHORIZED)
        except ValueError:
            return revocation.refuse(OCSPResponseStatus.MALFORMED_REQUEST)
        row = self._row(format(parsed.serial_number, "x"))
        if row is None or row.issuer != issuer.name:
            return revocation.refuse(OCSPResponseStatus.UNAUTHORIZED)
        return self._answer(row, parsed)

    def status(self, serial: str) -> bytes | None:
        """Return a fresh status answer about one of our certificates, DER; none if not ours."""
        row = self._row(serial)
        return self._answer(row) if row is not None and row.issuer != ROOT else None

    def timestamp(self, request: bytes) -> bytes:
        """Answer a time-stamp request, DER in and out (RFC 3161)."""
        return self._timestamper.answer(request, self._clock())

    def stamp(self, digest: bytes) -> bytes:
        """Return a time-stamp token for a SHA-256 digest, DER; the way in without HTTP."""
        return self._timestamper.stamp(digest, self._clock())

    def revoke(self, serial: str, reason: str = "superseded") -> None:
        """Revoke for good; a second time changes nothing.

        `reason` is a name of RFC 5280 5.3.1 such as keyCompromise, affiliationChanged, superseded.
        Raises: UnknownCertificate.
        """
        with writing(self._sessions) as session:
            self.revoke_in(session, serial, x509.ReasonFlags(reason))

    def revoke_in(self, session: Session, serial: str, reason: x509.ReasonFlags) -> None:
        """Revoke inside the caller's transaction. Raises: UnknownCertificate."""
        row = session.get(StoredCertificate, serial)
        if row is None:
            raise UnknownCertificate(serial=serial)
        if row.revoked_at is None:
            row.revoked_at = self._clock()
            row.reason = reason.value
            _authority(session, row.issuer, lock=True).crl_fresh_until = None

    def trust(self) -> Trust:
        """Return what a verifier of our documents must believe, with fresh lists."""
        return Trust(
            root=self.certificate(ROOT),
            issuers=tuple((n, self.certificate(n)) for n in (*ISSUER_OF.values(), SERVICE)),
            lists=tuple(self.crl(n) for n in _COMMON_NAMES),
            at=self._clock(),
        )

    # -- what custody asks -----------------------------------------------------------------

    def issuer(self, name: str) -> Issuer:
        """Return an authority with its key. Raises: UnknownAuthority."""
        if name not in self._issuers:
            with self._sessions() as session:
                self._issuers[name] = self._open(session, _authority(session, name).serial, name)
        return self._issuers[name]

    def chain(self, name: str) -> list[x509.Certificate]:
        """Return the certificates above one that `name` issued, up to and with the root."""
        return [self.issuer(n).certificate for n in dict.fromkeys((name, ROOT))]

    def issue(
        self, session: Session, issuer: str, profile: Profile, subject: x509.Name
    ) -> x509.Certificate:
        """Make a key, keep it wrapped, and certify it."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = profiles.build(
            profile,
            subject,
            key.public_key(),
            issuer=self.issuer(issuer),
            at=self._clock(),
            addresses=self._addresses,
        )
        self._store(session, certificate, key, issuer=issuer, profile=profile)
        return certificate

    def key_of(self, session: Session, row: StoredCertificate) -> ec.EllipticCurvePrivateKey:
        """Open the private key of a certificate. Raises: WrongKek."""
        stored = session.get_one(StoredKey, row.key_id)
        return self._vault.open(stored.id, stored.wrapped)

    # -- inside ----------------------------------------------------------------------------

    def _all(self) -> list[Issuer]:
        return [self.issuer(name) for name in _COMMON_NAMES]

    def _found(self) -> None:
        """Make root, issuers, responders and time stamper, once, whoever comes first."""
        with writing(self._sessions) as session:
            alone(session)
            if session.get(StoredAuthority, ROOT) is not None:
                return
            for name, common_name in _COMMON_NAMES.items():
                self._found_one(session, name, common_name)
            for name in _COMMON_NAMES:
                subject = profiles.service_name(f"{_COMMON_NAMES[name]}状态应答")
                responder = self.issue(session, name, Profile.RESPONDER, subject)
                _authority(session, name).responder = serial_of(responder)
            stamper = profiles.service_name(_TIMESTAMPER)
            self.issue(session, SERVICE, Profile.TIMESTAMPER, stamper)

    def _found_one(self, session: Session, name: str, common_name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        above = self._issuers.get(ROOT)
        profile = Profile.AUTHORITY if above else Profile.ROOT
        certificate = profiles.build(
            profile,
            profiles.service_name(common_name),
            key.public_key(),
            issuer=above,
            own_key=key,
            at=self._clock(),
            addresses=self._addresses,
        )
        self._store(session, certificate, key, issuer=ROOT, profile=profile)
        session.add(StoredAuthority(name=name, serial=serial_of(certificate)))
        session.flush()
        self._issuers[name] = Issuer(name, certificate, key)

    def _store(
        self,
        session: Session,
        certificate: x509.Certificate,
        key: ec.EllipticCurvePrivateKey,
        *,
        issuer: str,
        profile: Profile,
    ) -> None:
        key_id = secrets.token_hex(16)
        wrapped = self._vault.wrap(key_id, key)
        session.add(
            StoredKey(id=key_id, algorithm="P-256", wrapped=wrapped.data, kek_id=wrapped.kek_id)
        )
        session.flush()
        session.add(
            StoredCertificate(
                serial=serial_of(certificate),
                issuer=issuer,
                profile=profile,
                key_id=key_id,
                der=certificate.public_bytes(serialization.Encoding.DER),
                not_before=certificate.not_valid_before_utc,
                not_after=certificate.not_valid_after_utc,
            )
        )
        session.flush()

    def _open(self, session: Session, serial: str, name: str) -> Issuer:
        row = session.get_one(StoredCertificate, serial)
        certificate = x509.load_der_x509_certificate(row.der)
        return Issuer(name, certificate, self.key_of(session, row))

    def _row(self, serial: str) -> StoredCertificate | None:
        with self._sessions() as session:
            return session.get(StoredCertificate, serial)

    def _answer(self, row: StoredCertificate, request: OCSPRequest | None = None) -> bytes:
        return revocation.answer(
            x509.load_der_x509_certificate(row.der),
            _revocation(row),
            issuer=self.issuer(row.issuer).certificate,
            responder=self._responder(row.issuer),
            at=self._clock(),
            algorithm=request.hash_algorithm if request else None,
            nonce=revocation.nonce_of(request) if request else None,
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
        query = select(StoredCertificate).where(StoredCertificate.profile == Profile.TIMESTAMPER)
        with self._sessions() as session:
            row = session.scalars(query.order_by(StoredCertificate.not_after.desc())).first()
            if row is None:
                raise UnknownAuthority(name=_TIMESTAMPER)
            certificate = x509.load_der_x509_certificate(row.der)
            return Timestamper(certificate, self.key_of(session, row), self.chain(SERVICE))


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


def _revocations(session: Session, name: str) -> list[Revocation]:
    query = select(StoredCertificate).where(
        StoredCertificate.issuer == name, StoredCertificate.revoked_at.is_not(None)
    )
    found = (_revocation(row) for row in session.scalars(query))
    return [one for one in found if one is not None]
