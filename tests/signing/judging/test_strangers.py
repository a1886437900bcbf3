"""Files with signatures that are not ours: told as what they are, never as forged or unsigned."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing import Signatures, open_signatures
from signing.keys.timestamps import Timestamper
from signing.making import archive
from tests.signing import files, story
from tests.signing.conftest import KEK, TestClock
from tests.signing.judging import crooked

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed448.Ed448PrivateKey
ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")
SM2_SM3 = bytes.fromhex("06082a811ccf55018375")
SHA256 = bytes.fromhex("0609608648016503040201")
SM3 = bytes.fromhex("06092a811ccf5501831101")  # as long as that of SHA-256


@dataclass(frozen=True)
class Office:
    """A service and one genuine form."""

    signatures: Signatures
    clock: TestClock
    signed: bytes
    sealed: bytes


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    clock = TestClock()
    folder = tmp_path_factory.mktemp("keys")
    signatures = open_signatures(
        f"sqlite:///{folder}/keys.db", kek=KEK, base_url="http://x", fonts=Path("none"), clock=clock
    )
    story.enrol(signatures)
    signed = story.sign(signatures, files.application()).pdf
    yield Office(signatures, clock, signed, story.seal(signatures, signed).pdf)
    signatures.close()


def _certificate(key: Key, clock: TestClock) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "外地某单位")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(clock() - timedelta(days=1))
        .not_valid_after(clock() + timedelta(days=900))
    )
    return builder.sign(key, None if isinstance(key, ed448.Ed448PrivateKey) else hashes.SHA256())


def _signed_elsewhere(key: Key, clock: TestClock, field: str, **options: bool) -> bytes:
    """Sign a page as other people's software does."""
    certificate = _certificate(key, clock).public_bytes(serialization.Encoding.DER)
    secret = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    signer = signers.SimpleSigner(
        asn1_x509.Certificate.load(certificate),
        asn1_keys.PrivateKeyInfo.load(secret),
        SimpleCertificateStore(),
        **options,
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(files.page()))
    output = io.BytesIO()
    sign = PdfSigner(PdfSignatureMetadata(field_name=field), signer).sign_pdf
    with ThreadPoolExecutor(1) as thread:  # a browser's test may have left its loop in this one
        thread.submit(sign, writer, output=output).result()
    return output.getvalue()


def _with_unknown_algorithm(pdf: bytes, known: bytes, unknown: bytes) -> bytes:
    """Name another algorithm in the last signature; what it covers stays as it is."""
    start = pdf.rindex(b"/Contents <")
    head, tail = pdf[:start], pdf[start:]
    for case in (bytes.hex(known).encode(), bytes.hex(known).upper().encode()):
        other = bytes.hex(unknown).encode()
        tail = tail.replace(case, other if case.islower() else other.upper())
    return head + tail


def _sm2(clock: TestClock, field: str) -> bytes:
    elsewhere = _signed_elsewhere(ec.generate_private_key(ec.SECP256R1()), clock, field)
    return _with_unknown_algorithm(elsewhere, ECDSA_SHA256, SM2_SM3)


def _sm2_sm3(clock: TestClock, field: str) -> bytes:
    return _with_unknown_algorithm(_sm2(clock, field), SHA256, SM3)


def _foreign(clock: TestClock, field: str) -> bytes:
    return _signed_elsewhere(ec.generate_private_key(ec.SECP256R1()), clock, field)


@pytest.mark.proves("F:keys-5")
@pytest.mark.parametrize("field", ["applicant", "agency", "Signature1"])
@pytest.mark.parametrize("make", [_sm2, _sm2_sm3])
def test_unknown_algorithm_is_told_as_that(
    office: Office, make: Callable[[TestClock, str], bytes], field: str
) -> None:
    """§keys 5: intact, and signed with what we do not know: we cannot tell, and say so."""
    report = office.signatures.examine(make(office.clock, field))

    assert "E_ALGORITHM_UNSUPPORTED" in report.codes()
    assert any("签名算法不受支持，无法判断" in finding.text for finding in report.all_findings)
    assert "E_NOT_INTACT" not in report.codes()
    assert not report.ok


