"""Long-term evidence (PAdES B-LTA): what a verifier needs in later years, under a time stamp.

One increment for all signatures: certificates, status answers and lists go into the document's
security store, then one time stamp covers everything and is the last thing in the file.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signing.judging.judgement import tokens_of
from signing.keys.trust import Trust
from signing.making.increments import Increment
from signing.making.pades import RESERVED_BYTES, Stamp

_TIME_STAMP_FIELD = "timestamp"
_TIME_STAMP = "/DocTimeStamp"


def certificates(reader: PdfFileReader) -> list[x509.Certificate]:
    """List every certificate that the signatures and their time stamps carry, each once."""
    found: dict[bytes, x509.Certificate] = {}
    for signature in reader.embedded_signatures:
        for data in (signature.signed_data, *tokens_of(signature.signer_info)):
            for choice in data["certificates"]:
                found[choice.chosen.sha256] = choice.chosen
    return list(found.values())


def augment(
    pdf: bytes, *, trust: Trust, status: Callable[[str], bytes | None], stamp: Stamp
) -> bytes:
    """Append the evidence for all signatures and a document time stamp; once is enough.

    `status` gives an OCSP answer (DER) about a certificate of ours by its serial number. The store
    is written before the stamp and in the same increment, so that the stamp covers it and the file
    ends with something signed.
    """
    writer = Increment(io.BytesIO(pdf))
    if any(s.sig_object_type == _TIME_STAMP for s in writer.prev.embedded_signatures):
        return pdf
    carried = certificates(writer.prev)
    issuers = [x509.Certificate.load(der) for _, der in trust.issuers]
    answers = [status(format(one.serial_number, "x")) for one in carried]
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[*carried, *issuers, x509.Certificate.load(trust.root)],
        ocsps=[ocsp.OCSPResponse.load(answer) for answer in answers if answer is not None],
        crls=[crl.CertificateList.load(der) for _, der in trust.lists],
    )
    return _stamped(writer, stamp)


def _stamped(writer: Increment, stamp: Stamp) -> bytes:
    field = SigFieldSpec(_TIME_STAMP_FIELD, readable_field_name="存档时间戳")
    steps = PdfCMSEmbedder(new_field_spec=field).write_cms(_TIME_STAMP_FIELD, writer)
    next(steps)
    place = DocumentTimestamp(bytes_reserved=2 * RESERVED_BYTES)
    steps.send(SigObjSetup(sig_placeholder=place))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256", output=io.BytesIO()))
    steps.send(stamp(prepared.document_digest))
    whole: bytes = output.getvalue()
    return whole
