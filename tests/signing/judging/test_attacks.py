"""Files that must not pass, one class of attack each, and files that must keep passing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from signing import Signatures, open_signatures
from signing.errors import NotSignable
from signing.judging import ours, structure, verify
from signing.judging.verify import Expected
from signing.keys import profiles
from signing.keys.profiles import CertificateProfile
from signing.keys.timestamps import Timestamper
from signing.keys.trust import Role
from signing.making import archive
from tests.signing import files, story
from tests.signing.conftest import KEK, TestClock
from tests.signing.judging import crooked

OTHER_USCC = "91310000132212346M"
WHOLE = Expected.application(story.ZHANG, story.USCC)


@dataclass(frozen=True)
class Office:
    """A service and one genuine case."""

    signatures: Signatures
    clock: TestClock
    form: bytes
    signed: bytes
    sealed: bytes

    def examine(self, pdf: bytes, expected: Expected | None = WHOLE) -> verify.FileReport:
        """Examine; what is known as ours by its form, pyHanko must find just as good."""
        trust = self.signatures.authority.trust()
        if (report := ours.judge(pdf, trust, expected)) is not None:
            assert report == verify.by_pyhanko(pdf, trust, expected=expected)
        return self.signatures.examine(pdf, expected=expected)

    def applicant(self) -> Any:
        return self.signatures.custody.signer(Role.APPLICANT, story.ZHANG)

    def enterprise(self) -> Any:
        return story.enterprise_signer(self.signatures)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    clock = TestClock()
    folder = tmp_path_factory.mktemp("keys")
    signatures = open_signatures(
        f"sqlite:///{folder}/keys.db", kek=KEK, base_url="http://x", fonts=Path("none"), clock=clock
    )
    story.enrol(signatures)
    form = files.application()
    signed = story.sign(signatures, form).pdf
    sealed = story.seal(signatures, signed).pdf
    yield Office(signatures, clock, form, signed, sealed)
    signatures.close()


def test_genuine_files_pass(office: Office) -> None:
    """R62: the signed and sealed form is what it says; so is the half-way file and a notice."""
    notice = office.signatures.seal_as_agency(files.notice(), key="n").pdf

    for pdf, expected in (
        (office.signed, Expected.signed(story.ZHANG)),
        (office.sealed, WHOLE),
        (office.sealed, None),
        (notice, Expected.agency(story.AGENCY)),
        (notice, None),
    ):
        report = office.examine(pdf, expected)
        assert report.ok, report.all_findings
        assert report.is_intact


def test_verifier_works_inside_an_event_loop(office: Office) -> None:
    """R62: whoever asks, from a thread or from asynchronous code, gets the answer."""

    async def ask() -> bool:
        return office.examine(office.sealed).ok

    assert asyncio.run(ask())


def test_report_names_the_signers(office: Office) -> None:
    """R62: who signed, when, and with which certificate."""
    said = office.examine(office.sealed).to_json()

    assert said["ok"] is True
    assert [signature["signer"] for signature in said["signatures"]] == [
        "张三",
        "上海示例建筑设计有限公司",
    ]
    assert [signature["subject"] for signature in said["signatures"]] == [story.ZHANG, story.USCC]
    assert said["signatures"][0]["signed_at"] == "2026-11-24T02:00:00+00:00"
    assert said["signatures"][0]["level"] == "B-T"


@pytest.mark.parametrize(
    "change",
    [
        crooked.add_annotation,
        crooked.change_content,
        crooked.add_page,
        crooked.replace_seal,
        crooked.add_field,
        crooked.drop_value("enterprise"),
        crooked.drop_value("applicant"),
        crooked.rename("enterprise", "company"),
        crooked.exchange_values,
        crooked.open_with_script,
    ],
)
def test_changes_appended_after_sealing(office: Office, change: Callable[[Any], None]) -> None:
    """I5: nothing may be added or changed once both have signed."""
    report = office.examine(crooked.append(office.sealed, change))

    assert not report.ok
    assert not report.is_intact
    assert "E_APPENDED" in report.codes()


@pytest.mark.parametrize("change", [crooked.add_annotation, crooked.change_content])
@pytest.mark.proves("I5")
def test_changes_between_signature_and_seal(office: Office, change: Callable[[Any], None]) -> None:
    """I5: the server looks again before sealing, and the verifier sees it afterwards."""
    changed = crooked.append(office.signed, change)
    sealed = crooked.forge(office.signatures, changed, "enterprise", office.enterprise())

    assert "E_CHANGED_LATER" in office.examine(sealed).codes()
    with pytest.raises(NotSignable, match=r"修改|追加"):
        story.seal(office.signatures, changed, key="other")


def test_time_stamp_that_covers_the_page(office: Office) -> None:
    """I5: anybody may have a file stamped, but not paint over it while doing so."""
    notice = office.signatures.seal_as_agency(files.notice("covered"), key="covered").pdf

    for pdf in (office.sealed, notice):
        painted = crooked.stamp_over(pdf, office.signatures.authority.stamp, (0, 0, 500, 800))
        report = office.examine(painted, None)
        assert "E_CHANGED_LATER" in report.codes()


def test_stripped_seal(office: Office) -> None:
    """I5: cutting the seal off gives a valid signature but an incomplete form."""
    report = office.examine(office.signed)

    assert report.codes() == {"E_SIGNATURE_MISSING"}


def test_stripped_signatures(office: Office) -> None:
    """I5: a file without signatures is not a signed file."""
    assert office.examine(crooked.strip(office.sealed)).codes() == {"E_NO_SIGNATURE"}
    assert office.examine(files.page()).codes() == {"E_NO_SIGNATURE"}
    assert office.examine(office.form).codes() == {"E_NO_SIGNATURE"}


def test_rewritten_by_another_tool(office: Office) -> None:
    """I5: a file that was opened and saved elsewhere is no longer the signed file."""
    report = office.examine(crooked.rewrite(office.sealed))

    assert not report.ok
    assert not report.is_intact


def test_hidden_text_field(office: Office) -> None:
    """I5: a form that can still be filled in is refused before signing and when verifying."""
    form = crooked.add_text_field(office.form)
    signed = crooked.forge(
        office.signatures, form, "applicant", office.applicant(), certify=True, allow_changes=True
    )
    sealed = crooked.forge(office.signatures, signed, "enterprise", office.enterprise())

    assert "E_FORM_STRANGE" in office.examine(sealed).codes()
    with pytest.raises(NotSignable, match="表单项"):
        story.sign(office.signatures, form, key="other")


def _sealed_by(office: Office, signer: Any, **options: Any) -> set[str]:
    sealed = crooked.forge(office.signatures, office.signed, "enterprise", signer, **options)
    return office.examine(sealed).codes()


def test_forged_authority(office: Office) -> None:
    """I13: an authority with our names but another key."""
    subject = profiles.enterprise_name(story.USCC, "上海示例建筑设计有限公司")
    signer = crooked.forged_signer(office.signatures, subject, "enterprise", office.clock)

    assert _sealed_by(office, signer) == {"E_CERT_UNTRUSTED"}


def test_sibling_authority(office: Office) -> None:
    """I13: the personal authority may not certify an enterprise, though the root is the same."""
    subject = profiles.enterprise_name(story.USCC, "上海示例建筑设计有限公司")
    signer = crooked.signer_from(office.signatures, "personal", subject)

    assert _sealed_by(office, signer) == {"E_WRONG_ISSUER"}


def test_another_genuine_enterprise(office: Office) -> None:
    """I13: another enterprise's key does not seal this form."""
    office.signatures.custody.enrol_enterprise(OTHER_USCC, "乙公司", story.PIN)
    signer = story.enterprise_signer(office.signatures, OTHER_USCC)

    assert _sealed_by(office, signer) == {"E_CERT_SUBJECT"}


