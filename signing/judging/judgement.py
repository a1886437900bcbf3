"""One signature, judged: is it intact, by whom is it, and was the certificate good at that time.

Validity is asked for the moment of the time stamp, not for today: a certificate that is revoked or
expires later does not undo what was signed before (a certificate revoked before signing does).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import cms, core, crl, ocsp, x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509 import load_der_x509_certificate
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.status import (
    PdfSignatureStatus,
    SignatureCoverageLevel,
    SignatureStatus,
    TimestampSignatureStatus,
)
from pyhanko_certvalidator import ValidationContext

from signing.der import DATA, TST_INFO, CmsTemplate
from signing.judging import strangers
from signing.judging.findings import Code, Finding, finding
from signing.judging.reports import Level, SignatureReport
from signing.judging.structure import HOSTILE
from signing.keys.trust import (
    BETWEEN,
    ISSUER_OF,
    OUTSIDE,
    ROOT,
    SERVICE,
    Role,
    Trust,
    family_of,
)

#: how far the clock of a time stamp may run ahead of the verifier's
_AHEAD = timedelta(minutes=5)
_EXPIRED = frozenset(
    {
        AdESIndeterminate.OUT_OF_BOUNDS_NO_POE,
        AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED,
        AdESIndeterminate.EXPIRED,
        AdESIndeterminate.NOT_YET_VALID,
    }
)
_REVOKED = frozenset(
    {
        AdESIndeterminate.REVOKED_NO_POE,
        AdESIndeterminate.REVOKED_CA_NO_POE,
        AdESIndeterminate.REVOCATION_OUT_OF_BOUNDS_NO_POE,
    }
)
_NOT_OURS = b"\0"  #: no CMS begins so
_SUBJECT_FIELD = {
    Role.APPLICANT: "serial_number",
    Role.ENTERPRISE: "organization_identifier",
    Role.AGENCY: "organization_name",
}


#: roots, issuers and lists by name
_Parsed = tuple[list[x509.Certificate], dict[str, x509.Certificate], dict[str, crl.CertificateList]]


class _Kept(threading.local):
    """What a thread has parsed last."""

    trust: Trust | None = None
    parsed: _Parsed


_kept = _Kept()


@dataclass(frozen=True, kw_only=True)
class Carried:
    """Lists and answers that lie in a file."""

    lists: Sequence[crl.CertificateList] = ()
    answers: Sequence[ocsp.OCSPResponse] = ()


NOTHING = Carried()


@dataclass(frozen=True)
class Rules:
    """What is asked of one signature."""

    role: Role
    subject: str | None  #: person id, uscc or agency name; none: anybody of that role
    is_first: bool  #: it certifies the document
    is_last: bool  #: nothing but archival data may follow
    proven_at: datetime | None  #: when a later document time stamp shows that it was there


def context(
    trust: Trust, moment: datetime, signed: cms.SignedData, carried: Carried = NOTHING
) -> ValidationContext:
    """Return what pyHanko may believe about `moment`: our root, our lists, no network.

    Only the lists of the signer's issuer and above it are given: each costs milliseconds.
    What the file has `carried` since is given where an authority outside publishes nothing now.
    """
    roots, issuers, lists = _parsed(trust)
    serial = extract_signer_info(signed)["sid"].chosen["serial_number"].native
    certificates = [choice.chosen for choice in signed["certificates"]]
    names = {
        certificate.issuer.dump()
        for certificate in certificates
        if certificate.serial_number == serial
    }
    near = [name for name, certificate in issuers.items() if certificate.subject.dump() in names]
    return ValidationContext(
        trust_roots=roots,
        other_certs=list(issuers.values()),
        crls=[
            *(
                listed
                for name, listed in lists.items()
                if family_of(name) in (ROOT, BETWEEN) or name in near
            ),
            *carried.lists,
        ],
        ocsps=carried.answers,
        allow_fetching=False,
        revocation_mode="require",
        moment=moment,
        retroactive_revinfo=True,
        signature_validator=strangers.Telling(),
    )


def _parsed(trust: Trust) -> _Parsed:
    """Parse what is believed, once for the signatures of a file; each thread for itself.

    asn1crypto reads an object bit by bit as it is asked, which two threads must not do at once.
    """
    if _kept.trust != trust:
        issuers = {name: x509.Certificate.load(der) for name, der in trust.issuers}
        lists = {name: crl.CertificateList.load(der) for name, der in trust.lists}
        roots = [x509.Certificate.load(der) for der in trust.roots]
        _kept.parsed = (roots, issuers, lists)
        _kept.trust = trust
    return _kept.parsed


async def judge(
    pdf: bytes, signature: EmbeddedPdfSignature, rules: Rules, trust: Trust
) -> SignatureReport:
    """Judge a signature of a person, an enterprise or the agency."""
    findings: list[Finding] = []
    moment: datetime | None = None
    try:
        moment = _stamped_at(signature.signer_info)
        stamps = tokens_of(signature.signer_info)
        status = await async_validate_pdf_signature(
            signature,
            signer_validation_context=context(
                trust,
                moment or trust.at,
                signature.signed_data,
                _carried(signature, rules, trust, moment),
            ),
            ts_validation_context=context(trust, moment or trust.at, stamps[0]) if stamps else None,
        )
        findings = [*_about(signature, status, rules, trust)]
    except HOSTILE as error:
        detail = f"{type(error).__name__}: {error}"
        findings = [strangers.cause(pdf, signature, trust, rules.role, detail)]
    stamp_is_good = not any(
        finding.code in (Code.NO_TIME_STAMP, Code.TIME_STAMP_INVALID) for finding in findings
    )
    return _report(signature, rules, findings, moment if stamp_is_good else None)


def _carried(
    signature: EmbeddedPdfSignature, rules: Rules, trust: Trust, moment: datetime | None
) -> Carried:
    """Read what a file proves itself of a signer whose authority outside publishes nothing now.

    Only under a later archive stamp that is good, and only what was said after the signature: an
    older list may be silent about a revocation that the signer knew of.
    """
    if rules.proven_at is None or moment is None or not _is_unlisted(signature, trust):
        return NOTHING
    store = DocumentSecurityStore.read_dss(signature.reader)
    lists = [crl.CertificateList.load(stored.get_object().data) for stored in store.crls]
    answers = [ocsp.OCSPResponse.load(stored.get_object().data) for stored in store.ocsps]
    own = signature.signer_cert.issuer
    return Carried(
        lists=[
            listed
            for listed in lists
            if listed.issuer != own or listed["tbs_cert_list"]["this_update"].native >= moment
        ],
        answers=[
            answer
            for answer in answers
            if all(
                told["this_update"].native >= moment
                for told in answer.response_data["responses"]
                if told["cert_id"]["serial_number"].native == signature.signer_cert.serial_number
            )
        ],
    )


def archived_at(signature: EmbeddedPdfSignature) -> datetime:
    """Read when a time stamp over the whole document was made. Raises: HOSTILE."""
    info = signature.signed_data["encap_content_info"]["content"].parsed
    return datetime.fromisoformat(str(info["gen_time"].native))


async def judge_archival(
    signature: EmbeddedPdfSignature, trust: Trust, proven_at: datetime
) -> list[Finding]:
    """Judge a time stamp over the whole document, which was there at `proven_at`."""
    name = str(signature.field_name)
    if not strangers.is_ours(signature, trust):
        return [finding(Code.FOREIGN_STAMP, name)]
    try:
        status = await async_validate_pdf_timestamp(
            signature, context(trust, archived_at(signature), signature.signed_data)
        )
    except HOSTILE as error:
        return [finding(Code.TIME_STAMP_INVALID, name, detail=type(error).__name__)]
    if not _is_believed(status, trust, proven_at):
        return [finding(Code.TIME_STAMP_INVALID, name)]
    if not signature.pkcs7_content.startswith(_stamp(signature.signed_data, trust)):
        return [finding(Code.TIME_STAMP_INVALID, name, detail="not as we write it")]
    if not _covers(status.coverage, status.modification_level, is_last=True):
        return [finding(Code.CHANGED_LATER, name)]
    return []


def _about(
    signature: EmbeddedPdfSignature, status: PdfSignatureStatus, rules: Rules, trust: Trust
) -> Iterator[Finding]:
    """Say what is wrong, most serious first."""
    role = rules.role
    if not (status.intact and status.valid):
        yield finding(Code.NOT_INTACT, role)
        return
    if not _covers(status.coverage, status.modification_level, is_last=rules.is_last):
        level = status.modification_level
        yield finding(Code.CHANGED_LATER, role, detail=level.name if level else "not analysed")
    elif status.docmdp_ok is False:
        yield finding(Code.CHANGED_LATER, role, detail="docmdp")
    yield from _about_trust(signature, status, rules, trust)
    yield from _about_subject(signature, rules)
    yield from _about_permissions(signature, rules)
    yield from _about_time(status, rules, trust)


def _covers(
    coverage: SignatureCoverageLevel | None, level: ModificationLevel | None, *, is_last: bool
) -> bool:
    """Tell whether a signature covers its revision and only what may follow followed."""
    if coverage is None or level is None:
        return False
    allowed = ModificationLevel.LTA_UPDATES if is_last else ModificationLevel.FORM_FILLING
    return coverage.value >= SignatureCoverageLevel.ENTIRE_REVISION.value and (
        level.value <= allowed.value
    )


def _about_trust(
    signature: EmbeddedPdfSignature, status: PdfSignatureStatus, rules: Rules, trust: Trust
) -> Iterator[Finding]:
    role, problem = rules.role, status.trust_problem_indic
    gone = trust.gone_of(format(signature.signer_cert.serial_number, "x"))
    was_gone = gone is not None and gone.at <= (_stamped_at(signature.signer_info) or trust.at)
    if status.revoked or problem in _REVOKED or was_gone:
        yield finding(Code.REVOKED, role)
    elif problem in _EXPIRED:
        yield finding(Code.OUT_OF_DATE, role)
    elif problem is AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE:
        yield finding(Code.WRONG_USAGE, role)
    elif not status.trusted and _is_unlisted(signature, trust):
        yield finding(Code.STATUS_UNKNOWN, role)
    elif not status.trusted:
        yield finding(Code.UNTRUSTED, role, detail=str(problem))
    elif _issuer(status) not in trust.issuers_of(ISSUER_OF[role]):
        # A sibling authority under the same root could otherwise speak for another role.
        yield finding(Code.WRONG_ISSUER, role)
    elif not _is_written_our_way(signature, ISSUER_OF[role], trust):
        yield finding(Code.NOT_INTACT, role, detail="not as we write it")


def _is_unlisted(signature: EmbeddedPdfSignature, trust: Trust) -> bool:
    """Tell whether nothing is missing but the list of a believed issuer outside."""
    issuers = dict(trust.issuers)
    return any(
        _is_by(signature.signer_cert, x509.Certificate.load(issuers[name]))
        for name in trust.unlisted
    )


def _about_subject(signature: EmbeddedPdfSignature, rules: Rules) -> Iterator[Finding]:
    if rules.subject is not None and _subject(signature, rules.role) != rules.subject:
        yield finding(Code.WRONG_SUBJECT, rules.role)


def _about_permissions(signature: EmbeddedPdfSignature, rules: Rules) -> Iterator[Finding]:
    """Ask that the first signature certifies the document and the enterprise's locks it."""
    role = rules.role
    if role is Role.ENTERPRISE:
        lock = signature.fieldmdp
        if lock is None or lock.action.value != "/All":
            yield finding(Code.NOT_LOCKED, role)
    certified = (
        signature.reader.root.get("/Perms") is not None and signature.docmdp_level is not None
    )
    if rules.is_first and not certified:
        yield finding(Code.NOT_CERTIFIED, role)


