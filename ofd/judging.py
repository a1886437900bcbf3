"""Judging a sealed OFD file of anybody: whole, sealed by whom, trusted, in time.

A viewer's green tick says that the digests fit. Here every part must be covered by the seal, the
seal must be the signer's, its maker and the authority trusted, every period must hold the moment of
sealing, and nothing may have been revoked by then. Any doubt is a finding with its reason; no file
raises anything.
"""

from __future__ import annotations

import binascii
import logging
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ofd import SEAL_VERSIONS, certificates, markup, package, ses, sm2, stamps
from ofd.certificates import HOSTILE, Certificate, Revoked, Unreadable
from ofd.findings import ABOUT_CONTENT, UNTOLD, Finding, Problem
from ofd.markup import Node
from ofd.opened import Head, Opened, Refused, short
from ofd.stamps import Token

_LOG = logging.getLogger(__name__)
_METHODS = (sm2.SM3, "SM3")  #: names of SM3 in real files
_LEEWAY = timedelta(minutes=5)  #: clocks
_MOST_ALIKE = 20  #: findings of one kind that are told of one seal


@dataclass(frozen=True, kw_only=True)
class Trust:
    """What a verifier of our seals believes; certificates and lists are DER."""

    roots: tuple[bytes, ...]  #: every root there ever was
    makers: tuple[bytes, ...]  #: certificates of the makers of our seals
    lists: tuple[bytes, ...]  #: newest revocation list of each root, in their order
    gone: Mapping[int, Revoked] = field(default_factory=dict)  #: that lists name no longer
    at: datetime


@dataclass(frozen=True, kw_only=True)
class SealReport:
    """One seal of the file."""

    seal: str  #: name of the seal
    number: str
    version: int
    signer: str
    issuer: str
    maker: str
    serial: str  #: of the signer's certificate, hexadecimal
    at: datetime | None
    stamped_at: datetime | None  #: by a time stamp of our authority
    is_ours: bool  #: signer and maker are of our authority
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that was found; nothing to say against the file means that it holds."""

    head: Head = field(default_factory=Head)
    seals: tuple[SealReport, ...] = ()
    findings: tuple[Finding, ...] = ()  #: about the file as a whole

    @property
    def problems(self) -> set[Problem]:
        """What was found, of the file and of its seals."""
        every = [*self.findings, *(finding for seal in self.seals for finding in seal.findings)]
        return {finding.problem for finding in every}

    @property
    def ok(self) -> bool:
        """Tell whether the file is whole and sealed by our authority as it should be."""
        return bool(self.seals) and not self.problems

    @property
    def is_intact(self) -> bool | None:
        """Tell whether the content is as it was sealed, whoever sealed it; None: untold."""
        if self.problems & ABOUT_CONTENT:
            return False
        return None if self.problems & UNTOLD or not self.seals else True

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "head": asdict(self.head),
            "seals": [_plain_seal(seal) for seal in self.seals],
            "findings": [asdict(finding) for finding in self.findings],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Report:
        """Read what `to_json` wrote."""
        return cls(
            head=Head(**plain["head"]),
            seals=tuple(map(_read_seal, plain["seals"])),
            findings=_read_findings(plain["findings"]),
        )


_MOMENTS = ("at", "stamped_at")


def _plain_seal(seal: SealReport) -> dict[str, Any]:
    plain = asdict(seal)
    return plain | {name: plain[name] and plain[name].isoformat() for name in _MOMENTS}


def _read_seal(plain: Mapping[str, Any]) -> SealReport:
    moments = {name: plain[name] and datetime.fromisoformat(plain[name]) for name in _MOMENTS}
    return SealReport(**{**plain, **moments, "findings": _read_findings(plain["findings"])})


def _read_findings(plain: Sequence[Mapping[str, str]]) -> tuple[Finding, ...]:
    return tuple(Finding(Problem(told["problem"]), told["detail"]) for told in plain)


def judge(data: bytes, trust: Trust) -> Report:
    """Judge a file completely; never raises, whatever the file."""
    head = Head()
    try:
        opened = Opened(package.unpack(data))
        head = opened.head()
        names = opened.signatures()
        own = {name: opened.own(name) for name in names}
        seals = tuple(_one(opened, name, own[name], trust) for name in names)
    except package.BadPackage as error:
        return Report(findings=(Finding(Problem.UNREADABLE, str(error)),))
    except Refused as refused:
        return Report(head=head, findings=(refused.finding,))
    except HOSTILE as error:
        _LOG.info("ofd_unreadable error=%s", type(error).__name__)
        unreadable = Finding(Problem.UNREADABLE, "结构不符合标准")
        return Report(head=head, findings=(unreadable,))
    is_ours = any(seal.is_ours for seal in seals)  # others seal a file together, and may
    several = (Finding(Problem.SEVERAL),) if len(seals) > 1 and is_ours else ()
    return Report(head=head, seals=seals, findings=several)


# -- one seal ----------------------------------------------------------------------------------


def _one(opened: Opened, name: str, own: tuple[str, str | None], trust: Trust) -> SealReport:
    """Judge one signature. Raises: Refused when it cannot be read at all."""
    value_name, seal_name = own
    root = opened.read(name)
    try:
        value = ses.read_signature(opened.parts[value_name])
        signer, maker = certificates.read(value.certificate), certificates.read(value.seal.maker)
    except Unreadable as error:
        raise Refused(Problem.METHOD, "不是国密电子印章，或者印章无法读取") from error
    stamp: Token | None = None
    roots = [certificates.read(root_der) for root_der in trust.roots]
    known_signer = next((root for root in roots if signer.is_issued_by(root)), None)
    known_maker = maker.der in trust.makers
    is_ours = known_signer is not None or known_maker
    left_out = Problem.UNCOVERED if is_ours else Problem.LEFT_OUT
    findings = [
        *_about_content(opened, name, root, value_name, left_out),
        *_about_value(opened.parts[name], root, value, signer, maker),
        *_about_seal(opened, seal_name, value),
    ]
    if not is_ours:
        findings.append(Finding(Problem.FOREIGN, short(value.seal.name or signer.name)))
    elif known_signer is None:
        findings.append(Finding(Problem.UNTRUSTED_SIGNER))
    elif not known_maker:
        findings.append(Finding(Problem.UNTRUSTED_MAKER))
    else:
        findings += _about_use(signer)
        findings += _about_time(root, value, (signer, maker, known_signer), trust)
        stamp, amiss = _stamped(value, roots, trust)
        findings += amiss
        findings += _about_revocation(value, signer, maker, trust)
    return SealReport(
        seal=short(value.seal.name),
        number=short(value.seal.number),
        version=value.version,
        signer=short(signer.name),
        issuer=short(signer.issuer_name),
        maker=short(maker.name),
        serial=signer.serial_hex,
        at=value.at,
        stamped_at=stamp.at if stamp else None,
        is_ours=is_ours,
        findings=tuple(_told(findings)),
    )


def _told(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Give each finding once, and of those of one kind the first alone: a page is to be read."""
    told: Counter[Problem] = Counter()
    for finding in dict.fromkeys(findings):
        told[finding.problem] += 1
        if told[finding.problem] <= _MOST_ALIKE:
            yield finding


