"""Long-term evidence (PAdES B-LTA): what a verifier needs in later years, under a time stamp.

One increment for all signatures: certificates, status answers and lists go into the document's
security store, then one time stamp covers everything and is the last thing in the file.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from asn1crypto import crl, ocsp, x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate, load_der_x509_crl
from cryptography.x509.ocsp import load_der_ocsp_response
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore

from pdf.revisions import OtherForm, Revision
from signing import cms
from signing.cms import NoCms
from signing.judging.judgement import tokens_of
from signing.keys.trust import Trust
from signing.making.increments import Increment
from signing.making.pades import Stamp, digest_around, empty, filled, room
from signing.pdf import evidence, signature

#: status answers (DER) about certificates by their hexadecimal serial numbers; none if not ours
Statuses = Callable[[Sequence[str]], Sequence[bytes | None]]

_TIME_STAMP_FIELD = "timestamp"
_TIME_STAMP = "/DocTimeStamp"
_BEFORE_ITS_END = timedelta(days=365)


def augment(
    pdf: bytes, *, trust: Trust, statuses: Statuses, stamp: Stamp, stamp_bytes: int = 0
) -> bytes:
    """Append the evidence for all signatures and a document time stamp.

    A file that has one is returned as it is, until the last year of that time stamp's certificate;
    then what proves it is added, and a new time stamp over the whole (EN 319 142-1 5.5).
    Status answers are small; of the lists, which name everybody who was ever revoked, only those
    are added whose issuers give no answers: of the root, and about the authorities.
    The store is written before the stamp and in the same increment, so that the stamp covers it and
    the file ends with something signed. `stamp_bytes` is as in `pades.prepare`.
    """
    try:
        last = Revision(pdf)
        gathered = _evidence(_carried(last), trust, statuses)
        name = os.urandom(16).hex().encode()
        written = evidence.write(last, gathered, contents=empty(room(stamp_bytes)), name=name)
    except (OtherForm, NoCms):
        return augment_by_pyhanko(
            pdf, trust=trust, statuses=statuses, stamp=stamp, stamp_bytes=stamp_bytes
        )
    whole = pdf + written.revision
    token = stamp(digest_around(whole, written.start, written.end))
    return filled(whole, written.start, written.end, token)


def _carried(last: Revision) -> list[bytes]:
    """List every certificate that the signatures and their time stamps carry, each once, DER.

    Raises: OtherForm when there are no signatures of ours, or evidence, NoCms.
    """
    if evidence.read(last) is not None:
        raise OtherForm("evidence is there already")
    lists: list[tuple[bytes, ...]] = []
    while (signed := signature.read(last)) is not None:
        content = cms.take_apart(signed.content)
        stamped = cms.take_apart(content.token).certificates if content.token else ()
        lists.insert(0, content.certificates + stamped)
        last = last.before
    if not lists:
        raise OtherForm("no signature")
    return list(dict.fromkeys(der for carried in lists for der in carried))


def _evidence(carried: list[bytes], trust: Trust, statuses: Statuses) -> evidence.Evidence:
    read = [load_der_x509_certificate(der) for der in carried]
    answers = statuses([format(certificate.serial_number, "x") for certificate in read])
    unanswered = {
        certificate.issuer
        for certificate, answer in zip(read, answers, strict=True)
        if answer is None
    }
    given = [answer for answer in answers if answer is not None]
    by = [
        certificate
        for answer in given
        for certificate in load_der_ocsp_response(answer).certificates
    ]
    responders = dict.fromkeys(certificate.public_bytes(Encoding.DER) for certificate in by)
    return evidence.Evidence(
        certificates=carried,
        answers=given,
        lists=[der for _, der in trust.lists if load_der_x509_crl(der).issuer in unanswered],
        responders=[der for der in responders if der not in carried],
    )


def augment_by_pyhanko(
    pdf: bytes, *, trust: Trust, statuses: Statuses, stamp: Stamp, stamp_bytes: int = 0
) -> bytes:
    """Do as `augment` in a file of any form, and where a time stamp is there already."""
    writer = Increment(io.BytesIO(pdf))
    stamps = [
        signature
        for signature in writer.prev.embedded_signatures
        if signature.sig_object_type == _TIME_STAMP
    ]
    if stamps and not is_due(stamps[-1].signer_cert, trust):
        return pdf
    carried = _certificates_by_pyhanko(writer.prev)
    answers = statuses([format(certificate.serial_number, "x") for certificate in carried])
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
    return _stamped(writer, stamp, f"{_TIME_STAMP_FIELD}{number}", room(stamp_bytes))


def _certificates_by_pyhanko(reader: PdfFileReader) -> list[x509.Certificate]:
    """List every certificate that the signatures and their time stamps carry, each once."""
    by_digest: dict[bytes, x509.Certificate] = {}
    for embedded in reader.embedded_signatures:
        for data in (embedded.signed_data, *tokens_of(embedded.signer_info)):
            for choice in data["certificates"]:
                by_digest[choice.chosen.sha256] = choice.chosen
    return list(by_digest.values())


def is_due(stamper: x509.Certificate, trust: Trust) -> bool:
    """Tell whether what `stamper` stamped must be stamped anew: its last year, or it is revoked."""
    end: datetime = stamper.not_valid_after
    if end - trust.at <= _BEFORE_ITS_END:
        return True
    return trust.gone_of(format(stamper.serial_number, "x")) is not None


def _stamped(writer: Increment, stamp: Stamp, name: str, size_bytes: int) -> bytes:
    field = SigFieldSpec(name, readable_field_name="存档时间戳")
    steps = PdfCMSEmbedder(new_field_spec=field).write_cms(name, writer)
    next(steps)
    place = DocumentTimestamp(bytes_reserved=2 * size_bytes)
    steps.send(SigObjSetup(sig_placeholder=place))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256", output=io.BytesIO()))
    steps.send(stamp(prepared.document_digest))
    whole: bytes = output.getvalue()
    return whole
