"""The agency: formal check, review and decision by two officers, extension, letters, clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from casework.application import form_entry
from casework.case.refusals import OutcomeUnknown, ReasonRequired, StepNotOpen
from casework.case.texts import TextTooLong, Unprintable
from casework.decision import officer_tasks
from casework.decision.officer_tasks import (
    AlreadyExtended,
    CorrectionAlreadyAsked,
    ExtensionTooLate,
    ItemsRequired,
)
from casework.office import Policy
from casework.tasks.officer_results import NotAnOfficer
from casework.terms import due_dates
from engine.actors import Actor
from engine.errors import FourEyes, NotYourTask, TaskClaimed, TaskNotOpen
from registry.applications import decisions, documents
from registry.authority import bans
from registry.certificates import registrations
from registry.errors import AlreadyRegistered, BanActive
from registry.law.calendars import HolidayNotice
from registry.trail import notices
from signing import Role
from storage.database import writing
from tests.casework.application.test_form_entry import OTHER_PROVINCE
from tests.holidays import OF_2027
from tests.offices import TYPE, Town, person_id

ITEMS = ["资格证书扫描件缺少盖章页", "继续教育学时请附证明"]


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person()


@pytest.fixture
def employer(town: Town) -> Actor:
    return town.enterprise()


@pytest.fixture
def acceptor(town: Town) -> Actor:
    return town.officer("zhao", "acceptor")


@pytest.fixture
def reviewer(town: Town) -> Actor:
    return town.officer("qian", "reviewer", "approver")


@pytest.fixture
def approver(town: Town) -> Actor:
    return town.officer("sun", "approver", "reviewer")


@pytest.fixture
def case(town: Town, person: Actor, employer: Actor) -> str:
    """Give a sealed application that an officer has to check."""
    case = town.starts(person)
    typed = OTHER_PROVINCE | {"qualification_scans": [town.scan(case, person)]}
    town.saves(case, person, town.values(case, person, **typed))
    town.signs(case, person)
    town.seals(case, employer)
    return case


def checks(town: Town, case: str, actor: Actor, outcome: str, *items: str) -> None:
    """Do the formal check."""
    task = town.task(case, "formal_check")
    officer_tasks.formal_check(town.office, task.id, outcome, items=items, actor=actor)


def kinds(town: Town, case: str) -> list[str]:
    """Give the kinds of the papers of the case, oldest first."""
    with town.office.sessions() as session:
        return [document.kind for document in documents.history(session, case)]


def told(town: Town, person: Actor) -> list[str]:
    """Give the kinds of a person's notices, newest first."""
    with town.office.sessions() as session:
        return [notice.kind for notice in notices.inbox(session, person.id)]


def test_typed_in_data_is_checked_by_an_officer(town: Town, case: str) -> None:
    """G4, R46: RISK_BASED sends what the applicant typed to the formal check, with a receipt."""
    assert town.status(case) == "ENTERPRISE_SEALED"
    assert kinds(town, case) == ["application", "receipt"]
    task = town.task(case, "formal_check")
    assert task.inbox == "role:acceptor"
    assert task.due_at == datetime(2026, 9, 14, 16, tzinfo=UTC)  # the end of working day 5


@pytest.mark.both_databases
def test_acceptance(town: Town, case: str, person: Actor, acceptor: Actor) -> None:
    """R47, I11: a sealed notice with number, date and due date of 20 working days; both are told.

    Mid-autumn and National Day do not count, the weekends worked for them do (Law 82): Sunday 20
    September, and Saturday 10 October, the twentieth day after 7 September.
    """
    checks(town, case, acceptor, "accept")

    accepted = town.case(case)
    assert accepted.accepted_on == date(2026, 9, 7)
    assert accepted.due_on == date(2026, 10, 10)
    assert town.status(case) == "UNDER_REVIEW"
    with town.office.sessions() as session:
        notice = documents.current(session, case, "acceptance-notice")
        assert notice is not None
        [seal] = documents.signatures(session, notice.id)
    assert notice.number == "沪建注受〔2026〕第00001号"
    assert seal.role == "agency"
    assert told(town, person)[0] == "accepted"


