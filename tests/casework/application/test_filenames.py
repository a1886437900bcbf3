"""A file may be called anything; the form is printed all the same."""

from __future__ import annotations

from datetime import date

from casework.application import form_entry
from tests import people
from tests.offices import Town


def test_a_file_with_a_strange_name_does_not_stop_the_form(town: Town) -> None:
    """I3, R38: what no font can print is shown as a box, and the form can be signed."""
    person, _ = town.person(issued=date(2025, 6, 2)), town.enterprise()
    case = town.starts(person)

    name = "我😀e\u0301\u202e.jpg"
    photo = form_entry.attach(town.office, case, "photo", name, people.photo(), person)
    town.saves(case, person, town.values(case, person, photo=photo.id))

    assert photo.filename == "我□é.jpg"
    assert town.status(case) == "READY_TO_SIGN"