def test_another_person(office: Office) -> None:
    """I13: another person's signature is not the applicant's."""
    assert office.examine(office.signed, Expected.signed("somebody-else")).codes() == {
        "E_CERT_SUBJECT"
    }


def test_login_certificate(office: Office) -> None:
    """I13: a certificate made for signing in does not sign documents."""
    subject = profiles.enterprise_name(story.USCC, "上海示例建筑设计有限公司")
    signer = crooked.signer_from(office.signatures, "enterprise", subject, CertificateProfile.LOGIN)

    assert _sealed_by(office, signer) == {"E_CERT_USAGE"}


def test_expired_certificate(office: Office) -> None:
    """I13: the certificate was over before the signature was made."""
    subject = profiles.enterprise_name(story.USCC, "上海示例建筑设计有限公司")
    signer = crooked.expired_signer(office.signatures, subject, "enterprise", office.clock)

    assert _sealed_by(office, signer) == {"E_CERT_EXPIRED"}


def test_revoked_before_signing(office: Office) -> None:
    """I13: a certificate revoked before the signature."""
    subject = profiles.enterprise_name(story.USCC, "上海示例建筑设计有限公司")
    signer = crooked.signer_from(office.signatures, "enterprise", subject)
    office.signatures.authority.revoke(signer.serial, "keyCompromise")
    office.clock.forward(seconds=5)

    assert _sealed_by(office, signer) == {"E_CERT_REVOKED"}


