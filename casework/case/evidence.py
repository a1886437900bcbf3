"""Evidence and statements as PDF: checked by content, then kept with the case (I3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from casework.case.refusals import TooManyFiles
from casework.office import Office
from engine.actors import Actor
from pdfgen import charset, uploads
from refusals.refusal import Refusal
from registry.applications import attachments
from registry.applications.attachments import Uploaded
from registry.applications.documents import StoredFile


class EvidenceRequired(Refusal):
    """请上传证据材料（PDF，每个不超过2M），至少一份。"""

    code = "E_EVIDENCE_REQUIRED"


LIMIT = 5  #: files at a time
FIELD = "evidence"


@dataclass(frozen=True)
class Upload:
    """A file as it came."""

    filename: str
    data: bytes


def check(
    office: Office, files: Sequence[Upload], *, required: bool = True, field: str = FIELD
) -> list[Uploaded]:
    """Check and store the files; raises `EvidenceRequired`, `TooManyFiles`, those of `uploads`."""
    if required and not files:
        raise EvidenceRequired(field)
    if len(files) > LIMIT:
        raise TooManyFiles(field, title="证据材料", limit=LIMIT)
    checked = [(file.filename, uploads.check_pdf(file.data, field=field)) for file in files]
    return [
        Uploaded(
            filename=charset.printable(filename, office.fonts),
            file=StoredFile(sha256=office.files.put(facts.content), size_bytes=len(facts.content)),
            pages=facts.pages,
        )
        for filename, facts in checked
    ]


def keep(
    session: Session, application_id: str, files: Sequence[Uploaded], actor: Actor, at: datetime
) -> None:
    """Add the files to the case."""
    for file in files:
        attachments.add(
            session,
            application_id,
            attachments.AttachmentKind.OTHER,
            file,
            actor=actor.id,
            at=at,
        )