def _about_content(
    opened: Opened, name: str, root: Node, value_name: str, left_out: Problem
) -> Iterator[Finding]:
    """Hold every part against what the seal covers.

    Others leave parts out as the standard lets them, above all the list of signatures, so that a
    second seal may come: of their files that proves nothing.
    """
    parts = opened.parts
    lists = markup.children(root, "SignedInfo/References")
    method = str(lists[0].get("CheckMethod", "MD5")) if len(lists) == 1 else "?"
    if method.upper() not in _METHODS:
        yield Finding(Problem.METHOD, f"不支持摘要算法{short(method)}")
        return
    covered: set[str] = set()
    for reference in markup.children(lists[0], "Reference"):
        said = str(reference.get("FileRef", ""))
        place = package.locate(name, said)
        target = package.found(parts, place) or package.found(parts, package.locate("", said))
        if target is None:
            yield Finding(Problem.MISSING, short(place))
            continue
        covered.add(target)
        if _decoded(markup.content(reference, "CheckValue")) != opened.digest(target):
            yield Finding(Problem.CHANGED, short(target))
    for left in sorted(set(parts) - covered - {name, value_name}):
        yield Finding(left_out, short(left))


def _decoded(text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _about_value(
    signature_xml: bytes,
    root: Node,
    value: ses.SealSignature,
    signer: Certificate,
    maker: Certificate,
) -> Iterator[Finding]:
    """Judge what signer and maker signed."""
    method = markup.content(root, "SignedInfo/SignatureMethod")
    others = {method, value.algorithm, value.seal.algorithm} - {sm2.SIGN_WITH_SM3}
    if others:
        yield Finding(Problem.METHOD, short(f"不支持签名算法{'、'.join(sorted(others))}"))
        return
    if signer.public is None or maker.public is None:
        yield Finding(Problem.METHOD, "签章人或者制章机构的数字证书不是国密（SM2）证书")
        return
    if value.is_extended or value.seal.is_extended:
        yield Finding(Problem.METHOD, "印章带有本系统不认识的扩展数据")
    if value.version not in SEAL_VERSIONS:
        yield Finding(Problem.OLD_SEAL, str(value.version))
    if value.digest != sm2.sm3(signature_xml):
        yield Finding(Problem.CHANGED, "Signature.xml")
    if not sm2.verify(signer.public, value.signed, value.signature):
        yield Finding(Problem.FORGED)
    if not sm2.verify(maker.public, value.seal.signed, value.seal.signature):
        yield Finding(Problem.SEAL_FORGED)


def _about_seal(
    opened: Opened, seal_name: str | None, value: ses.SealSignature
) -> Iterator[Finding]:
    """Hold the seal against the file in which it lies, and against its holder."""
    if seal_name is not None and opened.parts[seal_name] != value.seal.der:
        yield Finding(Problem.SEAL_SWAPPED)
    if not value.seal.allows(value.certificate):
        yield Finding(Problem.NOT_THE_SIGNER)


def _about_use(signer: Certificate) -> Iterator[Finding]:
    is_for_seals = "digital_signature" in signer.usage and not signer.purposes
    if not is_for_seals or signer.is_authority:
        yield Finding(Problem.UNTRUSTED_SIGNER)


def _about_time(
    root: Node,
    value: ses.SealSignature,
    chain: tuple[Certificate, Certificate, Certificate],
    trust: Trust,
) -> Iterator[Finding]:
    """Hold the moment of sealing against every period: of signer, maker and authority."""
    (signer, maker, authority), at = chain, value.at
    if at is None:
        return
    said = markup.content(root, "SignedInfo/SignatureDateTime")
    if said != at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ"):
        yield Finding(Problem.TIME_DIFFERS)
    if at > trust.at + _LEEWAY:
        yield Finding(Problem.FUTURE)
    if not value.seal.begin <= at <= value.seal.end:
        yield Finding(Problem.SEAL_OVER)
    if not signer.is_valid_at(at):
        yield Finding(Problem.CERTIFICATE_OVER, "签章人")
    if not authority.is_valid_at(at):
        yield Finding(Problem.CERTIFICATE_OVER, "证书机构")
    if not maker.is_valid_at(value.seal.begin):
        yield Finding(Problem.CERTIFICATE_OVER, "制章机构")


def _stamped(
    value: ses.SealSignature, roots: Sequence[Certificate], trust: Trust
) -> tuple[Token | None, list[Finding]]:
    """Judge the time stamp of a seal: ours, on this very value, and of its time."""
    if value.time_stamp is None or value.at is None:
        return None, []
    try:
        token = stamps.open_(value.time_stamp)
    except Unreadable:
        return None, [Finding(Problem.STAMP, "无法读取，或者签名值不符")]
    stamper, amiss = token.certificate, []
    if token.digest != sm2.sm3(value.signature):
        amiss.append("所证明的不是这枚印章")
    if not any(stamper.is_issued_by(root) and root.is_valid_at(token.at) for root in roots):
        amiss.append("时间戳机构不受信任")
    if stamper.purposes != {stamps.PURPOSE} or not stamper.is_valid_at(token.at):
        amiss.append("时间戳机构的证书当时无效")
    if abs(token.at - value.at) > _LEEWAY or token.at > trust.at + _LEEWAY:
        amiss.append("时间与签章时间不一致")
    end = _gone(trust).get(stamper.serial)
    if end and (end.is_compromise or token.at >= end.at):
        amiss.append("时间戳机构的证书已经吊销")
    return (None if amiss else token), [Finding(Problem.STAMP, reason) for reason in amiss]


def _gone(trust: Trust) -> dict[int, Revoked]:
    """Give everything that was revoked."""
    gone = dict(trust.gone)
    for root, listed in zip(trust.roots, trust.lists, strict=True):
        gone |= certificates.read_list(listed, certificates.read(root))[1]
    return gone


def _about_revocation(
    value: ses.SealSignature, signer: Certificate, maker: Certificate, trust: Trust
) -> Iterator[Finding]:
    """Tell what was revoked when the seal was used.

    Where a key may be in other hands, no date that it wrote counts.
    """
    gone = _gone(trust)
    for certificate, who, at in (
        (signer, "签章人", value.at),
        (maker, "制章机构", value.seal.begin),
    ):
        end = gone.get(certificate.serial)
        if end and (end.is_compromise or at is None or at >= end.at):
            yield Finding(Problem.REVOKED, who)
