"""Files that we made, judged by their form: what varies is read and written again.

If a file comes out the same, byte for byte, down to the CMS and its time stamps, nothing is in it
that we do not write; then only the signatures remain to be verified, by `cryptography`. There is no
bad verdict here: whatever is not certain (another form, a certificate on a list, a list that is not
fresh, an odd key) is judged by pyHanko, as is every file of a stranger. A test holds both together.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.x509 import (
    Certificate,
    DuplicateExtension,
    ExtensionNotFound,
    InvalidVersion,
    ObjectIdentifier,
)
from cryptography.x509.oid import NameOID

from pdf.revisions import OtherForm, Revision
from signing import cms
from signing.cms import Cms, NoCms
from signing.der import imprint_sha256, tst_info
from signing.judging import grounds, structure
from signing.judging.expected import Expected, guess
from signing.judging.grounds import Ground, Uncertain
from signing.judging.reports import FileReport, Level, SignatureReport
from signing.judging.structure import HOSTILE, Malformed
from signing.keys.trust import ISSUER_OF, Role, Trust
from signing.pdf import evidence, signature
from signing.pdf.signature import Signed

#: how far the clock of a time stamp may run ahead of the verifier's
AHEAD = timedelta(minutes=5)
#: what leaves a file to pyHanko; with `HOSTILE`, which a certificate that is none may raise
_OPEN = (
    OtherForm,
    NoCms,
    Malformed,
    Uncertain,
    InvalidSignature,
    DuplicateExtension,
    ExtensionNotFound,
    InvalidVersion,
)
_OTHERS = 2  #: what a signature allows afterwards: to fill other signature fields
_SUBJECT = {
    Role.APPLICANT: NameOID.SERIAL_NUMBER,
    Role.ENTERPRISE: NameOID.ORGANIZATION_IDENTIFIER,
    Role.AGENCY: NameOID.ORGANIZATION_NAME,
}


def judge(pdf: bytes, trust: Trust, expected: Expected | None) -> FileReport | None:
    """Report a file of ours that is good; None leaves it open. Never raises."""
    try:
        return _judge(pdf, trust, expected)
    except (*_OPEN, *HOSTILE):
        return None


def _judge(pdf: bytes, trust: Trust, expected: Expected | None) -> FileReport:
    # 1. Take off what was appended, the last first, until the form that was signed is left.
    last, signed = Revision(pdf), list[Signed]()
    stamped = evidence.read(last)
    if stamped is not None:
        last = last.before
    while (revision := signature.read(last)) is not None:
        signed.insert(0, revision)
        last = last.before
        _demand(len(signed) < len(Role), "more signatures than any form has")
    # 2. They are those that belong there.
    _about_form(pdf[: last.end], signed, expected)
    # 3. Each is by whom it should be, at a time that is certain.
    ground = grounds.of(trust)
    proven_at = None
    if stamped is not None:
        proven_at = _stamped_at(ground, cms.take_apart(stamped.content), stamped.covered, trust)
    return FileReport(
        sha256=hashlib.sha256(pdf).hexdigest(),
        checked_at=trust.at,
        signatures=tuple(_report(ground, part, trust, expected, proven_at) for part in signed),
    )


def _about_form(form: bytes, signed: list[Signed], expected: Expected | None) -> None:
    """Ask for exactly the signatures of such a file, in order, each allowing what came after it."""
    reader = structure.read(form)
    fields = structure.fields(reader)
    structure.require_plain(reader)
    names = {field.name for field in fields}
    wanted = expected or guess(names)
    _demand(all(field.is_signature and not field.is_filled for field in fields), "other fields")
    _demand(tuple(part.field for part in signed) == wanted.roles, "other signatures")
    _demand(names <= {*wanted.roles, *wanted.still_empty}, "fields left over")
    for place, part in enumerate(signed):
        _demand(part.certifies == (place == 0), "the first certifies, and only that")
        _demand(part.locks or part.field != Role.ENTERPRISE, "not locked")
        if part is not signed[-1]:
            _demand(part.allows == _OTHERS and not part.locks, "nothing may follow")


def _report(
    ground: Ground,
    signed: Signed,
    trust: Trust,
    expected: Expected | None,
    proven_at: datetime | None,
) -> SignatureReport:
    """Verify a signature and its time stamp; say whose it is."""
    role, content = Role(signed.field), cms.take_apart(signed.content)
    _demand(content.token is not None and content.carried is None, "no time stamp")
    covered = hashlib.sha256(content.signature).digest()
    at = _stamped_at(ground, cms.take_apart(content.token or b""), covered, trust)
    certificate = ground.signer(content, signed.covered, ISSUER_OF[role], at=at, now=trust.at)
    subject = _said(certificate, _SUBJECT[role]).removeprefix("NTRCN-")
    asked = expected.subjects.get(role) if expected else None
    _demand(asked is None or subject == asked, "another subject")
    organization = _said(certificate, NameOID.ORGANIZATION_NAME)
    issuer = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return SignatureReport(
        field=role,
        signer=organization or _said(certificate, NameOID.COMMON_NAME),
        subject=subject,
        issuer=str(issuer[0].value),
        serial=format(certificate.serial_number, "x"),
        signed_at=at,
        level=Level.ARCHIVED if proven_at else Level.TIME_STAMPED,
        findings=(),
    )


def _stamped_at(ground: Ground, token: Cms, digest: bytes, trust: Trust) -> datetime:
    """Verify a time stamp over a digest; say of when it is."""
    carried = token.carried or b""
    told = cms.told(carried)
    certificate = ground.stamper(token, hashlib.sha256(carried).digest(), at=told.at, now=trust.at)
    authority = certificate.subject.public_bytes()
    imprint = imprint_sha256(digest)
    again = tst_info(imprint, serial=told.serial, at=told.at, authority=authority)
    _demand(again == carried and token.token is None, "another time stamp")
    _demand(told.at <= trust.at + AHEAD, "of a time to come")
    return told.at


def _said(certificate: Certificate, kind: ObjectIdentifier) -> str:
    attributes = certificate.subject.get_attributes_for_oid(kind)
    return str(attributes[0].value) if attributes else ""


def _demand(holds: object, what: str) -> None:
    if not holds:
        raise Uncertain(what)
