"""信息有误: what a holder reports is worked on, and he sees what became of it (C.4, C.5)."""

from __future__ import annotations

import pytest

from casework.authority import error_report, identity_correction
from casework.authority.error_report import CorrectionNotMade, ReportRunning
from casework.case.evidence import Upload
from casework.case.refusals import NotYourApplication, ReasonRequired
from engine.actors import Actor
from engine.errors import NotYourTask
from registry.authority import reports
from registry.authority.reports import Report
from registry.certificates import certificates
from registry.identifiers import IdType, Sex
from registry.people import persons
from registry.ports import Identity
from registry.trail import notices
from tests import people
from tests.offices import TYPE, Town, person_id
from tests.papers import paper

SAID = "姓名应为更名示例，请核实"


@pytest.fixture
def person(town: Town) -> Actor:
    """Give somebody with a paper certificate."""
    person = town.person()
    paper(town.office, person)
    return person


@pytest.fixture
def acceptor(town: Town) -> Actor:
    return town.officer("wang", "acceptor")


def certificate(town: Town, person: Actor) -> str:
    with town.office.sessions() as session:
        return certificates.of_person(session, person_id(person))[0].id


def reports_fault(town: Town, person: Actor) -> str:
    return error_report.report(town.office, certificate(town, person), SAID, person)


def report_of(town: Town, case: str) -> Report:
    with town.office.sessions() as session:
        return reports.get(session, case)


def corrects(
    town: Town, person: Actor, case: str, acceptor: Actor, proposal: str = "submit"
) -> str:
    """Propose the new name upon a report; submit it, or drop it."""
    facts = people.person(1)
    town.world.identities.append(
        Identity(
            name="更名示例",
            sex=Sex(facts.sex),
            birth=facts.birth,
            id_type=IdType(facts.id_type),
            id_no=facts.id_no,
            mobile=facts.mobile,
        )
    )
    correction = identity_correction.propose(
        town.office,
        person_id(person),
        identity_correction.CorrectionProposal(
            name="更名示例",
            id_type=facts.id_type,
            id_no=facts.id_no,
            reason="公安机关已更正姓名",
            files=[Upload("公安机关证明.pdf", people.pdf(1))],
        ),
        type_key=TYPE,
        actor=acceptor,
        report_id=case,
    )
    task = town.task(correction, "propose_correction").id
    identity_correction.submit(town.office, task, proposal, actor=acceptor)
    return correction


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("verdict", "outcome", "name"),
    [("confirm", "CORRECTED", "更名示例"), ("decline", "ANSWERED", people.person(1).name)],
)
def test_a_correction_upon_a_report_answers_it(
    town: Town, person: Actor, acceptor: Actor, verdict: str, outcome: str, name: str
) -> None:
    """R109, I20: two officers decide; the report leaves the inbox and its holder is told."""
    case = reports_fault(town, person)
    correction = corrects(town, person, case, acceptor)
    examine = town.task(case, "examine_report").id
    with pytest.raises(CorrectionNotMade):
        error_report.answer(town.office, examine, "CORRECTED", reason="", actor=acceptor)

    task = town.task(correction, "confirm_correction").id
    approver = town.officer("li", "approver")
    reasons = ["证明材料与登记不符"] if verdict == "decline" else []
    identity_correction.decide(town.office, task, verdict, reasons=reasons, actor=approver)
    town.works()

    assert town.status(case) == "COMPLETED"
    assert report_of(town, case).outcome == outcome
    if verdict == "decline":
        assert report_of(town, case).answer == "证明材料与登记不符"
    with town.office.sessions() as session:
        assert persons.get(session, person_id(person)).name == name
        told = [notice.kind for notice in notices.inbox(session, f"person:{person_id(person)}")]
    assert "report_answered" in told


@pytest.mark.both_databases
def test_a_report_is_answered_with_a_reason(town: Town, person: Actor, acceptor: Actor) -> None:
    """R109: nothing to correct: the holder reads why; only the acceptance office answers."""
    case = reports_fault(town, person)
    task = town.task(case, "examine_report").id
    with pytest.raises(ReasonRequired):
        error_report.answer(town.office, task, "ANSWERED", reason="无误", actor=acceptor)
    with pytest.raises(NotYourTask):
        error_report.answer(
            town.office,
            task,
            "ANSWERED",
            reason="与身份证一致，无需更正",
            actor=town.officer("zhao", "reviewer"),
        )

    error_report.answer(
        town.office, task, "ANSWERED", reason="与身份证一致，无需更正", actor=acceptor
    )

    assert town.status(case) == "COMPLETED"
    assert report_of(town, case).answer == "与身份证一致，无需更正"


def test_a_correction_given_up_leaves_the_report_in_the_inbox(
    town: Town, person: Actor, acceptor: Actor
) -> None:
    """R109: no report is lost: it waits until its holder has an answer."""
    case = reports_fault(town, person)
    correction = corrects(town, person, case, acceptor, "drop")

    assert town.status(correction) == "CLOSED"
    assert town.open_nodes(case) == {"examine_report"}


@pytest.mark.both_databases
def test_one_report_at_a_time_and_only_ones_own(town: Town, person: Actor) -> None:
    """R109: a second report names the first; another's certificate is nobody else's to report."""
    case = reports_fault(town, person)

    with pytest.raises(ReportRunning, match=town.case(case).no):
        reports_fault(town, person)
    with pytest.raises(NotYourApplication):
        error_report.report(town.office, certificate(town, person), SAID, town.person(2))
