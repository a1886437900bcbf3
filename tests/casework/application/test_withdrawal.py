"""Withdrawing, until the decision."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from casework.application import withdrawal
from casework.application.withdrawal import TooLateToWithdraw
from casework.case.refusals import NotYourApplication
from casework.decision import officer_tasks
from engine.actors import Actor
from refusals.refusal import Refusal
from registry.applications import documents, timeline
from registry.trail import audit
from tests.offices import Town


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


@pytest.fixture
def employer(town: Town) -> Actor:
    return town.enterprise()


def withdraw(town: Town, case: str, person: Actor) -> None:
    withdrawal.withdraw(town.office, case, person)


def test_a_draft_is_withdrawn(town: Town, person: Actor) -> None:
    """I18: a draft is withdrawn; a new application may be started at once."""
    case = town.starts(person)

    withdraw(town, case, person)

    assert town.status(case) == "WITHDRAWN"
    assert town.open_nodes(case) == set()
    assert town.starts(person) != case


@pytest.mark.proves("F:traces-1")
def test_the_reason_is_in_the_timeline_and_not_in_the_audit_log(town: Town, person: Actor) -> None:
    """I1: people read why a case was withdrawn; the audit log holds no words that people typed."""
    case = town.starts(person)

    withdrawal.withdraw(town.office, case, person, reason="母亲病重，暂不办理")

    with town.office.sessions() as session:
        lines = [line.text for line in timeline.of(session, case)]
        rows = [
            event
            for event in audit.of(session, f"application:{case}")
            if event.action == "withdraw"
        ]
    assert "提出撤回：母亲病重，暂不办理" in lines
    assert [row.facts for row in rows] == [{}]


@pytest.mark.both_databases
@pytest.mark.parametrize("sealed", [False, True])
def test_signed_files_are_void_and_kept(
    town: Town, person: Actor, employer: Actor, sealed: bool
) -> None:
    """I18, I7: after signing or in review: tasks close, the signed file is void but kept."""
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    town.signs(case, person)
    if sealed:
        town.seals(case, employer)

    withdraw(town, case, person)

    assert town.status(case) == "WITHDRAWN"
    with town.office.sessions() as session:
        form = documents.history(session, case)[0]
    assert (form.state, form.void_reason) == ("void", "WITHDRAWN")
    assert town.office.files.get(form.sha256).startswith(b"%PDF-")


def test_only_the_applicant_withdraws(town: Town, person: Actor) -> None:
    """I18: another person's application stays."""
    case = town.starts(person)

    with pytest.raises(NotYourApplication):
        withdraw(town, case, town.person(2))

    assert town.status(case) == "DRAFT"


def test_after_the_decision_it_is_too_late(town: Town, person: Actor, employer: Actor) -> None:
    """I18: an approved or ended application is not withdrawn."""
    case = town.starts(person)
    town.files(case, person, employer)
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))

    with pytest.raises(TooLateToWithdraw, match="准予许可"):
        withdraw(town, case, person)

    town.claims(case, person)
    with pytest.raises(TooLateToWithdraw):
        withdraw(town, case, person)


@pytest.mark.both_databases
def test_withdrawing_and_deciding_at_the_same_second(
    town: Town, person: Actor, employer: Actor
) -> None:
    """C.9, I18: the first commit wins; the other reads that the case moved on."""
    case = town.starts(person)
    town.files(case, person, employer)
    town.reviews(case, town.officer("wang", "reviewer"))
    approver = town.officer("li", "approver")
    task = town.task(case, "decide").id

    def decide() -> bool:
        try:
            officer_tasks.decide(town.office, task, "approve", actor=approver)
        except Refusal:
            return False
        return True

    def give_up() -> bool:
        try:
            withdraw(town, case, person)
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        decided, withdrawn = pool.submit(decide), pool.submit(give_up)
    town.works()

    assert [decided.result(), withdrawn.result()].count(True) == 1
    assert town.status(case) == ("APPROVED" if decided.result() else "WITHDRAWN")


@pytest.mark.proves("F:crossed-4")
@pytest.mark.both_databases
def test_withdrawing_and_sealing_at_the_same_second(
    town: Town, person: Actor, employer: Actor
) -> None:
    """C.9, R56: the first commit wins; the other reads a code and never meets a failure."""
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    town.signs(case, person)
    both = Barrier(2)

    def code_of(act: Callable[[], object]) -> str:
        both.wait()
        try:
            act()
        except Refusal as refusal:
            return refusal.code
        return ""

    with ThreadPoolExecutor(2) as pool:
        sealed = pool.submit(code_of, lambda: town.seals(case, employer))
        withdrawn = pool.submit(code_of, lambda: withdraw(town, case, person))
    town.works()

    told = sealed.result(), withdrawn.result()
    assert "" in told
    assert all(code == "" or code.startswith("E_") for code in told)
    if withdrawn.result() == "":
        assert town.status(case) == "WITHDRAWN"
        assert town.open_nodes(case) == set()
    assert town.troubles() == []