@pytest.mark.proves("R47")
@pytest.mark.proves("I11")
def test_reprinting_gives_the_same_notice(town: Town, case: str, acceptor: Actor) -> None:
    """R47, R63, I11: the sealed bytes stay; evidence for later years is only added behind them."""
    checks(town, case, acceptor, "accept")
    printed = notice_of(town, case)
    assert notice_of(town, case) == printed

    town.works()

    whole = notice_of(town, case)
    assert len(whole) > len(printed)
    assert whole.startswith(printed)
    town.works()
    assert notice_of(town, case) == whole


def notice_of(town: Town, case: str) -> bytes:
    """Print the acceptance notice."""
    with town.office.sessions() as session:
        notice = documents.current(session, case, "acceptance-notice")
    assert notice is not None
    return town.office.files.get(notice.sha256)


@pytest.mark.both_databases
def test_a_correction_is_told_once_and_completely(
    town: Town, case: str, person: Actor, employer: Actor, acceptor: Actor
) -> None:
    """I18: the whole list in one notice; then the form is signed and sealed again."""
    with pytest.raises(ItemsRequired):
        checks(town, case, acceptor, "correct")
    with pytest.raises(ItemsRequired):
        checks(town, case, acceptor, "correct", ITEMS[0], "缺件")
    checks(town, case, acceptor, "correct", *ITEMS)

    assert town.status(case) == "CORRECTION_REQUIRED"
    assert kinds(town, case)[-1] == "correction-notice"
    assert told(town, person)[0] == "correction"
    with town.office.sessions() as session:
        asked = decisions.newest(session, case, "formal_check")
    assert asked is not None
    assert asked.reasons == ITEMS

    with pytest.raises(form_entry.FormFaults, match="2处"):
        town.saves(case, person, form_entry.prefill(town.office, case))
    assert town.status(case) == "CORRECTION_REQUIRED"
    scans = [town.scan(case, person), town.scan(case, person)]
    more = form_entry.prefill(town.office, case) | {
        "qualification_scans": scans[:1],
        "qualification_issuer": "浙江省住房和城乡建设厅（更正，虚构）",
    }
    town.clock.forward(days=3)
    assert town.saves(case, person, more).voided
    town.signs(case, person)
    town.seals(case, employer)

    with pytest.raises(CorrectionAlreadyAsked):
        checks(town, case, acceptor, "correct", *ITEMS)
    checks(town, case, acceptor, "accept")
    assert town.case(case).accepted_on == date(2026, 9, 10)


def test_an_unanswered_correction_closes_the_case(
    town: Town, case: str, person: Actor, acceptor: Actor
) -> None:
    """I18: after 15 working days without an answer the application is closed, its form void."""
    checks(town, case, acceptor, "correct", *ITEMS)

    town.clock.forward(days=40)
    town.works()

    assert town.status(case) == "CLOSED"
    assert told(town, person)[0] == "closed"
    with town.office.sessions() as session:
        assert documents.current(session, case, "application") is None


def test_the_limit_of_a_correction_holds_after_an_edit(
    town: Town, case: str, person: Actor, acceptor: Actor
) -> None:
    """I18: who began to correct and never signed again has 15 working days, not 90 days."""
    checks(town, case, acceptor, "correct", *ITEMS)
    town.clock.forward(days=3)
    more = form_entry.prefill(town.office, case) | {"qualification_issuer": "浙江省住建厅（虚构）"}
    town.saves(case, person, more)
    assert town.status(case) == "READY_TO_SIGN"

    town.clock.forward(days=37)
    town.works()

    assert town.status(case) == "CLOSED"
    assert told(town, person)[0] == "closed"


def test_refusing_to_accept(town: Town, case: str, person: Actor, acceptor: Actor) -> None:
    """I12: not accepted in writing with reasons; the case ends and the person may start anew."""
    with pytest.raises(ReasonRequired):
        checks(town, case, acceptor, "refuse")
    checks(town, case, acceptor, "refuse", "申请事项不属于本机关职权范围")

    assert town.status(case) == "NOT_ACCEPTED"
    assert kinds(town, case)[-1] == "non-acceptance"
    assert town.starts(person) != case


