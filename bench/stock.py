"""A file that a stranger signed: pyHanko's defaults, a certificate that nobody knows."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers


def signer(path: Path) -> signers.SimpleSigner:
    """Make a key with its own certificate in a PKCS#12 file at `path`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=9))
    ).sign(key, hashes.SHA256())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"bench", key, certificate, None, NoEncryption())
    )
    made = signers.SimpleSigner.load_pkcs12(str(path))
    if made is None:
        raise RuntimeError(f"{path} could not be read")
    return made


def sign(pdf: bytes, by: signers.SimpleSigner) -> bytes:
    """Sign as pyHanko does by default."""
    output = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    metadata = signers.PdfSignatureMetadata(field_name="applicant")
    signers.sign_pdf(writer, metadata, signer=by, output=output)
    return output.getvalue()


def strangers_file(folder: Path) -> bytes:
    """Give a page that somebody signed with a key of his own."""
    blank, output = pikepdf.new(), io.BytesIO()
    blank.add_blank_page(page_size=(595, 842))
    blank.save(output)
    return sign(output.getvalue(), signer(folder / "stranger.p12"))
