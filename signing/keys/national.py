"""The embedded authority for national seals: a root, a seal maker and the agency's seals, in SM2.

A demonstration, and every name says so: a seal that counts in law is made by a licensed maker and
used in a certified device (GM/T 0131), which takes the place of `Sealer`. It is founded when the
first seal is asked for. A seal belongs to the P-256 certificate of the agency: it ends with it, is
revoked with it, and a renewal brings a new one. Root and maker have successors in their last year.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ofd import SEAL_VERSION, certificates, ses, sm2, stamps
from ofd.certificates import Certificate, Revoked, Wanted
from ofd.judging import Trust
from ofd.sealing import KeySealer
from signing.database import Sessions, locked, writing
from signing.errors import UnknownAuthority
from signing.keeping.vault import KeyVault
from signing.keys import profiles, revocation, stored
from signing.keys.profiles import LIFE, Addresses, CertificateProfile
from signing.keys.trust import family_of
from signing.tables import StoredAuthority, StoredCertificate, StoredKey, StoredSeal
from storage.literals import ONE

if TYPE_CHECKING:
    from signing.keys.generations import Clock

FAMILY = "sm2"
ROOT_NAME = "国密根证书（演示）"
MAKER_NAME = "电子印章制作机构（演示）"
STAMPER_NAME = "国密时间戳服务（演示）"
LAST_YEAR = timedelta(days=365)
_SIDE_MM = 42  #: of a round seal of an authority


@dataclass(frozen=True, kw_only=True)
class SealHolder:
    """The agency for whom a seal is made."""

    name: str
    credential: str  #: serial of its P-256 certificate, hexadecimal
    end: datetime  #: of that certificate
    text: str  #: name of the seal
    picture: bytes  #: PNG


@dataclass(frozen=True)
class _Held:
    certificate: Certificate
    key: sm2.PrivateKey


class National:
    """Issues national seals and tells what a verifier must believe of them."""

    def __init__(
        self,
        sessions: Sessions,
        vault: KeyVault,
        addresses: Addresses,
        clock: Clock,
        *,
        version: int = SEAL_VERSION,
    ) -> None:
        self._sessions = sessions
        self._vault = vault
        self._addresses = addresses
        self._clock = clock
        self._version = version  #: of the seals that are made and used (`ofd.SEAL_VERSIONS`)
        self._sealers: dict[str, tuple[datetime, KeySealer]] = {}
        self._stampers: dict[str, _Held] = {}  #: who stamps now, by its serial

    # -- what the world asks ---------------------------------------------------------------

    def names(self) -> list[str]:
        """Return the names of all national roots, the oldest first; none before the first seal."""
        with self._sessions() as session:
            return [row.name for row in self._roots(session)]

    def certificate(self, name: str) -> bytes:
        """Return the certificate of a national root, DER. Raises: UnknownAuthority."""
        with self._sessions() as session:
            self._require(name)
            serial = stored.authority(session, name).serial
            return session.get_one(StoredCertificate, serial).der

    def makers(self) -> list[bytes]:
        """Return the certificates of all makers of our seals there ever were, DER."""
        with self._sessions() as session:
            query = select(StoredCertificate.der).where(
                StoredCertificate.profile == CertificateProfile.SEAL_MAKER
            )
            return list(session.scalars(query.order_by(StoredCertificate.not_before)))

    def crl(self, name: str) -> bytes:
        """Return the current list of a root, DER: at most an hour old. Raises: UnknownAuthority."""
        self._require(name)
        while True:
            now = self._clock()
            with self._sessions() as session:
                row = stored.authority(session, name)
                if fresh := stored.fresh(row, now):
                    return fresh
                root = self._open(session, row.serial)
                gone = stored.revocations(session, name, now)
            made = certificates.make_list(
                [_revoked(entry.serial, entry.at, entry.reason.value) for entry in gone],
                issuer=root.certificate,
                key=root.key,
                number=row.crl_number + 1,
                begin=now,
                end=now + revocation.LIST_LIFE,
            )
            if stored.published(self._sessions, name, made, row.crl_number + 1, now):
                return made

    def trust(self) -> Trust:
        """Return what a verifier of our seals must believe, with fresh lists."""
        names = self.names()
        return Trust(
            roots=tuple(self.certificate(name) for name in names),
            makers=tuple(self.makers()),
            lists=tuple(self.crl(name) for name in names),
            gone=self._gone(),
            at=self._clock(),
        )

    def _gone(self) -> dict[int, Revoked]:
        """Read the revocations that lists name no longer."""
        query = select(StoredCertificate).where(
            StoredCertificate.revoked_at.is_not(None),
            StoredCertificate.not_after <= self._clock(),
            StoredCertificate.profile.in_(
                (CertificateProfile.SEAL_MAKER, _SEAL, CertificateProfile.NATIONAL_STAMPER)
            ),
        )
        with self._sessions() as session:
            rows = session.scalars(query).all()
        revoked = [
            _revoked(int(row.serial, 16), row.revoked_at, row.reason or "unspecified")
            for row in rows
            if row.revoked_at
        ]
        return {entry.serial: entry for entry in revoked}

    # -- what sealing asks -----------------------------------------------------------------

    def sealer(self, holder: SealHolder) -> KeySealer:
        """Return who seals for the agency now; its seal is made when there is none."""
        now = self._clock()
        kept = self._sealers.get(holder.credential)
        if kept is None or kept[0] <= now or self._is_revoked(kept[1]):
            with writing(self._sessions) as session:
                locked(session, FAMILY)
                self.roll(session)
                kept = self._stored(session, holder, now) or self._made(session, holder, now)
            self._sealers[holder.credential] = kept
        return kept[1]

    def _is_revoked(self, sealer: KeySealer) -> bool:
        with self._sessions() as session:
            serial = certificates.read(sealer.certificate).serial_hex
            return session.get_one(StoredCertificate, serial).revoked_at is not None

    def roll(self, session: Session) -> list[str]:
        """Found root and maker, or give them successors in their last year; return what was made.

        The caller's transaction holds the lock.
        """
        made = []
        roots = self._roots(session)
        if not roots or self._is_ending(session, roots[-1].serial):
            name = f"{FAMILY}-{len(roots) + 1}" if roots else FAMILY
            self._found(session, name, len(roots) + 1)
            made.append(name)
        maker = self._maker(session)
        if maker is None or maker.certificate.not_after - self._clock() <= LAST_YEAR:
            self._issue(session, CertificateProfile.SEAL_MAKER, MAKER_NAME)
            made.append("seal maker")
        stamper = session.scalar(_newest(CertificateProfile.NATIONAL_STAMPER))
        if stamper is None or stamper.not_after - self._clock() <= LAST_YEAR:
            self._issue(session, CertificateProfile.NATIONAL_STAMPER, STAMPER_NAME)
            made.append("time stamper")
        return made

    def keep_fresh(self) -> list[str]:
        """Do what `roll` does where the authority was founded; return what was made."""
        if not self.names():
            return []
        with writing(self._sessions) as session:
            locked(session, FAMILY)
            return self.roll(session)

    def services(self) -> list[StoredCertificate]:
        """Return the certificates of root and maker that work now; none before the first seal."""
        with self._sessions() as session:
            roots = self._roots(session)
            if not roots:
                return []
            root = session.get_one(StoredCertificate, roots[-1].serial)
            newest = [
                session.scalar(_newest(profile))
                for profile in (CertificateProfile.SEAL_MAKER, CertificateProfile.NATIONAL_STAMPER)
            ]
            return [row for row in (root, *newest) if row is not None]

    # -- inside ----------------------------------------------------------------------------

    def _require(self, name: str) -> None:
        if family_of(name) != FAMILY:
            raise UnknownAuthority(name=name)

    def _roots(self, session: Session) -> list[StoredAuthority]:
        rows = session.scalars(select(StoredAuthority))
        own = [row for row in rows if family_of(row.name) == FAMILY]
        return sorted(own, key=lambda row: stored.generation(row.name))

    def _is_ending(self, session: Session, serial: str) -> bool:
        return stored.end_of(session, serial) - self._clock() <= LAST_YEAR

    def _maker(self, session: Session) -> _Held | None:
        row = session.scalar(_newest(CertificateProfile.SEAL_MAKER))
        return self._open(session, row.serial) if row else None

    def _open(self, session: Session, serial: str) -> _Held:
        row = session.get_one(StoredCertificate, serial)
        key = session.get_one(StoredKey, row.key_id)
        plain = self._vault.open_der(key.id, key.wrapped)
        return _Held(certificates.read(row.der), sm2.PrivateKey.load(plain))

    def _found(self, session: Session, name: str, number: int) -> None:
        called = ROOT_NAME if number == 1 else f"{ROOT_NAME}（第{number}代）"
        root = self._issue(session, CertificateProfile.NATIONAL_ROOT, called, root=name)
        session.add(StoredAuthority(name=name, serial=root.certificate.serial_hex))
        session.flush()

    def _issue(
        self,
        session: Session,
        profile: CertificateProfile,
        name: str,
        *,
        end: datetime | None = None,
        root: str | None = None,
    ) -> _Held:
        """Make a key, certify it and store both; a `root` certifies itself."""
        issuer = self._roots(session)[-1] if root is None else None
        above = self._open(session, issuer.serial) if issuer else None
        key, now = sm2.PrivateKey.new(), self._clock()
        ends = [now + LIFE[profile], *([above.certificate.not_after] if above else [])]
        issued_by = issuer.name if issuer else str(root)
        wanted = Wanted(
            subject={
                "country_name": "CN",
                "organization_name": "注册服务（演示）",
                "common_name": profiles.common_name(name),
            },
            public=key.public,
            serial=secrets.randbits(126) | 1,
            begin=now - profiles.BACKDATE,
            end=min([*ends, *([end] if end else [])]),
            is_authority=above is None,
            purposes=(stamps.PURPOSE,) if profile is CertificateProfile.NATIONAL_STAMPER else (),
            lists_at=self._addresses.crl(issued_by) if above else "",
        )
        signing_key = above.key if above else key
        made = certificates.issue(wanted, signing_key, above.certificate if above else None)
        self._keep(session, made, key, profile, issued_by)
        return _Held(made, key)

    def _keep(
        self,
        session: Session,
        made: Certificate,
        key: sm2.PrivateKey,
        profile: CertificateProfile,
        issuer: str,
    ) -> None:
        key_id = secrets.token_hex(16)
        wrapped = self._vault.wrap_der(key_id, key.pkcs8())
        session.add(
            StoredKey(id=key_id, algorithm="SM2", wrapped=wrapped.data, kek_id=wrapped.kek_id)
        )
        session.flush()
        session.add(
            StoredCertificate(
                serial=made.serial_hex,
                issuer=issuer,
                profile=profile,
                key_id=key_id,
                der=made.der,
                not_before=made.not_before,
                not_after=made.not_after,
            )
        )
        session.flush()

    def _stored(
        self, session: Session, holder: SealHolder, now: datetime
    ) -> tuple[datetime, KeySealer] | None:
        query = (
            select(StoredSeal)
            .join(StoredCertificate, StoredCertificate.serial == StoredSeal.serial)
            .where(StoredSeal.credential == holder.credential, StoredSeal.end > now)
            .where(StoredCertificate.revoked_at.is_(None))
        )
        rows = session.scalars(query.order_by(StoredSeal.end.desc()))
        row = next((row for row in rows if ses.read_seal(row.der).version == self._version), None)
        if row is None:
            return None
        held = self._open(session, row.serial)
        certificate = held.certificate.der
        return row.end, KeySealer(
            seal=row.der, certificate=certificate, key=held.key, stamp=self._stamp
        )

    def _stamp(self, value: bytes, at: datetime) -> bytes:
        """Stamp the value of a seal signature, with the key that stamps now."""
        with self._sessions() as session:
            row = session.scalar(_newest(CertificateProfile.NATIONAL_STAMPER))
            if row is None:
                raise UnknownAuthority(name=STAMPER_NAME)
            if row.serial not in self._stampers:
                self._stampers = {row.serial: self._open(session, row.serial)}
            own = self._stampers[row.serial]
        return stamps.make(value, at=at, certificate=own.certificate, key=own.key)

    def _made(
        self, session: Session, holder: SealHolder, now: datetime
    ) -> tuple[datetime, KeySealer]:
        """Have the maker make a seal for a new key of the agency."""
        maker = self._maker(session)
        if maker is None:
            raise UnknownAuthority(name=MAKER_NAME)
        held = self._issue(session, _SEAL, f"{holder.name}（演示）", end=holder.end)
        end = held.certificate.not_after
        design = ses.Design(
            number=f"99{held.certificate.serial % 10**12:012d}",  # 99: of no region, demonstration
            name=holder.text,
            picture=holder.picture,
            size=(_SIDE_MM, _SIDE_MM),
            signers=(held.certificate.der,),
        )
        der = ses.make_seal(
            design,
            begin=now.replace(microsecond=0),
            end=end,
            maker=maker.certificate.der,
            sign=maker.key.sign,
            version=self._version,
        )
        session.add(
            StoredSeal(
                serial=held.certificate.serial_hex, credential=holder.credential, der=der, end=end
            )
        )
        session.flush()
        certificate = held.certificate.der
        return end, KeySealer(seal=der, certificate=certificate, key=held.key, stamp=self._stamp)


_SEAL = CertificateProfile.NATIONAL_SEAL


def _newest(profile: CertificateProfile) -> Select[StoredCertificate]:
    query = select(StoredCertificate).where(
        StoredCertificate.profile == profile, StoredCertificate.revoked_at.is_(None)
    )
    return query.order_by(StoredCertificate.not_after.desc()).limit(ONE)


def _revoked(serial: int, at: datetime, reason: str) -> Revoked:
    """Name a reason as asn1crypto does.

    >>> from datetime import UTC, datetime
    >>> _revoked(1, datetime.now(UTC), "keyCompromise").reason
    'key_compromise'
    """
    named = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", reason)
    return Revoked(serial=serial, at=at, reason=named)
