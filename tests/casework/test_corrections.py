"""A version had a slip: running cases go on with the corrected one, as two operators agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework import corrections
from casework.application import withdrawal
from casework.corrections import (
    CorrectionNeedsAnother,
    CorrectionNotAsked,
    CorrectionReasonMissing,
    CorrectionWaits,
    NotCorrectable,
)
from engine import actors, definitions
from engine.actors import Actor
from engine.tables import Job, JobKind, ProcessInstance
from registry.law.calendars import shanghai_day
from registry.trail import version_corrections as requests
from registry.trail.audit import AuditEvent
from storage.database import writing
from tests.offices import Town
from tests.professions.folders import structural_engineer

ANNA, BERTA = actors.officer("yunwei", "operator"), actors.officer("yunwei2", "operator")
REASON = "草稿的期限写错了"
ROLE = 'name="actorRole" value="{}"'
DEADLINE, INITIAL = "deadline.dmn", "initial.bpmn"


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


def deployed(town: Town, changed: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Deploy the type with texts replaced; return the version before and the new one."""
    kind = structural_engineer()
    files = dict(kind.files)
    for path, (before, after) in changed.items():
        text = files[path].decode()
        assert before in text
        files[path] = text.replace(before, after, 1).encode()
    with writing(town.office.sessions) as session:
        old = definitions.keys(session)[kind.key]
        new = definitions.deploy(session, kind.key, files, "system", town.clock.now)
    town.office.definitions.forget()
    return old, new


def version_of(town: Town, case: str) -> tuple[str, str]:
    """Give the versions that the engine and the register have for a case."""
    with town.office.sessions() as session:
        query = select(ProcessInstance.definition).where(ProcessInstance.business_key == case)
        return str(session.scalar(query)), town.case(case).definition


def end_of(town: Town, case: str, timer: str) -> date:
    """Give the last day of a period as the engine waits for it."""
    query = select(Job.due_at).where(
        Job.business_key == case, Job.kind == JobKind.TIMER, Job.node == timer
    )
    with town.office.sessions() as session:
        due = session.scalar(query)
    assert due is not None
    return shanghai_day(due - timedelta(seconds=1))


def audited(town: Town) -> list[tuple[str, str]]:
    query = select(AuditEvent).where(AuditEvent.action.like("version.%")).order_by(AuditEvent.id)
    with town.office.sessions() as session:
        return [(event.action, event.actor) for event in session.scalars(query)]


DRAFT = {DEADLINE: ("<text>90</text>", "<text>100</text>")}


@pytest.mark.both_databases
def test_two_operators_give_running_cases_the_corrected_version(town: Town, person: Actor) -> None:
    """Its period is the case's, its timer moves with it; who did it stands in the trail."""
    case, office = town.starts(person), town.office
    first = end_of(town, case, "idle_fill_form")
    old, new = deployed(town, DRAFT)
    assert version_of(town, case) == (old, old)

    asked = corrections.ask(office, old, new, REASON, ANNA)
    assert version_of(town, case) == (old, old)
    corrections.confirm(office, asked, BERTA)
    town.works()

    assert version_of(town, case) == (new, new)
    assert end_of(town, case, "idle_fill_form") == first + timedelta(days=10)
    assert audited(town) == [
        ("version.correction_asked", ANNA.id),
        ("version.correction", BERTA.id),
        ("version.case_corrected", BERTA.id),
    ]
    with office.sessions() as session:
        (done,) = requests.cases(session, asked)
    assert (done.business_key, done.stayed) == (case, None)


def test_a_corrected_case_goes_on_to_its_end(town: Town, person: Actor) -> None:
    """What the case waits for stays what it was: the form is filled in and signed."""
    case, office = town.starts(person), town.office
    town.enterprise()
    old, new = deployed(town, DRAFT)
    corrections.confirm(office, corrections.ask(office, old, new, REASON, ANNA), BERTA)
    town.works()

    town.saves(case, person, town.values(case, person))
    town.signs(case, person)

    assert town.case(case).status == "PERSONAL_SIGNED"


def test_the_day_of_the_decision_follows_its_period(town: Town, person: Actor) -> None:
    """What the page tells, and the timer at whose end it is reported, are the same day."""
    case, office = town.starts(person), town.office
    town.files(case, person, town.enterprise())
    before = town.case(case).due_on
    old, new = deployed(town, {DEADLINE: ("<text>20</text>", "<text>25</text>")})

    corrections.confirm(office, corrections.ask(office, old, new, REASON, ANNA), BERTA)
    town.works()

    after = town.case(case).due_on
    assert before is not None
    assert after is not None
    assert after > before
    assert end_of(town, case, "decision_due") == after


