"""Forms out of the definition version that a case runs on; each version is parsed once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.casework.office import Office
from registry import attachments
from registry.applications import Application
from web.forms.fields import File
from web.forms.shown import ShownForm

_KEPT = 64
_parsed: dict[tuple[str, str], ShownForm] = {}


def form_of(office: Office, application: Application) -> ShownForm:
    """Give the form of an application's matter, in the version the application was started with."""
    key = (str(application.definition), application.matter.lower())
    if key not in _parsed:
        files = office.definitions.get(key[0]).files
        if len(_parsed) >= _KEPT:
            _parsed.pop(next(iter(_parsed)), None)
        _parsed[key] = ShownForm(_json(files, f"{key[1]}.schema"), _json(files, f"{key[1]}.ui"))
    return _parsed[key]


def _json(files: Mapping[str, bytes], stem: str) -> Any:
    path = next(path for path in files if path.endswith(f"forms/{stem}.json"))
    return json.loads(files[path])


def uploads_of(session: Session, application: Application) -> dict[str, File]:
    """Give the uploads of a case by id."""
    return {
        one.id: File(id=one.id, filename=one.filename, size_bytes=one.size_bytes)
        for one in attachments.of(session, application.id)
    }
