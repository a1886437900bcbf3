"""Documents are given every name that `pdfgen/given.toml` lists for them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from casework.case import printed_data
from casework.case.printed_data import Heading
from casework.certificate import certificate_data
from casework.notice import letters
from casework.tables import LetterIntent
from casework.terms import periods
from pdfgen import given
from professions import documents
from registry.applications import applications
from tests.offices import TYPE, Town


def test_every_name_that_is_listed_is_given(town: Town) -> None:
    """What the check lets a template ask for, casework gives: form, letters and certificate."""
    person, employer = town.person(issued=date(2025, 6, 2)), town.enterprise()
    case = town.starts(person)
    town.files(case, person, employer)
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))

    with town.office.sessions() as session:
        written = {letter.kind: letter.data for letter in session.scalars(select(LetterIntent))}
        revision = applications.current_revision(session, case)
    certificate, _ = certificate_data.of(town.office, case)
    assert revision is not None
    form = printed_data.application(
        revision.content,
        Heading(
            profession="二级注册结构工程师",
            matter="INITIAL",
            application_no="31S2C20261124000017",
            revision=revision.number,
            watermark="",
        ),
        photo=b"",
        pages={},
        periods=periods.formal(town.office, town.office.definitions.latest(TYPE).hash),
    )

    assert set(written) == {"acceptance-notice", "decision"}
    assert [given.lacks("letter", data) for data in written.values()] == [[], []]
    assert given.lacks("form", form) == []
    assert given.lacks("certificate", certificate) == []


def test_letters_of_the_agency_s_own_motion_are_given_the_same_names() -> None:
    """What only such a letter has is none in the others, never missing."""
    listed = {name.rstrip("?") for name in given.shape("letter")}

    assert set(letters.NO_ACT) <= listed


def test_each_document_of_a_type_has_its_kind(town: Town) -> None:
    """Forms by their matter, letters by the operation that issues them."""
    files = town.office.definitions.latest(TYPE).files

    named = documents.given_to(files)

    assert {
        ("application", "form"),
        ("cancellation-application", "cancellation"),
        ("cancellation-request", "cancellation"),
        ("receipt", "letter"),
        ("act-decision", "letter"),
    } <= named
    assert {kind for _, kind in named} == {"form", "cancellation", "letter"}
