"""What was saved and signed, read only: the form of the version with the values of the revision."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from casework.application import content, form_checks
from casework.office import Office
from registry.applications import applications, attachments
from registry.applications.applications import Application, FormRevision
from web.forms import shown, stored
from web.forms.fields import File
from web.forms.shown import Group


def of_revision(office: Office, session: Session, application: Application) -> list[Group]:
    """Give the sections of the newest saved form, for those who may look but not change (R51)."""
    revision = applications.current_revision(session, application.id)
    return [] if revision is None else of(office, session, application, revision)


def evidence(groups: Sequence[Group], proofs: Sequence[File]) -> list[File]:
    """Give the files that can be looked at beside the form; pictures stand in it already."""
    fields = [field for group in groups for field in group.fields if not field.crop]
    return [file for field in fields for file in field.files] + list(proofs)


def of(
    office: Office, session: Session, application: Application, revision: FormRevision
) -> list[Group]:
    """Give the sections of a saved form."""
    values = content.values_of(revision.content, attachments.of(session, application.id))
    person = revision.content["person"]
    form = form_checks.form_of(office, application)
    return shown.groups(
        form,
        form.as_saved({**values, **person}),
        files=stored.uploads_of(session, application),
    )
