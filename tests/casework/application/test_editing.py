"""Editing until acceptance: a changed save voids what was signed, an unchanged one nothing."""

from __future__ import annotations

from datetime import date

import pytest

from casework.application import form_entry
from casework.case.refusals import StepNotOpen
from casework.decision import officer_tasks
from casework.signature import personal
from engine.actors import Actor
from registry.applications import documents
from registry.errors import ApplicationLocked
from storage.database import writing
from tests import people
from tests.casework.application.test_form_entry import OTHER_PROVINCE
from tests.offices import Town

PHONE = "021-00000002"


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person()


@pytest.fixture
def employer(town: Town) -> Actor:
    return town.enterprise()


@pytest.fixture
def case(town: Town, person: Actor, employer: Actor) -> str:
    """Give a signed application with a typed-in certificate, which an officer will check."""
    case = town.starts(person)
    typed = OTHER_PROVINCE | {"qualification_scans": [town.scan(case, person)]}
    town.saves(case, person, town.values(case, person, **typed))
    town.signs(case, person)
    return case


def states(town: Town, case: str) -> list[tuple[str, str]]:
    """Give kind and state of every document, oldest first."""
    with town.office.sessions() as session:
        return [(document.kind, document.state) for document in documents.history(session, case)]


def edited(town: Town, case: str, person: Actor, **changes: object) -> form_entry.Saved:
    """Open the form as it was saved, change something, save."""
    return town.saves(case, person, form_entry.prefill(town.office, case) | changes)


@pytest.mark.proves("I8")
def test_saving_without_a_change_voids_nothing(town: Town, case: str, person: Actor) -> None:
    """R42, I8: the same content again keeps signature, revision and the enterprise's task."""
    before = personal.document(town.office, case)

    saved = edited(town, case, person)

    assert saved == form_entry.Saved(revision=1, changed=False, voided=False)
    assert personal.document(town.office, case).sha256 == before.sha256
    assert town.status(case) == "PERSONAL_SIGNED"
    assert town.open_nodes(case) == {"review_application"}


def test_uploading_the_same_photo_again_is_no_change(town: Town, case: str, person: Actor) -> None:
    """I8: files count by their bytes, not by the upload."""
    again = form_entry.attach(town.office, case, "photo", "照片.jpg", people.photo(), person)

    assert not edited(town, case, person, photo=again.id).changed


@pytest.mark.proves("R44")
@pytest.mark.proves("R43")
def test_editing_after_signing_voids_the_signature(
    town: Town, case: str, person: Actor, employer: Actor
) -> None:
    """R42–R44: the signed file is void at once, kept as evidence, and has to be signed again."""
    before = personal.document(town.office, case)

    saved = edited(town, case, person, enterprise_phone=PHONE)

    assert saved == form_entry.Saved(revision=2, changed=True, voided=True)
    assert town.status(case) == "READY_TO_SIGN"
    assert town.open_nodes(case) == {"preview_document"}
    assert states(town, case) == [("application", "void"), ("application", "current")]
    with town.office.sessions() as session:
        void = documents.get(session, before.id)
    assert void.void_reason == "DATA_CHANGED"
    assert town.office.files.get(void.sha256).startswith(b"%PDF-")
    with pytest.raises(StepNotOpen):
        town.seals(case, employer)
    town.clock.forward(minutes=2)
    town.signs(case, person)
    town.seals(case, employer)
    assert town.status(case) == "ENTERPRISE_SEALED"


@pytest.mark.both_databases
@pytest.mark.proves("R42")
def test_editing_after_the_seal_voids_both(
    town: Town, case: str, person: Actor, employer: Actor
) -> None:
    """R42–R44: until acceptance a change voids signature and seal; both are made again."""
    town.seals(case, employer)
    assert town.open_nodes(case) == {"formal_check"}

    saved = edited(town, case, person, enterprise_phone=PHONE)

    assert saved.voided
    assert town.open_nodes(case) == {"preview_document"}
    town.clock.forward(minutes=2)
    town.signs(case, person)
    town.seals(case, employer)
    assert town.open_nodes(case) == {"formal_check"}
    assert states(town, case) == [
        ("application", "void"),
        ("receipt", "current"),
        ("application", "current"),
        ("receipt", "current"),
    ]


