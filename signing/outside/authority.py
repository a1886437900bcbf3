"""An authority outside in the place of ours: it issues, we judge, watch and tell it what ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509

from signing.database import Sessions
from signing.errors import CertificateNotAsAsked, StatusUnknown
from signing.keeping.vault import KeyVault
from signing.keys import issuing
from signing.keys.issuing import Issued
from signing.keys.profiles import CertificateProfile
from signing.keys.tokens import Token
from signing.keys.trust import ISSUER_OF, ROOT, Role, Trust
from signing.outside import anchors, certificates
from signing.outside.anchors import Anchor
from signing.outside.certificates import Asked
from signing.outside.port import CertificationAuthority
from signing.outside.standing import HOLD, Note, Standing
from signing.tables import StoredCertificate


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A certificate as our house asks for it."""

    family: str  #: personal, enterprise or agency
    profile: CertificateProfile
    subject: x509.Name
    renews: bool = False  #: the same subject has one already


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

    def anchor(self, name: str) -> Anchor | None:
        """Return an issuer by its name; None: it is one of ours."""
        return self._outside.anchors.get(name)

    def issue(self, wanted: Wanted, *, pin: str = "") -> Issued:
        """Make a key, have it certified, and judge what comes; nothing is stored yet.

        Raises: Unavailable, EnrolmentRefused, CertificateNotAsAsked.
        """
        if self._token is not None and wanted.family == ISSUER_OF[Role.AGENCY]:
            made = issuing.make_on_token(self._vault, self._token)
        else:
            made = issuing.make_key(self._vault, pin=pin)
        asked = Asked(
            family=wanted.family,
            subject=wanted.subject,
            public_key=certificates.public_der(made.key.public_key()),
        )
        request = certificates.request(wanted.subject, made.key)
        der = self._outside.enrol(wanted.family, request, renews=wanted.renews)
        anchor, certificate = certificates.accepted(
            der, asked, self._outside.anchors, at=self._clock()
        )
        with self._sessions() as session:
            if session.get(StoredCertificate, issuing.serial_of(certificate)) is not None:
                raise CertificateNotAsAsked(what="序列号已经用过")
        return Issued(anchor.name, wanted.profile, certificate, made)

    def is_revoked(self, row: StoredCertificate) -> bool:
        """Tell whether a certificate is revoked, here or there; a hold is what the list says.

        Raises: StatusUnknown.
        """
        if row.revoked_at is not None and row.reason != HOLD:
            return True
        listed = self._standing.current(row.issuer)
        if listed is None:
            raise StatusUnknown
        return int(row.serial, 16) in listed.revoked

    def evidence(self, row: StoredCertificate, anchor: Anchor) -> bytes | None:
        """Return a status answer for the archive, DER; None: the issuer's list tells it.

        Raises: StatusUnknown when there is neither, or no list of the root.
        """
        answer = self._standing.answer(row, anchor.certificate)
        root = anchors.named(ROOT, anchor.root)
        needed = (root,) if answer is not None else (root, row.issuer)
        if any(self._standing.current(name) is None for name in needed):
            raise StatusUnknown
        return answer

    def revoke(self, row: StoredCertificate) -> None:
        """Tell the authority that a certificate of ours ended. Raises: Unavailable."""
        self._outside.revoke(row.der, str(row.reason))

    def believed_with(self, trust: Trust) -> Trust:
        """Believe the issuers outside and their roots too, with the lists that count now."""
        believed, lists = self._outside.anchors, self._standing.lists()
        listed = {name for name, _ in lists}
        unlisted = tuple(
            anchor.name
            for anchor in believed
            if not listed >= {anchor.name, anchors.named(ROOT, anchor.root)}
        )
        return replace(
            trust,
            roots=(*trust.roots, *map(anchors.der, believed.roots().values())),
            issuers=(
                *trust.issuers,
                *((anchor.name, anchors.der(anchor.certificate)) for anchor in believed),
            ),
            lists=(*trust.lists, *lists),
            unlisted=unlisted,
        )
