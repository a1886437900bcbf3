"""A draft opened on a newer form: answers that match are kept, what changed is marked at its field.

A case that a correction or a migration moved has a newer form; until it is saved as a whole, its
page says what is new, what is asked otherwise, and which answers are no longer asked for.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.application import form_entry
from casework.office import Office
from professions import form_changes
from professions.form_changes import Marks
from registry.applications import applications
from registry.applications.applications import Application
from registry.trail import version_corrections


def of(office: Office, session: Session, application: Application) -> Marks | None:
    """Say what changed in the form of a draft since it was moved; None when it was not."""
    version = application.definition
    if office.definitions.deployed_at(version) < application.created_at:
        return None  # it began on this version
    moved = version_corrections.last_moved(session, application.id, version)
    if moved is None:
        return None
    request, at = moved
    revision = applications.current_revision(session, application.id)
    if revision is not None and revision.saved_at > at:
        return None
    before, after = office.type_of(request.from_version), office.type_of(version)
    matter = application.matter
    if not (before.offers(matter) and after.offers(matter)):
        return None
    former, form = before.matter(matter).form, after.matter(matter).form
    if former is None or form is None:
        return None
    typed = form_entry.typed_last(session, application.id)
    return form_changes.marks(before.form(former), after.form(form), typed)
