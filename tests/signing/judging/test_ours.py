"""What the form alone does not settle is left to pyHanko; what it settles is good."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from signing import Role, Signatures, open_signatures
from signing.judging import ours, verify
from signing.judging.verify import Expected
from signing.keys.trust import Gone
from signing.making import archive
from tests.signing import files, story
from tests.signing.conftest import KEK, TestClock
from tests.signing.judging import crooked

WHOLE = Expected.application(story.ZHANG, story.USCC)


@pytest.fixture(scope="module")
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(scope="module")
def signatures(tmp_path_factory: pytest.TempPathFactory, clock: TestClock) -> Iterator[Signatures]:
    keys = tmp_path_factory.mktemp("keys") / "keys.db"
    opened = open_signatures(
        f"sqlite:///{keys}", kek=KEK, base_url="http://x", fonts=Path("none"), clock=clock
    )
    story.enrol(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def sealed(signatures: Signatures) -> bytes:
    return story.seal(signatures, story.sign(signatures, files.application()).pdf).pdf


def test_a_good_file_of_ours_is_known_by_its_form(signatures: Signatures, sealed: bytes) -> None:
    """R62: by whom and when, as pyHanko would say; with evidence too, and an enterprise's own."""
    trust = signatures.authority.trust()
    own = files.with_fields(files.page(), "enterprise")
    permission = signatures.challenges.unlock(story.USCC, story.PIN, story.sha256(own))
    letter = signatures.seal_as_enterprise(
        own, uscc=story.USCC, authorization=permission, key="own"
    ).pdf

    for pdf, expected in (
        (sealed, WHOLE),
        (sealed, None),
        (signatures.augment(sealed), WHOLE),
        (letter, Expected.enterprise(story.USCC)),
    ):
        report = ours.judge(pdf, trust, expected)

        assert report is not None
        assert report == verify.by_pyhanko(pdf, trust, expected=expected)


def test_a_list_that_is_not_of_today_settles_nothing(signatures: Signatures, sealed: bytes) -> None:
    """I13: neither before it was made nor after its end."""
    trust = signatures.authority.trust()

    for days in (-1, 365):
        assert ours.judge(sealed, replace(trust, at=trust.at + timedelta(days=days)), WHOLE) is None
    assert ours.judge(sealed, replace(trust, lists=trust.lists[1:]), WHOLE) is None


def test_whoever_is_on_a_list_is_judged_by_pyhanko(
    signatures: Signatures, sealed: bytes, clock: TestClock
) -> None:
    """I13: revoked after the signature it stays good, but that is not for the form to say."""
    trust = signatures.authority.trust()
    serial = verify.examine(sealed, trust).signatures[1].serial
    gone = Gone(serial=serial, at=trust.at + timedelta(minutes=1), is_compromise=False)

    assert ours.judge(sealed, replace(trust, gone=(gone,)), WHOLE) is None
    assert verify.examine(sealed, replace(trust, gone=(gone,)), expected=WHOLE).ok


def test_evidence_that_was_renewed_is_judged_by_pyhanko(
    signatures: Signatures, sealed: bytes
) -> None:
    """F:keys-4: two time stamps are no form that we write at once; the file is good."""
    whole, authority = signatures.augment(sealed), signatures.authority
    late = replace(authority.trust(), at=authority.trust().at + timedelta(days=365 * 10))
    again = archive.augment(whole, trust=late, statuses=authority.statuses, stamp=authority.stamp)
    trust = authority.trust()

    assert len(again) > len(whole)
    assert ours.judge(again, trust, WHOLE) is None
    assert verify.examine(again, trust, expected=WHOLE).ok


def test_a_signature_that_allows_nothing_is_followed_by_none(signatures: Signatures) -> None:
    """I5: the seal breaks a certification that forbade it, whoever's key made it."""
    applicant = signatures.custody.signer(Role.APPLICANT, story.ZHANG)
    enterprise = story.enterprise_signer(signatures)
    signed = crooked.forge(signatures, files.application(), "applicant", applicant, certify=True)
    followed = crooked.forge(signatures, signed, "enterprise", enterprise)

    assert ours.judge(followed, signatures.authority.trust(), WHOLE) is None
    assert not signatures.examine(followed, expected=WHOLE).ok


def test_damage_to_a_signature_or_its_time_stamp_is_never_overlooked(
    signatures: Signatures, sealed: bytes
) -> None:
    """I5: the one place that no signature covers is held to the last digit; nothing is raised."""
    trust, dice = signatures.authority.trust(), random.Random(20261129)
    start = sealed.rindex(b"/Contents <") + len(b"/Contents <")
    signature = sealed[start : sealed.index(b"00000000", start)]

    for place in dice.sample(range(len(signature)), 100):
        digit = b"%X" % (int(signature[place : place + 1], 16) ^ dice.randrange(1, 16))
        spoilt = sealed[: start + place] + digit + sealed[start + place + 1 :]
        assert ours.judge(spoilt, trust, WHOLE) is None


@pytest.mark.parametrize(
    "expected",
    [
        Expected.signed(story.ZHANG),
        Expected.agency(),
        Expected.application(story.ZHANG, "91310000132212346M"),
        Expected.application("another"),
        Expected((Role.APPLICANT, Role.ENTERPRISE), {Role.APPLICANT: ""}),
    ],
)
def test_what_was_not_asked_for_is_not_good(
    signatures: Signatures, sealed: bytes, expected: Expected
) -> None:
    """I13: other roles, or other people in them."""
    assert ours.judge(sealed, signatures.authority.trust(), expected) is None
    assert not signatures.examine(sealed, expected=expected).ok
