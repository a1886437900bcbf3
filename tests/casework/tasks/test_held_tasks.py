"""Tasks whose holder is gone, has other work or is ill do not wait for him."""

from __future__ import annotations

import pytest

from casework.case.refusals import ReasonRequired
from casework.decision import officer_tasks
from casework.signature import enterprise_seal, seal_holds
from casework.tasks import held_tasks
from casework.tasks.held_tasks import NoColleague
from engine import actors
from engine.actors import Actor
from engine.errors import NotYourTask, TaskClaimed, TaskNotOpen
from registry.enterprises import enterprises
from registry.people import officers
from registry.people.officers import OfficerRole
from registry.trail import audit, notices
from storage.database import writing
from tests import people
from tests.offices import PIN, Town

REASON = "领取人住院，审查期限将届满"


@pytest.fixture
def holder(town: Town) -> Actor:
    return town.officer("zhou", "reviewer")


@pytest.fixture
def approver(town: Town) -> Actor:
    return town.officer("sun", "approver")


@pytest.fixture
def task_id(town: Town, holder: Actor) -> str:
    """Give a review that an officer has taken."""
    person, case = town.person(issued=town.office.today()), ""
    case = town.starts(person)
    town.files(case, person, town.enterprise())
    task = town.task(case, "review")
    officer_tasks.claim_task(town.office, task.id, holder)
    return task.id


def colleague_reviews(town: Town, task_id: str) -> None:
    colleague = town.officer("wu", "reviewer")
    officer_tasks.review(town.office, task_id, "approve", opinion="", actor=colleague)


@pytest.mark.proves("F:crossed-2")
def test_an_approver_takes_back_what_an_ill_officer_holds(
    town: Town, task_id: str, holder: Actor, approver: Actor
) -> None:
    """The second person gives a reason; the former holder reads it, the trail holds who did."""
    with pytest.raises(TaskClaimed):
        colleague_reviews(town, task_id)

    held_tasks.take_back(town.office, task_id, reason=REASON, actor=approver)

    colleague_reviews(town, task_id)
    with town.office.sessions() as session:
        [told] = notices.inbox(session, holder.id)
        case = told.application_id
        [event] = [
            event
            for event in audit.of(session, f"application:{case}")
            if event.action == "task.taken_back"
        ]
    assert REASON in told.text
    assert (event.actor, event.facts["holder"]) == (approver.id, holder.id)


@pytest.mark.proves("F:crossed-2")
def test_a_task_is_handed_to_a_colleague(
    town: Town, task_id: str, holder: Actor, approver: Actor
) -> None:
    """By the holder, or by an approver for an absent one; never to himself, or whom it cannot be.

    Both read why, the trail says who gave it to whom, and the colleague goes on.
    """
    colleague = town.officer("wu", "reviewer")
    wu = colleague.id.partition(":")[2]
    acceptor = town.officer("li", "acceptor").id.partition(":")[2]
    for giver, to in (
        (holder, holder.id.partition(":")[2]),
        (approver, approver.id.partition(":")[2]),
        (holder, acceptor),
        (holder, "nobody"),
    ):
        with pytest.raises(NoColleague):
            held_tasks.hand_over(town.office, task_id, to=to, reason=REASON, actor=giver)
    with pytest.raises(NotYourTask):
        held_tasks.hand_over(town.office, task_id, to=wu, reason=REASON, actor=colleague)
    with pytest.raises(ReasonRequired):
        held_tasks.hand_over(town.office, task_id, to=wu, reason="病", actor=approver)

    held_tasks.hand_over(town.office, task_id, to=wu, reason=REASON, actor=approver)

    with town.office.sessions() as session:
        for inbox in (holder.id, colleague.id):
            [told] = notices.inbox(session, inbox)
            assert REASON in told.text
        [event] = [
            event
            for event in audit.of(session, f"application:{told.application_id}")
            if event.action == "task.handed_on"
        ]
    assert (event.actor, event.facts["holder"]) == (approver.id, holder.id)
    assert event.facts["to"] == colleague.id
    colleague_reviews(town, task_id)


def test_who_may_not_take_back(town: Town, task_id: str, holder: Actor, approver: Actor) -> None:
    """A colleague without the role, the holder himself, without a reason, and once more later."""
    with pytest.raises(NotYourTask):
        held_tasks.take_back(town.office, task_id, reason=REASON, actor=holder)
    with pytest.raises(ReasonRequired):
        held_tasks.take_back(town.office, task_id, reason="病", actor=approver)
    held_tasks.take_back(town.office, task_id, reason=REASON, actor=approver)

    held_tasks.take_back(town.office, task_id, reason=REASON, actor=approver)  # a second press
    town.clock.forward(seconds=61)
    with pytest.raises(TaskNotOpen):
        held_tasks.take_back(town.office, task_id, reason=REASON, actor=approver)


@pytest.mark.proves("F:crossed-2")
@pytest.mark.parametrize("end", ["dismissed", "other work"])
def test_a_hold_ends_with_the_post(town: Town, task_id: str, holder: Actor, end: str) -> None:
    """At that moment any colleague may do the task, without anybody's help."""
    with writing(town.office.sessions) as session:
        if end == "dismissed":
            officers.dismiss(session, holder.id.partition(":")[2])
        else:
            officers.appoint(
                session, "zhou", name="周", roles=[OfficerRole.ACCEPTOR], at=town.office.now()
            )

    colleague_reviews(town, task_id)


def test_the_sweep_puts_back_what_nobody_can_go_on_with(
    town: Town, task_id: str, holder: Actor
) -> None:
    """The inbox shows the task as free; what others hold stays theirs."""
    assert held_tasks.free(town.office) == 0
    with writing(town.office.sessions) as session:
        officers.dismiss(session, holder.id.partition(":")[2])

    assert held_tasks.free(town.office) == 1

    with town.office.sessions() as session:
        assert held_tasks.of_agency(session) == []


@pytest.mark.proves("F:crossed-2")
def test_a_dismissed_operator_holds_no_seal(town: Town) -> None:
    """The fifteen minutes of a seal end with the post of who agreed."""
    person, employer = town.person(issued=town.office.today()), town.enterprise()
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    town.clock.forward(minutes=2)
    town.signs(case, person)
    uscc = people.enterprise(1).uscc
    with writing(town.office.sessions) as session:
        rows = [
            enterprises.enrol_operator(session, uscc, subject=key, name=key, at=town.office.now())
            for key in ("甲", "乙")
        ]
        first, second = (actors.operator(row.id, uscc) for row in rows)
    enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=first)
    assert seal_holds.other_holder(town.office, case, second) is not None

    with writing(town.office.sessions) as session:
        enterprises.operator_of(session, uscc, "甲").active = False

    assert seal_holds.other_holder(town.office, case, second) is None
    enterprise_seal.seal(town.office, case, pin=PIN, actor=second)
    assert town.status(case) != "SIGNED"
    assert employer.uscc == uscc
