"""The uploads that a form speaks of."""

from __future__ import annotations

from sqlalchemy.orm import Session

from registry.applications import attachments
from registry.applications.applications import Application
from web.forms.fields import File


def uploads_of(session: Session, application: Application) -> dict[str, File]:
    """Give the uploads of a case by id."""
    return {
        file.id: File(
            id=file.id, filename=file.filename, size_bytes=file.size_bytes, sha256=file.sha256
        )
        for file in attachments.of(session, application.id)
    }
