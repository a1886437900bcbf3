"""What the agency does of its own motion: told, heard, decided by another (I19)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework.application import new_application
from casework.application.new_application import NotAvailable
from casework.authority import ex_officio
from casework.authority.ex_officio import ActNotLawful, ActRunning, ActTooEarly, StatementEmpty
from casework.case.evidence import EvidenceRequired, Upload
from casework.case.refusals import NotYourApplication, ReasonRequired, StepNotOpen
from casework.registration import expiry
from engine import queries
from engine.actors import Actor
from engine.errors import FourEyes, NotYourTask
from refusals.refusal import Refusal
from registry.applications import documents
from registry.authority import bans
from registry.authority import ex_officio as proposals
from registry.certificates import public_answers, registrations
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.errors import RegistrationNotValid
from registry.law import calendars
from registry.trail.notices import Notice
from storage.database import writing
from tests import people
from tests.casework.test_upkeep import on_record, registered
from tests.offices import TYPE, Town, person_id

FACTS = ["申请时提交的继续教育证明经核实系伪造"]


def proof(name: str = "调查笔录.pdf") -> Upload:
    return Upload(name, people.pdf(1, marker=name))


def registration(town: Town, id: str) -> Registration:
    with town.office.sessions() as session:
        return registrations.get(session, id)


def ran_out(town: Town, id: str) -> None:
    """Let a registration have ended yesterday."""
    with writing(town.office.sessions) as session:
        registration = registrations.get(session, id)
        registration.valid_from, registration.valid_to = (
            date(2023, 9, 7),
            town.office.today() - timedelta(days=1),
        )
    assert expiry.expire(town.office, town.office.now()) == 1


def opened(town: Town, id: str, by: Actor, act: str = "RESCIND", ground: str = "FRAUD") -> str:
    return ex_officio.propose(town.office, id, act, ground, facts=FACTS, files=[proof()], actor=by)


def served(town: Town, id: str, by: Actor, act: str = "RESCIND", ground: str = "FRAUD") -> str:
    """Propose and submit, so that the person is told."""
    case = opened(town, id, by, act, ground)
    ex_officio.submit(town.office, town.task(case, "propose_act").id, "submit", actor=by)
    return case


def decides(town: Town, case: str, by: Actor, outcome: str = "act") -> None:
    task = town.task(case, "decide_act").id
    reasons = ["当事人的申辩没有证据支持"]
    ex_officio.decide(town.office, task, outcome, reasons=reasons, actor=by)


def letters(town: Town, case: str) -> list[str]:
    with town.office.sessions() as session:
        return [document.kind for document in documents.history(session, case)]


def told(town: Town, inbox: str, kind: str) -> list[str]:
    with town.office.sessions() as session:
        query = select(Notice.text).where(Notice.inbox == inbox, Notice.kind == kind)
        return list(session.scalars(query))


@pytest.fixture
def reviewer(town: Town) -> Actor:
    return town.officer("qi", "reviewer", "approver")


@pytest.fixture
def approver(town: Town) -> Actor:
    return town.officer("ni", "approver")


@pytest.mark.both_databases
@pytest.mark.proves("I19")
def test_rescinded_for_fraud(town: Town, reviewer: Actor, approver: Actor) -> None:
    """I14, I19, Law 69, 79: heard, decided, ended everywhere at once, barred for three years."""
    person, id = registered(town)
    case = served(town, id, reviewer)
    ex_officio.state_case(
        town.office,
        case,
        text="证明由培训机构提供，本人不知情",
        files=[proof("说明.pdf")],
        actor=person,
    )

    decides(town, case, approver)
    town.works()

    assert town.status(case) == "COMPLETED"
    ended = registration(town, id)
    assert ended.status == "RESCINDED"
    assert ended.status_reason == "撤销注册：以欺骗、贿赂等不正当手段取得注册"
    with town.office.sessions() as session:
        certificate = session.scalars(select(Certificate)).one()
        answer = public_answers.of(session, certificate, on=town.office.today())
        [ban] = bans.active(session, person_id(person), on=town.office.today())
    assert answer.status.label == "已撤销"
    assert town.world.states[str(certificate.identifier)] == "03"
    assert (ban.basis, ban.until) == ("FRAUD", calendars.add_years(town.office.today(), 3))
    assert letters(town, case) == ["intended-decision", "act-decision"]
    assert len(told(town, f"person:{person_id(person)}", "act_decided")) == 1
    assert len(told(town, f"enterprise:{people.uscc(1)}", "act_decided")) == 1
    with pytest.raises(NotAvailable, match="前不得再次申请"):
        new_application.start(town.office, person_id(person), "INITIAL", person, TYPE)
    assert town.troubles() == []


@pytest.mark.both_databases
def test_the_person_is_heard_for_five_working_days(
    town: Town, reviewer: Actor, approver: Actor
) -> None:
    """I19: the period is told, ends with its last day, and silence does not stop the decision."""
    person, id = on_record(town)
    case = served(town, id, reviewer, "CANCEL", "CRIMINAL")
    with town.office.sessions() as session:
        until = proposals.get(session, case).hear_until
    assert until == calendars.shipped().add_workdays(town.office.today(), 5).day
    assert town.open_nodes(case) == {"state_case"}
    assert f"{until.year}年" in told(town, f"person:{person_id(person)}", "act_intended")[0]

    town.clock.now = calendars.end_of(until) + timedelta(minutes=1)
    town.works()

    assert town.open_nodes(case) == {"decide_act"}
    with pytest.raises(StepNotOpen):
        ex_officio.state_case(town.office, case, text="我有话要说", files=[], actor=person)
    decides(town, case, approver)
    assert registration(town, id).status == "CANCELLED"
    with town.office.sessions() as session:
        assert bans.active(session, person_id(person), on=town.office.today()) == []


def test_who_proposed_does_not_decide(town: Town, reviewer: Actor) -> None:
    """I19, Law 34: two officers, by the engine, whatever roles one of them has."""
    person, id = on_record(town)
    case = served(town, id, reviewer)
    ex_officio.state_case(town.office, case, text="请予复核，谢谢", files=[], actor=person)

    with pytest.raises(FourEyes):
        decides(town, case, reviewer)

    assert registration(town, id).status == "VALID"


def test_heard_and_dropped(town: Town, reviewer: Actor, approver: Actor) -> None:
    """I19: what the person said may convince; nothing changes, and the person is told why."""
    person, id = on_record(town)
    case = served(town, id, reviewer)
    ex_officio.state_case(town.office, case, text="附培训机构的证明", files=[], actor=person)

    decides(town, case, approver, "drop")

    assert town.status(case) == "CLOSED"
    assert registration(town, id).status == "VALID"
    assert "没有证据" in told(town, f"person:{person_id(person)}", "act_dropped")[0]


def test_withdrawn_while_the_person_is_heard(town: Town, reviewer: Actor) -> None:
    """I19: a proposal is taken back with a reason; afterwards it cannot be."""
    person, id = on_record(town)
    case = served(town, id, reviewer)
    with pytest.raises(NotYourTask):
        ex_officio.withdraw(town.office, case, reason="事实尚需核实", actor=person)
    with pytest.raises(ReasonRequired):
        ex_officio.withdraw(town.office, case, reason="无", actor=reviewer)

    ex_officio.withdraw(town.office, case, reason="事实尚需核实", actor=reviewer)

    assert town.status(case) == "CLOSED"
    assert "事实尚需核实" in told(town, f"person:{person_id(person)}", "act_dropped")[0]
    with pytest.raises(StepNotOpen):
        ex_officio.withdraw(town.office, case, reason="事实尚需核实", actor=reviewer)


def test_dropped_before_anybody_was_told(town: Town, reviewer: Actor) -> None:
    """I19: a slip found while checking goes no further; a new case may be opened."""
    person, id = on_record(town)
    case = opened(town, id, reviewer)
    with pytest.raises(ActRunning):
        opened(town, id, reviewer)

    ex_officio.submit(town.office, town.task(case, "propose_act").id, "drop", actor=reviewer)

    assert town.status(case) == "CLOSED"
    assert told(town, f"person:{person_id(person)}", "act_intended") == []
    assert town.status(opened(town, id, reviewer)) == "UNDER_REVIEW"


def test_what_may_not_be_proposed(town: Town, reviewer: Actor, approver: Actor) -> None:
    """I19: no ground of law, no facts, no evidence, no power: nothing is opened."""
    _, id = on_record(town)

    with pytest.raises(ActNotLawful):
        opened(town, id, reviewer, "REVOKE", "EXPIRED")
    with pytest.raises(ActNotLawful):
        opened(town, id, reviewer, "BURN", "WHIM")
    with pytest.raises(ActTooEarly):
        opened(town, id, reviewer, "CANCEL", "EXPIRED")
    with pytest.raises(NotYourTask):
        opened(town, id, approver)
    with pytest.raises(ReasonRequired):
        ex_officio.propose(
            town.office, id, "RESCIND", "FRAUD", facts=["假"], files=[proof()], actor=reviewer
        )
    with pytest.raises(EvidenceRequired):
        ex_officio.propose(
            town.office, id, "RESCIND", "FRAUD", facts=FACTS, files=[], actor=reviewer
        )
    with pytest.raises(Refusal):
        ex_officio.propose(
            town.office,
            id,
            "RESCIND",
            "FRAUD",
            facts=FACTS,
            files=[Upload("假.pdf", b"MZ not a pdf")],
            actor=reviewer,
        )
    with town.office.sessions() as session:
        assert proposals.running(session, id) is None


@pytest.mark.both_databases
def test_an_expired_registration_is_cancelled_formally(
    town: Town, reviewer: Actor, approver: Actor
) -> None:
    """D.3, Law 70(1): expired and not renewed; a second case finds nothing left to end."""
    _, id = on_record(town)
    ran_out(town, id)
    case = served(town, id, reviewer, "CANCEL", "EXPIRED")
    town.clock.forward(days=30)
    town.works()

    decides(town, case, approver)

    assert registration(town, id).status == "CANCELLED"
    with pytest.raises(RegistrationNotValid):
        opened(town, id, reviewer, "CANCEL", "EXPIRED")


def test_only_the_person_is_heard(town: Town, reviewer: Actor) -> None:
    """I19, D.4: nobody speaks for another, and silence is no statement."""
    person, id = on_record(town)
    other = town.person(2)
    case = served(town, id, reviewer)

    with pytest.raises(NotYourApplication):
        ex_officio.state_case(town.office, case, text="我替他说", files=[], actor=other)
    with pytest.raises(StatementEmpty):
        ex_officio.state_case(town.office, case, text="  ", files=[], actor=person)

    with town.office.sessions() as session:
        assert queries.task_for(session, case, "state_case") is not None


@pytest.mark.both_databases
def test_the_ban_ends_an_application_in_progress(
    town: Town, reviewer: Actor, approver: Actor
) -> None:
    """I19, Law 79: who got a registration by fraud does not go on applying for the next."""
    person, id = on_record(town)
    ran_out(town, id)
    initial = town.starts(person)
    case = served(town, id, reviewer)
    ex_officio.state_case(town.office, case, text="不服，请复核", files=[], actor=person)

    decides(town, case, approver)
    town.works()

    assert town.status(initial) == "CLOSED"
    assert registration(town, id).status == "RESCINDED"


def test_an_initial_application_goes_on_when_nothing_bars_it(
    town: Town, reviewer: Actor, approver: Actor
) -> None:
    """I15, I19: cancelling the old registration formally does not touch the new application."""
    person, id = on_record(town)
    ran_out(town, id)
    initial = town.starts(person)
    case = served(town, id, reviewer, "CANCEL", "EXPIRED")
    ex_officio.state_case(town.office, case, text="无异议，同意注销", files=[], actor=person)

    decides(town, case, approver)
    town.works()

    assert registration(town, id).status == "CANCELLED"
    assert town.status(initial) == "DRAFT"
