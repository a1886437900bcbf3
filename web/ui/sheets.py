"""What was saved and signed, read only: the form of the version with the values of the revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.application import content, form_checks
from casework.office import Office
from registry.applications import applications, attachments, decisions
from registry.applications.applications import Application, FormRevision
from registry.applications.decisions import DecisionStep
from web.forms import shown, stored
from web.forms.fields import File, ShownField
from web.forms.shown import Group


def of_revision(office: Office, session: Session, application: Application) -> list[Group]:
    """Give the sections of the newest saved form, for those who may look but not change (R51)."""
    revision = applications.current_revision(session, application.id)
    return [] if revision is None else _groups(office, session, application, revision)


def _groups(
    office: Office, session: Session, application: Application, revision: FormRevision
) -> list[Group]:
    values = content.values_of(revision.content, attachments.of(session, application.id))
    person = revision.content["person"]
    form = form_checks.form_of(office, application)
    return shown.groups(
        form,
        form.as_saved({**values, **person}),
        files=stored.uploads_of(session, application),
    )


@dataclass(frozen=True, kw_only=True)
class Change:
    """How a field stood when the agency asked to correct the form."""

    title: str
    before: str
    files: Sequence[File] = ()


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What differs from the form that the agency asked to correct."""

    since: int  #: number of that revision
    fields: Mapping[str, Change]  #: by the name of a field that is there
    gone: Sequence[Change]  #: what is not asked for any more


def changes(office: Office, session: Session, application: Application) -> Changes | None:
    """Compare the newest form with what was submitted before; None while it was not corrected."""
    asked = [
        decision.revision
        for decision in decisions.of(session, application.id)
        if (decision.step, decision.outcome) == (DecisionStep.FORMAL_CHECK, "correct")
    ]
    if not asked or asked[-1] >= application.revision:
        return None
    earlier = applications.revision(session, application.id, asked[-1])
    before = _fields(_groups(office, session, application, earlier))
    after = _fields(of_revision(office, session, application))
    return Changes(
        since=asked[-1],
        fields={
            name: _change(before.get(name), field)
            for name, field in after.items()
            if name not in before or _said(before[name]) != _said(field)
        },
        gone=[_change(field, field) for name, field in before.items() if name not in after],
    )


def _fields(groups: Sequence[Group]) -> dict[str, ShownField]:
    return {field.name: field for group in groups for field in group.fields}


def _said(field: ShownField) -> tuple[str, list[str]]:
    return str(field.shown or ""), [file.id for file in field.files]


def _change(before: ShownField | None, after: ShownField) -> Change:
    if before is None:
        return Change(title=after.title, before="")
    text = "" if before.files else str(before.shown or "")
    return Change(title=after.title, before=text, files=before.files)
