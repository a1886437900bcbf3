"""The OFD form of papers that the agency sealed: made when first asked for, kept for ever.

A paper has a second one only where the seal of the first was revoked.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.applications import documents
from registry.applications.documents import Document, StoredFile
from storage.database import Base, UtcDateTime, new_id
from storage.literals import ONE

MEDIA_TYPE = "application/ofd"


class OfdFile(Base):
    """A paper as OFD, under the national seal."""

    __tablename__ = "ofd_file"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"), index=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), unique=True)
    serial: Mapped[str] = mapped_column(String(64))  #: of the sealing certificate
    at: Mapped[datetime] = mapped_column(UtcDateTime())


def newest(session: Session, document_id: str) -> OfdFile | None:
    """Give the OFD form of a paper; None: nobody asked for it yet."""
    query = select(OfdFile).where(OfdFile.document_id == document_id)
    return session.scalar(query.order_by(OfdFile.id.desc()).limit(ONE))


def add(
    session: Session, document: Document, file: StoredFile, *, serial: str, at: datetime
) -> OfdFile:
    """Put the OFD form of a paper on record."""
    documents.keep(session, file, at=at)
    kept = OfdFile(document_id=document.id, sha256=file.sha256, serial=serial, at=at)
    session.add(kept)
    session.flush()
    return kept


def paper_of(session: Session, sha256: str) -> Document | None:
    """Find the paper that has or had these bytes as its OFD form."""
    query = select(Document).join(OfdFile, OfdFile.document_id == Document.id)
    return session.scalar(query.where(OfdFile.sha256 == sha256))