def _about_time(status: PdfSignatureStatus, rules: Rules, trust: Trust) -> Iterator[Finding]:
    stamp = status.timestamp_validity
    if stamp is None:
        yield finding(Code.NO_TIME_STAMP, rules.role)
    elif not _is_believed(stamp, trust, rules.proven_at or trust.at):
        yield finding(Code.TIME_STAMP_INVALID, rules.role)


def _stamped_at(signer_info: cms.SignerInfo) -> datetime | None:
    """Read the time of the attached time stamp; whether to believe it is judged apart."""
    for stamp in tokens_of(signer_info):
        info = stamp["encap_content_info"]["content"].parsed
        return datetime.fromisoformat(str(info["gen_time"].native))
    return None


def tokens_of(signer_info: cms.SignerInfo) -> list[cms.SignedData]:
    """Return the time stamps attached to a signature."""
    return [
        token["content"]
        for attribute in signer_info["unsigned_attrs"]
        if attribute["type"].native == "signature_time_stamp_token"
        for token in attribute["values"]
    ]


def _is_written_our_way(signature: EmbeddedPdfSignature, issuer: str, trust: Trust) -> bool:
    """Tell whether a signature is, byte for byte, as `der` writes it.

    Some of its parts (versions, spare certificates) are covered by no signature; written anew from
    what is covered, they must come out the same, or somebody touched them.
    """
    tokens = [_stamp(token, trust) for token in tokens_of(signature.signer_info)]
    whole = _written(signature.signed_data, issuer, trust, *tokens)
    content: bytes = signature.pkcs7_content
    return content.startswith(whole)


