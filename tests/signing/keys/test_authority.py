"""The embedded authority, judged by openssl, which did not help to make it."""

from __future__ import annotations

import random
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from signing import Signatures, errors, open_signatures
from signing.keys.authority import Authority
from tests.signing import story
from tests.signing.conftest import KEK, TestClock

NAMES = ("root", "personal", "enterprise", "agency", "service")


def _openssl(folder: Path, *arguments: str) -> str:
    run = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
    return run.stdout + run.stderr


def _certificates(authority: Authority) -> dict[str, x509.Certificate]:
    return {name: x509.load_der_x509_certificate(authority.certificate(name)) for name in NAMES}


def _request(signatures: Signatures, serial: str, issuer: str = "personal") -> bytes:
    certificate = _certificates(signatures.authority)[issuer]
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        _digest(certificate.subject.public_bytes()),
        _digest(
            certificate.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            )
        ),
        int(serial, 16),
        hashes.SHA1(),
    )
    request = builder.add_extension(x509.OCSPNonce(b"0123456789abcdef"), critical=False).build()
    return request.public_bytes(serialization.Encoding.DER)


def _digest(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA1())
    digest.update(data)
    return digest.finalize()


def _serial(signatures: Signatures) -> str:
    facts = signatures.custody.credential("applicant", story.ZHANG)
    assert facts is not None
    return facts.serial


def test_each_role_has_an_issuer_of_its_own(signatures: Signatures) -> None:
    """R2, R5: personal and enterprise certificates come from different authorities."""
    certificates = _certificates(signatures.authority)

    for name in NAMES:
        certificates[name].verify_directly_issued_by(certificates["root"])
    constraints = certificates["personal"].extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.value.path_length == 0
    assert len({c.subject for c in certificates.values()}) == len(NAMES)


def test_the_authority_survives_a_restart(
    signatures: Signatures, keys_url: str, clock: TestClock, fonts: Path
) -> None:
    """The second start finds the first one's certificates; another key opens nothing."""
    before = signatures.authority.roots()

    again = open_signatures(keys_url, kek=KEK, base_url="http://x", fonts=fonts, clock=clock)

    assert again.authority.roots() == before
    assert again.custody.credential("applicant", story.ZHANG) is not None
    again.close()
    with pytest.raises(errors.WrongKek, match="KEK"):
        open_signatures(keys_url, kek=b"x" * 32, base_url="http://x", fonts=fonts, clock=clock)


def test_status_turns_from_good_to_revoked(signatures: Signatures) -> None:
    """I13: a revoked certificate is known at once, by status answer and by list."""
    serial = _serial(signatures)
    good = ocsp.load_der_ocsp_response(signatures.authority.ocsp(_request(signatures, serial)))

    signatures.authority.revoke(serial, "keyCompromise")
    revoked = ocsp.load_der_ocsp_response(signatures.authority.ocsp(_request(signatures, serial)))
    listed = x509.load_der_x509_crl(signatures.authority.crl("personal"))

    assert good.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert revoked.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert revoked.revocation_reason is x509.ReasonFlags.key_compromise
    assert revoked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce[:1] == b"0"
    assert listed.get_revoked_certificate_by_serial_number(int(serial, 16)) is not None


def test_responder_refuses_what_it_cannot_know(signatures: Signatures) -> None:
    """A strange serial, a strange issuer and noise get no answer that could be taken for good."""
    responses = [
        signatures.authority.ocsp(_request(signatures, "abc123")),
        signatures.authority.ocsp(_request(signatures, _serial(signatures), issuer="enterprise")),
        signatures.authority.ocsp(b"noise"),
    ]

    statuses = [ocsp.load_der_ocsp_response(response).response_status for response in responses]
    unauthorized = ocsp.OCSPResponseStatus.UNAUTHORIZED
    assert statuses == [unauthorized, unauthorized, ocsp.OCSPResponseStatus.MALFORMED_REQUEST]


def test_list_is_published_anew_each_hour_and_after_a_revocation(
    signatures: Signatures, clock: TestClock
) -> None:
    """A list is reused for an hour, so that reading it costs nothing, and never grows stale."""
    first = signatures.authority.crl("personal")
    clock.forward(minutes=59)
    same = signatures.authority.crl("personal")
    clock.forward(minutes=2)
    later = signatures.authority.crl("personal")
    signatures.authority.revoke(_serial(signatures))
    after_revocation = signatures.authority.crl("personal")

    assert same == first
    numbers = [
        x509.load_der_x509_crl(listed).extensions.get_extension_for_class(x509.CRLNumber)
        for listed in (first, later, after_revocation)
    ]
    rising = [number.value.crl_number for number in numbers]
    assert rising[:2] == [1, 2]
    assert rising[2] > 2


