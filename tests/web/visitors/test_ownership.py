"""Other people's ids in addresses: whatever is not one's own does not exist."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from adapters import world
from engine.tables import UserTask
from registry.applications.attachments import Attachment
from registry.applications.documents import Document, DocumentKind
from registry.certificates.certificates import Certificate
from tests.web.browser import Tab
from tests.web.place import Place

OTHER, ANOTHER_COMPANY = world.CITIZENS[1], world.COMPANIES[1]
PUBLIC = {"verification.by_token"}


def _ids(place: Place) -> dict[str, str | int]:
    """Give a true id of 陶示例's case for every argument that addresses take."""
    with place.office.sessions() as session:
        return {
            "application_id": place.application_id,
            "document_id": session.scalars(select(Document.id)).first() or "",
            "attachment_id": session.scalars(select(Attachment.id)).first() or "",
            "certificate_id": session.scalars(select(Certificate.id)).first() or "",
            "task_id": session.scalars(select(UserTask.id).filter_by(node="review")).one(),
            "copy_id": "nothing",
            "job_id": "nothing",
            "number": 1,
        }


def _pages(app: Flask, place: Place, prefix: tuple[str, ...]) -> list[tuple[str, str]]:
    """Give method and address of every page under `prefix` that takes an id."""
    ids, urls = _ids(place), app.url_map.bind("127.0.0.1")
    rules: list[Rule] = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(prefix) and rule.arguments & {*ids} and not rule.build_only
    ]
    return [
        (method, urls.build(rule.endpoint, {name: ids[name] for name in rule.arguments}))
        for rule in rules
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


@pytest.mark.parametrize(
    ("kind", "subject", "pin", "prefix"),
    [
        ("person", OTHER.subject, "", ("/applications", "/files", "/certificates")),
        ("enterprise", ANOTHER_COMPANY.uscc, ANOTHER_COMPANY.pin, ("/enterprise", "/files")),
        ("officer", "shouli", "", ("/agency", "/files")),
        ("officer", "yunwei", "", ("/files",)),
    ],
)
def test_the_ids_of_others_lead_nowhere(
    kind: str, subject: str, pin: str, prefix: tuple[str, ...], place: Place
) -> None:
    """R16, R51: true ids of another person, enterprise or role are answered like invented ones."""
    app = place.tab.client.application
    pages = _pages(app, place, prefix)
    tab = Tab(app)
    tab.sign_in(kind, subject, pin=pin)
    token = tab.token()
    assert len(pages) >= 2

    for method, address in pages:
        answer = tab.client.open(address, method=method, data={"csrf_token": token})

        assert answer.status_code == 404, f"{method} {address}: {answer.status_code}"
        for secret in (world.CITIZENS[0].name, world.CITIZENS[0].id_no):
            assert secret not in answer.text


def test_the_owner_reaches_them(place: Place) -> None:
    """R46, R114: the same ids open for the person whose case it is."""
    tab = Tab(place.tab.client.application)
    tab.sign_in("person", world.CITIZENS[0].subject)
    ids = _ids(place)

    for address in (
        f"/applications/{ids['application_id']}",
        f"/files/documents/{ids['document_id']}.pdf",
        f"/files/attachments/{ids['attachment_id']}",
    ):
        assert tab.open(address).status_code == 200, address


@pytest.mark.proves("R62")
def test_the_enterprise_of_the_case_reaches_it(place: Place) -> None:
    """R50, R62: the enterprise that the application names views it."""
    tab = Tab(place.tab.client.application)
    company = world.COMPANIES[0]
    tab.sign_in("enterprise", company.uscc, pin=company.pin or "")
    ids = _ids(place)

    for address in (
        f"/enterprise/applications/{ids['application_id']}",
        f"/files/documents/{ids['document_id']}.pdf",
    ):
        assert tab.open(address).status_code == 200, address


@pytest.mark.parametrize(
    ("kind", "subject", "pin"),
    [
        ("person", world.CITIZENS[0].subject, ""),
        ("enterprise", world.COMPANIES[0].uscc, world.COMPANIES[0].pin),
    ],
)
def test_a_certificate_is_handed_out_by_its_claim_alone(
    kind: str, subject: str, pin: str, place: Place
) -> None:
    """R113, R114: as a paper of its case nobody takes it, neither the holder nor his employer."""
    with place.office.sessions() as session:
        query = select(Document.id).filter_by(kind=DocumentKind.CERTIFICATE)
        certificate = session.scalars(query).one()
    tab = Tab(place.tab.client.application)
    tab.sign_in(kind, subject, pin=pin)

    assert tab.open(f"/files/documents/{certificate}.pdf").status_code == 404
    assert tab.open(f"/files/documents/{certificate}").status_code == 404
