"""What the house asks of systems outside it; `adapters` speaks to them and ships a twin each.

Every call may raise `registry.errors.RegisterUnavailable`. None runs inside a write transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from registry.identifiers import IdType, Sex


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The six facts of the real-name collection system (R22), normalised."""

    name: str
    sex: Sex
    birth: date
    id_type: IdType
    id_no: str
    mobile: str


@dataclass(frozen=True, kw_only=True)
class DesignQualification:
    """A design qualification of an enterprise 工程设计资质."""

    category: str
    grade: str
    certificate_no: str
    valid_to: date


@dataclass(frozen=True, kw_only=True)
class EnterpriseFacts:
    """What the enterprise register says of one enterprise today."""

    name: str
    uscc: str
    status: str  #: one of `registry.enterprises.EnterpriseStatus`
    former_names: tuple[str, ...] = ()
    design_qualifications: tuple[DesignQualification, ...] = ()
    contact_mobile: str | None = None  #: of the person who confirms for the enterprise


@dataclass(frozen=True, kw_only=True)
class QualificationFacts:
    """One record of the qualification database 资格库."""

    certificate_no: str
    issued_on: date
    issuer: str
    obtained_by: str = "EXAM"  #: EXAM, ASSESSMENT or RECOGNITION


class FileStore(Protocol):
    """Bytes by their SHA-256, written once."""

    def put(self, data: bytes) -> str:
        """Store `data` durably and return its lower-case hexadecimal SHA-256; idempotent."""

    def get(self, sha256: str) -> bytes:
        """Return the bytes, verified; raises `registry.errors.NotFound`."""


class SmsGateway(Protocol):
    """Sends short messages."""

    def send(self, mobile: str, text: str, key: str) -> None:
        """Send `text`; the same `key` is sent once."""


class EnterpriseRegister(Protocol):
    """Names, codes and status of enterprises, with their design qualifications."""

    def by_name(self, name: str) -> Sequence[EnterpriseFacts]:
        """Return the enterprises whose present or former folded name is that of `name`."""

    def by_uscc(self, uscc: str) -> EnterpriseFacts | None:
        """Return the enterprise of that code."""


class QualificationRegister(Protocol):
    """The database of qualification certificates issued in Shanghai (R31)."""

    def find(self, id_type: IdType, id_no: str) -> Sequence[QualificationFacts]:
        """Return what the person holds, newest first."""


class RealNameRegister(Protocol):
    """The real-name collection system of persons (R22)."""

    def check(self, id_type: IdType, id_no: str, name: str) -> Identity | None:
        """Return the person's facts when name and number belong together."""
