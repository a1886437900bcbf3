"""What a form says differently from an earlier version of it, field by field and file by file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from casework.application import content, form_checks
from casework.office import Office
from registry.applications import applications, documents
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind
from signing import Role
from web.forms import shown


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One field whose words are not those of the earlier version."""

    title: str
    before: str
    after: str


def since_last_signed(
    office: Office, session: Session, application: Application
) -> list[Difference] | None:
    """Tell what changed since the version that was signed before; None: there was none."""
    number = _signed_before(session, application)
    if number is None:
        return None
    earlier = applications.revision(session, application.id, number)
    present = applications.current_revision(session, application.id)
    if present is None:
        return None
    before, after = (
        _words(office, application, revision.content) for revision in (earlier, present)
    )
    return [
        Difference(title=title, before=before.get(title, ""), after=after.get(title, ""))
        for title in dict.fromkeys([*after, *before])
        if before.get(title, "") != after.get(title, "")
    ]


def _signed_before(session: Session, application: Application) -> int | None:
    """Give the revision of the newest void form that the person had signed."""
    for document in reversed(documents.history(session, application.id)):
        if document.kind != DocumentKind.APPLICATION or document.revision >= application.revision:
            continue
        signed = documents.signatures(session, document.id)
        if any(signature.role == Role.APPLICANT for signature in signed):
            return document.revision
    return None


def _words(office: Office, application: Application, said: Mapping[str, Any]) -> dict[str, str]:
    """Give what a saved form says, by the titles of its fields."""
    form = form_checks.form_of(office, application)
    values = content.values_of({**said, "attachments": []}, [])
    groups = shown.groups(form, form.as_saved({**values, **said["person"]}))
    words = {
        field.title: field.shown
        for group in groups
        for field in group.fields
        if not field.field.is_file
    }
    files: dict[str, list[str]] = {}
    for file in said["attachments"]:
        files.setdefault(file["title"], []).append(f"{file['filename']}（{file['sha256'][:8]}）")
    return words | {title: "、".join(names) for title, names in files.items()}