def _stamp(token: cms.SignedData, trust: Trust) -> bytes:
    """Write a time stamp anew; that of a service outside, which has a way of its own, as it is.

    Of this one nothing may lie beside what its signature covers but who signed.
    """
    signer = extract_signer_info(token)
    outside = dict(trust.issuers).get(OUTSIDE)
    is_bare = isinstance(signer["unsigned_attrs"], core.Void) and len(token["signer_infos"]) == 1
    if outside is None or not is_bare or not _has_signed(token, outside):
        return _written(token, SERVICE, trust)
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": token}).dump())


def _has_signed(token: cms.SignedData, issuer: bytes) -> bool:
    """Tell whether the signer's certificate is by this issuer (DER)."""
    serial = extract_signer_info(token)["sid"].chosen["serial_number"].native
    above = x509.Certificate.load(issuer)
    return any(
        _is_by(choice.chosen, above)
        for choice in token["certificates"]
        if choice.chosen.serial_number == serial
    )


def _is_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether a certificate is by this issuer: two may bear one name, as after a new key."""
    if certificate.issuer != issuer.subject:
        return False
    try:
        above = load_der_x509_certificate(issuer.dump())
        load_der_x509_certificate(certificate.dump()).verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _written(data: cms.SignedData, issuer: str, trust: Trust, *tokens: bytes) -> bytes:
    signer = extract_signer_info(data)
    carried = [choice.chosen for choice in data["certificates"]]
    own = next((one for one in carried if _is_named(one, signer["sid"])), None)
    if own is None:
        return _NOT_OURS
    chain = _above(own, carried, issuer, trust)
    signed = data["encap_content_info"]["content"]
    content = None if isinstance(signed, core.Void) else bytes(signed)
    template = CmsTemplate(
        load_der_x509_certificate(own.dump()),
        [load_der_x509_certificate(certificate.dump()) for certificate in chain],
        content_type=DATA if content is None else TST_INFO,
    )
    return template.build(
        signer["signed_attrs"].dump(),
        signer["signature"].native,
        timestamp=tokens[0] if tokens else None,
        content=content,
    )


def _is_named(certificate: x509.Certificate, sid: cms.SignerIdentifier) -> bool:
    """Tell whether a certificate is the signer's; another issuer may have given its serial too."""
    if sid.name != "issuer_and_serial_number":
        return False
    named = sid.chosen
    is_numbered: bool = certificate.serial_number == named["serial_number"].native
    return is_numbered and bool(certificate.issuer == named["issuer"])


