"""Double clicks, two tabs, two people: exactly one wins, the other reads a plain text."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from casework.application import form_entry
from casework.certificate import claims
from casework.decision import officer_tasks
from casework.signature import enterprise_seal, personal
from engine.actors import Actor
from refusals.refusal import Refusal
from registry.applications import applications, decisions, documents
from registry.applications.documents import SignatureRecord
from registry.certificates import certificates
from registry.certificates.registrations import Registration
from tests import people
from tests.offices import PIN, Town

pytestmark = pytest.mark.both_databases

CLICKS = 4
PHONE = "021-00000002"


def at_once(step: Callable[[], Any]) -> list[str]:
    """Take a step in several threads at the same moment; give "" or the code of each refusal."""
    barrier = Barrier(CLICKS)

    def click(_: int) -> str:
        barrier.wait()
        try:
            step()
        except Refusal as refusal:
            return refusal.code
        return ""

    with ThreadPoolExecutor(CLICKS) as pool:
        return list(pool.map(click, range(CLICKS)))


def count(town: Town, table: type) -> int:
    with town.office.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def papers(town: Town, case: str, kind: str) -> list[str]:
    with town.office.sessions() as session:
        return [
            document.state for document in documents.history(session, case) if document.kind == kind
        ]


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


def test_every_step_clicked_four_times(town: Town, person: Actor) -> None:
    """C.9, R34–R60, R112–R114: each step happens once, whoever else clicks at the same moment."""
    office, employer = town.office, town.enterprise()
    reviewer, approver = town.officer("wang", "reviewer"), town.officer("li", "approver")
    case = town.starts(person)
    values = town.values(case, person)

    def save() -> None:
        form_entry.save(office, case, values, expected_revision=0, actor=person, finish=True)

    assert at_once(save) == [""] * CLICKS
    town.works()
    assert town.case(case).revision == 1
    assert papers(town, case, "application") == ["current"]
    form = personal.document(office, case)

    begun = at_once(lambda: personal.begin(office, case, form.sha256, person))
    assert begun.count("") == 1
    town.works()
    assert len(town.world.messages) == 1
    code = town.world.code_for(people.person(1).mobile)
    at_once(lambda: personal.confirm(office, case, code, person))
    town.works()
    assert town.status(case) == "PERSONAL_SIGNED"
    assert count(town, SignatureRecord) == 1

    agreed = at_once(
        lambda: enterprise_seal.agree(office, case, opinion_ticked=True, actor=employer)
    )
    assert agreed.count("") == 1
    at_once(lambda: enterprise_seal.seal(office, case, pin=PIN, actor=employer))
    town.works()
    assert town.status(case) == "UNDER_REVIEW"
    assert papers(town, case, "acceptance-notice") == ["current"]

    review = town.task(case, "review").id
    opinion = "材料齐全，符合条件"
    reviewed = at_once(
        lambda: officer_tasks.review(office, review, "approve", opinion=opinion, actor=reviewer)
    )
    assert reviewed.count("") == 1
    task = town.task(case, "decide").id
    decided = at_once(lambda: officer_tasks.decide(office, task, "approve", actor=approver))
    assert decided.count("") == 1
    town.works()
    assert town.status(case) == "APPROVED"
    with office.sessions() as session:
        assert [decision.step for decision in decisions.of(session, case)] == ["review", "decide"]
        assert len(certificates.of_person(session, person.id.partition(":")[2])) == 1
    assert count(town, Registration) == 1
    at_once(lambda: claims.claim(office, case, person))
    assert town.status(case) == "COMPLETED"


def test_a_change_clicked_four_times(town: Town, person: Actor) -> None:
    """R43, R44: the same change from four windows voids once and makes one revision."""
    town.enterprise()
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    town.signs(case, person)
    values = form_entry.prefill(town.office, case) | {"enterprise_phone": PHONE}

    def save() -> None:
        form_entry.save(town.office, case, values, expected_revision=1, actor=person, finish=True)

    assert at_once(save) == [""] * CLICKS
    town.works()

    assert town.case(case).revision == 2
    assert papers(town, case, "application") == ["void", "current"]
    assert town.open_nodes(case) == {"preview_document"}


def test_four_different_changes(town: Town, person: Actor) -> None:
    """R34: of different changes on the same version one wins; the others are told it is stale."""
    town.enterprise()
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    values = form_entry.prefill(town.office, case)
    phones = iter([f"021-0000100{number}" for number in range(CLICKS)])

    def save() -> None:
        mine = values | {"enterprise_phone": next(phones)}
        form_entry.save(town.office, case, mine, expected_revision=1, actor=person, finish=True)

    said = at_once(save)
    town.works()

    assert said.count("") == 1
    assert set(said) <= {"", "E_STALE_REVISION", "E_NOBODY_WAITS", "E_BUSY"}
    assert town.case(case).revision == 2
    assert town.open_nodes(case) == {"preview_document"}


def test_the_seal_and_a_change_at_the_same_moment(town: Town, person: Actor) -> None:
    """C.9: exactly one wins: either the old form is sealed, or the new one waits to be signed."""
    employer = town.enterprise()
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    town.signs(case, person)
    enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=employer)
    values = form_entry.prefill(town.office, case) | {"enterprise_phone": PHONE}
    turns = iter([True, False])

    def step() -> None:
        if next(turns):
            enterprise_seal.seal(town.office, case, pin=PIN, actor=employer)
        else:
            form_entry.save(
                town.office, case, values, expected_revision=1, actor=person, finish=True
            )

    barrier = Barrier(2)

    def click(_: int) -> str:
        barrier.wait()
        try:
            step()
        except Refusal as refusal:
            return refusal.code
        return ""

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(click, range(2)))
    town.works()

    with town.office.sessions() as session:
        revision = applications.current_revision(session, case)
        current = documents.current(session, case, "application")
        assert current is not None
        roles = [signature.role for signature in documents.signatures(session, current.id)]
    assert revision is not None
    if town.status(case) == "UNDER_REVIEW":
        assert (revision.number, roles) == (1, ["applicant", "enterprise"])
    else:
        assert town.status(case) == "READY_TO_SIGN"
        assert (revision.number, roles) == (2, [])
