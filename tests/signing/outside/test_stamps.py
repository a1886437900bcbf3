"""A time-stamping service outside: its root may issue to it, or others may stand between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from signing import Signatures, open_signatures
from signing.keys import profiles, revocation
from signing.keys.profiles import Addresses, CertificateProfile, Issuer
from signing.keys.services import Services
from signing.keys.timestamps import Believed, Timestamper
from signing.outside import anchors
from tests.signing import files, story
from tests.signing.conftest import KEK, TestClock
from web import fitness
from web.values import Values

AWAY = Addresses("https://time.example")


class Stamps(Timestamper):
    """An `OutsideStamper` in this process, by the clock of the test."""

    def __init__(self, authorities: list[Issuer], clock: TestClock) -> None:
        made = _made("stamper", CertificateProfile.TIMESTAMPER, authorities[0], clock)
        super().__init__(made.certificate, made.key, [one.certificate for one in authorities])
        self.chain = tuple(anchors.der(one.certificate) for one in authorities)
        self._authorities, self._clock = authorities, clock

    def believed(self) -> Believed:
        """Tell whom to believe, with a fresh list of each."""
        now: datetime = self._clock()
        lists = [
            (anchors.der(one.certificate), revocation.build_list(one, [], number=1, at=now))
            for one in self._authorities
        ]
        return Believed(chain=self.chain, lists=tuple(lists))


def _made(name: str, profile: CertificateProfile, above: Issuer | None, clock: TestClock) -> Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = profiles.service_name(name, "外部时间戳机构")
    made = profiles.build(
        profile, subject, key.public_key(), issuer=above, own_key=key, at=clock(), addresses=AWAY
    )
    return Issuer(name, made, key)


@pytest.fixture(params=[1, 2, 3])
def stamps(request: pytest.FixtureRequest, clock: TestClock) -> Stamps:
    above = [_made("root", CertificateProfile.ROOT, None, clock)]
    for place in range(1, request.param):
        above.insert(0, _made(f"authority-{place}", CertificateProfile.ROOT, above[0], clock))
    return Stamps(above, clock)


@pytest.fixture
def ours(stamps: Stamps, clock: TestClock, fonts: Path, tmp_path: Path) -> Iterator[Signatures]:
    opened = open_signatures(
        f"sqlite:///{tmp_path}/keys.db",
        kek=KEK,
        base_url="http://127.0.0.1:8000",
        fonts=fonts,
        clock=clock,
        services=Services(stamper=stamps),
    )
    yield opened
    opened.close()


def test_its_stamps_hold_whatever_the_length_of_its_chain(ours: Signatures) -> None:
    story.enrol(ours)

    sealed = ours.seal_as_agency(files.notice(), key="notice").pdf
    lasting = ours.augment(sealed)

    for pdf in (sealed, lasting):
        report = ours.examine(pdf)
        assert report.ok, report.all_findings


def test_the_settings_name_its_chain_in_any_order(stamps: Stamps, tmp_path: Path) -> None:
    """Every pair is by its issuer; a file from which somebody is missing names no chain."""
    pem = [one.certificate.public_bytes(Encoding.PEM) for one in stamps._authorities]
    path = tmp_path / "time.pem"
    settings = Values(secret="s" * 32, time_stamps_chain=str(path))

    path.write_bytes(b"".join(reversed(pem)))
    told = fitness.time_stamps_chain(settings)
    path.write_bytes(b"".join([*pem[:1], *pem[2:]]))
    gap = fitness.time_stamps_chain(settings)

    assert tuple(told) == stamps.chain
    assert all(below != above for below, above in pairwise(told))
    assert gap == ([] if len(pem) == 3 else list(stamps.chain[:1]))
