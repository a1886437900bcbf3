"""Attachments: what an applicant uploads, by hash; a revision of the form refers to them by id."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry.applications.applications import Application, FormDraft, FormRevision
from registry.applications.documents import Blob, StoredFile, keep
from registry.people import consents
from registry.trail.audit import SECOND_PRESS
from storage.database import Base, UtcDateTime, new_id, to_json
from storage.literals import ONE
from storage.passing import ask_once


class AttachmentKind(StrEnum):
    """What an upload is for (domain B.9)."""

    PHOTO = "PHOTO"
    QUALIFICATION_SCAN = "QUALIFICATION_SCAN"
    CE_PROOF = "CE_PROOF"
    CANCEL_PROOF = "CANCEL_PROOF"
    LABOUR_CONTRACT = "LABOUR_CONTRACT"
    OTHER = "OTHER"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return _LABELS[self]


_LABELS = {
    AttachmentKind.PHOTO: "个人照片",
    AttachmentKind.QUALIFICATION_SCAN: "资格证书扫描件",
    AttachmentKind.CE_PROOF: "继续教育证明",
    AttachmentKind.CANCEL_PROOF: "注销证明材料",
    AttachmentKind.LABOUR_CONTRACT: "劳动合同",
    AttachmentKind.OTHER: "其他材料",
}
FILENAME_LENGTH = 120
_LONGEST_ENDING = 10  #: of a name that is cut; what is longer is no ending


@dataclass(frozen=True, kw_only=True)
class Uploaded:
    """A file whose bytes are stored and checked, under the name that it came with."""

    filename: str
    file: StoredFile
    pages: int | None = None  #: of a PDF


class Attachment(Base):
    """One upload; never changed, kept as long as a revision may refer to it."""

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_application", "application_id", "kind", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id))
    kind: Mapped[str] = mapped_column(String(20))
    filename: Mapped[str] = mapped_column(String(FILENAME_LENGTH))  #: for display only
    sha256: Mapped[str] = mapped_column(ForeignKey(Blob.sha256))
    size_bytes: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(60))
    pages: Mapped[int | None]
    uploaded_by: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    @property
    def kind_label(self) -> str:
        """The Chinese name of the kind."""
        return AttachmentKind(self.kind).label

    def as_uploaded(self) -> Uploaded:
        """Give the file, to be added to another case: its bytes are kept once."""
        file = StoredFile(
            sha256=self.sha256, size_bytes=self.size_bytes, media_type=self.media_type
        )
        return Uploaded(filename=self.filename, file=file, pages=self.pages)


def safe_filename(name: str) -> str:
    r"""Return `name` for display: no folders, no control or direction characters, not endless.

    >>> safe_filename("..\\a/证书\x00\u202efdp.pdf")
    '证书fdp.pdf'
    >>> safe_filename("-rf.pdf")
    'rf.pdf'
    >>> safe_filename("证" * 200)[:2], safe_filename("证" * 200 + ".pdf")[-5:]
    ('证证', '证.pdf')
    """
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        character for character in base if unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
    )
    kept = kept.strip(" .").lstrip("-")  # none begins as an option would
    if len(kept) > FILENAME_LENGTH:
        stem, dot, ending = kept.rpartition(".")
        told = f"{dot}{ending}" if len(ending) <= _LONGEST_ENDING and stem else ""
        kept = f"{kept[: FILENAME_LENGTH - len(told)]}{told}"
    return kept or "未命名"


def add(
    session: Session,
    application_id: str,
    kind: str,
    upload: Uploaded,
    *,
    actor: str,
    at: datetime,
) -> Attachment:
    """Add an upload to a case.

    Raises `ConsentWithdrawn` for a photograph of somebody who does not agree to its use any more.
    """
    if kind == AttachmentKind.PHOTO:
        application = session.get_one(Application, application_id)
        consents.insist(session, application.person_id, consents.PORTRAIT)
    keep(session, upload.file, at=at)
    attachment = Attachment(
        application_id=application_id,
        kind=AttachmentKind(kind),
        filename=safe_filename(upload.filename),
        **asdict(upload.file),
        pages=upload.pages,
        uploaded_by=actor,
        created_at=at,
    )
    session.add(attachment)
    session.flush()
    return attachment


def pressed_before(
    session: Session, application_id: str, kind: str, upload: Uploaded, *, actor: str, at: datetime
) -> Attachment | None:
    """Return the same file of the press before, if any; of photographs the newest counts."""
    of_kind = select(Attachment).where(
        Attachment.application_id == application_id, Attachment.kind == kind
    )
    same = of_kind.where(
        Attachment.sha256 == upload.file.sha256,
        Attachment.filename == safe_filename(upload.filename),
        Attachment.uploaded_by == actor,
        Attachment.created_at > at - SECOND_PRESS,
    )
    if kind == AttachmentKind.PHOTO:
        newest = of_kind.with_only_columns(func.max(Attachment.id)).scalar_subquery()
        same = same.where(Attachment.id == newest)
    return session.scalar(same.limit(ONE))


def get(session: Session, attachment_id: str) -> Attachment:
    """Return the attachment; raises `NotFound`."""
    attachment = session.get(Attachment, attachment_id)
    if attachment is None:
        raise NotFound
    return attachment


def kept_with(session: Session, application_id: str, kind: str) -> tuple[Application, int]:
    """Return a case, and how many uploads of a kind it has; raises `NotFound`."""
    number = (
        select(func.count(Attachment.id))
        .where(Attachment.application_id == Application.id, Attachment.kind == kind)
        .scalar_subquery()
    )
    query = select(Application, number).where(Application.id == application_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def drop_unused(session: Session, application_id: str, kind: str) -> list[str]:
    """Forget the oldest upload of a kind that no save and no draft has; give its digest."""
    contents = select(FormRevision.content).where(FormRevision.application_id == application_id)
    drafts = select(FormDraft.content).where(FormDraft.application_id == application_id)
    used = "".join(map(to_json, [*session.scalars(contents), *session.scalars(drafts)]))
    query = select(Attachment).where(
        Attachment.application_id == application_id, Attachment.kind == kind
    )
    for upload in session.scalars(query.order_by(Attachment.id)):
        if upload.id not in used and upload.sha256 not in used:
            session.delete(upload)
            session.flush()
            return [upload.sha256]
    return []


def of(session: Session, application_id: str, kind: str | None = None) -> list[Attachment]:
    """Return the uploads of a case, oldest first."""
    slot, values = (Attachment, application_id), {"b_application": application_id}
    kept = ask_once(session, slot, lambda: session.scalars(_ALL_OF, values).all())
    return [attachment for attachment in kept if kind is None or attachment.kind == kind]


_ALL_OF = (
    select(Attachment)
    .where(Attachment.application_id == bindparam("b_application"))
    .order_by(Attachment.id)
)
