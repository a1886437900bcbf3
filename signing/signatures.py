"""The front door of signing: bytes in, signed bytes out; a repeated job gives the same bytes."""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from ofd import certificates, package, sealing
from ofd.judging import Report
from ofd.package import Parts
from ofd.sealing import KeySealer, Stamp
from refusals.refusal import Refusal
from signing.database import Sessions, close, open_sessions, writing
from signing.errors import (
    AuthorizationExpired,
    FontMissing,
    GlyphMissing,
    KeyReused,
    NotSignable,
    StatusUnknown,
)
from signing.judging import apart, ofd_files, structure, verify
from signing.judging.findings import Code
from signing.judging.reports import FileReport
from signing.judging.verdicts import Verdicts
from signing.judging.verify import Expected
from signing.keeping import openings
from signing.keeping.guards import LIGHT, PinCost
from signing.keeping.openings import Openings
from signing.keeping.rewrapping import Rewrapping
from signing.keeping.vault import KeyVault
from signing.keys.authority import Authority, Clock
from signing.keys.challenges import Challenges
from signing.keys.custody import Custody, Held, Signer
from signing.keys.lifecycle import Lifecycle
from signing.keys.national import FAMILY, SealHolder
from signing.keys.profiles import CertificateProfile
from signing.keys.services import OURS, Services
from signing.keys.tokens import TokenKey
from signing.keys.trust import ISSUER_OF, Role, Trust, family_of
from signing.making import archive, handwriting, messages, pades, seal_pictures, seals
from signing.making.appearances import Appearance
from signing.making.messages import PublishedKey
from signing.tables import StoredCertificate, StoredSignature

_LOG = logging.getLogger(__name__)
AGENCY_SEAL = "行政审批专用章"  #: stands under the star
_DEMONSTRATION = "演 示"  #: on the picture of the national seal: a licensed maker makes real ones
_RESULTS_KEPT = timedelta(days=90)
_EVIDENCE = "evidence"  #: what a stored increment is when it is no signature
_MESSAGE = "message"


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A signed file."""

    pdf: bytes
    serial: str  #: of the signer's certificate, hexadecimal
    at: datetime

    @property
    def sha256(self) -> str:
        """Return the name of the file's content."""
        return hashlib.sha256(self.pdf).hexdigest()


@dataclass(frozen=True, kw_only=True)
class SealedOfd:
    """An OFD file under the agency's national seal."""

    data: bytes
    serial: str  #: of the sealing certificate, hexadecimal
    at: datetime


