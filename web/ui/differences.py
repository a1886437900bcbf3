"""What a form says differently from an earlier version of it, field by field and file by file.

One comparer for everybody who decides on a form that was there before: the officer reads it at
the fields, an enterprise beside the file that it is going to seal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.office import Office
from registry.applications import applications, decisions, documents
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep
from registry.applications.documents import DocumentKind
from signing import Role
from web.forms.fields import File, ShownField
from web.ui import sheets


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a field says: words or files."""

    text: str = ""
    files: Sequence[File] = ()

    @property
    def words(self) -> str:
        """Give it in one line, each file with the beginning of its fingerprint."""
        files = [f"{file.filename}（{file.sha256[:8]}）" for file in self.files]
        return "、".join(files) or self.text


NOTHING = Said()


@dataclass(frozen=True, kw_only=True)
class Change:
    """A field that says something else than before."""

    title: str
    before: Said = NOTHING
    after: Said = NOTHING


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What differs from an earlier version."""

    since: int  #: number of that revision
    fields: Mapping[str, Change]  #: by the name of a field that is there
    gone: Sequence[Change]  #: what is not asked for any more

    @property
    def all(self) -> Sequence[Change]:
        """Give what is there first, then what is gone."""
        return [*self.fields.values(), *self.gone]


def since_asked_to_correct(
    office: Office, session: Session, application: Application
) -> Changes | None:
    """Compare with the form that the agency asked to correct; None while it was not corrected."""
    asked = [
        decision.revision
        for decision in decisions.of(session, application.id)
        if (decision.step, decision.outcome) == (DecisionStep.FORMAL_CHECK, "correct")
    ]
    if not asked or asked[-1] >= application.revision:
        return None
    return _since(office, session, application, asked[-1])


def since_last_signed(office: Office, session: Session, application: Application) -> Changes | None:
    """Compare with the newest void form that the person had signed; None: there was none."""
    for document in reversed(documents.history(session, application.id)):
        if document.kind != DocumentKind.APPLICATION or document.revision >= application.revision:
            continue
        signed = documents.signatures(session, document.id)
        if any(signature.role == Role.APPLICANT for signature in signed):
            return _since(office, session, application, document.revision)
    return None


def _since(
    office: Office, session: Session, application: Application, earlier: int
) -> Changes | None:
    present = applications.current_revision(session, application.id)
    if present is None:
        return None
    before, after = (
        {
            field.name: field
            for group in sheets.of(office, session, application, revision)
            for field in group.fields
        }
        for revision in (applications.revision(session, application.id, earlier), present)
    )
    return Changes(
        since=earlier,
        fields={
            name: Change(title=field.title, before=_said(before.get(name)), after=_said(field))
            for name, field in after.items()
            if _said(before.get(name)) != _said(field)
        },
        gone=[
            Change(title=field.title, before=_said(field))
            for name, field in before.items()
            if name not in after
        ],
    )


def _said(field: ShownField | None) -> Said:
    if field is None:
        return NOTHING
    return Said(text="" if field.files else str(field.shown or ""), files=tuple(field.files))
