"""What the house asks of systems outside it; `adapters` speaks to them and ships a twin each.

Every call may raise `registry.errors.Unavailable`. None runs inside a write transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from registry import readings
from registry.errors import Unavailable
from registry.identifiers import IdType, Sex


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The six facts of the real-name collection system (R22).

    One spelling of a name, whoever sends it: portal, real-name answer, import or officer.
    """

    name: str
    sex: Sex
    birth: date
    id_type: IdType
    id_no: str
    mobile: str

    def __post_init__(self) -> None:
        """Read name and number as everything typed is read."""
        object.__setattr__(self, "name", readings.name(self.name))
        object.__setattr__(self, "id_no", readings.number(self.id_no))


@dataclass(frozen=True, kw_only=True)
class DesignQualification:
    """A qualification of an enterprise, of whichever kind the register tells 企业资质."""

    category: str
    grade: str
    certificate_no: str
    valid_to: date
    kind: str = (
        ""  #: 工程勘察设计资质, 建筑业企业资质 …; empty where the register keeps only one kind
    )


@dataclass(frozen=True, kw_only=True)
class EnterpriseFacts:
    """What the enterprise register says of one enterprise today."""

    name: str
    uscc: str
    status: str  #: one of `registry.enterprises.enterprises.EnterpriseStatus`
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
    profession: str = ""  #: title of what it entitles to; empty where the register keeps only one

    def entitles(self, profession: str) -> bool:
        """Tell whether it lets its holder register in this profession."""
        return self.profession in ("", profession)


@dataclass(frozen=True, kw_only=True)
class QualifiedEnterprise:
    """What the enterprise qualification system 企业资质系统 says of one enterprise today."""

    name: str  #: as registered there; the precondition of 企业名称变更 (R126)
    uscc: str
    design_qualifications: tuple[DesignQualification, ...] = ()
    version: str = ""  #: of the record there; kept with a rename as its evidence


class CertificateState(StrEnum):
    """State codes of national electronic certificates (domain B.6)."""

    VALID = "01"
    SUSPENDED = "02"
    RESCINDED = "03"
    CANCELLED = "04"
    INVALID = "05"
    TRANSFERRED = "06"
    REVOKED = "07"
    OTHER = "99"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _STATE_LABELS[self]


_STATE_LABELS = {
    CertificateState.VALID: "有效",
    CertificateState.SUSPENDED: "暂扣",
    CertificateState.RESCINDED: "撤销",
    CertificateState.CANCELLED: "注销",
    CertificateState.INVALID: "失效",
    CertificateState.TRANSFERRED: "办理转出",
    CertificateState.REVOKED: "吊销",
    CertificateState.OTHER: "其他",
}


class StoreOperation(StrEnum):
    """Operation types of national electronic certificates (domain B.6)."""

    NEW = "01"
    RENEWAL = "02"
    EXPIRY = "04"
    ENDING = "05"  #: cancelled, rescinded or revoked
    CHANGE = "09"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _OPERATION_LABELS[self]


_OPERATION_LABELS = {
    StoreOperation.NEW: "新发",
    StoreOperation.RENEWAL: "延续",
    StoreOperation.EXPIRY: "到期失效",
    StoreOperation.ENDING: "注销撤销吊销",
    StoreOperation.CHANGE: "变更",
}


@dataclass(frozen=True, kw_only=True)
class CertificateEntry:
    """What the electronic certificate store 电子证照库 is told of one certificate."""

    identifier: str  #: GB/T 36904, of this version
    name: str  #: of the kind of certificate
    no: str
    version: int
    registration_no: str
    holder_name: str
    holder_id_type: IdType
    holder_id_no: str
    enterprise_name: str
    uscc: str  #: of the enterprise
    issuer: str
    issuer_uscc: str
    issued_on: date
    valid_from: date
    valid_to: date
    state: CertificateState
    operation: StoreOperation
    sha256: str  #: of the PDF
    ofd_sha256: str = ""  #: of the OFD file; empty where the store takes none


class FileStore(Protocol):
    """Bytes by their SHA-256, written once."""

    def put(self, data: bytes) -> str:
        """Store `data` durably and return its lower-case hexadecimal SHA-256; idempotent."""

    def get(self, sha256: str) -> bytes:
        """Return the bytes, verified; refused when they are missing or damaged."""

    def drop(self, sha256: str) -> None:
        """Erase the bytes; what is not there is erased already."""

    def fold(self, earlier: Mapping[str, int], content: bytes) -> int:
        """Give up the room of files that `content`, which is kept, begins with; tell how many."""

    def unfold(self, sha256: str) -> None:
        """Let a file stand by itself, before one that begins with it is dropped."""


class SmsGateway(Protocol):
    """Sends short messages and e-mails."""

    def send(self, mobile: str, text: str, key: str) -> None:
        """Send `text`; the same `key` is sent once."""

    def mail(self, address: str, subject: str, text: str, key: str) -> None:
        """Send `text` by e-mail; the same `key` is sent once."""


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


class EnterpriseQualifications(Protocol):
    """The enterprise qualification system: the name an enterprise must already bear (R126)."""

    def of(self, uscc: str) -> QualifiedEnterprise | None:
        """Return what it holds under that credit code."""


class CertificateStore(Protocol):
    """The store from which other services take electronic certificates 电子证照库."""

    def publish(
        self, entry: CertificateEntry, pdf: bytes, key: str, *, ofd: bytes | None = None
    ) -> None:
        """Hand a certificate over in one form or both; what is there already stays as it is."""

    def update_state(
        self, identifier: str, state: CertificateState, operation: StoreOperation, key: str
    ) -> bool:
        """Tell that a certificate counts no longer; False when it was never published."""


class WebhookSender(Protocol):
    """Sends messages to addresses that others gave us."""

    def examine(self, url: str) -> None:
        """Refuse an address that nothing may be sent to."""

    def send(self, url: str, headers: Mapping[str, str], content: bytes) -> int:
        """Post `content` once and return the status of the answer; refused for every trouble."""


class NobodyListens:
    """Stands in where no message is sent."""

    def examine(self, url: str) -> None:
        """Refuse every address."""
        raise Unavailable(system="消息推送")

    def send(self, url: str, headers: Mapping[str, str], content: bytes) -> int:
        """Send nothing."""
        raise Unavailable(system="消息推送")


@dataclass(frozen=True, kw_only=True)
class Systems:
    """Every system outside the house, each by its adapter or its twin."""

    enterprises: EnterpriseRegister
    qualifications: QualificationRegister
    realnames: RealNameRegister
    sms: SmsGateway
    enterprise_qualifications: EnterpriseQualifications
    certificate_store: CertificateStore
    webhooks: WebhookSender = field(default_factory=NobodyListens)