def test_editing_three_times_keeps_every_version(town: Town, case: str, person: Actor) -> None:
    """R44, I7: every void version stays; only the newest stands."""
    for number in range(3):
        edited(town, case, person, enterprise_phone=f"021-0000100{number}")

    assert [state for _, state in states(town, case)] == ["void"] * 3 + ["current"]
    assert town.case(case).revision == 4


@pytest.mark.proves("R42")
def test_after_acceptance_the_form_is_locked(
    town: Town, case: str, person: Actor, employer: Actor
) -> None:
    """R42: 受理前 only: an accepted application can not be changed, nor files added."""
    town.seals(case, employer)
    acceptor = town.officer("zhao", "acceptor")
    officer_tasks.formal_check(
        town.office, town.task(case, "formal_check").id, "accept", actor=acceptor
    )
    assert town.status(case) == "UNDER_REVIEW"

    with pytest.raises(ApplicationLocked):
        edited(town, case, person, enterprise_phone=PHONE)
    with pytest.raises(ApplicationLocked):
        town.scan(case, person)

    assert states(town, case)[0] == ("application", "current")


def test_overdue_is_judged_on_the_first_signature(
    town: Town, person: Actor, employer: Actor
) -> None:
    """R28: a later correction does not make a timely application late (domain B.4)."""
    other = town.person(5, issued=date(2023, 9, 7))
    case = town.starts(other)
    town.saves(case, other, town.values(case, other))
    town.signs(case, other)
    town.clock.forward(days=10)

    saved = edited(town, case, other, enterprise_phone=PHONE)

    assert saved.changed
    assert town.status(case) == "READY_TO_SIGN"


@pytest.mark.both_databases
def test_a_stop_in_the_middle_of_a_change_undoes_all_of_it(
    town: Town, case: str, person: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R43: the form is saved, the signed file void and the next step open, or none of it."""
    values = form_entry.prefill(town.office, case) | {"enterprise_phone": PHONE}
    before = (states(town, case), town.status(case), town.open_nodes(case))

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as machine:
        machine.setattr(town.office.runner.actions, "entered", stop)
        with pytest.raises(KeyboardInterrupt):
            town.saves(case, person, values)

    assert (states(town, case), town.status(case), town.open_nodes(case)) == before
    assert form_entry.prefill(town.office, case)["enterprise_phone"] != PHONE
    town.saves(case, person, values)
    assert states(town, case)[0] == ("application", "void")
    assert town.open_nodes(case) == {"preview_document"}


@pytest.mark.both_databases
def test_idle_drafts_close(town: Town, person: Actor) -> None:
    """I18: ninety days after the last save an unsigned application closes; a new start is free."""
    case = town.starts(person)
    town.clock.forward(days=80)
    form_entry.save(
        town.office,
        case,
        {"enterprise_name": "上海示例"},
        expected_revision=0,
        actor=person,
        finish=False,
    )
    town.clock.forward(days=20)
    town.works()
    assert town.status(case) == "DRAFT"

    town.clock.forward(days=75)
    town.works()

    assert town.status(case) == "CLOSED"
    assert town.starts(person) != case


def test_a_barred_person_is_stopped(town: Town, case: str, person: Actor) -> None:
    """I19: the message person.barred ends the case wherever it waits; its files are void."""
    from engine.actors import SYSTEM

    town.office.runner.message("person.barred", case, {}, SYSTEM)

    assert town.status(case) == "CLOSED"
    assert states(town, case) == [("application", "void")]
    with writing(town.office.sessions) as session:
        assert documents.current(session, case, "application") is None
