"""What differs between two versions of a type, for each case that may change from one to the other.

The diagrams must have the same shape, and the form must hold what was filled in.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.application import form_entry
from casework.office import Office
from engine.running import shapes
from professions import form_changes
from professions.forms import Form
from refusals.refusal import Refusal
from registry.applications.applications import Application
from registry.applications.statuses import SIGNED, Status


class FormsDiffer(Refusal):
    """新版本的表单放不下已经填写的内容：{differences}。请在新版本中保留这些字段，或者让该申请按原版本办完。"""

    code = "E_FORMS_DIFFER"


class VersionChanges:
    """What differs between two versions, for each case: its diagrams, and its form."""

    def __init__(self, office: Office, from_version: str, to_version: str) -> None:
        self._office, self._from, self._to = office, from_version, to_version
        self._drawn: dict[str, list[str]] = {}

    def why_not(
        self, session: Session, process: str, application: Application | None
    ) -> str | None:
        """Tell why a case cannot go on with the other version, None when it can."""
        if process not in self._drawn:
            get = self._office.definitions.get
            self._drawn[process] = shapes.differences(get(self._from), get(self._to), process)
        drawn = self._drawn[process]
        differences = drawn or (self.of_form(session, application) if application else [])
        return "；".join(differences[:3]) or None

    def of_migrated(self, session: Session, application: Application) -> list[str]:
        """Tell the same of a case that migrates: a draft goes on with the answers that match.

        Its page then marks what changed (`casework.application.draft_changes`); what was saved as
        a whole keeps every answer, or stays.
        """
        if application.status != Status.DRAFT:
            return self.of_form(session, application)
        before, after = (
            self._form(self._from, application.matter),
            self._form(self._to, application.matter),
        )
        return ["新版本的该申请事项没有表单"] if before is not None and after is None else []

    def of_form(self, session: Session, application: Application) -> list[str]:
        """Tell why what was filled in does not fit the form of the other version."""
        before, after = (
            self._form(version, application.matter) for version in (self._from, self._to)
        )
        if before is None or after is None:
            return [] if before is None else ["新版本的该申请事项没有表单"]
        if (before.schema, before.ui) == (after.schema, after.ui):
            return []
        values = form_entry.typed_last(session, application.id)
        is_signed = application.status in SIGNED
        return form_changes.differences(before, after, values, is_signed=is_signed)

    def _form(self, version: str, matter: str) -> Form | None:
        kind = self._office.type_of(version)
        key = kind.matter(matter).form if kind.offers(matter) else None
        return None if key is None else kind.form(key)