def test_openssl_trusts_a_person_until_revoked(
    signatures: Signatures, clock: TestClock, tmp_path: Path
) -> None:
    """R2: the chain, the list and the purposes hold for an independent verifier."""
    pem = serialization.Encoding.PEM
    with signatures._sessions() as session:
        from signing.tables import StoredCertificate

        row = session.get_one(StoredCertificate, _serial(signatures))
    certificates = _certificates(signatures.authority)
    person = x509.load_der_x509_certificate(row.der)
    (tmp_path / "person.pem").write_bytes(person.public_bytes(pem))
    (tmp_path / "issuer.pem").write_bytes(certificates["personal"].public_bytes(pem))
    (tmp_path / "root.pem").write_bytes(certificates["root"].public_bytes(pem))

    def verdict() -> str:
        lists = b"".join(
            x509.load_der_x509_crl(signatures.authority.crl(name)).public_bytes(pem)
            for name in ("root", "personal")
        )
        (tmp_path / "lists.pem").write_bytes(lists)
        command = "verify -crl_check_all -CRLfile lists.pem -CAfile root.pem -untrusted issuer.pem"
        return _openssl(tmp_path, *command.split(), "-attime", clock.posix, "person.pem")

    assert "person.pem: OK" in verdict()
    signatures.authority.revoke(_serial(signatures))
    assert "certificate revoked" in verdict()


def test_openssl_accepts_our_time_stamps(
    signatures: Signatures, clock: TestClock, tmp_path: Path
) -> None:
    """The time-stamping authority speaks RFC 3161 as openssl reads it."""
    (tmp_path / "data").write_bytes(b"what existed")
    _openssl(tmp_path, "ts", "-query", "-data", "data", "-sha512", "-cert", "-out", "query")
    answer = signatures.authority.timestamp((tmp_path / "query").read_bytes())
    (tmp_path / "answer").write_bytes(answer)
    root = _certificates(signatures.authority)["root"].public_bytes(serialization.Encoding.PEM)
    (tmp_path / "root.pem").write_bytes(root)

    command = f"ts -verify -queryfile query -in answer -CAfile root.pem -attime {clock.posix}"
    verdict = _openssl(tmp_path, *command.split())

    assert "Verification: OK" in verdict


@pytest.mark.parametrize("request_der", [b"", b"noise", b"\x30\x00"])
def test_bad_time_stamp_requests_are_refused(signatures: Signatures, request_der: bytes) -> None:
    """Noise gets a refusal in the protocol's own words, not an error."""
    from asn1crypto import core
    from asn1crypto.tsp import PKIStatusInfo

    response = core.SequenceOf.load(signatures.authority.timestamp(request_der), spec=PKIStatusInfo)

    assert [status["status"].native for status in response] == ["rejection"]


def test_unknown_names_are_refused(signatures: Signatures) -> None:
    """Asking for an authority or a certificate that does not exist says so."""
    with pytest.raises(errors.UnknownAuthority, match="nobody"):
        signatures.authority.crl("nobody")
    with pytest.raises(errors.UnknownCertificate, match="abc"):
        signatures.authority.revoke("abc")


def test_certificates_do_not_show_the_id_number(signatures: Signatures, clock: TestClock) -> None:
    """R2: a personal certificate names an opaque id, an enterprise's its credit code (R5)."""
    person = signatures.custody.credential("applicant", story.ZHANG)
    assert person is not None
    assert person.not_before < clock.now < person.not_after
    assert person.not_after - person.not_before > timedelta(days=3 * 365 - 1)
    assert signatures.custody.credential("applicant", "nobody") is None
    again = signatures.custody.enrol_person(story.ZHANG, "张三", "digest-of-the-id-card")
    assert again.serial == person.serial


def test_a_changed_name_replaces_the_certificate(signatures: Signatures) -> None:
    """A new name means a new certificate; the old one is revoked, not forgotten."""
    old = _serial(signatures)

    new = signatures.custody.enrol_person(story.ZHANG, "张叁", "digest-of-the-id-card")

    assert new.serial != old
    assert new.name == "张叁"
    answer = ocsp.load_der_ocsp_response(signatures.authority.ocsp(_request(signatures, old)))
    assert answer.revocation_reason is x509.ReasonFlags.affiliation_changed


def test_damaged_questions_are_answered(signatures: Signatures) -> None:
    """Whatever arrives at the public addresses gets an answer in the protocol, never an error."""
    dice = random.Random(1)
    good = _request(signatures, _serial(signatures))
    for _ in range(300):
        spoilt = bytearray(good)
        for _ in range(dice.randrange(1, 4)):
            spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
        assert ocsp.load_der_ocsp_response(signatures.authority.ocsp(bytes(spoilt)))
    query = bytes.fromhex("30390201013031300d060960864801650304020105000420" + "ab" * 32 + "0101ff")
    assert len(signatures.authority.timestamp(query)) > 2000
    for _ in range(300):
        spoilt = bytearray(query)
        spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
        assert signatures.authority.timestamp(bytes(spoilt)).startswith(b"0")
