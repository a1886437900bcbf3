"""Documents of a case: files by hash, what they stand for, who signed them, whether they are void.

One document is one paper: signing adds a version of its bytes. Nothing is ever deleted; a void
document is kept, says so, and fails verification (R44, I7).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    bindparam,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry.applications.applications import Application
from storage.database import Base, UtcDateTime, get_or_insert, insert_of, new_id
from storage.literals import ONE
from storage.passing import ask_once, forget, recall, remember


class DocumentKind(StrEnum):
    """Kinds of papers (domain B.7)."""

    APPLICATION = "application"
    RECEIPT = "receipt"
    ACCEPTANCE_NOTICE = "acceptance-notice"
    CORRECTION_NOTICE = "correction-notice"
    NON_ACCEPTANCE = "non-acceptance"
    EXTENSION_NOTICE = "extension-notice"
    DECISION = "decision"
    CERTIFICATE = "certificate"
    INTENDED_DECISION = "intended-decision"
    ACT_DECISION = "act-decision"
    CERTIFICATE_COPY = "certificate-copy"

    @property
    def label(self) -> str:
        """The Chinese name of the paper."""
        return _LABELS[self]

    @property
    def is_of_agency(self) -> bool:
        """Whether the agency seals it, so that it exists as OFD too."""
        return self is not DocumentKind.APPLICATION


_LABELS = {
    DocumentKind.APPLICATION: "注册申请表",
    DocumentKind.RECEIPT: "收件凭证",
    DocumentKind.ACCEPTANCE_NOTICE: "行政审批受理通知书",
    DocumentKind.CORRECTION_NOTICE: "补正材料通知书",
    DocumentKind.NON_ACCEPTANCE: "不予受理决定书",
    DocumentKind.EXTENSION_NOTICE: "延长审查期限通知书",
    DocumentKind.DECISION: "行政许可决定书",
    DocumentKind.CERTIFICATE: "注册执业证书",
    DocumentKind.INTENDED_DECISION: "拟处理告知书",
    DocumentKind.ACT_DECISION: "处理决定书",
    DocumentKind.CERTIFICATE_COPY: "注册执业证书加注副本",
}


class DocumentState(StrEnum):
    """Whether a document stands."""

    CURRENT = "current"
    VOID = "void"


class VoidReason(StrEnum):
    """Why a document was voided."""

    DATA_CHANGED = "DATA_CHANGED"
    WITHDRAWN = "WITHDRAWN"
    RENAMED = "RENAMED"
    REPLACED = "REPLACED"
    CLOSED = "CLOSED"
    ANNULLED = "ANNULLED"

    @property
    def label(self) -> str:
        """What people read."""
        return _REASONS[self]


_REASONS = {
    VoidReason.DATA_CHANGED: "申请内容已修改",
    VoidReason.WITHDRAWN: "申请已撤回",
    VoidReason.RENAMED: "企业已更名",
    VoidReason.REPLACED: "已生成新文件",
    VoidReason.CLOSED: "申请已关闭",
    VoidReason.ANNULLED: "已被行政复议决定或者判决撤销",
}


class Blob(Base):
    """Facts of stored bytes; the bytes themselves are in the file store."""

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size_bytes: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


class Document(Base):
    """A paper; `sha256` is of its newest version."""

    __tablename__ = "document"
    __table_args__ = (Index("ix_document_application", "application_id", "kind", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(60))
    number: Mapped[str | None] = mapped_column(String(40))
    revision: Mapped[int]  #: of the form that it was made from
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), index=True)
    state: Mapped[str] = mapped_column(String(8), default=DocumentState.CURRENT)
    void_reason: Mapped[str | None] = mapped_column(String(16))
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    @property
    def is_void(self) -> bool:
        """Whether the document does not count any more."""
        return self.state == DocumentState.VOID


class DocumentVersion(Base):
    """The bytes of a document at one stage: made, signed, sealed, augmented."""

    __tablename__ = "document_version"
    __table_args__ = (UniqueConstraint("document_id", "sha256"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"))
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), index=True)
    stage: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime())


class SignatureRecord(Base):
    """Who signed a document, with which certificate, when."""

    __tablename__ = "signature_record"
    __table_args__ = (UniqueConstraint("document_id", "role"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"))
    role: Mapped[str] = mapped_column(String(20))  #: applicant, enterprise or agency
    signer: Mapped[str] = mapped_column(String(100))
    serial: Mapped[str] = mapped_column(String(64))  #: of the signer's certificate
    at: Mapped[datetime] = mapped_column(UtcDateTime())


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """What is known of bytes that lie in the file store."""

    sha256: str  #: lower-case hexadecimal
    size_bytes: int
    media_type: str = "application/pdf"


def keep(session: Session, file: StoredFile, *, at: datetime) -> None:
    """Note the facts of stored bytes; the second time changes nothing."""
    keep_all(session, [file], at=at)


def keep_all(session: Session, files: Iterable[StoredFile], *, at: datetime) -> None:
    """Note the facts of several stored bytes at once."""
    kept: set[str] = session.info.setdefault("kept", set())  # by this transaction
    new = sorted({file.sha256: file for file in files if file.sha256 not in kept}.items())
    if new:
        rows = [{**asdict(file), "created_at": at} for _, file in new]
        insert = insert_of(session)(Blob).on_conflict_do_nothing(index_elements=["sha256"])
        session.connection().execute(insert, rows)
    kept.update(sha256 for sha256, _ in new)


def add(
    session: Session,
    application_id: str,
    kind: str,
    file: StoredFile,
    *,
    revision: int,
    at: datetime,
    title: str | None = None,
    number: str | None = None,
) -> Document:
    """Add a paper; the same bytes again are the same paper, so that a job may repeat.

    A new application form voids the one before it. What has a number of its own is new: the number
    was taken for it alone, and it is put on record in the one commit that ends its job.
    """
    kind = DocumentKind(kind)
    present = None if number is not None else current(session, application_id, kind)
    if present is not None and present.sha256 == file.sha256 and present.revision == revision:
        return present
    if present is not None and kind is DocumentKind.APPLICATION:
        _void(session, present, VoidReason.REPLACED, at)
    keep(session, file, at=at)
    document = Document(
        id=new_id(),
        application_id=application_id,
        kind=kind,
        title=title or kind.label,
        number=number,
        revision=revision,
        sha256=file.sha256,
        created_at=at,
    )
    session.add(document)
    session.add(DocumentVersion(document_id=document.id, sha256=file.sha256, stage="made", at=at))
    remember(session, (Document, application_id, kind), document)
    return document


def replace(
    session: Session, document: Document, stage: str, file: StoredFile, *, at: datetime
) -> Document:
    """Give a document its next bytes (signed, sealed, augmented); repeating is harmless."""
    if document.sha256 == file.sha256:
        return document
    keep(session, file, at=at)
    session.add(DocumentVersion(document_id=document.id, sha256=file.sha256, stage=stage, at=at))
    document.sha256 = file.sha256
    return document


def signed(
    session: Session,
    document: Document,
    file: StoredFile,
    *,
    role: str,
    signer: str,
    serial: str,
    at: datetime,
) -> SignatureRecord:
    """Record a signature with the bytes that carry it; repeating is harmless."""
    replace(session, document, role, file, at=at)
    key = {"document_id": document.id, "role": role}
    present = {"signer": signer, "serial": serial, "at": at}
    return get_or_insert(session, SignatureRecord, key, present)


def void_all(
    session: Session,
    application_id: str,
    reason: str,
    at: datetime,
    *,
    kinds: Collection[str] = (DocumentKind.APPLICATION,),
) -> list[Document]:
    """Void the current papers of these kinds (the signed form unless told) and return them."""
    query = select(Document).where(
        Document.application_id == application_id,
        Document.state == DocumentState.CURRENT,
        Document.kind.in_(kinds),
    )
    voided = list(session.scalars(query))
    for document in voided:
        _void(session, document, VoidReason(reason), at)
    session.flush()
    return voided


def _void(session: Session, document: Document, reason: VoidReason, at: datetime) -> None:
    forget(session, (Document, document.application_id, document.kind))
    document.state, document.void_reason, document.voided_at = DocumentState.VOID, reason, at


def get(session: Session, document_id: str) -> Document:
    """Return the document; raises `NotFound`."""
    document = session.get(Document, document_id)
    if document is None:
        raise NotFound
    return document


def current(session: Session, application_id: str, kind: str) -> Document | None:
    """Return the newest paper of that kind that stands."""
    values = {"b_id": application_id, "b_kind": kind}
    slot = (Document, application_id, kind)
    return recall(session, slot, lambda: session.scalar(_CURRENT, values))


_CURRENT = (
    select(Document)
    .where(
        Document.application_id == bindparam("b_id"),
        Document.kind == bindparam("b_kind"),
        Document.state == DocumentState.CURRENT,
    )
    .order_by(Document.id.desc())
    .limit(ONE)
)


def history(session: Session, application_id: str) -> list[Document]:
    """Return every paper of the case, oldest first, void ones too."""
    slot, values = (Document, application_id, "all"), {"b_application": application_id}
    return list(ask_once(session, slot, lambda: session.scalars(_ALL_OF, values).all()))


_ALL_OF = (
    select(Document)
    .where(Document.application_id == bindparam("b_application"))
    .order_by(Document.id)
)


def by_sha256(session: Session, sha256: str) -> Document | None:
    """Find the document that has or had these bytes, whatever became of it since."""
    query = select(Document).join(DocumentVersion, DocumentVersion.document_id == Document.id)
    query = query.where(DocumentVersion.sha256 == sha256)
    return session.scalar(query.order_by(DocumentVersion.id.desc()).limit(ONE))


AUGMENTED = "augmented"  #: the stage that adds evidence for later years and no signature


def is_newest(session: Session, sha256: str) -> bool:
    """Tell whether these bytes are what counts today: the newest signing of a current paper.

    Evidence for later years that was added since changes nothing for who has the file already.
    """
    query = select(Document.id).where(
        Document.sha256 == sha256, Document.state == DocumentState.CURRENT
    )
    if session.scalar(query.limit(ONE)) is not None:
        return True
    document = by_sha256(session, sha256)
    if document is None or document.is_void:
        return False
    newest_first = versions(session, document.id)[::-1]
    later = takewhile(lambda version: version.sha256 != sha256, newest_first)
    return all(version.stage == AUGMENTED for version in later)


_STAMPED = (AUGMENTED, "agency", "enterprise")  #: stages of a paper whose signatures are complete


def stamped_before(
    session: Session, moment: datetime, *, after: str = "", limit: int
) -> list[Document]:
    """Return complete papers, void ones too, whose newest time stamp is older than `moment`.

    `after` is the id of the last one on the page before.
    """
    query = select(Document).join(*_newest_version).where(*_is_older(moment), Document.id > after)
    return list(session.scalars(query.order_by(Document.id).limit(limit)))


def count(session: Session, *, at_most: int) -> int:
    """Count all papers, no further than `at_most`."""
    some = select(Document.id).limit(at_most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def count_stamped_before(session: Session, moment: datetime) -> int:
    """Count the papers that `stamped_before` gives."""
    query = select(func.count(Document.id)).join(*_newest_version).where(*_is_older(moment))
    return session.scalar(query) or 0


def _is_older(moment: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return DocumentVersion.stage.in_(_STAMPED), DocumentVersion.at < moment


_newest_version = (
    DocumentVersion,
    (DocumentVersion.document_id == Document.id) & (DocumentVersion.sha256 == Document.sha256),
)


def versions(session: Session, document_id: str) -> list[DocumentVersion]:
    """Return the versions of a document, oldest first."""
    query = select(DocumentVersion).where(DocumentVersion.document_id == document_id)
    return list(session.scalars(query.order_by(DocumentVersion.id)))


def earlier(session: Session, document: Document) -> dict[str, int]:
    """Return what a document was before its newest bytes: addresses with their lengths."""
    found = session.execute(_EARLIER, {"b_document": document.id, "b_newest": document.sha256})
    return {row.sha256: row.size_bytes for row in found}


_EARLIER = (
    select(DocumentVersion.sha256, Blob.size_bytes)
    .join(Blob, Blob.sha256 == DocumentVersion.sha256)
    .where(
        DocumentVersion.document_id == bindparam("b_document"),
        DocumentVersion.sha256 != bindparam("b_newest"),
    )
)


def signatures(session: Session, document_id: str) -> list[SignatureRecord]:
    """Return the signatures of a document in the order they were made."""
    slot, values = (SignatureRecord, document_id), {"b_document": document_id}
    return list(ask_once(session, slot, lambda: session.scalars(_SIGNATURES_OF, values).all()))


_SIGNATURES_OF = (
    select(SignatureRecord)
    .where(SignatureRecord.document_id == bindparam("b_document"))
    .order_by(SignatureRecord.id)
)
