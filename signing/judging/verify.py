"""Our verifier: pyHanko's cryptography, and on top what a registration document must be.

pyHanko's verdict alone is not enough: it accepts files with a signature stripped, with another
enterprise's seal, with a page shown that nobody signed (`structure.check_ranges`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing.judging import judgement, ours, strangers, structure
from signing.judging.expected import Expected as Expected
from signing.judging.expected import guess
from signing.judging.findings import Code, Finding, finding
from signing.judging.judgement import Rules
from signing.judging.reports import FileReport, SignatureReport
from signing.judging.structure import HOSTILE, Malformed
from signing.keys.trust import Role, Trust

LARGEST_BYTES = 10 * 1024 * 1024
_MEGABYTE = 1024 * 1024
_TIME_STAMP = "/DocTimeStamp"
# Our report says what is wrong; pyHanko would log a page of calls for each hostile file.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def examine(pdf: bytes, trust: Trust, *, expected: Expected | None = None) -> FileReport:
    """Examine a file completely; never raises, whatever the file.

    Without `expected` the fields tell what it wants to be: a form with `applicant` must carry
    both, an enterprise's own file its seal, anything else the seal of the agency.
    A good file of ours is known by its form; pyHanko judges every other.
    """
    report = FileReport(sha256=hashlib.sha256(pdf).hexdigest(), checked_at=trust.at)
    if len(pdf) > LARGEST_BYTES:
        return _with(report, finding(Code.TOO_LARGE, limit=LARGEST_BYTES // _MEGABYTE))
    known = ours.judge(pdf, trust, expected)
    if known is not None:
        return known
    judged = by_pyhanko(pdf, trust, expected=expected)
    causes = _about_padding(pdf, trust, expected)
    return replace(judged, findings=(*causes, *judged.findings))


def _about_padding(pdf: bytes, trust: Trust, expected: Expected | None) -> list[Finding]:
    """Tell a good file of ours before or behind which something was put on its way.

    It stays invalid; the likely cause is said first, as the other faults only follow from it.
    """
    for whole in structure.without_padding(pdf):
        if ours.judge(whole, trust, expected) is not None:
            return [about_padding(pdf, whole)]
    return []


def about_padding(pdf: bytes, whole: bytes) -> Finding:
    """Say what is more in a file than in the whole one that it contains."""
    if structure.is_cut_off(pdf, whole):
        return finding(Code.CUT_OFF)
    return finding(Code.PADDED, size=len(pdf) - len(whole))


def by_pyhanko(pdf: bytes, trust: Trust, *, expected: Expected | None = None) -> FileReport:
    """Examine any file; never raises, whatever the file."""
    report = FileReport(sha256=hashlib.sha256(pdf).hexdigest(), checked_at=trust.at)
    try:
        reader = structure.read(pdf)
    except Malformed as error:
        return _with(report, finding(Code.UNREADABLE, detail=str(error)))
    try:
        fields = structure.fields(reader)
        signatures = list(reader.embedded_signatures)
    except (Malformed, *HOSTILE) as error:
        return _with(report, finding(Code.FORM_STRANGE, detail=str(error)))
    if not signatures:
        return _with(report, finding(Code.NO_SIGNATURE))
    names = {field.name for field in fields}
    wanted = expected or guess(names)
    is_foreign = expected is None and not names & set(Role)
    try:
        return _at_once(
            _examine(pdf, reader, fields, signatures, wanted, trust, report, is_foreign=is_foreign)
        )
    except HOSTILE as error:
        return _with(report, finding(Code.UNREADABLE, detail=f"{type(error).__name__}: {error}"))


def _at_once(judging: Coroutine[Any, Any, FileReport]) -> FileReport:
    """Run a coroutine that never waits: without network there is nothing to wait for.

    So it needs no event loop, and works where one is running already.
    """
    try:
        judging.send(None)
    except StopIteration as done:
        report: FileReport = done.value
        return report
    judging.close()
    raise RuntimeError("pyHanko waits for something although it may fetch nothing")


async def _examine(
    pdf: bytes,
    reader: PdfFileReader,
    fields: list[structure.PdfField],
    signatures: list[EmbeddedPdfSignature],
    wanted: Expected,
    trust: Trust,
    report: FileReport,
    *,
    is_foreign: bool,
) -> FileReport:
    stamps = [signature for signature in signatures if signature.sig_object_type == _TIME_STAMP]
    signed = {
        str(signature.field_name): signature for signature in signatures if signature not in stamps
    }
    outside = [signature for name, signature in signed.items() if name not in wanted.roles]
    strange = tuple([await strangers.judge(pdf, signature, trust) for signature in outside])
    if is_foreign:
        return FileReport(
            sha256=report.sha256,
            checked_at=report.checked_at,
            findings=(*_about_actions(reader), *_about_stamps(signed, strange)),
            strangers=strange,
        )
    findings = _about_saving(pdf, signatures)
    findings += _about_set(signed, wanted)
    findings += _about_file(reader, fields, wanted, {str(stamp.field_name) for stamp in stamps})
    findings += _about_ranges(pdf, signatures)
    proofs: list[tuple[int, datetime]] = []  # revision and time of good archive stamps
    proven_at = trust.at
    for stamp in sorted(stamps, key=_revision, reverse=True):
        wrong = await judgement.judge_archival(stamp, trust, proven_at)
        findings += wrong
        if not wrong:
            proven_at = judgement.archived_at(stamp)
            proofs.append((_revision(stamp), proven_at))
    judged: list[SignatureReport] = []
    for role in wanted.roles:
        if role in signed:
            rules = Rules(
                role=role,
                subject=wanted.subjects.get(role),
                is_first=role == wanted.roles[0],
                is_last=role == wanted.roles[-1],
                proven_at=min(
                    (at for place, at in proofs if place > _revision(signed[role])), default=None
                ),
            )
            judged.append(await judgement.judge(pdf, signed[role], rules, trust))
    return FileReport(
        sha256=report.sha256,
        checked_at=report.checked_at,
        signatures=tuple(judged),
        findings=tuple(findings),
        strangers=strange,
    )


def _about_actions(reader: PdfFileReader) -> list[Finding]:
    """Nothing that acts by itself."""
    try:
        structure.require_plain(reader)
    except Malformed as error:
        return [finding(Code.ACTIVE_CONTENT, detail=str(error))]
    return []


def _about_stamps(
    signed: Mapping[str, EmbeddedPdfSignature], strange: tuple[SignatureReport, ...]
) -> list[Finding]:
    """Call a file that carries nothing but time stamps unsigned."""
    return [] if signed or strange else [finding(Code.NO_SIGNATURE)]


def _about_saving(pdf: bytes, signatures: list[EmbeddedPdfSignature]) -> list[Finding]:
    """Tell a file that another program wrote anew: each signature appends a revision, none is left.

    It is said first, because the faults that follow are only its consequences.
    """
    if pdf.count(b"startxref") <= len(signatures):
        return [finding(Code.SAVED_ANEW)]
    return []


def _about_file(
    reader: PdfFileReader, fields: list[structure.PdfField], wanted: Expected, stamps: set[str]
) -> list[Finding]:
    """Nothing but the fields that belong there, and no actions."""
    findings = _about_actions(reader)
    belongs = {*wanted.roles, *wanted.still_empty, *stamps}
    for form_field in fields:
        if not form_field.is_signature or form_field.name not in belongs:
            findings.append(finding(Code.FORM_STRANGE, detail=f"field {form_field.name}"))
    return findings


def _about_set(signed: Mapping[str, EmbeddedPdfSignature], wanted: Expected) -> list[Finding]:
    """Exactly the signatures that are asked for, in their order."""
    findings = [
        finding(Code.SIGNATURE_MISSING, role) for role in wanted.roles if role not in signed
    ]
    findings += [finding(Code.SIGNATURE_UNEXPECTED) for name in signed if name not in wanted.roles]
    places = [_revision(signed[role]) for role in wanted.roles if role in signed]
    if places != sorted(places):
        findings.append(finding(Code.WRONG_ORDER))
    return findings


def _revision(signature: EmbeddedPdfSignature) -> int:
    return int(signature.signed_revision)


def _about_ranges(pdf: bytes, signatures: list[EmbeddedPdfSignature]) -> list[Finding]:
    """Each signature covers its whole revision, the last one the whole file."""
    findings: list[Finding] = []
    ends = [0]
    for signature in signatures:
        try:
            ends.append(structure.check_ranges(pdf, signature))
        except Malformed as error:
            findings.append(finding(Code.RANGE_STRANGE, signature.field_name, detail=str(error)))
    if max(ends) != len(pdf):
        findings.append(finding(Code.APPENDED))
    return findings


def _with(report: FileReport, *findings: Finding) -> FileReport:
    return FileReport(sha256=report.sha256, checked_at=report.checked_at, findings=findings)
