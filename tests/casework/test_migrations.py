"""Running cases migrate to a version with other diagrams: tried, asked for, confirmed, undone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework import corrections, migrations
from casework.corrections import CorrectionNeedsAnother, CorrectionWaits
from casework.migrations import NodesRefused, NotTriedYet
from engine import actors
from engine.actors import Actor
from engine.tables import Job, JobKind, TaskStatus, UserTask
from registry.trail import version_corrections as requests
from registry.trail.version_corrections import CorrectedCase, TriedCase
from tests.casework.test_corrections import audited, deployed, end_of, version_of
from tests.offices import Town
from tests.professions.folders import structural_engineer

ANALYST, OPERATOR = actors.officer("fenxi", "analyst"), actors.officer("yunwei", "operator")
COLLEAGUE = actors.officer("yunwei2", "operator")
REASON = "决定阶段改为另一种画法"
INITIAL = "initial.bpmn"
Said = Mapping[str, Mapping[str, str]]


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


def redrawn(town: Town, *changes: tuple[str, str]) -> tuple[str, str]:
    """Deploy the type with patterns of 初始注册 replaced; return the version before and the new."""
    text = structural_engineer().files[INITIAL].decode()
    new = text
    for pattern, put in changes:
        changed = re.sub(pattern, put, new, flags=re.S)
        assert changed != new, pattern
        new = changed
    return deployed(town, {INITIAL: (text, new)})


def renamed(old: str, new: str) -> tuple[str, str]:
    return rf'(?<=[">]){old}(?=["<_])', new


def tried(town: Town, old: str, new: str, said: Said | None = None) -> str:
    migration = migrations.try_out(town.office, old, new, said or {}, ANALYST)
    town.works()
    return migration


def reasons(town: Town, migration: str) -> list[str | None]:
    with town.office.sessions() as session:
        query = select(TriedCase.stays).where(TriedCase.correction_id == migration)
        return list(session.scalars(query.order_by(TriedCase.business_key)))


def moved(town: Town, migration: str) -> None:
    migrations.ask(town.office, migration, REASON, ANALYST)
    corrections.confirm(town.office, migration, OPERATOR)
    town.works()


def outcome(town: Town, migration: str) -> list[str | None]:
    with town.office.sessions() as session:
        return [case.stayed for case in requests.cases(session, migration)]


def open_tasks(town: Town, case: str) -> list[tuple[str, str]]:
    query = select(UserTask.id, UserTask.node).where(
        UserTask.business_key == case, UserTask.status == TaskStatus.OPEN
    )
    with town.office.sessions() as session:
        return [(row.id, row.node) for row in session.execute(query)]


def timers(town: Town, case: str) -> dict[str | None, object]:
    query = select(Job.node, Job.due_at).where(Job.business_key == case, Job.kind == JobKind.TIMER)
    with town.office.sessions() as session:
        return {row.node: row.due_at for row in session.execute(query)}


RENAMED = (renamed("decision_stage", "decision_part"), renamed("draft_60_days", "draft_two_months"))


@pytest.mark.both_databases
def test_a_case_goes_on_where_its_step_is_called_otherwise(town: Town, person: Actor) -> None:
    """A part and a reminder have other ids: found by name; the case ends on the newer version."""
    case = town.starts(person)
    uscc = town.enterprise()
    before = timers(town, case)
    old, new = redrawn(town, *RENAMED)
    migration = tried(town, old, new)
    assert reasons(town, migration) == [None]
    assert version_of(town, case) == (old, old)
    held = open_tasks(town, case)

    moved(town, migration)

    assert outcome(town, migration) == [None]
    assert version_of(town, case) == (new, new)
    assert open_tasks(town, case) == held
    assert timers(town, case) == {
        {"draft_60_days": "draft_two_months"}.get(str(node), node): due
        for node, due in before.items()
    }
    assert audited(town) == [
        ("version.migration_asked", ANALYST.id),
        ("version.correction", OPERATOR.id),
        ("version.case_migrated", OPERATOR.id),
    ]
    town.files(case, person, uscc)
    assert town.case(case).status == "UNDER_REVIEW"
    assert town.troubles() == []


def test_a_case_migrates_at_every_stage_and_comes_to_its_certificate(
    town: Town, person: Actor
) -> None:
    """Filling, signing, sealing, review, decision, claim: each time the diagram has other ids."""
    clerk = town.enterprise()
    reviewer, approver = town.officer("shencha", "reviewer"), town.officer("jueding", "approver")
    case = town.starts(person)
    text = structural_engineer().files[INITIAL].decode()
    hops = iter(range(10))

    def hops_on() -> None:
        nonlocal text
        hop = next(hops)
        new = re.sub(
            r'(?<=[">])(sign|seal|decision|claiming)_stage(?:_\d)?(?=["<])',
            rf"\1_stage_{hop}",
            text,
        )
        kind = structural_engineer()
        old, newer = deployed(town, {INITIAL: (kind.files[INITIAL].decode(), new)})
        text = new
        migration = tried(town, old, newer)
        assert reasons(town, migration) == [None]
        moved(town, migration)
        assert version_of(town, case) == (newer, newer)

    hops_on()
    town.saves(case, person, town.values(case, person))
    hops_on()
    town.signs(case, person)
    hops_on()
    town.seals(case, clerk)
    hops_on()
    town.reviews(case, reviewer)
    hops_on()
    town.decides(case, approver)
    town.works()
    hops_on()
    town.claims(case, person)

    assert town.case(case).status == "COMPLETED"
    assert town.troubles() == []


@pytest.mark.both_databases
def test_undone_only_what_has_not_moved_on_goes_back(town: Town, person: Actor) -> None:
    """Whose draft was saved since keeps the newer version, and that is noted with its case."""
    other = town.person(2, issued=date(2025, 6, 2))
    cases, office = [town.starts(person), town.starts(other)], town.office
    town.enterprise()
    before = timers(town, cases[0])
    old, new = redrawn(town, *RENAMED)
    migration = tried(town, old, new)
    moved(town, migration)
    town.clock.forward(days=1)
    town.saves(cases[1], other, town.values(cases[1], other))

    undone = corrections.undo(office, migration, REASON, OPERATOR)
    corrections.confirm(office, undone, COLLEAGUE)
    town.works()

    assert version_of(town, cases[0]) == (old, old)
    assert version_of(town, cases[1]) == (new, new)
    assert timers(town, cases[0]) == before
    with office.sessions() as session:
        stayed = {row.business_key: row.stayed for row in requests.cases(session, undone)}
    assert stayed[cases[0]] is None
    assert "继续办理" in str(stayed[cases[1]])
    assert audited(town)[-1] == ("version.case_restored", COLLEAGUE.id)


def test_a_case_that_stays_is_told_why_before_and_afterwards(town: Town, person: Actor) -> None:
    """The dry run says it, the migration notes it, the case ends as it began."""
    stays, goes = town.starts(person), town.starts(town.person(2, issued=date(2025, 6, 2)))
    town.files(stays, person, town.enterprise())
    old, new = redrawn(town, *RENAMED)
    said = {"initial_registration": {"decision_stage": ""}}

    migration = tried(town, old, new, said)
    moved(town, migration)

    with town.office.sessions() as session:
        told = {row.business_key: row.stays for row in session.scalars(select(TriedCase))}
    assert told == {stays: "停在“审查与决定”，新版本没有对应的环节", goes: None}
    assert version_of(town, stays) == (old, old)
    assert version_of(town, goes) == (new, new)
    with town.office.sessions() as session:
        noted = session.get(CorrectedCase, f"{migration}/{stays}")
    assert noted is not None
    assert noted.stayed == told[stays]


def test_periods_that_did_not_change_keep_their_last_day(town: Town, person: Actor) -> None:
    """One that did follows the newer version, as with a correction."""
    case = town.starts(person)
    first = end_of(town, case, "idle_fill_form")
    text = structural_engineer().files[INITIAL].decode()
    new_text = re.sub(*RENAMED[0][:1], RENAMED[0][1], text)
    old, new = deployed(
        town,
        {INITIAL: (text, new_text), "deadline.dmn": ("<text>90</text>", "<text>100</text>")},
    )

    moved(town, tried(town, old, new))

    assert end_of(town, case, "idle_fill_form") == first + timedelta(days=10)


def test_a_migration_is_asked_for_once_it_was_tried_and_confirmed_by_another(
    town: Town, person: Actor
) -> None:
    """Before the last case is tried, by the same person or twice, it is refused."""
    town.starts(person)
    office = town.office
    old, new = redrawn(town, *RENAMED)
    migration = migrations.try_out(office, old, new, {}, ANALYST)
    with pytest.raises(NotTriedYet):
        migrations.ask(office, migration, REASON, ANALYST)
    town.works()
    second = tried(town, old, new)

    migrations.ask(office, migration, REASON, ANALYST)
    with pytest.raises(CorrectionWaits):
        migrations.ask(office, second, REASON, ANALYST)
    with pytest.raises(CorrectionNeedsAnother):
        corrections.confirm(office, migration, ANALYST)


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ({"decision_stage": "fill_form"}, "不是同一种环节"),
        ({"decision_stage": "nowhere"}, "没有环节"),
        ({"decision_stage": "issuing_stage"}, "只能对应一个环节"),
    ],
)
def test_what_cannot_stand_for_a_step_is_refused(
    town: Town, person: Actor, pairs: Mapping[str, str], why: str
) -> None:
    town.starts(person)
    old, new = redrawn(town, *RENAMED)

    with pytest.raises(NodesRefused, match=why):
        migrations.try_out(town.office, old, new, {"initial_registration": pairs}, ANALYST)