def test_silence_accepts(town: Town, case: str) -> None:
    """I12: nobody tells anything for five working days: accepted as of the day of receipt."""
    town.clock.forward(days=8)
    town.works()

    accepted = town.case(case)
    assert accepted.deemed_accepted
    assert accepted.accepted_on == date(2026, 9, 7)
    assert town.status(case) == "UNDER_REVIEW"
    assert "acceptance-notice" in kinds(town, case)


def test_four_eyes(
    town: Town, case: str, acceptor: Actor, reviewer: Actor, approver: Actor
) -> None:
    """I12, Law 34: who reviewed does not decide, whatever roles the officer has."""
    checks(town, case, acceptor, "accept")
    town.reviews(case, reviewer)

    with pytest.raises(FourEyes):
        town.decides(case, reviewer)
    town.decides(case, approver)

    assert town.status(case) == "APPROVED"


def test_an_officer_does_what_the_role_allows(
    town: Town, case: str, person: Actor, acceptor: Actor, reviewer: Actor
) -> None:
    """I12: other officers, applicants and unknown outcomes are refused; nothing is recorded."""
    task = town.task(case, "formal_check").id
    with pytest.raises(NotYourTask):
        officer_tasks.formal_check(town.office, task, "accept", actor=reviewer)
    with pytest.raises(NotAnOfficer):
        officer_tasks.formal_check(town.office, task, "accept", actor=person)
    with pytest.raises(OutcomeUnknown):
        officer_tasks.formal_check(town.office, task, "approve", actor=acceptor)
    with pytest.raises(TaskNotOpen):
        officer_tasks.review(town.office, task, "approve", opinion="材料齐全", actor=reviewer)

    with town.office.sessions() as session:
        assert decisions.of(session, case) == []


@pytest.mark.both_databases
def test_a_claimed_task_is_one_officers(town: Town, case: str, acceptor: Actor) -> None:
    """C.9: a task taken out of the inbox is refused to a colleague, who reads why."""
    colleague = town.officer("zhou", "acceptor")
    task = town.task(case, "formal_check").id
    officer_tasks.claim_task(town.office, task, acceptor)

    with pytest.raises(TaskClaimed):
        officer_tasks.claim_task(town.office, task, colleague)
    with pytest.raises(TaskClaimed):
        officer_tasks.formal_check(town.office, task, "accept", actor=colleague)
    officer_tasks.formal_check(town.office, task, "accept", actor=acceptor)

    assert town.status(case) == "UNDER_REVIEW"


@pytest.mark.both_databases
def test_deciding_twice(
    town: Town, case: str, acceptor: Actor, reviewer: Actor, approver: Actor
) -> None:
    """C.9: the second click of a decision finds the task done; one letter, one certificate."""
    checks(town, case, acceptor, "accept")
    town.reviews(case, reviewer)
    task = town.task(case, "decide").id
    officer_tasks.decide(town.office, task, "approve", actor=approver)

    with pytest.raises(TaskNotOpen):
        officer_tasks.decide(town.office, task, "approve", actor=approver)

    assert kinds(town, case).count("decision") == 1
    assert kinds(town, case).count("certificate") == 1


@pytest.mark.both_databases
def test_rejection_has_reasons_and_remedies(
    town: Town, case: str, person: Actor, acceptor: Actor, reviewer: Actor, approver: Actor
) -> None:
    """I12, Law 38: a refusal needs reasons; its letter tells them and the remedies."""
    checks(town, case, acceptor, "accept")
    with pytest.raises(ReasonRequired):
        officer_tasks.review(
            town.office, town.task(case, "review").id, "reject", opinion="", actor=reviewer
        )
    town.reviews(case, reviewer, "reject")
    with pytest.raises(ReasonRequired):
        officer_tasks.decide(town.office, town.task(case, "decide").id, "reject", actor=approver)
    town.decides(case, approver, "reject")

    assert town.status(case) == "REJECTED"
    with town.office.sessions() as session:
        letter = documents.current(session, case, "decision")
        assert letter is not None
        assert registrations.newest(session, person_id(person), TYPE) is None
    assert letter.number == "沪建注不准〔2026〕第00001号"
    assert told(town, person)[0] == "decided"
    assert town.case(case).decided_on == date(2026, 9, 7)
    assert town.starts(person) != case


