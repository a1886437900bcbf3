"""A refusal is annulled by a ruling: decided anew, and nothing is signed again (C.8)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from casework.authority import ban_effects
from casework.case.evidence import EvidenceRequired, Upload
from casework.case.refusals import ReasonRequired
from casework.decision import officer_tasks, reopening
from casework.decision.reopening import (
    NotEligibleMeanwhile,
    NotReopenable,
    PersonBusy,
    RegisteredMeanwhile,
    ReopeningRunning,
    RulingDateWrong,
    RulingIncomplete,
    RulingKeepsRefusal,
)
from engine.actors import Actor
from engine.errors import FourEyes, NotYourTask
from registry.applications import decisions, documents, timeline
from registry.applications.documents import Document, DocumentKind
from registry.authority import reopenings
from registry.trail.notices import Notice
from tests import people
from tests.casework.application.test_form_entry import OTHER_PROVINCE
from tests.offices import Town, person_id

NO = "沪府复字〔2026〕第12号"


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


@pytest.fixture
def reviewer(town: Town) -> Actor:
    return town.officer("wang", "reviewer", "approver")


@pytest.fixture
def approver(town: Town) -> Actor:
    return town.officer("li", "approver")


@pytest.fixture
def refused(town: Town, person: Actor, reviewer: Actor, approver: Actor) -> str:
    """Give an application that was refused thirty days ago."""
    case = town.starts(person)
    town.files(case, person, town.enterprise())
    town.reviews(case, reviewer, "reject")
    town.decides(case, approver, "reject")
    assert town.status(case) == "REJECTED"
    town.works()
    town.clock.forward(days=30)
    return case


def proposes(town: Town, refused: str, by: Actor, **changes: Any) -> str:
    given: dict[str, Any] = {
        "source": "RECONSIDERATION",
        "ruling": "ANNULLED",
        "ruling_no": NO,
        "ruled_on": town.office.today(),
        "files": [Upload("复议决定书.pdf", people.pdf(1))],
    }
    return reopening.propose(town.office, refused, actor=by, **(given | changes))


def submits(town: Town, case: str, by: Actor, outcome: str = "submit") -> None:
    task = town.task(case, "propose_reopening").id
    reopening.submit(town.office, task, outcome, actor=by)


def confirms(town: Town, case: str, by: Actor, outcome: str = "reopen", why: str = "") -> None:
    task = town.task(case, "confirm_reopening").id
    reopening.decide(town.office, task, outcome, reasons=[why] if why else [], actor=by)


def reopens(town: Town, refused: str, reviewer: Actor, approver: Actor) -> str:
    case = proposes(town, refused, reviewer)
    submits(town, case, reviewer)
    confirms(town, case, approver)
    town.works()
    return case


def papers(town: Town, application_id: str, kind: DocumentKind) -> list[Document]:
    with town.office.sessions() as session:
        history = documents.history(session, application_id)
    return [document for document in history if document.kind == kind]


@pytest.mark.both_databases
def test_the_application_is_decided_anew_with_its_signatures(
    town: Town, refused: str, person: Actor, reviewer: Actor, approver: Actor
) -> None:
    """I12: the refusal stays on record as annulled, the clock starts today, all are told."""
    [form] = papers(town, refused, DocumentKind.APPLICATION)
    before = town.case(refused)

    case = reopens(town, refused, reviewer, approver)

    after, today = town.case(refused), town.office.today()
    assert town.status(case) == "COMPLETED"
    assert (after.status, after.accepted_on, after.decided_on) == ("UNDER_REVIEW", today, None)
    assert after.due_on == town.office.calendar.add_workdays(today, 20).day
    assert (after.no, after.revision, after.closed_at) == (before.no, before.revision, None)
    [same] = papers(town, refused, DocumentKind.APPLICATION)
    assert (same.sha256, same.is_void) == (form.sha256, False)
    [letter] = papers(town, refused, DocumentKind.DECISION)
    assert (letter.is_void, letter.void_reason) == (True, "ANNULLED")
    assert len(papers(town, refused, DocumentKind.ACCEPTANCE_NOTICE)) == 2
    with town.office.sessions() as session:
        old = decisions.of(session, refused)
        lines = [line.text for line in timeline.of(session, refused)]
        told = session.scalars(select(Notice.inbox).where(Notice.kind == "reopened")).all()
    assert {decision.annulled_by for decision in old if decision.step != "formal_check"} == {
        f"行政复议决定书（{NO}，{today.isoformat()}）"
    }
    assert any(NO in text and "撤销" in text and "签名" in text for text in lines)
    assert sorted(inbox.split(":")[0] for inbox in told) == ["enterprise", "person"]

    town.reviews(refused, reviewer)
    town.decides(refused, approver)
    assert town.status(refused) == "APPROVED"
    town.claims(refused, person)
    assert town.status(refused) == "COMPLETED"
    assert [paper.is_void for paper in papers(town, refused, DocumentKind.DECISION)] == [
        True,
        False,
    ]
    assert town.troubles() == []


def test_it_may_be_refused_anew_and_that_decision_is_extended_and_annulled_again(
    town: Town, refused: str, reviewer: Actor, approver: Actor
) -> None:
    """I12: the new refusal is one like the first; its time may be extended once, too."""
    reopens(town, refused, reviewer, approver)
    officer_tasks.extend(town.office, refused, reason="须向外省核实资格证书", actor=approver)
    town.reviews(refused, reviewer, "reject")
    town.decides(refused, approver, "reject")

    assert town.status(refused) == "REJECTED"
    assert [paper.is_void for paper in papers(town, refused, DocumentKind.DECISION)] == [
        True,
        False,
    ]

    reopens(town, refused, reviewer, approver)
    assert town.open_nodes(refused) == {"review"}
    assert all(paper.is_void for paper in papers(town, refused, DocumentKind.DECISION))
    assert town.troubles() == []


def test_what_was_not_accepted_is_accepted(
    town: Town, person: Actor, reviewer: Actor, approver: Actor
) -> None:
    """I12: a refusal to accept, annulled by a judgment, is an acceptance as of that day."""
    acceptor = town.officer("sun", "acceptor")
    employer, case = town.enterprise(), town.starts(person)
    typed = OTHER_PROVINCE | {"qualification_scans": [town.scan(case, person)]}
    town.saves(case, person, town.values(case, person, **typed))
    town.signs(case, person)
    town.seals(case, employer)
    task = town.task(case, "formal_check").id
    officer_tasks.formal_check(
        town.office, task, "refuse", items=["不属于本机关职权范围"], actor=acceptor
    )
    assert town.status(case) == "NOT_ACCEPTED"

    opened = proposes(town, case, reviewer, source="JUDGMENT", ruling_no="（2026）沪01行终8号")
    submits(town, opened, reviewer)
    confirms(town, opened, approver)
    town.works()

    assert town.open_nodes(case) == {"review"}
    assert [paper.is_void for paper in papers(town, case, DocumentKind.NON_ACCEPTANCE)] == [True]
    assert len(papers(town, case, DocumentKind.ACCEPTANCE_NOTICE)) == 1
    assert town.troubles() == []


def test_four_eyes(town: Town, refused: str, reviewer: Actor, approver: Actor) -> None:
    """I12, Law 34: who proposed does not confirm; an approver alone cannot propose."""
    with pytest.raises(NotYourTask):
        proposes(town, refused, approver)
    case = proposes(town, refused, reviewer)
    submits(town, case, reviewer)

    with pytest.raises(FourEyes):
        confirms(town, case, reviewer)
    assert town.status(refused) == "REJECTED"


@pytest.mark.both_databases
def test_the_second_officer_keeps_the_refusal(
    town: Town, refused: str, reviewer: Actor, approver: Actor
) -> None:
    """I12: with a reason; nothing changes, and it may be proposed again with other papers."""
    case = proposes(town, refused, reviewer)
    with pytest.raises(ReopeningRunning):
        proposes(town, refused, reviewer)
    submits(town, case, reviewer)
    with pytest.raises(ReasonRequired):
        confirms(town, case, approver, "keep")
    confirms(town, case, approver, "keep", "文书不是针对本申请的决定")

    assert (town.status(case), town.status(refused)) == ("CLOSED", "REJECTED")
    assert [paper.is_void for paper in papers(town, refused, DocumentKind.DECISION)] == [False]
    submits(town, proposes(town, refused, reviewer), reviewer, "drop")
    assert town.status(refused) == "REJECTED"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"source": ""}, RulingIncomplete),
        ({"ruling": ""}, RulingIncomplete),
        ({"ruling_no": "12"}, RulingIncomplete),
        ({"ruling_no": "文" * 61}, RulingIncomplete),
        ({"ruling": "OTHER"}, RulingKeepsRefusal),
        ({"ruled_on": None}, RulingDateWrong),
        ({"ruled_on": date(2026, 1, 5)}, RulingDateWrong),
        ({"ruled_on": date(2027, 1, 5)}, RulingDateWrong),
        ({"files": []}, EvidenceRequired),
    ],
)
def test_what_the_ruling_must_say(
    town: Town, refused: str, reviewer: Actor, changes: dict[str, Any], error: type[Exception]
) -> None:
    """I12: kind, result, number, a date after the refusal, and the document itself."""
    with pytest.raises(error):
        proposes(town, refused, reviewer, **changes)
    with town.office.sessions() as session:
        assert reopenings.running(session, refused) is None


@pytest.mark.both_databases
def test_one_open_application_a_person(
    town: Town, refused: str, person: Actor, reviewer: Actor, approver: Actor
) -> None:
    """R20: refused while the person has another one open, also when it began meanwhile."""
    case = proposes(town, refused, reviewer)
    submits(town, case, reviewer)
    other = town.starts(person)

    with pytest.raises(PersonBusy) as refusal:
        confirms(town, case, approver)
    assert town.case(other).no in str(refusal.value)
    assert town.status(refused) == "REJECTED"
    with pytest.raises(PersonBusy):
        proposes(town, refused, reviewer)
    assert town.open_nodes(case) == {"confirm_reopening"}


def test_who_is_registered_meanwhile_needs_no_new_decision(
    town: Town, refused: str, person: Actor, reviewer: Actor
) -> None:
    """I12: and what was not refused is not reopened."""
    town.already_registered(person_id(person))
    with pytest.raises(RegisteredMeanwhile):
        proposes(town, refused, reviewer)


def test_only_a_refused_application_is_reopened(town: Town, person: Actor, reviewer: Actor) -> None:
    """I12: what is in progress goes its way."""
    with pytest.raises(NotReopenable):
        proposes(town, town.starts(person), reviewer)


@pytest.mark.proves("F:years-9")
def test_the_case_of_somebody_barred_since_is_not_reopened(
    town: Town, refused: str, person: Actor, reviewer: Actor, approver: Actor
) -> None:
    """The officer hears the ground before anything is annulled; declining stays possible."""
    case = proposes(town, refused, reviewer)
    submits(town, case, reviewer)
    ban_effects.bar(town.office, person_id(person), "FRAUD", reviewer)

    with pytest.raises(NotEligibleMeanwhile, match="第七十九条"):
        confirms(town, case, approver)
    with pytest.raises(NotEligibleMeanwhile, match="不予重新办理"):
        proposes(town, refused, reviewer)

    assert town.status(refused) == "REJECTED"
