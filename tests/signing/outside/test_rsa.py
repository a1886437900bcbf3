"""An authority whose keys are RSA, as many licensed ones are: papers hold, with its evidence.

Its root issues to signers itself, or through one issuer, or through an issuer of an issuer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from registry.errors import Unavailable
from signing import Signatures, open_signatures
from signing.errors import CertificateRevoked
from signing.keys import profiles, revocation
from signing.keys.profiles import Addresses, CertificateProfile, Issuer
from signing.keys.services import Services
from signing.outside import anchors
from signing.outside.anchors import FAMILIES, Anchors
from signing.outside.standing import KEPT
from tests.signing import files, story
from tests.signing.conftest import KEK, TestClock

pytestmark = pytest.mark.parametrize(
    ("authority", "keys_url"),
    [(1, "sqlite"), (2, "sqlite"), (2, "postgresql"), (3, "sqlite")],
    indirect=True,
)
AWAY = Addresses("https://ca.example")


@dataclass
class RsaAuthority:
    """A `CertificationAuthority` in this process; one issuer serves all roles, as some do."""

    clock: TestClock
    chain: list[Issuer]  #: who issues to signers, and above it up to the root
    is_away: bool = False
    is_generous: bool = False  #: issues for longer than it lives
    gone: list[revocation.Revocation] = field(default_factory=list)

    @property
    def anchors(self) -> Anchors:
        pem = b"".join(one.certificate.public_bytes(Encoding.PEM) for one in self.chain)
        return anchors.read(dict.fromkeys(FAMILIES, pem))

    def enrol(self, family: str, request: bytes, *, renews: bool) -> bytes:
        asked = x509.load_der_x509_csr(request)
        issuer = self.chain[0]
        if self.is_generous:
            issuer = Issuer(issuer.name, _lasting(issuer), issuer.key)
        made = profiles.build(
            CertificateProfile.SIGNER,
            asked.subject,
            cast("ec.EllipticCurvePublicKey", asked.public_key()),
            issuer=issuer,
            at=self.clock(),
            addresses=AWAY,
        )
        return made.public_bytes(Encoding.DER)

    def revoke(self, certificate: bytes, reason: str) -> None:
        gone = x509.load_der_x509_certificate(certificate).serial_number
        at = self.clock().replace(microsecond=0)
        self.gone.append(revocation.Revocation(serial=gone, at=at, reason=x509.ReasonFlags(reason)))

    def authorities(self, family: str) -> list[bytes]:
        return [anchors.der(self.chain[0].certificate)]

    def published(self, url: str) -> bytes:
        if self.is_away:
            raise Unavailable(system="电子认证服务机构")
        issuer = next(one for one in self.chain if url.endswith(f"/{one.name}.crl"))
        return revocation.build_list(issuer, self.gone, number=1, at=self.clock())

    def answer(self, url: str, question: bytes) -> bytes:
        return b"none: there are lists alone"


def _made(name: str, profile: CertificateProfile, above: Issuer | None, clock: TestClock) -> Issuer:
    key = cast("ec.EllipticCurvePrivateKey", rsa.generate_private_key(65537, 2048))
    subject = profiles.service_name(name, "RSA 认证机构")
    made = profiles.build(
        profile,
        subject,
        key.public_key(),
        issuer=above,
        own_key=key,
        at=clock(),
        addresses=AWAY,
    )
    return Issuer(name, made, key)


def _lasting(issuer: Issuer) -> x509.Certificate:
    """Give the certificate of an issuer as if it lasted for many years more."""
    made, key = issuer.certificate, issuer.certificate.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(made.subject)
        .issuer_name(made.issuer)
        .public_key(key)  # type: ignore[arg-type]
        .serial_number(made.serial_number)
        .not_valid_before(made.not_valid_before_utc)
        .not_valid_after(made.not_valid_after_utc + timedelta(days=9999))
        .sign(issuer.key, hashes.SHA256())
    )


@pytest.fixture
def authority(request: pytest.FixtureRequest, clock: TestClock) -> RsaAuthority:
    chain: list[Issuer] = []
    for place in range(request.param):
        profile = CertificateProfile.AUTHORITY if place == 2 else CertificateProfile.ROOT
        above = chain[0] if chain else None
        chain.insert(0, _made(f"authority-{place}", profile, above, clock))
    return RsaAuthority(clock, chain)


@pytest.fixture
def ours(
    authority: RsaAuthority, clock: TestClock, fonts: Path, keys_url: str
) -> Iterator[Signatures]:
    opened = open_signatures(
        keys_url,
        kek=KEK,
        base_url="http://127.0.0.1:8000",
        fonts=fonts,
        clock=clock,
        services=Services(authority=authority),
    )
    yield opened
    opened.close()


def test_papers_hold_under_rsa_with_lists_alone(
    ours: Signatures, authority: RsaAuthority, clock: TestClock
) -> None:
    """On both databases: signed, sealed, archived; revoked there, and told here."""
    story.enrol(ours)
    sealed = story.seal(ours, story.sign(ours, files.application()).pdf)
    lasting = ours.augment(sealed.pdf)
    for pdf in (sealed.pdf, lasting, ours.seal_as_agency(files.notice(), key="notice").pdf):
        report = ours.examine(pdf)
        assert report.ok, report.all_findings

    facts = ours.custody.credential("enterprise", story.USCC)
    assert facts is not None
    row = ours.authority._statuses._row(facts.serial)
    assert row is not None
    authority.revoke(row.der, "keyCompromise")
    clock.forward(minutes=10)
    late = story.seal(ours, story.sign(ours, files.application(), "sign 2").pdf, "seal 2").pdf
    clock.forward(seconds=KEPT.total_seconds())

    assert ours.examine(late).codes() == {"E_CERT_REVOKED"}
    assert ours.examine(lasting).ok
    assert ours.custody.check("enterprise", story.USCC)["revocation"] == "REVOKED"


def test_a_list_in_a_file_proves_what_was_signed_before_it(
    ours: Signatures, authority: RsaAuthority, clock: TestClock
) -> None:
    """One from before the signature proves nothing: the signer might have been revoked since."""
    story.enrol(ours)
    first = ours.augment(ours.seal_as_agency(files.notice("first"), key="1").pdf)
    clock.forward(minutes=1)
    second = ours.augment(ours.seal_as_agency(files.notice("second"), key="2").pdf)
    assert ours.examine(second).ok

    authority.is_away = True
    clock.forward(days=400)

    assert ours.examine(first).ok
    assert ours.examine(second).codes() == {"E_CERT_STATUS_UNKNOWN"}


def test_nobody_signs_below_an_authority_that_its_root_revoked(
    ours: Signatures, authority: RsaAuthority, clock: TestClock
) -> None:
    """A list of who stands above is asked too: the paper could not be believed."""
    story.enrol(ours)
    *_, highest = [one.certificate for one in authority.chain[:-1]] or [None]
    if highest is not None:
        authority.revoke(anchors.der(highest), "cACompromise")
    clock.forward(seconds=KEPT.total_seconds())

    if highest is None:  # the root itself issues, and nobody lists a root
        assert ours.examine(ours.seal_as_agency(files.notice(), key="notice").pdf).ok
        return
    with pytest.raises(CertificateRevoked):
        ours.seal_as_agency(files.notice(), key="notice")
    assert ours.custody.check("enterprise", story.USCC)["revocation"] == "REVOKED"


def test_a_certificate_is_over_with_the_first_one_above_it(
    ours: Signatures, authority: RsaAuthority, clock: TestClock
) -> None:
    """An issuer that signs for longer than it lives: nobody signs what could not be believed."""
    clock.now = authority.chain[0].certificate.not_valid_after_utc - timedelta(days=30)
    authority.is_generous = True

    story.enrol(ours)
    facts = ours.custody.credential("enterprise", story.USCC)

    assert facts is not None
    assert facts.not_after == clock() + timedelta(days=30)
