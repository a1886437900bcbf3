"""A case that was corrected on its way: letters, conditions, guides, and the way back later on."""

from __future__ import annotations

from datetime import date

import pytest

from casework import corrections
from casework.application import form_entry
from engine.actors import Actor
from pdfgen import text_layer
from registry.applications import documents
from registry.trail import version_corrections as requests
from tests.casework.test_corrections import (
    ANNA,
    BERTA,
    FORM,
    INITIAL,
    PHONE,
    REASON,
    deployed,
    version_of,
)
from tests.offices import Town

LETTER = "documents/acceptance-notice.typ"
CHECKED = 'check["ok"]'


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


def corrected(town: Town, change: dict[str, tuple[str, str]]) -> str:
    """Give all running cases the type with texts replaced; return the request."""
    office = town.office
    asked = corrections.ask(office, *deployed(town, change), REASON, ANNA)
    corrections.confirm(office, asked, BERTA)
    town.works()
    return asked


def letter(town: Town, case: str, kind: str) -> str:
    """Read the words of a letter of a case."""
    with town.office.sessions() as session:
        paper = documents.current(session, case, kind)
    assert paper is not None
    return text_layer.words(town.office.files.get(paper.sha256))


def test_a_letter_is_written_as_the_corrected_version_has_it(town: Town, person: Actor) -> None:
    """The slip stood in a letter that the case has not come to."""
    case = town.starts(person)

    corrected(town, {LETTER: ("决定予以受理。", "决定予以受理（更正后的文字）。")})
    town.files(case, person, town.enterprise())

    assert "更正后的文字" in letter(town, case, "acceptance-notice")


def test_a_corrected_condition_is_asked_at_the_next_gateway(town: Town, person: Actor) -> None:
    """Same nodes, another condition: what the case has decided before stays decided."""
    case = town.starts(person)
    town.enterprise()

    corrected(town, {INITIAL: (CHECKED, f"{CHECKED} and revision &gt; 1")})

    town.saves(case, person, town.values(case, person))
    assert town.open_nodes(case) == {"fill_form"}
    town.saves(case, person, town.values(case, person, enterprise_phone="021-00000002"))
    town.signs(case, person)
    assert town.case(case).status == "PERSONAL_SIGNED"


def test_a_case_that_went_on_meanwhile_goes_back_and_on(town: Town, person: Actor) -> None:
    """Undone after it was signed: what was signed counts, and it comes to its decision."""
    case, office, uscc = town.starts(person), town.office, town.enterprise()
    old, new = deployed(town, {INITIAL: (CHECKED, f"{CHECKED} and revision &gt; 0")})
    asked = corrections.ask(office, old, new, REASON, ANNA)
    corrections.confirm(office, asked, BERTA)
    town.works()
    town.saves(case, person, town.values(case, person))
    town.signs(case, person)
    assert version_of(town, case) == (new, new)

    corrections.confirm(office, corrections.undo(office, asked, REASON, BERTA), ANNA)
    town.works()

    assert version_of(town, case) == (old, old)
    town.seals(case, uscc)
    reviewer, approver = town.officer("shencha", "reviewer"), town.officer("jueding", "approver")
    town.reviews(case, reviewer)
    town.decides(case, approver)
    assert town.case(case).status == "APPROVED"


def test_there_is_no_way_back_that_would_lose_what_was_typed_since(
    town: Town, person: Actor
) -> None:
    """A field of the corrected form was filled in: the case stays, and it is noted why."""
    case, office = town.starts(person), town.office
    town.enterprise()
    new_field = '"reachable": {"type": "string", "title": "紧急联系人"}, ' + PHONE
    asked = corrected(town, {FORM: (PHONE, new_field)})
    town.saves(case, person, {**town.values(case, person), "reachable": "李四"})
    _, new = version_of(town, case)

    back = corrections.undo(office, asked, REASON, BERTA)
    corrections.confirm(office, back, ANNA)
    town.works()

    assert version_of(town, case) == (new, new)
    with office.sessions() as session:
        (stayed,) = requests.cases(session, back)
        assert form_entry.typed_last(session, case)["reachable"] == "李四"
    assert "reachable" in str(stayed.stayed) or "紧急联系人" in str(stayed.stayed)
