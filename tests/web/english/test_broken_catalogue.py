"""A profession whose English cannot be read is read in Chinese; no page ends for that."""

from __future__ import annotations

from flask import Flask

from casework.office import Office
from engine import definitions
from professions import manifests
from storage.database import writing
from tests.professions.folders import BPMN
from tests.web.changed import app, clock, desk, me, office, prepared

__all__ = ["app", "clock", "desk", "me", "office", "prepared"]


def test_a_broken_catalogue_ends_no_page(app: Flask, office: Office) -> None:
    """Deployed by an earlier version, whose check did not read catalogues."""
    kind = manifests.load(BPMN / "builder-2")
    path = "english/builder-2.po"
    files = {**kind.files, path: kind.files[path][:900] + b'\nmsgid "'}
    with writing(office.sessions) as session:
        definitions.deploy(session, kind.key, files, "system", office.now())
    office.definitions.forget()

    page = app.test_client().get("/", headers={"Accept-Language": "en"})

    assert page.status_code == 200
    assert "二级建造师" in page.text  # in Chinese where its English cannot be read
    assert "Class 2 registered structural engineer" in page.text