class Signatures:
    """Signs as the applicant, the enterprise and the agency; checks what was signed."""

    def __init__(
        self,
        sessions: Sessions,
        vault: KeyVault,
        *,
        base_url: str,
        fonts: Path,
        clock: Clock,
        services: Services = OURS,
    ) -> None:
        self._sessions = sessions
        self._fonts = fonts
        self.clock = clock
        self.authority = Authority(
            sessions,
            vault,
            base_url=base_url,
            clock=clock,
            services=services,
        )
        opens = Openings(sessions, vault)
        self.custody = Custody(sessions, self.authority, opens, clock)
        self.lifecycle = Lifecycle(sessions, self.authority, self.custody, clock)
        self.challenges = Challenges(sessions, vault, opens, clock)
        self.rewrapping = Rewrapping(sessions, vault)
        self._verdicts = Verdicts()

    def close(self) -> None:
        """Give the database connections back."""
        close(self._sessions)

    def sign_application(
        self,
        pdf: bytes,
        *,
        person_id: str,
        authorization: str,
        key: str,
        name: str,
        picture: bytes | None = None,
    ) -> Signed:
        """Certify an application form as its applicant, PAdES B-T (R41).

        Afterwards only the enterprise's field may be filled. `name` is written by hand, unless the
        person has a `picture` (PNG or JPEG) of the own signature (R3). `key` names the job.
        Raises: NotSignable, NoCertificate, CertificateRevoked, CertificateExpired,
        AuthorizationUnknown, AuthorizationExpired, AuthorizationUsed, DocumentChanged, KeyReused,
        PictureUnusable. A refusal leaves the authorization unused.
        """
        held = self.custody.look(Role.APPLICANT, person_id, key)
        if done := _done(held.earlier, pdf, Role.APPLICANT):
            return done
        structure.require_empty(pdf, (Role.APPLICANT, Role.ENTERPRISE))
        signer = self.custody.open(held)
        written = self._handwritten(name, picture)
        self._spend(authorization, Role.APPLICANT, person_id, pdf, key)
        return self._sign(
            pdf, Role.APPLICANT, signer, key, appearance=written, certify=True, allow_changes=True
        )

    def seal_application(self, pdf: bytes, *, uscc: str, authorization: str, key: str) -> Signed:
        """Seal a signed application form as the enterprise; nothing may change afterwards (R59).

        Raises: as `sign_application`.
        """
        held = self.custody.look(Role.ENTERPRISE, uscc, key)
        if done := _done(held.earlier, pdf, Role.ENTERPRISE):
            return done
        trust = self._require(pdf, Expected.signed())
        sealed = self._as_enterprise(pdf, held, authorization, key)
        self._verdicts.note(sealed.sha256, None, trust)
        return sealed

    def seal_as_enterprise(self, pdf: bytes, *, uscc: str, authorization: str, key: str) -> Signed:
        """Certify a file of the enterprise's own with its seal; nothing may change afterwards.

        Raises: as `sign_application`.
        """
        held = self.custody.look(Role.ENTERPRISE, uscc, key)
        if done := _done(held.earlier, pdf, Role.ENTERPRISE):
            return done
        structure.require_empty(pdf, (Role.ENTERPRISE,))
        return self._as_enterprise(pdf, held, authorization, key, certify=True)

    def _as_enterprise(
        self, pdf: bytes, held: Held, authorization: str, key: str, *, certify: bool = False
    ) -> Signed:
        """Seal with the key of an enterprise, which its authorization opens (decision 17)."""
        # 1. What refuses while the authorization stays unused: certificate, picture.
        credential, _, _ = self.custody.usable(held)
        seal = self._seal(credential.name, code=credential.subject)
        # 2. One job alone may use it.
        self._spend(authorization, Role.ENTERPRISE, credential.subject, pdf, key)
        # 3. Open the key; what opens it goes with the signature.
        try:
            signer = self.custody.open(held, leave=authorization)
        except AuthorizationExpired:  # the same job, in another process, was a moment faster
            if done := self._done_before(key, pdf, Role.ENTERPRISE):
                return done
            raise
        return self._sign(
            pdf,
            Role.ENTERPRISE,
            signer,
            key,
            appearance=seal,
            certify=certify,
            leave=authorization,
        )

    def seal_as_agency(
        self, pdf: bytes, *, key: str, field: str = Role.AGENCY, agency: str | None = None
    ) -> Signed:
        """Certify a notice or certificate with the seal of the agency; nothing may change (I11).

        Raises: NotSignable, NoCertificate, CertificateRevoked, CertificateExpired, KeyReused.
        """
        held = self.custody.look(Role.AGENCY, agency or None, key)
        if done := _done(held.earlier, pdf, field):
            return done
        structure.require_empty(pdf, (field,))
        signer = self.custody.open(held)
        seal = self._seal(signer.name, below=AGENCY_SEAL)
        sealed = self._sign(pdf, field, signer, key, appearance=seal, certify=True)
        self._verdicts.made(sealed.sha256, sealed.serial, sealed.at)
        return sealed

    def seal_ofd(self, parts: Parts, stamp: Stamp, *, agency: str | None = None) -> SealedOfd:
        """Seal an OFD package with the national seal of the agency; nothing may change afterwards.

        Raises: NoCertificate, CertificateRevoked, CertificateExpired.
        """
        at, sealer = self.clock().replace(microsecond=0), self._sealer(agency)
        data = package.pack(sealing.seal(parts, sealer, stamp, at=at))
        serial = certificates.read(sealer.certificate).serial_hex
        return SealedOfd(data=data, serial=serial, at=at)

    def _sealer(self, agency: str | None) -> KeySealer:
        credential, row, _ = self.custody.usable(self.custody.look(Role.AGENCY, agency or None))
        return self.authority.national.sealer(
            SealHolder(
                name=credential.name,
                credential=row.serial,
                end=row.not_after,
                text=f"{credential.name}{AGENCY_SEAL}（演示）",
                picture=self._seal_picture(credential.name),
            )
        )

    def sign_message(
        self, payload: bytes, *, is_national: bool = False, agency: str | None = None
    ) -> bytes:
        """Sign a short message as the agency: COSE_Sign1, P-256 or SM2.

        With P-256 the same message has the same bytes as long as the agency's certificate is the
        same: what a token has signed is kept as long as a job may be repeated.
        Raises: NoCertificate, CertificateRevoked, CertificateExpired.
        """
        if is_national:
            sealer = self._sealer(agency)
            return messages.signed_nationally(payload, sealer.certificate, sealer.key)
        signer = self.custody.open(self.custody.look(Role.AGENCY, agency or None))
        certificate = signer.template.certificate
        if not isinstance(signer.key, TokenKey):
            return messages.signed(payload, certificate, signer.key)
        job = f"message/{signer.serial}/{hashlib.sha256(payload).hexdigest()}"
        if done := self._done_before(job, b"", _MESSAGE):
            return done.pdf
        data = messages.signed(payload, certificate, signer.key)
        made = Signed(pdf=data, serial=signer.serial, at=self.clock())
        return self._keep(job, b"", _MESSAGE, made).pdf

    def published_keys(self) -> list[PublishedKey]:
        """Return every key that ever signed a message of the agency, the oldest first."""
        national = self.authority.national
        query = select(StoredCertificate).where(
            StoredCertificate.profile.in_(
                (CertificateProfile.SIGNER, CertificateProfile.NATIONAL_SEAL)
            )
        )
        with self._sessions() as session:
            rows = list(session.scalars(query.order_by(StoredCertificate.not_before)))
        keys = []
        for row in rows:
            family = family_of(row.issuer)
            if family == FAMILY:
                chain: tuple[bytes, ...] = (national.certificate(row.issuer),)
            elif family == ISSUER_OF[Role.AGENCY] and self.authority.is_known(row.issuer):
                above = self.authority.chain(row.issuer)
                chain = tuple(certificate.public_bytes(Encoding.DER) for certificate in above)
            else:
                continue
            key = PublishedKey(
                certificate=row.der,
                chain=chain,
                is_national=family == FAMILY,
                revoked_at=row.revoked_at,
            )
            keys.append(key)
        return keys

    def sign_list(self, content: bytes, *, agency: str | None = None) -> bytes:
        """Sign bytes that lie beside it as the agency: CMS, detached and time-stamped, DER.

        Raises: NoCertificate, CertificateRevoked, CertificateExpired.
        """
        signer = self.custody.open(self.custody.look(Role.AGENCY, agency or None))
        attributes = signer.template.attributes(hashlib.sha256(content).digest())
        signature = signer.sign(attributes)
        stamp = self.authority.stamp(hashlib.sha256(signature).digest())
        return signer.template.build(attributes, signature, timestamp=stamp)

    def augment(self, pdf: bytes, *, key: str | None = None) -> bytes:
        """Append long-term evidence to a completely signed file, PAdES B-LTA.

        A file that has it is returned as it is. With `key` the same job gives the same bytes.
        Raises: NotSignable when the file does not hold, KeyReused.
        """
        if key and (done := self._done_before(key, pdf, _EVIDENCE)):
            return done.pdf
        trust = self._require(pdf, None)
        authority = self.authority
        whole = archive.augment(
            pdf,
            trust=trust,
            statuses=authority.statuses,
            stamp=authority.stamp,
            stamp_bytes=authority.stamp_bytes(),
        )
        if key is None or whole == pdf:
            return whole
        made = Signed(pdf=whole, serial="", at=self.clock())
        return self._keep(key, pdf, _EVIDENCE, made).pdf

    def examine(self, pdf: bytes, *, expected: Expected | None = None) -> FileReport:
        """Examine a file against our own authority, see `verify.examine`."""
        return verify.examine(pdf, self.authority.trust(), expected=expected)

    def examine_stranger(self, pdf: bytes, *, expected: Expected | None = None) -> FileReport:
        """Examine a file from outside that may be hostile, see `apart.examine`."""
        return apart.examine(pdf, self.authority.trust(), expected=expected)

    def examine_ofd(self, data: bytes) -> tuple[FileReport, Report]:
        """Examine an OFD file of ours against our own authority, see `ofd_files.examine`."""
        return ofd_files.examine(data, self.authority.national.trust())

    def examine_strange_ofd(self, data: bytes) -> tuple[FileReport, Report]:
        """Examine an OFD file from outside that may be hostile, see `apart.examine_ofd`."""
        return apart.examine_ofd(data, self.authority.national.trust())

    def check_certificate(
        self, role: str, subject: str, name: str | None = None
    ) -> dict[str, object]:
        """Return the facts of a signer's certificate, see `Custody.check`."""
        return self.custody.check(role, subject, name)

    def handwriting_png(self, name: str) -> bytes:
        """Write a name by hand: PNG, transparent (R3). Raises: FontMissing, GlyphMissing."""
        return handwriting.handwriting_png(name, self._fonts)

    def picture_png(self, picture: bytes) -> bytes:
        """Make a person's own image ready to keep, see `handwriting.picture_png` (R3)."""
        return handwriting.picture_png(picture)

    def _handwritten(self, name: str, picture: bytes | None) -> Appearance | None:
        if picture is not None:
            return handwriting.from_picture(picture)
        return _drawn(lambda: handwriting.signature(name, self._fonts))

    def _seal(self, name: str, *, below: str = "", code: str = "") -> Appearance | None:
        return _drawn(lambda: seals.seal(name, self._fonts, below=below, code=code))

    def _seal_picture(self, name: str) -> bytes:
        """Draw the seal; where a font has not the name, without it."""
        try:
            return seal_pictures.png(name, self._fonts, below=AGENCY_SEAL, code=_DEMONSTRATION)
        except GlyphMissing as error:
            _LOG.warning("signature_not_drawn code=%s facts=%s", error.code, error.facts)
            return seal_pictures.png("", self._fonts, below=AGENCY_SEAL, code=_DEMONSTRATION)

    def _require(self, pdf: bytes, expected: Expected | None) -> Trust:
        """Refuse to build on a file that does not hold: it would seem to be vouched for.

        Raises: NotSignable; StatusUnknown while only an authority outside does not tell.
        """
        trust = self.authority.trust()
        report = self._judged(pdf, expected, trust)
        if report is not None and not report.ok:
            if report.codes() == {Code.STATUS_UNKNOWN}:
                raise StatusUnknown
            reason = report.all_findings[0].text.rstrip("。")
            raise NotSignable(reason=reason)
        return trust

    def holds(self, pdf: bytes, *, expected: Expected) -> bool:
        """Tell whether a file of ours holds and is what is expected."""
        report = self._judged(pdf, expected, self.authority.trust())
        return report is None or report.ok

    def _judged(self, pdf: bytes, expected: Expected | None, trust: Trust) -> FileReport | None:
        """Judge a file; None when it was found good a moment ago."""
        sha256 = hashlib.sha256(pdf).hexdigest()
        if self._verdicts.are_good(sha256, expected, trust):
            return None
        serial = None if expected else self._verdicts.maker_of(sha256, trust.at)
        if serial is not None and self.authority.revoked_at(serial) is None:
            return None
        report = verify.examine(pdf, trust, expected=expected)
        if report.ok:
            self._verdicts.note(sha256, expected, trust)
        return report

    def sweep(self) -> int:
        """Forget what is over: authorizations, results of jobs and orders of 90 days ago.

        Returns how many rows. A job that runs again even later signs anew.
        """
        old = delete(StoredSignature).where(StoredSignature.at <= self.clock() - _RESULTS_KEPT)
        with writing(self._sessions) as session:
            results = len(session.scalars(old.returning(StoredSignature.key)).all())
        orders = self.lifecycle.sweep(self.clock() - _RESULTS_KEPT)
        return results + orders + self.challenges.sweep()

    def _spend(self, authorization: str, role: Role, subject: str, pdf: bytes, key: str) -> None:
        digest = hashlib.sha256(pdf).hexdigest()
        self.challenges.spend(
            authorization, role=role, subject=subject, document_sha256=digest, key=key
        )

    def _sign(
        self,
        pdf: bytes,
        field: str,
        signer: Signer,
        key: str,
        *,
        appearance: Appearance | None = None,
        certify: bool = False,
        allow_changes: bool = False,
        leave: str = "",
    ) -> Signed:
        at = self.clock()
        prepared = pades.prepare(
            pdf,
            field=field,
            template=signer.template,
            at=at,
            appearance=appearance,
            certify=certify,
            allow_changes=allow_changes,
            stamp_bytes=self.authority.stamp_bytes(),
        )
        signature = signer.sign(prepared.attributes)
        signed = pades.complete(
            prepared, signature, template=signer.template, stamp=self.authority.stamp
        )
        made = Signed(pdf=signed, serial=signer.serial, at=at)
        return self._keep(key, pdf, field, made, leave=leave)

    def _keep(self, key: str, pdf: bytes, field: str, signed: Signed, *, leave: str = "") -> Signed:
        """Store what was appended; when the same job ran at the same moment, its result counts.

        What the token of the `leave` opens goes in the same transaction.
        """
        row = StoredSignature(
            key=key,
            document_sha256=hashlib.sha256(pdf).hexdigest(),
            field=field,
            serial=signed.serial,
            at=signed.at,
            increment=zlib.compress(signed.pdf[len(pdf) :], 1),
        )
        try:
            with writing(self._sessions) as session:
                session.add(row)
                openings.forget(session, [openings.digest_of(leave)] if leave else [])
        except IntegrityError:
            return self._done_before(key, pdf, field) or signed
        return signed

    def _done_before(self, key: str, pdf: bytes, field: str) -> Signed | None:
        """Return what the job `key` made of this file before. Raises: KeyReused."""
        with self._sessions() as session:
            row = session.get(StoredSignature, key)
        return _done(row, pdf, field)


