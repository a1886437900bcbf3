"""A version had a slip: running cases go on with the corrected one, as two operators agree."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework import corrections
from casework.application import form_entry, withdrawal
from casework.corrections import (
    CorrectionNeedsAnother,
    CorrectionNotAsked,
    CorrectionReasonMissing,
    CorrectionWaits,
    NotCorrectable,
)
from casework.rename import batches
from engine import actors, definitions
from engine.actors import Actor
from engine.tables import Job, JobKind, ProcessInstance
from registry.enterprises import renames
from registry.law.calendars import shanghai_day
from registry.trail import version_corrections as requests
from registry.trail.audit import AuditEvent
from storage.database import writing
from tests.casework.rename.test_batches import (
    NEW,
    PIN,
    computed,
    hire,
    name_on_record,
    rename_outside,
)
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


FORM = "forms/initial.schema.json"
PHONE = '"enterprise_phone": {'


def test_a_form_that_asks_for_more_keeps_the_draft(town: Town, person: Actor) -> None:
    """Other words and a new field: what was typed stays, what is new is asked at the next save."""
    case, office = town.starts(person), town.office
    uscc = town.enterprise()
    values = town.values(case, person)
    town.saves(case, person, values)
    new_field = '"reachable": {"type": "string", "title": "紧急联系人"}, ' + PHONE
    old, new = deployed(town, {FORM: (PHONE, new_field)})

    corrections.confirm(office, corrections.ask(office, old, new, REASON, ANNA), BERTA)
    town.works()

    assert uscc
    assert version_of(town, case) == (new, new)
    with office.sessions() as session:
        kept = form_entry.typed_last(session, case)
    assert kept["enterprise_phone"] == values["enterprise_phone"]
    town.saves(case, person, {**values, "reachable": "李四"})
    town.signs(case, person)
    assert town.case(case).status == "PERSONAL_SIGNED"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((PHONE, '"enterprise_fone": {'), "新表单没有字段"),
        ((PHONE + '\n      "type": "string"', PHONE + '\n      "type": "number"'), "是另一种"),
    ],
)
def test_a_form_that_would_lose_what_was_typed_is_given_to_nobody(
    town: Town, person: Actor, change: tuple[str, str], why: str
) -> None:
    """Told in the dry run and noted with the case; the case goes on with its own form."""
    case, office = town.starts(person), town.office
    town.enterprise()
    town.saves(case, person, town.values(case, person))
    old, new = deployed(town, {FORM: change})

    (prospect,) = corrections.prospects(office, old, new)
    asked = corrections.ask(office, old, new, REASON, ANNA)
    corrections.confirm(office, asked, BERTA)
    town.works()

    assert why in str(prospect.stays)
    assert version_of(town, case) == (old, old)
    with office.sessions() as session:
        (done,) = requests.cases(session, asked)
    assert why in str(done.stayed)
    town.signs(case, person)


def test_who_has_signed_is_not_asked_for_more(town: Town, person: Actor) -> None:
    """A field that becomes required would be missing in what is sealed."""
    case, office = town.starts(person), town.office
    town.enterprise()
    town.saves(case, person, town.values(case, person))
    required = ('"required": [', '"required": [\n    "reachable",')
    field = (PHONE, '"reachable": {"type": "string", "title": "紧急联系人"}, ' + PHONE)
    kind = structural_engineer()
    text = kind.files[FORM].decode().replace(*required, 1).replace(*field, 1)
    old, new = deployed(town, {FORM: (kind.files[FORM].decode(), text)})

    (unsigned,) = corrections.prospects(office, old, new)
    town.signs(case, person)
    (signed,) = corrections.prospects(office, old, new)

    assert unsigned.stays is None
    assert "已签名，新表单还要填写“紧急联系人”" in str(signed.stays)


def test_a_choice_that_was_made_must_still_be_offered(town: Town, person: Actor) -> None:
    """Who chose what the new form no longer offers goes on with the old one; others do not mind."""
    case, office = town.starts(person), town.office
    town.enterprise()
    town.saves(case, person, town.values(case, person))
    with office.sessions() as session:
        chosen = form_entry.typed_last(session, case)["qualification_region"]
    other = {"SHANGHAI": "OTHER", "OTHER": "SHANGHAI"}[chosen]
    gone = (f'"const": "{chosen}"', '"const": "NOWHERE"')
    old, new = deployed(town, {FORM: gone})

    (made,) = corrections.prospects(office, old, new)
    _, newer = deployed(town, {FORM: (f'"const": "{other}"', '"const": "NOWHERE"')})
    (not_made,) = corrections.prospects(office, old, newer)

    assert f"所选的“{chosen}”在新表单中没有" in str(made.stays)
    assert not_made.stays is None


@pytest.mark.both_databases
def test_a_version_that_is_withdrawn_after_the_confirmation_is_given_to_nobody(
    town: Town, person: Actor
) -> None:
    """The cases are moved by a job: what is gone when it comes is not given, and that is noted."""
    case, office = town.starts(person), town.office
    old, new = deployed(town, DRAFT)
    asked = corrections.ask(office, old, new, REASON, ANNA)
    corrections.confirm(office, asked, BERTA)
    with writing(office.sessions) as session:
        definitions.withdraw(session, structural_engineer().key, town.clock.now)

    town.works()

    assert version_of(town, case) == (old, old)
    with office.sessions() as session:
        (done,) = requests.cases(session, asked)
    assert done.stayed == "该版本已经撤下"


@pytest.mark.both_databases
def test_two_corrections_of_the_same_cases_move_each_once(town: Town, person: Actor) -> None:
    """Confirmed one after the other, moved at once: each case goes on with one of both."""
    cases = [town.starts(town.person(number)) for number in range(2, 6)]
    office = town.office
    old, second = deployed(town, DRAFT)
    first_asked = corrections.ask(office, old, second, REASON, ANNA)
    corrections.confirm(office, first_asked, BERTA)
    _, third = deployed(town, {DEADLINE: ("<text>90</text>", "<text>110</text>")})
    second_asked = corrections.ask(office, old, third, REASON, BERTA)
    corrections.confirm(office, second_asked, ANNA)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: town.works(), range(2)))
    town.works()

    with office.sessions() as session:
        moved = {
            version: {row.business_key for row in requests.cases(session, asked) if not row.stayed}
            for asked, version in ((first_asked, second), (second_asked, third))
        }
    assert moved[second] | moved[third] == set(cases)
    assert not moved[second] & moved[third]
    for version, keys in moved.items():
        assert all(version_of(town, key) == (version, version) for key in keys)


def test_a_batch_of_a_renamed_enterprise_goes_on_with_the_corrected_version(town: Town) -> None:
    """A case that is no application: its batch is corrected, confirmed with the key, and done."""
    clerk, office = town.enterprise(), town.office
    (engineer,) = hire(town, 1)
    rename_outside(town)
    batch = computed(town, clerk)
    with office.sessions() as session:
        started = renames.get(session, batch).definition
    old, new = deployed(town, DRAFT)
    (prospect,) = corrections.prospects(office, old, new)

    corrections.confirm(office, corrections.ask(office, old, new, REASON, ANNA), BERTA)
    town.works()
    batches.confirm(office, batch, PIN, clerk)
    town.works()

    assert (prospect.business_key, prospect.stays) == (batch, None)
    assert started == old
    with office.sessions() as session:
        done = renames.get(session, batch)
    assert (done.definition, done.state) == (new, "DONE")
    assert name_on_record(town, engineer) == NEW
    assert town.troubles() == []


def test_running_cases_are_counted_no_further_than_a_page_shows(town: Town) -> None:
    """The page of versions says 1000+ where more run; commands count to the end."""
    for serial in (1, 2, 3):
        town.starts(town.person(serial, issued=date(2025, 6, 2)))

    with town.office.sessions() as session:
        [whole] = corrections.running(session, town.office.now())
        [capped] = corrections.running(session, town.office.now(), at_most=2)

    assert (whole.cases, capped.cases) == (3, 2)


@pytest.mark.both_databases
def test_two_who_confirm_at_once_give_it_once(town: Town, person: Actor) -> None:
    """Pressed at the same moment by two operators: one has confirmed, the other reads so."""
    case, office = town.starts(person), town.office
    old, new = deployed(town, DRAFT)
    asked = corrections.ask(office, old, new, REASON, ANNA)
    third = actors.officer("yunwei3", "operator")

    def confirmed(by: Actor) -> str:
        try:
            corrections.confirm(office, asked, by)
        except CorrectionNotAsked:
            return "told"
        return "confirmed"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(confirmed, (BERTA, third)))
    town.works()

    assert answers == ["confirmed", "told"]
    assert version_of(town, case) == (new, new)
    assert [action for action, _ in audited(town)].count("version.correction") == 1
    assert [action for action, _ in audited(town)].count("version.case_corrected") == 1


@pytest.mark.both_databases
def test_the_way_back_that_is_confirmed_first_comes_after_the_way_there(
    town: Town, person: Actor
) -> None:
    """Two jobs wait, there and back: the case goes both ways and ends where it began."""
    case, office = town.starts(person), town.office
    old, new = deployed(town, DRAFT)
    there = corrections.ask(office, old, new, REASON, ANNA)
    corrections.confirm(office, there, BERTA)
    back = corrections.undo(office, there, REASON, BERTA)
    corrections.confirm(office, back, ANNA)

    town.works()
    town.works()

    assert version_of(town, case) == (old, old)
    with office.sessions() as session:
        moved = [row.stayed for asked in (there, back) for row in requests.cases(session, asked)]
    assert moved == [None, None]  # neither way did it stay
    assert end_of(town, case, "idle_fill_form")
