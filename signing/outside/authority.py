"""An authority outside in the place of ours: it issues, we judge, watch and tell it what ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from refusals.refusal import Refusal
from signing.database import Sessions, writing
from signing.errors import CertificateAwaited, CertificateNotAsAsked, StatusUnknown
from signing.keeping.vault import KeyVault
from signing.keys import issuing, stored
from signing.keys.generations import Working
from signing.keys.issuing import Issued
from signing.keys.profiles import CertificateProfile
from signing.keys.tokens import Token
from signing.keys.trust import BETWEEN, ISSUER_OF, Role, Trust, family_of
from signing.outside import anchors, certificates
from signing.outside.anchors import Anchor
from signing.outside.orders import Act, Order, Orders
from signing.outside.port import CertificationAuthority
from signing.outside.standing import HOLD, Note, Standing
from signing.tables import StoredCertificate, StoredEnding, StoredKey, StoredOrder


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A certificate as our house asks for it."""

    family: str  #: personal, enterprise or agency
    profile: CertificateProfile
    subject: x509.Name
    order: Order | None = (
        None  #: is kept when the authority is away; none: is asked again by people
    )

    @property
    def renews(self) -> bool:
        """Tell whether the same subject has one already."""
        return self.order is not None and self.order.act is Act.RENEW


class OutsideAuthority:
    """Asks the authority outside, and believes only what holds."""

    def __init__(
        self,
        sessions: Sessions,
        vault: KeyVault,
        outside: CertificationAuthority,
        *,
        clock: Callable[[], datetime],
        token: Token | None,
        note: Note,
    ) -> None:
        """Take who speaks to it; `note` writes a revocation to a row of ours."""
        self._sessions = sessions
        self._vault = vault
        self._outside = outside
        self._clock = clock
        self._token = token
        self._standing = Standing(sessions, outside, clock, note)
        self.orders = Orders(sessions, clock)

    def anchor(self, name: str) -> Anchor | None:
        """Return an issuer by its name; None: it is one of ours."""
        return self._outside.anchors.get(name)

    def issuers(self) -> list[Working]:
        """List of each role the believed issuer that lasts longest."""
        believed = self._outside.anchors
        last = [
            max(believed.of(family), key=lambda one: one.certificate.not_valid_after_utc)
            for family in anchors.FAMILIES
        ]
        return [
            Working(
                name=stored.common_name(one.certificate),
                serial=issuing.serial_of(one.certificate),
                since=one.certificate.not_valid_before_utc,
                not_after=one.certificate.not_valid_after_utc,
            )
            for one in dict.fromkeys(last)
        ]

    def issue(self, wanted: Wanted, *, pin: str = "") -> Issued:
        """Make a key, have it certified, and judge what comes; nothing is stored yet.

        Raises: CertificateAwaited when the authority is away and the order is kept; Unavailable
        where there is none to keep; EnrolmentRefused, CertificateNotAsAsked.
        """
        if self._token is not None and wanted.family == ISSUER_OF[Role.AGENCY]:
            made = issuing.make_on_token(self._vault, self._token)
        else:
            made = issuing.make_key(self._vault, pin=pin)
        request, key = certificates.request(wanted.subject, made.key), made.row()
        try:
            return self._certified(wanted.family, request, key, renews=wanted.renews)
        except Refusal as refusal:
            if wanted.order is None or not refusal.may_pass:
                raise
            self.orders.keep(wanted.order, request, key)
            raise CertificateAwaited from refusal

    def completed(self, row: StoredOrder, key: StoredKey) -> Issued:
        """Ask again for what was ordered. Raises: as `issue`, and never CertificateAwaited."""
        renews = row.act == Act.RENEW
        return self._certified(ISSUER_OF[Role(row.role)], row.request, key, renews=renews)

    def _certified(self, family: str, request: bytes, key: StoredKey, *, renews: bool) -> Issued:
        der = self._outside.enrol(family, request, renews=renews)
        asked = certificates.asked(family, request)
        anchor, certificate = certificates.accepted(
            der, asked, self._outside.anchors, at=self._clock()
        )
        with self._sessions() as session:
            if session.get(StoredCertificate, issuing.serial_of(certificate)) is not None:
                raise CertificateNotAsAsked(what="序列号已经用过")
        end = min(one.not_valid_after_utc for one in (certificate, *anchor.chain))
        return Issued(anchor.name, CertificateProfile.SIGNER, certificate, key, end)

    def is_revoked(self, row: StoredCertificate) -> bool:
        """Tell whether a certificate, or one above it, is revoked; a hold is what the list says.

        Raises: StatusUnknown.
        """
        if row.revoked_at is not None and row.reason != HOLD:
            return True
        anchor = self.anchor(row.issuer)
        if anchor is None:
            raise StatusUnknown
        serials = [int(row.serial, 16), *(one.serial_number for one in anchor.chain)]
        lists = [self._standing.current(name) for name in anchor.names]
        if any(listed and serial in listed.revoked for serial, listed in zip(serials, lists)):  # noqa: B905 (nobody lists a root)
            return True
        if None in lists:
            raise StatusUnknown
        return False

    def evidence(self, row: StoredCertificate, anchor: Anchor) -> bytes | None:
        """Return a status answer for the archive, DER; None: the issuer's list tells it.

        Raises: StatusUnknown when there is neither, or no list of who stands above the issuer.
        """
        answer = self._standing.answer(row, anchor.certificate)
        needed = anchor.names if answer is None else anchor.names[1:]
        if any(self._standing.current(name) is None for name in needed):
            raise StatusUnknown
        return answer

    def note_ending(self, session: Session, row: StoredCertificate) -> None:
        """Keep in mind, in the caller's transaction, that the authority must be told."""
        if session.get(StoredEnding, row.serial) is None:
            session.add(StoredEnding(serial=row.serial, at=self._clock()))

    def untold(self, before: datetime) -> list[str]:
        """Return the serials of what ended and the authority does not know, the oldest first."""
        query = select(StoredEnding.serial).where(StoredEnding.at <= before)
        with self._sessions() as session:
            return list(session.scalars(query.order_by(StoredEnding.at, StoredEnding.serial)))

    def tell(self, serial: str) -> None:
        """Tell the authority that a certificate ended; again changes nothing.

        Raises: Unavailable, WrongAnswer.
        """
        with self._sessions() as session:
            if session.get(StoredEnding, serial) is None:
                return
            row = session.get_one(StoredCertificate, serial)
        self._outside.revoke(row.der, str(row.reason))
        with writing(self._sessions) as session:
            session.execute(delete(StoredEnding).where(StoredEnding.serial == serial))

    def believed_with(self, trust: Trust) -> Trust:
        """Believe the issuers outside and all above them, with the lists that count now."""
        believed, lists = self._outside.anchors, self._standing.lists()
        listed = {name for name, _ in lists}
        unlisted = tuple(anchor.name for anchor in believed if not listed >= set(anchor.names))
        between = believed.above().items()
        return replace(
            trust,
            roots=(*trust.roots, *map(anchors.der, believed.roots())),
            issuers=(
                *trust.issuers,
                *((anchor.name, anchors.der(anchor.certificate)) for anchor in believed),
                *((name, anchors.der(one)) for name, one in between if family_of(name) == BETWEEN),
            ),
            lists=(*trust.lists, *lists),
            unlisted=unlisted,
        )
