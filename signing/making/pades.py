"""Signatures in PDF files (ETSI EN 319 142-1), always in two steps.

`prepare` fixes the file and gives the bytes that a key must sign; whoever holds the key signs them;
`complete` checks the answer and puts it into the file. No key is needed in either step.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import (
    PdfCMSEmbedder,
    SigAppearanceSetup,
    SigIOSetup,
    SigMDPSetup,
    SigObjSetup,
)
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from pdf.revisions import OtherForm, Revision
from signing.der import CmsTemplate
from signing.errors import BadRawSignature, NotSignable, SignatureTooLarge
from signing.judging.structure import HOSTILE
from signing.making.appearances import Appearance, Blank
from signing.making.increments import Increment
from signing.pdf import signature

Stamp = Callable[[bytes], bytes]  #: SHA-256 digest -> time-stamp token, DER
#: Room for the signature in the file. Ours is about 5 KB with its time stamp; a fixed size spares
#: building every signature twice and is safe from pyHanko issue 515 (size guessed too small).
RESERVED_BYTES = 6_144
_BESIDE_BYTES = 1_536  #: of a signature, beside certificates and time stamp


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A file ready to be signed; may be kept and completed later, by another process."""

    pdf: bytes  #: whole file with an empty place for the signature
    start: int  #: of that place
    end: int
    digest: bytes  #: SHA-256 of everything but that place
    attributes: bytes  #: what the key signs (DER of the signed attributes)


def prepare(
    pdf: bytes,
    *,
    field: str,
    template: CmsTemplate,
    at: datetime,
    appearance: Appearance | None = None,
    certify: bool = False,
    allow_changes: bool = False,
    stamp_bytes: int = 0,
) -> Prepared:
    """Fill the empty signature field `field` and say what must be signed.

    `certify` makes it the document's certification signature; afterwards only the other signature
    fields may be filled (`allow_changes`), or nothing at all. `stamp_bytes` says how long a time
    stamp of a service outside may be.
    Raises: NotSignable when the file cannot be read or has no such empty field.
    """
    allowed = MDPPerm.FILL_FORMS if allow_changes else MDPPerm.NO_CHANGES
    said = signature.said(at=at, name=template.name, certifies=certify, allows=allowed.value)
    try:
        last = Revision(pdf)
        written = signature.write(
            last,
            signature.field_of(last, field),
            said,
            contents=empty(room(stamp_bytes, template)),
            name=os.urandom(16).hex().encode(),
            draw=appearance.draw if appearance else None,
        )
    except OtherForm:
        return prepare_by_pyhanko(
            pdf,
            field=field,
            template=template,
            at=at,
            appearance=appearance,
            certify=certify,
            allow_changes=allow_changes,
            stamp_bytes=stamp_bytes,
        )
    whole = pdf + written.revision
    digest = digest_around(whole, written.start, written.end)
    return _prepared(whole, written.start, written.end, digest, template)


def prepare_by_pyhanko(
    pdf: bytes,
    *,
    field: str,
    template: CmsTemplate,
    at: datetime,
    appearance: Appearance | None = None,
    certify: bool = False,
    allow_changes: bool = False,
    stamp_bytes: int = 0,
) -> Prepared:
    """Do as `prepare` in a file of any form: slower, and byte for byte the same in one of ours."""
    allowed = MDPPerm.FILL_FORMS if allow_changes else MDPPerm.NO_CHANGES
    output = io.BytesIO()
    try:
        writer = Increment(io.BytesIO(pdf))
        writer.register_extension(ESIC_EXTENSION_1)  # EN 319 142-1 5.6: CAdES in PDF 1.7
        steps = PdfCMSEmbedder().write_cms(field, writer, existing_fields_only=True)
        locked = _lock(next(steps).get_object())
        permissions = SigMDPSetup("sha256", certify, locked, allowed if certify or locked else None)
        # Never let pyHanko draw its own grey stamp: it cannot write Chinese.
        shown = SigAppearanceSetup(appearance or Blank(), timestamp=at, name=template.name)
        place = SignatureObject(
            timestamp=at,
            subfilter=SigSeedSubFilter.PADES,
            name=template.name,
            bytes_reserved=2 * room(stamp_bytes, template),
        )
        steps.send(SigObjSetup(place, permissions, shown))
        ranges, _ = steps.send(SigIOSetup(md_algorithm="sha256", output=output))
    except HOSTILE as error:
        raise NotSignable(reason=f"签名栏“{field}”无法填写") from error
    start, end = ranges.reserved_region_start, ranges.reserved_region_end
    return _prepared(output.getvalue(), start, end, ranges.document_digest, template)


def _prepared(pdf: bytes, start: int, end: int, digest: bytes, template: CmsTemplate) -> Prepared:
    attributes = template.attributes(digest)
    return Prepared(pdf=pdf, start=start, end=end, digest=digest, attributes=attributes)


def complete(
    prepared: Prepared, signature: bytes, *, template: CmsTemplate, stamp: Stamp | None
) -> bytes:
    """Put a raw signature (ECDSA, DER) into the prepared file; with `stamp` it is PAdES B-T.

    Raises: BadRawSignature before the file is touched, SignatureTooLarge.
    """
    public_key = template.certificate.public_key()
    if not isinstance(public_key, ec.EllipticCurvePublicKey):
        raise BadRawSignature
    try:
        public_key.verify(signature, prepared.attributes, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise BadRawSignature from error
    token = stamp(hashlib.sha256(signature).digest()) if stamp else None
    content = template.build(prepared.attributes, signature, timestamp=token)
    return filled(prepared.pdf, prepared.start, prepared.end, content)


def room(stamp_bytes: int, template: CmsTemplate | None = None) -> int:
    """Tell how many bytes to keep free for a signature, or without a template for a time stamp.

    Long chains of authorities outside, and those of their time stamps, want more than ours.
    """
    own = template.chain_bytes + _BESIDE_BYTES if template else 0
    return max(RESERVED_BYTES, own + stamp_bytes)


def empty(size_bytes: int) -> bytes:
    """Give an empty place for so many bytes, in hexadecimal digits."""
    return b"0" * (2 * size_bytes)


def digest_around(pdf: bytes, start: int, end: int) -> bytes:
    """Return the SHA-256 of a file but the place of its signature."""
    digest = hashlib.sha256(memoryview(pdf)[:start])
    digest.update(memoryview(pdf)[end:])
    return digest.digest()


def filled(pdf: bytes, start: int, end: int, content: bytes) -> bytes:
    """Put a CMS into the place from `start` to `end`; what is left of the place stays zeros.

    Raises: SignatureTooLarge.
    """
    digits = content.hex().upper().encode()
    if len(digits) > end - start - len("<>"):
        raise SignatureTooLarge
    return b"".join([pdf[: start + 1], digits, pdf[start + 1 + len(digits) :]])


def _lock(field: generic.DictionaryObject) -> FieldMDPSpec | None:
    """Read what filling the field locks."""
    return FieldMDPSpec.from_pdf_object(field["/Lock"]) if "/Lock" in field else None