def test_no_time_stamp(office: Office) -> None:
    """I5: without a time stamp nobody knows when it was signed."""
    assert _sealed_by(office, office.enterprise(), stamped=False) == {"E_NO_TIME_STAMP"}


def test_time_stamp_of_nobody_we_know(office: Office) -> None:
    """I5: a time stamp by a forged authority, or by a signer of ours, is none."""
    root, sub = crooked.forged_issuers(office.signatures, "service", office.clock)
    forged = Timestamper(sub.certificate, sub.key, [root.certificate])
    ours = office.enterprise()
    chain = office.signatures.authority.chain("enterprise")
    own = Timestamper(ours.template.certificate, ours.key, chain)

    for stamper in (forged, own):

        def stamp(digest: bytes, by: Timestamper = stamper) -> bytes:
            return by.stamp(digest, office.clock())

        assert "E_TIME_STAMP_INVALID" in _sealed_by(office, ours, stamp=stamp)


def test_time_stamp_of_another_signature(office: Office) -> None:
    """I5: a genuine time stamp over something else does not date this signature."""

    def stamp(_digest: bytes) -> bytes:
        return office.signatures.authority.stamp(bytes(32))

    assert "E_TIME_STAMP_INVALID" in _sealed_by(office, office.enterprise(), stamp=stamp)


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(days=1), timedelta(days=730)])
def test_time_stamp_of_a_time_to_come(office: Office, ahead: timedelta) -> None:
    """I5: a stamp of tomorrow dates nothing; a clock that runs a little ahead does no harm."""
    now = office.clock.now

    def forge(by: timedelta) -> set[str]:
        def stamp(digest: bytes) -> bytes:
            office.clock.now = now + by
            made = office.signatures.authority.stamp(digest)
            office.clock.now = now
            return made

        return _sealed_by(office, office.enterprise(), stamp=stamp)

    assert "E_TIME_STAMP_INVALID" in forge(ahead)
    assert forge(timedelta(minutes=4)) == set()


def test_keys_that_are_no_signer_s(office: Office) -> None:
    """I13: neither a time stamper nor an authority signs for a person, whatever name it bears."""
    subject = profiles.person_name(story.ZHANG, "张三")
    for issuer, profile in (
        ("service", CertificateProfile.TIMESTAMPER),
        ("personal", CertificateProfile.AUTHORITY),
    ):
        signer = crooked.signer_from(office.signatures, issuer, subject, profile)
        signed = crooked.forge(
            office.signatures, office.form, "applicant", signer, certify=True, allow_changes=True
        )

        report = office.examine(signed, Expected.signed(story.ZHANG))

        assert "E_CERT_USAGE" in report.codes()


@pytest.mark.parametrize("change", [crooked.exchange_font, crooked.exchange_pages])
def test_shadows_laid_before_the_evidence(office: Office, change: Callable[[Any], None]) -> None:
    """I5: what is drawn may not change through what it refers to (shadow attacks)."""
    authority = office.signatures.authority
    changed = crooked.append(office.sealed, change)
    archived = archive.augment(
        changed, trust=authority.trust(), statuses=authority.statuses, stamp=authority.stamp
    )

    assert office.examine(changed).codes() == {"E_APPENDED", "E_CHANGED_LATER"}
    assert "E_CHANGED_LATER" in office.examine(archived).codes()


