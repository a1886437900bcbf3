"""The answer of the verifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from signing.judging.findings import ABOUT_CONTENT, UNTOLD, Code, Finding


class Level(StrEnum):
    """How much of its own evidence a signature carries (ETSI EN 319 142-1)."""

    BASIC = "B-B"
    TIME_STAMPED = "B-T"
    ARCHIVED = "B-LTA"


@dataclass(frozen=True, kw_only=True)
class SignatureReport:
    """One signature of the file."""

    field: str  #: applicant, enterprise, agency
    signer: str  #: common name of the certificate
    subject: str  #: person id, uscc or agency name as the certificate says it
    issuer: str  #: common name of the issuing authority
    serial: str  #: hexadecimal
    signed_at: datetime | None  #: from the time stamp
    level: Level
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong with this signature."""
        return not self.findings


@dataclass(frozen=True, kw_only=True)
class FileReport:
    """Everything that was found; `ok` only when there is nothing to say against the file."""

    sha256: str
    checked_at: datetime
    signatures: tuple[SignatureReport, ...] = ()
    findings: tuple[Finding, ...] = ()  #: about the file as a whole
    strangers: tuple[SignatureReport, ...] = ()  #: signatures in places where none of ours belongs

    @property
    def ok(self) -> bool:
        """Tell whether the file is complete, untouched and signed by whom it should be."""
        return bool(self.signatures) and not self.all_findings

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Return what is wrong with the file and with each signature, each thing once."""
        every = (*self.signatures, *self.strangers)
        whole = self.findings + tuple(
            finding for signature in every for finding in signature.findings
        )
        return tuple(
            {(finding.code, finding.field): finding for finding in reversed(whole)}.values()
        )[::-1]

    @property
    def is_intact(self) -> bool | None:
        """Tell whether the content is as it was signed, whoever signed it; None: untold."""
        codes = {finding.code for finding in self.all_findings}
        if codes & ABOUT_CONTENT:
            return False
        return None if codes & UNTOLD else True

    def holds(self, signature: SignatureReport) -> bool:
        """Tell whether a signature is good and stands in a file that nobody altered."""
        return signature.ok and self.is_intact is True

    def codes(self) -> set[str]:
        """Return the codes of all findings."""
        return {str(finding.code) for finding in self.all_findings}

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "ok": self.ok,
            "is_intact": self.is_intact,
            "sha256": self.sha256,
            "checked_at": self.checked_at.isoformat(),
            "findings": [_plain(finding) for finding in self.findings],
            "signatures": [self._written(signature) for signature in self.signatures],
            "strangers": [self._written(signature) for signature in self.strangers],
        }

    def _written(self, signature: SignatureReport) -> dict[str, Any]:
        at = signature.signed_at
        return {
            "field": signature.field,
            "ok": self.holds(signature),
            "signer": signature.signer,
            "subject": signature.subject,
            "issuer": signature.issuer,
            "serial": signature.serial,
            "signed_at": at.isoformat() if at else None,
            "level": signature.level,
            "findings": [_plain(finding) for finding in signature.findings],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> FileReport:
        """Read what `to_json` wrote."""
        return cls(
            sha256=plain["sha256"],
            checked_at=datetime.fromisoformat(plain["checked_at"]),
            findings=_findings(plain["findings"]),
            signatures=tuple(map(_signature, plain["signatures"])),
            strangers=tuple(map(_signature, plain["strangers"])),
        )


def _signature(plain: Mapping[str, Any]) -> SignatureReport:
    return SignatureReport(
        field=plain["field"],
        signer=plain["signer"],
        subject=plain["subject"],
        issuer=plain["issuer"],
        serial=plain["serial"],
        signed_at=plain["signed_at"] and datetime.fromisoformat(plain["signed_at"]),
        level=Level(plain["level"]),
        findings=_findings(plain["findings"]),
    )


def _findings(plain: list[dict[str, str]]) -> tuple[Finding, ...]:
    return tuple(
        Finding(Code(finding["code"]), finding["text"], finding["field"], finding["detail"])
        for finding in plain
    )


def _plain(finding: Finding) -> dict[str, str | None]:
    return {
        "code": finding.code,
        "text": finding.text,
        "field": finding.field,
        "detail": finding.detail,
    }