@pytest.mark.both_databases
def test_extension_once_before_the_end_by_the_head(
    town: Town, case: str, person: Actor, acceptor: Actor, reviewer: Actor, approver: Actor
) -> None:
    """I12, Law 42: ten working days more, once, with a reason, by an approver."""
    with pytest.raises(StepNotOpen):
        officer_tasks.extend(town.office, case, reason="案情复杂需要核实", actor=approver)
    checks(town, case, acceptor, "accept")
    before = town.case(case).due_on
    assert before is not None
    with pytest.raises(NotYourTask):
        officer_tasks.extend(town.office, case, reason="案情复杂需要核实", actor=acceptor)
    with pytest.raises(ReasonRequired):
        officer_tasks.extend(town.office, case, reason=" ", actor=approver)
    officer_tasks.extend(town.office, case, reason="需向外省核实资格证书", actor=approver)

    after = town.case(case)
    assert after.due_on == town.office.calendar.add_workdays(before, 10).day
    assert after.extended
    assert kinds(town, case)[-1] == "extension-notice"
    assert told(town, person)[0] == "extended"
    with pytest.raises(AlreadyExtended):
        officer_tasks.extend(town.office, case, reason="需向外省核实资格证书", actor=approver)
    town.reviews(case, reviewer)
    town.decides(case, approver)
    assert town.status(case) == "APPROVED"


def test_extension_comes_too_late(town: Town, case: str, acceptor: Actor, approver: Actor) -> None:
    """Law 42, I12: after the due date there is nothing to extend."""
    checks(town, case, acceptor, "accept")
    town.clock.forward(days=60)

    with pytest.raises(ExtensionTooLate):
        officer_tasks.extend(town.office, case, reason="需向外省核实资格证书", actor=approver)


def officers_told(town: Town, workdays: int) -> list[str]:
    """Go to the morning after so many working days and give what the approvers were told."""
    day = town.office.calendar.add_workdays(date(2026, 9, 7), workdays)
    town.clock.now = day.at + timedelta(hours=1)
    town.works()
    with town.office.sessions() as session:
        return [notice.kind for notice in reversed(notices.inbox(session, "role:approver"))]


def test_a_decision_that_is_due_is_reminded_and_escalated(
    town: Town, case: str, acceptor: Actor
) -> None:
    """I12: officers are reminded five days and one day before; when it is over the head is told."""
    checks(town, case, acceptor, "accept")
    soon, overdue = "decision_due_soon", "decision_overdue"

    assert officers_told(town, 14) == []
    assert officers_told(town, 15) == [soon]
    assert officers_told(town, 19) == [soon, soon]
    assert officers_told(town, 20) == [soon, soon, overdue]
    assert town.status(case) == "UNDER_REVIEW"


def test_an_extended_decision_is_reminded_by_its_new_date(
    town: Town, case: str, acceptor: Actor, approver: Actor
) -> None:
    """I12, Law 42: nobody is told that the old date is over; the new one counts."""
    checks(town, case, acceptor, "accept")
    officer_tasks.extend(town.office, case, reason="需向外省核实资格证书", actor=approver)
    soon, overdue = "decision_due_soon", "decision_overdue"

    assert officers_told(town, 21) == []
    assert officers_told(town, 25) == [soon]
    assert officers_told(town, 29) == [soon, soon]
    assert officers_told(town, 30) == [soon, soon, overdue]


