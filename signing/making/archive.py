"""Long-term evidence (PAdES B-LTA): what a verifier needs in later years, under a time stamp.

One increment for all signatures: certificates, status answers and lists go into the document's
security store, then one time stamp covers everything and is the last thing in the file.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signing.judging.judgement import tokens_of
from signing.keys.trust import Trust
from signing.making.increments import Increment
from signing.making.pades import RESERVED_BYTES, Stamp

_TIME_STAMP_FIELD = "timestamp"
_TIME_STAMP = "/DocTimeStamp"
_BEFORE_ITS_END = timedelta(days=365)


def certificates(reader: PdfFileReader) -> list[x509.Certificate]:
    """List every certificate that the signatures and their time stamps carry, each once."""
    by_digest: dict[bytes, x509.Certificate] = {}
    for signature in reader.embedded_signatures:
        for data in (signature.signed_data, *tokens_of(signature.signer_info)):
            for choice in data["certificates"]:
                by_digest[choice.chosen.sha256] = choice.chosen
    return list(by_digest.values())


def augment(
    pdf: bytes, *, trust: Trust, status: Callable[[str], bytes | None], stamp: Stamp
) -> bytes:
    """Append the evidence for all signatures and a document time stamp.

    A file that has one is returned as it is, until the last year of that time stamp's certificate;
    then what proves it is added, and a new time stamp over the whole (EN 319 142-1 5.5).
    Status answers are small; of the lists, which name everybody who was ever revoked, only those
    are added whose issuers give no answers: of the root, and about the authorities.
    `status` gives an OCSP answer (DER) about a certificate of ours by its serial number. The store
    is written before the stamp and in the same increment, so that the stamp covers it and the file
    ends with something signed.
    """
    writer = Increment(io.BytesIO(pdf))
    stamps = [s for s in writer.prev.embedded_signatures if s.sig_object_type == _TIME_STAMP]
    if stamps and not is_due(stamps[-1].signer_cert, trust):
        return pdf
    carried = certificates(writer.prev)
    answers = [status(format(certificate.serial_number, "x")) for certificate in carried]
    open_ones = zip(carried, answers, strict=True)
    unanswered = {certificate.issuer.dump() for certificate, answer in open_ones if answer is None}
    lists = [crl.CertificateList.load(der) for _, der in trust.lists]
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=carried,
        ocsps=[ocsp.OCSPResponse.load(answer) for answer in answers if answer is not None],
        crls=[listed for listed in lists if listed.issuer.dump() in unanswered],
    )
    writer.register_extension(ESIC_EXTENSION_1)
    number = f"-{len(stamps) + 1}" if stamps else ""
    return _stamped(writer, stamp, f"{_TIME_STAMP_FIELD}{number}")


def is_due(stamper: x509.Certificate, trust: Trust) -> bool:
    """Tell whether what `stamper` stamped must be stamped anew: its last year, or it is revoked."""
    end: datetime = stamper.not_valid_after
    if end - trust.at <= _BEFORE_ITS_END:
        return True
    return trust.gone_of(format(stamper.serial_number, "x")) is not None


def _stamped(writer: Increment, stamp: Stamp, name: str) -> bytes:
    field = SigFieldSpec(name, readable_field_name="存档时间戳")
    steps = PdfCMSEmbedder(new_field_spec=field).write_cms(name, writer)
    next(steps)
    place = DocumentTimestamp(bytes_reserved=2 * RESERVED_BYTES)
    steps.send(SigObjSetup(sig_placeholder=place))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256", output=io.BytesIO()))
    steps.send(stamp(prepared.document_digest))
    whole: bytes = output.getvalue()
    return whole