def test_one_field_named_twice(office: Office) -> None:
    """I5: two entries of one field could show one signature and hide another."""
    assert office.examine(crooked.append(office.sealed, crooked.name_twice)).codes() == {
        "E_FORM_STRANGE"
    }


def test_applicant_who_does_not_certify(office: Office) -> None:
    """I5: the first signature limits what may follow; a plain approval does not."""
    signed = crooked.forge(office.signatures, office.form, "applicant", office.applicant())

    assert "E_NOT_CERTIFIED" in office.examine(signed, Expected.signed()).codes()


def test_enterprise_field_without_lock(office: Office) -> None:
    """I5: the enterprise's field locks the document; a template without it is refused."""
    form = files.with_fields(files.page(), "applicant", "enterprise", lock=False)
    signed = crooked.forge(
        office.signatures, form, "applicant", office.applicant(), certify=True, allow_changes=True
    )
    sealed = crooked.forge(office.signatures, signed, "enterprise", office.enterprise())

    assert "E_NOT_LOCKED" in office.examine(sealed).codes()
    office.clock.forward(minutes=1)  # the code for a file that was refused is not used up
    with pytest.raises(NotSignable, match="锁定"):
        story.sign(office.signatures, form, key="unlocked")


@pytest.mark.parametrize(
    "form",
    [
        files.with_fields(files.page(), "applicant", "enterprise", permits=None),
        files.with_fields(files.page(), "applicant", "enterprise", locks=files.LOCKS_ONE),
    ],
    ids=["permits anything", "locks one field"],
)
def test_a_form_whose_lock_leaves_something_open_is_not_signed(office: Office, form: bytes) -> None:
    """I5: a lock is of the whole file and permits nothing, or the form is refused."""
    office.clock.forward(minutes=1)

    with pytest.raises(NotSignable, match="锁定"):
        story.sign(office.signatures, form, key="half-locked")


def test_a_seal_that_locks_one_field_is_told(office: Office) -> None:
    """I5: a lock of something is not a lock of the file."""
    form = files.with_fields(files.page(), "applicant", "enterprise", locks=files.LOCKS_ONE)
    signed = crooked.forge(
        office.signatures, form, "applicant", office.applicant(), certify=True, allow_changes=True
    )
    sealed = crooked.forge(office.signatures, signed, "enterprise", office.enterprise())

    assert "E_NOT_LOCKED" in office.examine(sealed).codes()


def test_seal_before_signature(office: Office) -> None:
    """I5: the applicant signs first."""
    form = files.with_fields(files.page(), "applicant", "enterprise", lock=False)
    sealed = crooked.forge(office.signatures, form, "enterprise", office.enterprise())
    signed = crooked.forge(office.signatures, sealed, "applicant", office.applicant())

    assert "E_WRONG_ORDER" in office.examine(signed).codes()


def test_script_before_signing(office: Office) -> None:
    """I5: a signed file that acts when it is opened is named as such."""
    form = crooked.append(office.form, crooked.open_with_script)
    signed = crooked.forge(
        office.signatures, form, "applicant", office.applicant(), certify=True, allow_changes=True
    )

    assert "E_ACTIVE_CONTENT" in office.examine(signed, Expected.signed()).codes()


def test_transplanted_signature(office: Office) -> None:
    """I5: a signature copied from another file."""
    office.clock.forward(minutes=1)
    other = story.sign(office.signatures, files.application("other"), key="other-form").pdf
    place = rb"/Contents <([0-9A-F]+)>"
    stolen = crooked.re.findall(place, other)[-1]

    forged = crooked.same_length(office.signed, place, b"/Contents <" + stolen + b">")

    assert "E_NOT_INTACT" in office.examine(forged, Expected.signed()).codes()


