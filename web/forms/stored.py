"""Forms out of the definition version that a case runs on, and the uploads they speak of."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine import forms, registration_types
from engine.casework.office import Office
from registry import attachments
from registry.applications import Application
from web.forms.fields import File

_KEPT = 64
_read: dict[tuple[str, str], forms.Form] = {}  #: a version never changes, so it is read once


def form_of(office: Office, application: Application) -> forms.Form:
    """Give the form of an application's matter, in the version the application was started with."""
    key = (str(application.definition), application.matter)
    if key not in _read:
        if len(_read) >= _KEPT:
            _read.clear()
        files = office.definitions.get(key[0]).files
        _read[key] = forms.read(files, registration_types.read(files).matter(key[1]).form)
    return _read[key]


def uploads_of(session: Session, application: Application) -> dict[str, File]:
    """Give the uploads of a case by id."""
    return {
        one.id: File(id=one.id, filename=one.filename, size_bytes=one.size_bytes)
        for one in attachments.of(session, application.id)
    }