def _done(row: StoredSignature | None, pdf: bytes, field: str) -> Signed | None:
    """Return what a job made of this file before, if it did. Raises: KeyReused."""
    if row is None:
        return None
    if (row.document_sha256, row.field) != (hashlib.sha256(pdf).hexdigest(), field):
        raise KeyReused
    whole = pdf + zlib.decompress(row.increment)
    return Signed(pdf=whole, serial=row.serial, at=row.at)


def _drawn(draw: Callable[[], Appearance]) -> Appearance | None:
    """Draw; a glyph that no font has must not keep anybody from signing: the field stays bare."""
    try:
        return draw()
    except (FontMissing, GlyphMissing) as error:
        _LOG.warning("signature_not_drawn code=%s facts=%s", error.code, error.facts)
        return None


def open_signatures(
    keys_url: str,
    *,
    kek: bytes,
    base_url: str,
    fonts: Path,
    clock: Clock,
    former_keks: Sequence[bytes] = (),
    pin_cost: PinCost = LIGHT,
    services: Services = OURS,
) -> Signatures:
    """Open the key database at `keys_url` (SQLite or PostgreSQL) and everything that signs.

    `kek` opens the keys (at least 32 random bytes) and those `former_keks` that did before; a try
    of a PIN costs `pin_cost`; `base_url` is where `/pki/…` is served;
    `fonts` is the folder with the handwriting and seal fonts; what `services` outside do is not
    done here. The first call founds the authority.
    Raises: WrongKek when the database was founded under another key.
    """
    sessions = open_sessions(keys_url)
    try:
        vault = KeyVault(kek, *former_keks, pin_cost=pin_cost)
        return Signatures(
            sessions,
            vault,
            base_url=base_url,
            fonts=fonts,
            clock=clock,
            services=services,
        )
    except Refusal:
        close(sessions)
        raise
