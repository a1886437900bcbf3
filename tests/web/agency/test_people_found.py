"""人员查询: whoever has a number in hand finds the person, and only by the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.applications.applications import Application
from registry.certificates.registrations import Registration
from tests.web.desk import Desk

if TYPE_CHECKING:
    from tests.web.place import Place


def test_each_number_of_a_person_finds_that_person(place: Place) -> None:
    """Of the case, the registration and the certificate, in small letters too; no part of them."""
    desk, certificate = Desk(place.tab.client.application).comes_as("shouli"), place.certificate()
    with place.office.sessions() as session:
        case = session.get_one(Application, place.application_id)
        registration = session.get_one(Registration, certificate.registration_id)
        numbers = (case.no, certificate.no, registration.no)

    for number in numbers:
        for typed in (number, f" {number.lower()} "):
            desk.send("/agency/people", {"q": typed})
            assert len(desk.soup().select("tbody tr")) == 1, typed
        desk.send("/agency/people", {"q": number[:-1]})
        assert "没有查到" in desk.text, number
    for typed in ("%%", "__", "' OR 1=1 --", "0" * 18):
        desk.send("/agency/people", {"q": typed})
        assert desk.soup().select("tbody tr") == [], typed
    assert desk.send("/agency/people", {"q": "9" * 10_000}).status_code == 422