def _above(
    own: x509.Certificate, carried: Sequence[x509.Certificate], issuer: str, trust: Trust
) -> list[x509.Certificate]:
    """Find among what is carried the way from the signer up to a root, all of it believed."""
    chain: list[x509.Certificate] = []
    below, believed, tops = own, set(trust.issuers_of(issuer)), set(trust.roots)
    for _ in carried:
        near = (one for one in carried if one.dump() in believed and _is_by(below, one))
        if (above := next(near, None)) is None:
            break
        chain.append(above)
        if above.dump() in tops:
            break
        below, believed = above, tops.union(trust.issuers_of(BETWEEN))
    return chain


def _issuer(status: SignatureStatus) -> bytes | None:
    path = status.validation_path
    if path is None:
        return None
    certificates = list(path.iter_certs(include_root=True))
    return bytes(certificates[-2].dump()) if len(certificates) > 1 else None


def _is_believed(stamp: TimestampSignatureStatus, trust: Trust, proven_at: datetime) -> bool:
    """Tell whether a time stamp is genuine, by our service, and not of a time still to come.

    It is judged as of the time it tells: that its certificate ended since, or was superseded, takes
    nothing from it. A key that fell into other hands could stamp any time; then only those stamps
    count that a later archive stamp shows to be older (EN 319 102-1 5.6.2.3, past validation).
    """
    genuine = stamp.intact and stamp.valid and stamp.trusted
    is_ours = _issuer(stamp) in trust.issuers_of(SERVICE)
    if not (genuine and is_ours and stamp.timestamp <= trust.at + _AHEAD):
        return False
    path = stamp.validation_path
    above = path.iter_certs(include_root=True) if path else ()
    for certificate in (stamp.signing_cert, *above):
        gone = trust.gone_of(format(certificate.serial_number, "x"))
        if gone and gone.at <= (proven_at if gone.is_compromise else stamp.timestamp):
            return False
    return True


def _subject(signature: EmbeddedPdfSignature, role: Role) -> str:
    said = signature.signer_cert.subject.native.get(_SUBJECT_FIELD[role], "")
    return str(said).removeprefix("NTRCN-")


def _called(certificate: x509.Certificate) -> str:
    """Return the name to show: an organization's is cut in the common name."""
    names = certificate.subject.native
    return str(names.get("organization_name") or names.get("common_name", ""))


def _report(
    signature: EmbeddedPdfSignature, rules: Rules, findings: list[Finding], moment: datetime | None
) -> SignatureReport:
    stamped = Level.ARCHIVED if rules.proven_at else Level.TIME_STAMPED
    try:
        certificate = signature.signer_cert
        signer = _called(certificate)
        issuer = str(certificate.issuer.native.get("common_name", ""))
        serial = format(certificate.serial_number, "x")
        subject = _subject(signature, rules.role)
    except HOSTILE:
        signer = issuer = serial = subject = ""
    return SignatureReport(
        field=rules.role,
        signer=signer,
        subject=subject,
        issuer=issuer,
        serial=serial,
        signed_at=moment,
        level=stamped if moment else Level.BASIC,
        findings=tuple(findings),
    )