@pytest.mark.proves("F:keys-5")
def test_changed_content_is_told_whatever_the_algorithm(office: Office) -> None:
    """§keys 5: an unknown signature does not excuse content that is not what was signed."""
    pdf = _sm2(office.clock, "Signature1")
    changed = pdf.replace(b"(form)", b"(farm)", 1)
    if changed == pdf:
        spoilt = bytearray(pdf)
        spoilt[200] ^= 1
        changed = bytes(spoilt)

    report = office.signatures.examine(changed)

    assert "E_ALGORITHM_UNSUPPORTED" not in report.codes()
    assert report.is_intact is False


@pytest.mark.proves("F:keys-5")
def test_our_own_signature_with_another_algorithm_is_changed(office: Office) -> None:
    """§keys 5: ours are written in one way; who renames their algorithm changed them."""
    report = office.signatures.examine(
        _with_unknown_algorithm(office.sealed, ECDSA_SHA256, SM2_SM3)
    )

    assert "E_ALGORITHM_UNSUPPORTED" not in report.codes()
    assert report.is_intact is False


@pytest.mark.proves("F:verification-1")
def test_foreign_signature_is_no_missing_one(office: Office) -> None:
    """§verification page: other people's files have signatures, of which we say nothing."""
    for key in (
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(65537, 2048),
        ed448.Ed448PrivateKey.generate(),
    ):
        report = office.signatures.examine(_signed_elsewhere(key, office.clock, "Signature1"))

        assert report.codes() <= {"E_FOREIGN_SIGNATURE", "E_ALGORITHM_UNSUPPORTED"}
        assert [stranger.signer for stranger in report.strangers] == ["外地某单位"]
        assert report.is_intact is None
        assert not report.ok


@pytest.mark.proves("F:keys-5")
def test_odd_parameters_are_no_forgery(office: Office) -> None:
    """§keys 5: RSA-PSS with parameters that the certificate does not name."""
    pdf = _signed_elsewhere(
        rsa.generate_private_key(65537, 2048), office.clock, "agency", prefer_pss=True
    )

    report = office.signatures.examine(pdf)

    assert "E_NOT_INTACT" not in report.codes()
    assert not report.ok


@pytest.mark.proves("F:verification-3")
def test_saved_anew_is_said_first(office: Office) -> None:
    """§verification page: the likely cause comes before its consequences."""
    report = office.signatures.examine(crooked.rewrite(office.sealed))

    assert report.all_findings[0].code == "E_SAVED_ANEW"
    assert "重新保存" in report.all_findings[0].text
    assert not any(report.holds(signature) for signature in report.signatures)


@pytest.mark.proves("F:verification-4")
def test_foreign_time_stamp_is_no_change(office: Office) -> None:
    """§verification page: a time stamp of somebody else's changes nothing that was signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    elsewhere = Timestamper(_certificate(key, office.clock), key, [])

    stamped = archive.augment(
        office.sealed,
        trust=office.signatures.authority.trust(),
        statuses=lambda serials: [None] * len(serials),
        stamp=lambda digest: elsewhere.stamp(digest, office.clock()),
    )
    report = office.signatures.examine(stamped)

    assert report.codes() == {"E_FOREIGN_TIME_STAMP"}, report.all_findings
    assert report.is_intact is True


@pytest.mark.proves("F:verification-5")
def test_altered_file_has_no_good_signature(office: Office) -> None:
    """§verification page: what was appended takes every signature's verdict with it."""
    report = office.signatures.examine(crooked.append(office.sealed, crooked.add_annotation))

    assert not any(report.holds(signature) for signature in report.signatures)
    assert [signature["ok"] for signature in report.to_json()["signatures"]] == [False, False]
