#!/usr/bin/env bash
# One would guess  A signature is appended to the file; PAdES was made so that a PDF/A stays what it is. The
#                  metadata are the author's and no business of the signer.
# What happens     pyHanko writes the XMP metadata anew with every increment, in another RDF form: attributes for
#                  elements, `rdf:resource` for the text of a schema's address. A file of Typst in which a checker
#                  of PDF/A-2a finds nothing has seven faults after one invisible signature, all of them in the
#                  descriptions of extension schemas, such as the one of PDF/UA. The same signature through a writer
#                  that leaves the metadata alone: none. (Whether a checker that reads RDF more freely agrees was
#                  not tried.)
# Versions         pyHanko 0.38.0, typst 0.15.2, judged by page-validation 0.11.0; cryptography 50.0.2
# Source           ISO 19005-2, 6.6.2.3 (extension schemas); pyHanko issues 223 and 755; pyhanko/pdf_utils/writer.py
#                  and incremental_writer.py, _update_meta
# Why it matters   Certificates are kept for decades as PDF/A, and each of them is signed: an archive that looks
#                  closely would refuse every one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
    pyHanko==0.38.0 pyhanko-certvalidator==0.33.0 typst==0.15.2 page-validation==0.11.0 \
    cryptography==50.0.2 asn1crypto==1.5.1
"$work/venv/bin/python" - <<'PYTHON'
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from io import BytesIO

import page
import typst
from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

TEXT = b"""#set document(title: "Certificate", date: auto)
#set text(lang: "en", font: "Libertinus Serif")
= Certificate"""
AS_RECORD = {"pdf_standards": ["a-2a", "ua-1"], "timestamp": datetime(2026, 11, 29, tzinfo=UTC)}


class QuietWriter(IncrementalPdfFileWriter):
    """Leaves the metadata as they are."""

    def _update_meta(self) -> None:
        pass


def somebody() -> SimpleSigner:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somebody")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    certificate = made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    secret = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(asn1.Certificate.load(certificate), keys.PrivateKeyInfo.load(secret), SimpleCertificateStore())


def signed(pdf: bytes, writer: type[IncrementalPdfFileWriter]) -> bytes:
    meta = PdfSignatureMetadata(field_name="agency")
    return PdfSigner(meta, somebody()).sign_pdf(writer(BytesIO(pdf))).getvalue()


def faults(pdf: bytes) -> list[str]:
    return sorted(failure.rule_id for failure in page.validate_pdf_bytes(pdf, profile="2a").failures)


for library in ("pyHanko", "typst", "page-validation"):
    print(library, version(library))
plain = typst.Compiler(TEXT, ignore_system_fonts=True).compile(**AS_RECORD) + b"\n"
for what, expected, pdf in [
    ("as Typst made it", 0, plain),
    ("signed by pyHanko", 7, signed(plain, IncrementalPdfFileWriter)),
    ("signed, metadata left alone", 0, signed(plain, QuietWriter)),
]:
    print(f"{what:28} {len(faults(pdf))} faults of PDF/A-2a", *faults(pdf), sep="\n    ")
    assert len(faults(pdf)) == expected, "the metadata are written otherwise now"
    assert all("XMP" in rule for rule in faults(pdf))
PYTHON