_RANGE = rb"/ByteRange \[[0-9 ]+\]"
_CONTENTS = rb"/Contents <[0-9A-F]+>"


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (_RANGE, b"/ByteRange null"),
        (_RANGE, b"/ByteRangX [0 0]"),
        (_RANGE, b"/ByteRange []"),
        (_RANGE, b"/ByteRange [0 0 0 0]"),
        (_RANGE, b"/ByteRange [0 -1 2 3]"),
        (_RANGE, b"/ByteRange [0 10 20]"),
        (_RANGE, b"/ByteRange [0 10 20 30]"),
        (_RANGE, b"/ByteRange [1 10 20 30]"),
        (_RANGE, b"/ByteRange [0 99999999 9 9]"),
        (_RANGE, b"/ByteRange [/A /B /C /D]"),
        (_CONTENTS, b"/Contents null"),
        (_CONTENTS, b"/Contents <00>"),
        (_CONTENTS, b"/Contents <>"),
        (_CONTENTS, b"/Contents (garbage)"),
        (_CONTENTS, b"/Contents <3080>"),
        (_CONTENTS, b"/ContentX <3080>"),
    ],
)
def test_mutilated_signature(office: Office, pattern: bytes, replacement: bytes) -> None:
    """I5: a signature dictionary that does not say what it covers is refused for that alone."""
    forged = crooked.same_length(office.signed, pattern, replacement)

    report = office.examine(forged, Expected.signed(story.ZHANG))

    assert not report.ok
    assert not report.is_intact


def _stub(pdf: bytes, gap: bytes, content: bytes) -> tuple[bytes, Any]:
    head, tail = pdf + b"/Contents ", b"rest\n%%EOF\n"
    ranges = [0, len(head), len(head) + len(gap), len(tail)]
    return head + gap + tail, SimpleNamespace(byte_range=ranges, pkcs7_content=content)


def test_gap_must_be_the_signature_itself() -> None:
    """I5: what is left out of the hash may hold nothing but the signature that was read."""
    content = bytes.fromhex("3003020101") + bytes(8)
    good = b"<" + content.hex().encode() + b">"

    whole, signature = _stub(b"%PDF-", good, content)
    assert structure.check_ranges(whole, signature) == len(whole)

    for gap in (
        good[:-1] + b" >",
        good + b" 1 0 obj",
        b"<" + bytes(13).hex().encode() + b">",
        b"(" + good[1:-1] + b")",
    ):
        whole, signature = _stub(b"%PDF-", gap, content)
        with pytest.raises(structure.Malformed):
            structure.check_ranges(whole, signature)


@pytest.mark.parametrize("junk", [b"\n", b"%%EOF\n", b"junk", b"1 0 obj <<>> endobj"])
def test_junk_at_the_end(office: Office, junk: bytes) -> None:
    """I5: the last signature reaches the end of the file."""
    report = office.examine(office.sealed + junk)
    assert report.codes() <= {"E_APPENDED", "E_PADDED", "E_CUT_OFF", "E_UNREADABLE"}
    assert not report.is_intact


@pytest.mark.parametrize(
    "pdf", [b"", b"%PDF-1.7", b"\x00" * 100, b"%PDF-1.7\n" + b"[" * 100_000, b"GIF89a"]
)
def test_files_that_are_no_pdf(office: Office, pdf: bytes) -> None:
    """I5: whatever is uploaded gets an answer."""
    assert office.examine(pdf).codes() == {"E_UNREADABLE"}


def test_too_large(office: Office) -> None:
    """I5: a file over 10 MB is not read at all."""
    assert office.examine(office.sealed + bytes(10 * 1024 * 1024)).codes() == {"E_TOO_LARGE"}


def test_a_form_over_the_limit(office: Office) -> None:
    """I5: a form with one field more than ours may have is not walked at all."""
    most = structure.MOST_FIELDS
    assert office.examine(crooked.form_of(most)).codes() == {"E_NO_SIGNATURE"}
    assert office.examine(crooked.form_of(most + 1)).codes() == {"E_FORM_STRANGE"}


def test_a_form_with_a_branch(office: Office) -> None:
    """I5: fields are flat; a tree, whose paths may be without number, is refused at its root."""
    assert office.examine(crooked.form_with_a_branch()).codes() == {"E_FORM_STRANGE"}


def test_any_damage_is_noticed(office: Office) -> None:
    """I5: flip a byte anywhere or cut the file anywhere: never valid, never an exception."""
    dice = random.Random(20261124)
    for _ in range(40):
        spoilt = bytearray(office.sealed)
        spoilt[dice.randrange(len(spoilt))] ^= 1 << dice.randrange(8)
        assert not office.examine(bytes(spoilt)).ok
    for _ in range(10):
        assert not office.examine(office.sealed[: dice.randrange(len(office.sealed))]).ok
