"""Our DER templates against pyHanko's and OpenSSL's reading of the same standards."""

from __future__ import annotations

import hashlib
import io
import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms, tsp, x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing import Role, Signatures
from signing.der import TST_INFO, CmsTemplate
from signing.errors import BadRawSignature, NotSignable, SignatureTooLarge
from signing.keys.custody import Signer
from signing.making import pades
from tests.signing import files, story
from tests.signing.loops import in_a_loop_of_its_own

DIGEST = hashlib.sha256(b"document").digest()


@pytest.fixture
def keys_url(tmp_path: Path) -> str:
    """Return one kind of database: what is asked here does not depend on it."""
    return f"sqlite:///{tmp_path}/keys.db"


@pytest.fixture
def signer(signatures: Signatures) -> Signer:
    return story.enterprise_signer(signatures)


def _pyhanko(signatures: Signatures, signer: Signer, signature: bytes) -> ExternalSigner:
    store = SimpleCertificateStore()
    for certificate in signatures.authority.chain("enterprise"):
        der = certificate.public_bytes(serialization.Encoding.DER)
        store.register(x509.Certificate.load(der))
    own = signer.template.certificate.public_bytes(serialization.Encoding.DER)
    return ExternalSigner(
        signing_cert=x509.Certificate.load(own),
        cert_registry=store,
        signature_value=signature,
        embed_roots=True,
    )


def test_signature_is_what_pyhanko_would_write(signatures: Signatures, signer: Signer) -> None:
    """R41: byte for byte the same CMS, five hundred times as fast."""
    attributes = signer.template.attributes(DIGEST)
    signature = signer.sign(attributes)
    peer = _pyhanko(signatures, signer, signature)

    async def theirs() -> tuple[bytes, bytes]:
        signed = await peer.signed_attrs(DIGEST, "sha256", use_pades=True)
        whole = await peer.async_sign_prescribed_attributes("sha256", signed_attrs=signed)
        return signed.dump(), whole.dump()

    assert in_a_loop_of_its_own(theirs) == (
        attributes,
        signer.template.build(attributes, signature),
    )


def test_time_stamp_is_what_asn1crypto_reads(signatures: Signatures) -> None:
    """R41: what the time stamp says survives a reader that did not write it."""
    token = cms.ContentInfo.load(signatures.authority.stamp(DIGEST), strict=True)

    info = token["content"]["encap_content_info"]["content"].parsed

    assert isinstance(info, tsp.TSTInfo)
    assert info["message_imprint"]["hashed_message"].native == DIGEST
    assert info["gen_time"].native == signatures.clock()
    assert info["accuracy"]["seconds"].native == 1
    assert info["tsa"].chosen.native["common_name"] == "时间戳服务"
    assert token.dump(force=True) == token.dump()


def test_openssl_verifies_signature_and_content(signatures: Signatures, tmp_path: Path) -> None:
    """R62: an independent tool takes the CMS out of the file and agrees with it."""
    signed = story.sign(signatures, files.application()).pdf
    embedded = PdfFileReader(io.BytesIO(signed)).embedded_signatures[0]
    _, before, after, rest = (int(number) for number in embedded.byte_range)
    (tmp_path / "content").write_bytes(signed[:before] + signed[after : after + rest])
    (tmp_path / "cms").write_bytes(_trimmed(embedded.pkcs7_content))
    root = load_der_x509_certificate(signatures.authority.roots()[0])
    (tmp_path / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    moment = str(int(signatures.clock().timestamp()))
    command = "openssl cms -verify -cades -binary -inform DER -in cms -content content -purpose any"
    command += f" -CAfile root.pem -attime {moment} -out /dev/null"

    run = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True)

    assert "successful" in run.stderr.lower(), run.stderr


def _trimmed(padded: bytes) -> bytes:
    whole: bytes = cms.ContentInfo.load(padded).dump()
    return whole


def test_two_steps_may_be_far_apart(signatures: Signatures, signer: Signer) -> None:
    """R41: what is prepared can be kept, signed elsewhere and completed later."""
    signed = story.sign(signatures, files.application()).pdf
    prepared = pades.prepare(
        signed, field="enterprise", template=signer.template, at=signatures.clock()
    )
    kept = pades.Prepared(**vars(prepared))

    whole = pades.complete(
        kept,
        signer.sign(kept.attributes),
        template=signer.template,
        stamp=signatures.authority.stamp,
    )

    assert signatures.examine(whole).ok


def test_wrong_answer_is_refused_before_the_file_is_touched(
    signatures: Signatures, signer: Signer
) -> None:
    """I13: a signature over something else, or by another key, is not put into the file."""
    notice = files.notice()
    prepared = pades.prepare(
        notice, field="agency", template=signer.template, at=signatures.clock()
    )
    other = signatures.custody.signer(Role.APPLICANT, story.ZHANG)

    for raw in (signer.sign(b"else"), other.sign(prepared.attributes), b"", b"noise"):
        with pytest.raises(BadRawSignature):
            pades.complete(prepared, raw, template=signer.template, stamp=None)


def test_too_large_signature_is_refused(signatures: Signatures, signer: Signer) -> None:
    """R41: what does not fit into the place left for it would spoil the file."""
    prepared = pades.prepare(
        files.notice(), field="agency", template=signer.template, at=signatures.clock()
    )
    with pytest.raises(SignatureTooLarge):
        pades.complete(
            prepared,
            signer.sign(prepared.attributes),
            template=signer.template,
            stamp=lambda _digest: bytes(pades.RESERVED_BYTES),
        )


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7", files.page(), files.application()])
def test_file_without_the_field(signatures: Signatures, signer: Signer, pdf: bytes) -> None:
    """R41: only the fields that the template printed can be signed."""
    with pytest.raises(NotSignable, match="agency"):
        pades.prepare(pdf, field="agency", template=signer.template, at=signatures.clock())


def test_content_other_than_data_has_version_three(signer: Signer) -> None:
    """RFC 5652 5.1 (R41): the version follows the kind of content."""
    chain = [signer.template.certificate]
    template = CmsTemplate(signer.template.certificate, chain, content_type=TST_INFO)

    made = cms.ContentInfo.load(
        template.build(template.attributes(DIGEST), b"x", content=b"\x30\x00")
    )

    assert made["content"]["version"].native == "v3"
    assert made["content"]["encap_content_info"]["content_type"].native == "tst_info"
