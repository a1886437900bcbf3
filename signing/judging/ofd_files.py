"""OFD files judged against our own authority, told as PDFs are: in the same report."""

from __future__ import annotations

import hashlib

from ofd import findings as ofd_findings
from ofd import judging
from ofd.judging import Report, SealReport, Trust
from signing.judging.findings import Code, Finding
from signing.judging.reports import FileReport, Level, SignatureReport
from signing.keys.trust import Role


def examine(data: bytes, trust: Trust) -> tuple[FileReport, Report]:
    """Examine a file completely, within bounds; never raises, whatever the file.

    The second answer says what the file is and how it is sealed, in OFD's own terms.
    """
    return told(data, trust, judging.judge(data, trust))


def told(data: bytes, trust: Trust, report: Report) -> tuple[FileReport, Report]:
    """Tell a report about a file as those about PDFs are told."""
    ours = [_signature(seal) for seal in report.seals if seal.is_ours]
    strange = [_signature(seal) for seal in report.seals if not seal.is_ours]
    said = FileReport(
        sha256=hashlib.sha256(data).hexdigest(),
        checked_at=trust.at,
        signatures=tuple(ours),
        findings=tuple(_finding(finding) for finding in report.findings),
        strangers=tuple(strange),
    )
    return said, report


def _signature(seal: SealReport) -> SignatureReport:
    field = str(Role.AGENCY) if seal.is_ours else seal.seal
    return SignatureReport(
        field=field,
        signer=seal.seal if seal.is_ours else seal.signer,
        subject=seal.signer,
        issuer=seal.issuer,
        serial=seal.serial,
        signed_at=seal.at,
        level=Level.TIME_STAMPED if seal.stamped_at else Level.BASIC,
        findings=tuple(_finding(finding, field) for finding in seal.findings),
    )


def _finding(finding: ofd_findings.Finding, field: str | None = None) -> Finding:
    return Finding(Code(finding.problem), finding.text, field, finding.detail)