def test_undoing_is_asked_and_confirmed_like_the_correction(town: Town, person: Actor) -> None:
    """Only what was moved goes back; what started on the newer version stays there."""
    case, office = town.starts(person), town.office
    old, new = deployed(town, DRAFT)
    asked = corrections.ask(office, old, new, REASON, ANNA)
    corrections.confirm(office, asked, BERTA)
    town.works()
    later = town.starts(town.person(2, issued=date(2025, 6, 3)))

    corrections.confirm(office, corrections.undo(office, asked, REASON, BERTA), ANNA)
    town.works()

    assert version_of(town, case) == (old, old)
    assert version_of(town, later) == (new, new)


def test_what_would_happen_is_told_before(town: Town, person: Actor) -> None:
    """A dry run: of each case whether it can go on, and why not; nothing is written."""
    case, office = town.starts(person), town.office
    old, new = deployed(town, DRAFT)

    (prospect,) = corrections.prospects(office, old, new)

    assert (prospect.business_key, prospect.stays) == (case, None)
    assert prospect.number == town.case(case).no
    assert version_of(town, case) == (old, old)
    assert audited(town) == []


def test_a_case_stays_when_the_diagrams_differ(town: Town, person: Actor) -> None:
    """A task that is drawn elsewhere or done by others: told with file and element."""
    case, office = town.starts(person), town.office
    old, new = deployed(
        town,
        {
            INITIAL: (
                ROLE.format("applicant"),
                ROLE.format("enterprise"),
            )
        },
    )
    asked = corrections.ask(office, old, new, REASON, ANNA)

    (prospect,) = corrections.prospects(office, old, new)
    corrections.confirm(office, asked, BERTA)
    town.works()

    assert prospect.stays is not None
    assert "initial.bpmn#" in prospect.stays
    assert version_of(town, case) == (old, old)
    with office.sessions() as session:
        (done,) = requests.cases(session, asked)
    assert "initial.bpmn#" in str(done.stayed)


@pytest.mark.both_databases
def test_nobody_confirms_what_he_asked_for(town: Town, person: Actor) -> None:
    """Four eyes; a second press and a declined request are told."""
    case, office = town.starts(person), town.office
    old, new = deployed(town, DRAFT)
    asked = corrections.ask(office, old, new, REASON, ANNA)

    with pytest.raises(CorrectionNeedsAnother):
        corrections.confirm(office, asked, ANNA)
    with pytest.raises(CorrectionWaits):
        corrections.ask(office, old, new, REASON, BERTA)
    corrections.decline(office, asked, BERTA)
    with pytest.raises(CorrectionNotAsked):
        corrections.confirm(office, asked, BERTA)
    with pytest.raises(CorrectionNotAsked):
        corrections.undo(office, asked, REASON, BERTA)

    town.works()
    assert version_of(town, case) == (old, old)


def test_a_version_that_was_followed_or_withdrawn_meanwhile_is_given_to_nobody(
    town: Town, person: Actor
) -> None:
    """Between the request and the confirmation another was deployed; or the type was withdrawn."""
    case, office = town.starts(person), town.office
    old, new = deployed(town, DRAFT)
    asked = corrections.ask(office, old, new, REASON, ANNA)
    _, third = deployed(town, {DEADLINE: ("<text>90</text>", "<text>110</text>")})

    with pytest.raises(NotCorrectable, match="更新的版本"):
        corrections.confirm(office, asked, BERTA)
    with pytest.raises(NotCorrectable):
        corrections.ask(office, third, third, REASON, ANNA)
    with writing(office.sessions) as session:
        definitions.withdraw(session, structural_engineer().key, town.clock.now)
    with pytest.raises(NotCorrectable, match="撤下"):
        corrections.ask(office, old, third, REASON, ANNA)
    with pytest.raises(NotCorrectable, match="没有这个版本"):
        corrections.ask(office, old, "0" * 64, REASON, ANNA)

    assert version_of(town, case) == (old, old)


@pytest.mark.parametrize("reason", ["", "  短 ", "长" * 501])
def test_a_reason_is_asked_for(town: Town, reason: str) -> None:
    old, new = deployed(town, DRAFT)

    with pytest.raises(CorrectionReasonMissing):
        corrections.ask(town.office, old, new, reason, ANNA)


def test_a_case_that_ended_meanwhile_is_left_alone(town: Town, person: Actor) -> None:
    """Withdrawn between confirmation and move: nothing is noted, nothing is changed."""
    case, office = town.starts(person), town.office
    old, new = deployed(town, DRAFT)
    asked = corrections.ask(office, old, new, REASON, ANNA)
    withdrawal.withdraw(office, case, person)

    corrections.confirm(office, asked, BERTA)
    town.works()

    assert version_of(town, case) == (old, old)
    with office.sessions() as session:
        assert requests.cases(session, asked) == []
