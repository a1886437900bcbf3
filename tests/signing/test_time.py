"""Signatures in later years: revocation and expiry after signing, and long-term evidence."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import ades
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from sqlalchemy import select

from signing import Signatures
from signing.database import writing
from signing.errors import CertificateExpired, CertificateRevoked, KeyReused, NotSignable
from signing.keys import profiles
from signing.tables import StoredCertificate, StoredCredential
from tests.signing import files, story
from tests.signing.conftest import TestClock
from tests.signing.judging import crooked
from tests.signing.loops import in_a_loop_of_its_own


@pytest.fixture
def keys_url(tmp_path: Path) -> str:
    """Return one kind of database: what is asked here does not depend on it."""
    return f"sqlite:///{tmp_path}/keys.db"


def _sealed(signatures: Signatures) -> bytes:
    signed = story.sign(signatures, files.application())
    return story.seal(signatures, signed.pdf).pdf


def _revoke(signatures: Signatures, role: str, subject: str) -> None:
    facts = signatures.custody.credential(role, subject)
    assert facts is not None
    signatures.authority.revoke(facts.serial, "keyCompromise")


def test_later_revocation_does_not_undo_a_seal(signatures: Signatures, clock: TestClock) -> None:
    """I13: revoked tomorrow, valid today; but a revoked certificate seals nothing more."""
    sealed = _sealed(signatures)
    clock.forward(days=1)
    _revoke(signatures, "enterprise", story.USCC)
    clock.forward(minutes=1)

    assert signatures.examine(sealed).ok
    signed = story.sign(signatures, files.application("second"), key="sign-2").pdf
    with pytest.raises(CertificateRevoked):
        story.seal(signatures, signed, key="seal-2")


def test_later_expiry_does_not_undo_a_seal(signatures: Signatures, clock: TestClock) -> None:
    """I13: four years later the certificates are over, the document still holds."""
    sealed = _sealed(signatures)
    clock.forward(days=4 * 365)

    assert signatures.examine(sealed).ok


def test_archived_file_carries_its_evidence(signatures: Signatures, clock: TestClock) -> None:
    """R62: after `augment` the file is PAdES B-LTA and its time stamp is the last thing in it."""
    sealed = _sealed(signatures)

    archived = signatures.augment(sealed)

    report = signatures.examine(archived)
    assert report.ok, report.all_findings
    assert [signature.level for signature in report.signatures] == ["B-LTA", "B-LTA"]
    assert archived.startswith(sealed)
    assert signatures.augment(archived) == archived
    clock.forward(days=4 * 365)
    assert signatures.examine(archived).ok


def test_archived_file_convinces_without_us(signatures: Signatures, clock: TestClock) -> None:
    """R62: a stranger who knows only our root, with no network, reaches the verdict "passed"."""
    archived = signatures.augment(_sealed(signatures))
    root = x509.Certificate.load(signatures.authority.roots()[0])
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=[root]),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("require")),
    )
    offline = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    wanted = PdfSignatureValidationSpec(
        SignatureValidationSpec(cert_validation_policy=policy, revinfo_gathering_policy=offline)
    )

    signed = PdfFileReader(io.BytesIO(archived)).embedded_regular_signatures
    today = ValidationTimingInfo(clock.now, clock.now, point_in_time_validation=False)
    verdicts = [
        in_a_loop_of_its_own(
            lambda signature=signature: ades.ades_lta_validation(signature, wanted, today)
        )
        for signature in signed
    ]

    assert [verdict.ades_subindic.name for verdict in verdicts] == ["OK", "OK"]


def test_damaged_evidence_is_noticed(signatures: Signatures) -> None:
    """I5: what follows the last signature is covered by the document time stamp."""
    sealed = _sealed(signatures)
    archived = bytearray(signatures.augment(sealed))
    place = (len(sealed) + len(archived)) // 2
    archived[place] ^= 1

    assert not signatures.examine(bytes(archived)).ok


def test_incomplete_file_is_not_archived(signatures: Signatures) -> None:
    """I5: a form without its seal gets no long-term evidence."""
    signed = story.sign(signatures, files.application()).pdf

    with pytest.raises(NotSignable, match="缺少企业签章"):
        signatures.augment(signed)


def test_repeated_jobs_give_the_same_bytes(signatures: Signatures) -> None:
    """I11: whatever job runs twice, its file is the same; its key serves no other file."""
    notice, other = files.notice(), files.notice("other")

    first = signatures.seal_as_agency(notice, key="notice-1")
    again = signatures.seal_as_agency(notice, key="notice-1")
    archived = signatures.augment(first.pdf, key="archive-1")

    assert again == first
    assert signatures.augment(first.pdf, key="archive-1") == archived
    with pytest.raises(KeyReused):
        signatures.seal_as_agency(other, key="notice-1")
    with pytest.raises(KeyReused):
        signatures.seal_as_agency(first.pdf, key="archive-1")


def test_results_of_old_jobs_are_forgotten(signatures: Signatures, clock: TestClock) -> None:
    """I11: results are kept for jobs that repeat, not for ever; a later job signs anew."""
    notice = files.notice()
    first = signatures.seal_as_agency(notice, key="notice-1")
    clock.forward(days=89)
    assert signatures.seal_as_agency(notice, key="notice-1") == first
    assert signatures.sweep() == 0
    clock.forward(days=2)

    assert signatures.sweep() == 1
    assert signatures.seal_as_agency(notice, key="notice-1").at == clock.now


@pytest.mark.proves("F:years-1")
def test_expired_certificate_does_not_sign(signatures: Signatures, clock: TestClock) -> None:
    """I13: after three years the certificate must be renewed; enrolling again does that."""
    clock.forward(days=3 * 365 + 1)

    with pytest.raises(CertificateExpired):
        signatures.seal_as_agency(files.notice(), key="notice-1")
    signatures.custody.enrol_agency(story.AGENCY)
    assert signatures.examine(signatures.seal_as_agency(files.notice(), key="notice-1").pdf).ok


def test_certificate_facts_for_the_table(signatures: Signatures, clock: TestClock) -> None:
    """I13: the facts by which the table `signer_certificate` decides."""
    good = signatures.check_certificate("applicant", story.ZHANG, "张三")
    assert (good["in_validity"], good["chain_ok"], good["revocation"]) == (True, True, "GOOD")
    assert (good["subject_matches"], good["key_usage_ok"]) == (True, True)

    assert signatures.check_certificate("enterprise", story.USCC)["chain_ok"] is True
    assert signatures.check_certificate("agency", story.AGENCY)["subject_matches"] is True
    assert signatures.check_certificate("applicant", "nobody")["chain_ok"] is False
    assert (
        signatures.check_certificate("applicant", story.ZHANG, "李四")["subject_matches"] is False
    )
    _revoke(signatures, "applicant", story.ZHANG)
    assert signatures.check_certificate("applicant", story.ZHANG)["revocation"] == "REVOKED"
    clock.forward(days=4 * 365)
    assert signatures.check_certificate("applicant", story.ZHANG)["in_validity"] is False


def test_a_revoked_certificate_is_not_given_back(signatures: Signatures) -> None:
    """R2: who applies anew after a revocation gets another certificate, and it signs."""
    revoked = signatures.custody.credential("applicant", story.ZHANG)
    _revoke(signatures, "applicant", story.ZHANG)

    renewed = signatures.custody.enrol_person(story.ZHANG, "张三", "digest-of-the-id-card")

    assert revoked is not None
    assert (renewed.serial == revoked.serial, renewed.revoked_at) == (False, None)
    assert signatures.check_certificate("applicant", story.ZHANG)["revocation"] == "GOOD"


def test_a_certificate_that_we_did_not_issue_is_told_to_the_table(
    signatures: Signatures, clock: TestClock
) -> None:
    """I13: one that bears the names of our authority and not its signature has no chain."""
    held = signatures.custody.credential("applicant", story.ZHANG)
    assert held is not None
    subject = profiles.person_name(story.ZHANG, "张三")
    forged = crooked.forged_signer(signatures, subject, "personal", clock).template.certificate
    with writing(signatures._sessions) as session:
        row = session.get_one(StoredCertificate, held.serial)
        row.der = forged.public_bytes(serialization.Encoding.DER)

    told = signatures.check_certificate("applicant", story.ZHANG, "张三")

    assert (told["chain_ok"], told["subject_matches"]) == (False, True)


def test_the_certificate_of_a_namesake_is_told_to_the_table(signatures: Signatures) -> None:
    """I13: the same name is not the same person."""
    other = signatures.custody.enrol_person("0190a0000000000000000002", "张三", "another-card")
    with writing(signatures._sessions) as session:
        query = select(StoredCredential).where(StoredCredential.subject == story.ZHANG)
        session.scalars(query).one().serial = other.serial

    told = signatures.check_certificate("applicant", story.ZHANG, "张三")

    assert (told["chain_ok"], told["subject_matches"]) == (True, False)