def test_the_agencys_certificate_is_revoked(
    town: Town, case: str, acceptor: Actor, person: Actor
) -> None:
    """I11: without a good seal no notice goes out: the job waits for a repair, nothing is lost."""
    custody = town.office.signatures.custody
    credential = custody.credential(Role.AGENCY, Policy().authority)
    assert credential is not None
    town.office.signatures.authority.revoke(credential.serial, "keyCompromise")
    checks(town, case, acceptor, "accept")

    assert town.status(case) == "ACCEPTED"
    assert "acceptance-notice" not in kinds(town, case)
    custody.enrol_agency(Policy().authority)
    town.clock.forward(minutes=10)
    town.works()

    assert town.status(case) == "UNDER_REVIEW"
    assert kinds(town, case)[-1] == "acceptance-notice"


def test_texts_that_no_letter_can_hold(town: Town, case: str, acceptor: Actor) -> None:
    """I11, R35: unprintable or endless reasons are refused before anything is decided."""
    with pytest.raises(Unprintable, match=r"U\+202E"):
        checks(town, case, acceptor, "refuse", "不属于\u202e本机关职权")
    with pytest.raises(TextTooLong):
        checks(town, case, acceptor, "correct", "缺" * 501)
    with pytest.raises(TextTooLong):
        checks(town, case, acceptor, "correct", *["缺少盖章页的扫描件"] * 31)

    assert town.open_nodes(case) == {"formal_check"}


def test_an_opinion_of_two_lines_and_one_that_no_page_can_hold(
    town: Town, case: str, acceptor: Actor, reviewer: Actor
) -> None:
    """I12: a browser ends lines with CR LF, which is no fault; NUL is, also when approving."""
    checks(town, case, acceptor, "accept")
    task = town.task(case, "review").id
    with pytest.raises(Unprintable, match=r"U\+0000"):
        officer_tasks.review(town.office, task, "approve", opinion="材料\x00齐全", actor=reviewer)

    typed = "资格证书存疑\r\n请核实来源"
    officer_tasks.review(town.office, task, "reject", opinion=typed, actor=reviewer)

    with town.office.sessions() as session:
        review = decisions.newest(session, case, decisions.DecisionStep.REVIEW)
    assert review is not None
    assert review.opinion == "资格证书存疑\n请核实来源"


@pytest.mark.both_databases
def test_what_changed_since_the_seal_stops_the_agency(
    town: Town, case: str, person: Actor, acceptor: Actor, reviewer: Actor, approver: Actor
) -> None:
    """C.9, R19: a ban stops acceptance; a registration elsewhere stops the approval."""
    with writing(town.office.sessions) as session:
        ban = bans.impose(
            session, person_id(person), "FALSE_MATERIAL", actor="test", at=town.clock()
        )
    with pytest.raises(BanActive):
        checks(town, case, acceptor, "accept")
    with writing(town.office.sessions) as session:
        bans.lift(session, session.merge(ban), at=town.clock())
    checks(town, case, acceptor, "accept")
    town.reviews(case, reviewer)
    town.already_registered(person_id(person))

    with pytest.raises(AlreadyRegistered):
        town.decides(case, approver)
    assert town.open_nodes(case) == {"decide"}


def test_a_due_date_across_an_unknown_year(
    town: Town, person: Actor, employer: Actor, acceptor: Actor
) -> None:
    """B.10: from December the date is provisional; a job makes it final with the year."""
    town.clock.now = datetime(2026, 12, 21, 2, tzinfo=UTC)
    case = town.starts(person)
    typed = OTHER_PROVINCE | {"qualification_scans": [town.scan(case, person)]}
    town.saves(case, person, town.values(case, person, **typed))
    town.signs(case, person)
    town.seals(case, employer)
    checks(town, case, acceptor, "accept")
    before = town.case(case)
    assert before.due_provisional
    assert before.due_on == date(2027, 1, 19)

    due_dates.load_year(
        town.office,
        HolidayNotice(
            year=2027,
            holidays=frozenset([*OF_2027, *(date(2027, 1, day) for day in (2, 3, 4))]),
            workdays=frozenset(),
        ),
        source="国办通知（虚构）",
        actor=acceptor,
    )

    assert town.case(case).due_provisional
    town.works()

    after = town.case(case)
    assert not after.due_provisional
    assert after.due_on == date(2027, 1, 20)
    assert due_dates.recount(town.office, acceptor) == 0
