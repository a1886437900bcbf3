from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from refusals.refusal import NotFound
from registry.applications import applications, confirmations
from registry.applications.applications import About, Application, Status
from registry.applications.statuses import CONFIRMED, EDITABLE, END, MOVES, OPEN, Matter
from registry.errors import ApplicationLocked, IllegalMove, OpenApplicationExists, StaleRevision
from registry.identifiers import has_check_character
from registry.people import persons
from registry.people.persons import Person
from storage.database import new_id, writing
from tests.registry.conftest import NOW, USCC, resident

Sessions = sessionmaker[Session]
FORM = {"enterprise_name": "上海示例结构设计（虚构04）有限公司", "enterprise_phone": "021-00000004"}


def force(sessions: Sessions, application: Application, status: str) -> Application:
    """Put the application where the test needs it."""
    with writing(sessions) as session:
        current = session.get_one(Application, application.id)
        current.status = status
        return current


def test_a_new_application_is_a_draft_with_a_number_for_the_telephone(
    application: Application,
) -> None:
    """R18: the number tells matter and day, and a slip in it is found."""
    assert application.state is Status.DRAFT
    assert application.no.startswith("31S2C20261124")
    assert len(application.no) == 19
    assert has_check_character(application.no)
    assert not has_check_character(application.no[:-2] + "X" + application.no[-1])


def test_a_second_application_waits_for_the_first(
    sessions: Sessions, person: Person, application: Application
) -> None:
    """R20: at most one in progress in a profession; the refusal names it and what to do."""
    about = About(person_id=person.id, matter=Matter.INITIAL, type=application.type)

    with writing(sessions) as session, pytest.raises(OpenApplicationExists) as refused:
        applications.create(session, about, definition="v1", at=NOW)

    assert application.no in str(refused.value)
    assert "初始注册" in str(refused.value)
    assert "填写中" in str(refused.value)


def test_the_database_itself_refuses_a_second_one(
    sessions: Sessions, person: Person, application: Application
) -> None:
    """R20: not the code but a partial unique index decides."""
    with sessions() as session:
        session.connection(execution_options={"writes": True})
        session.add(
            Application(
                no="X",
                person_id=person.id,
                type=application.type,
                definition="v1",
                matter="INITIAL",
                status="APPROVED",
                status_since=NOW,
                created_at=NOW,
                saved_at=NOW,
            )
        )
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


def test_twenty_starts_at_once_make_one_application(sessions: Sessions, person: Person) -> None:
    """R20: twenty parallel clicks; one wins, nineteen are told about it."""
    barrier, results = threading.Barrier(20), []

    def click() -> None:
        barrier.wait()
        try:
            with writing(sessions) as session:
                about = About(person_id=person.id, matter=Matter.INITIAL, type="x")
                applications.create(session, about, definition="v1", at=NOW)
            results.append("made")
        except OpenApplicationExists as refused:
            results.append(refused.code)

    threads = [threading.Thread(target=click) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["E_OPEN_APPLICATION"] * 19 + ["made"]
    with sessions() as session:
        assert session.scalar(select(func.count(Application.id))) == 1


@pytest.mark.parametrize("end", sorted(END))
def test_after_the_end_a_new_one_may_start(
    sessions: Sessions,
    person: Person,
    application: Application,
    start: Callable[[Person], Application],
    end: str,
) -> None:
    """R20: a finished, refused, withdrawn or closed application blocks nothing."""
    force(sessions, application, end)

    assert start(person).id != application.id


def test_every_move_is_in_the_table() -> None:
    """I1: every status leads somewhere or is an end; every open one can be left."""
    assert set(MOVES) == OPEN
    assert set(Status) == OPEN | END
    reached = {Status.DRAFT}.union(*MOVES.values())
    assert reached == set(Status)
    assert all(Status.WITHDRAWN in MOVES[status] for status in OPEN - {Status.APPROVED})
    assert {status for status in OPEN if Status.DRAFT in MOVES[status]} == EDITABLE - {Status.DRAFT}
    assert not CONFIRMED & {Status.DRAFT, Status.READY_TO_SIGN, Status.PERSONAL_SIGNED}
    assert all(status.label for status in Status)


def test_the_way_of_an_initial_registration(sessions: Sessions, application: Application) -> None:
    """R17: from the draft to 办结, each status since its time."""
    way = "READY_TO_SIGN PERSONAL_SIGNED ENTERPRISE_SEALED ACCEPTED UNDER_REVIEW APPROVED COMPLETED"
    for hours, status in enumerate(way.split(), start=1):
        at = NOW + timedelta(hours=hours)
        with writing(sessions) as session:
            current = applications.get(session, application.id)
            assert applications.move(session, current, status, at)
        with sessions() as session:
            current = applications.get(session, application.id)
        assert (current.status, current.status_since) == (status, at)

    assert current.closed_at == at


@pytest.mark.parametrize("source", list(Status))
@pytest.mark.parametrize("target", list(Status))
def test_moves_are_only_those_of_the_table(source: Status, target: Status) -> None:
    """What the table does not know is refused before the database is touched."""
    session = Session()
    application = Application(id="a", status=source)

    if source is target:
        assert not applications.move(session, application, target, NOW)
    elif target not in MOVES.get(source, frozenset()):
        with pytest.raises(IllegalMove) as refused:
            applications.move(session, application, target, NOW)
        assert source.label in str(refused.value)
        assert target.label in str(refused.value)
    else:
        assert source.is_open


def test_of_two_racing_moves_the_first_commit_wins(
    sessions: Sessions, application: Application
) -> None:
    """I18: withdrawal against approval in the same second: the loser is told the new status."""
    force(sessions, application, "UNDER_REVIEW")
    with sessions() as session:
        stale = applications.get(session, application.id)
    with writing(sessions) as session:
        applications.move(session, applications.get(session, application.id), "APPROVED", NOW)

    with writing(sessions) as session:
        session.add(stale)
        with pytest.raises(IllegalMove) as refused:
            applications.move(session, stale, "WITHDRAWN", NOW)

    assert "准予许可" in str(refused.value)
    with sessions() as session:
        assert applications.get(session, application.id).state is Status.APPROVED


def test_a_changed_save_makes_a_revision(sessions: Sessions, application: Application) -> None:
    """R42–R43: what was signed stays readable beside what is typed now."""
    with writing(sessions) as session:
        current = applications.get(session, application.id)
        first = applications.save_revision(session, current, FORM, 0, NOW)
        changed = {**FORM, "enterprise_phone": "021-00000005"}
        second = applications.save_revision(session, current, changed, 1, NOW)

    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (1, 2)
    with sessions() as session:
        assert applications.get(session, application.id).revision == 2
        assert applications.revision(session, application.id, 1).content == FORM
        assert applications.current_revision(session, application.id).number == 2
        with pytest.raises(NotFound):
            applications.revision(session, application.id, 3)


def test_saving_without_a_change_is_no_revision(
    sessions: Sessions, application: Application
) -> None:
    """I8, R44: neither the order of the fields nor a second click is a change."""
    with writing(sessions) as session:
        current = applications.get(session, application.id)
        applications.save_revision(session, current, FORM, 0, NOW)
    later = NOW + timedelta(hours=1)

    with writing(sessions) as session:
        current = applications.get(session, application.id)
        turned = dict(reversed(FORM.items()))
        assert applications.save_revision(session, current, turned, 1, later) is None
        assert applications.save_revision(session, current, FORM, 0, later) is None

    with sessions() as session:
        current = applications.get(session, application.id)
    assert (current.revision, current.saved_at) == (1, later)


def test_a_stale_window_does_not_overwrite(sessions: Sessions, application: Application) -> None:
    """R42: two tabs; the second is told and nothing is lost."""
    with writing(sessions) as session:
        current = applications.get(session, application.id)
        applications.save_revision(session, current, FORM, 0, NOW)

    with writing(sessions) as session:
        current = applications.get(session, application.id)
        with pytest.raises(StaleRevision, match="第1版") as refused:
            applications.save_revision(session, current, {"other": 1}, 0, NOW)

    assert refused.value.facts == {"current": 1, "expected": 0}
    with sessions() as session:
        assert applications.current_revision(session, application.id).content == FORM


@pytest.mark.parametrize("status", sorted(set(Status) - EDITABLE))
def test_after_acceptance_the_form_is_locked(
    sessions: Sessions, application: Application, status: str
) -> None:
    """R42: only before acceptance."""
    force(sessions, application, status)

    with writing(sessions) as session:
        current = applications.get(session, application.id)
        with pytest.raises(ApplicationLocked):
            applications.save_revision(session, current, FORM, 0, NOW)
        with pytest.raises(ApplicationLocked):
            applications.save_draft(session, current, FORM, NOW)


def test_an_acceptance_in_between_locks_the_save(
    sessions: Sessions, application: Application
) -> None:
    """R42: the officer accepts while the person presses 保存: exactly one wins."""
    force(sessions, application, "ENTERPRISE_SEALED")
    with sessions() as session:
        stale = applications.get(session, application.id)
    force(sessions, application, "ACCEPTED")

    with writing(sessions) as session:
        session.add(stale)
        with pytest.raises(ApplicationLocked):
            applications.save_revision(session, stale, FORM, 0, NOW)


def test_typed_input_with_faults_is_kept(sessions: Sessions, application: Application) -> None:
    """R35: faults are listed, nothing typed is lost; a good save clears the draft."""
    with writing(sessions) as session:
        current = applications.get(session, application.id)
        applications.save_draft(session, current, {"enterprise_phone": "12"}, NOW)
        applications.save_draft(session, current, {"enterprise_phone": "123"}, NOW)
    with sessions() as session:
        assert applications.draft_of(session, application.id).content == {"enterprise_phone": "123"}

    with writing(sessions) as session:
        current = applications.get(session, application.id)
        applications.save_revision(session, current, FORM, 0, NOW)

    with sessions() as session:
        assert applications.draft_of(session, application.id) is None


def test_a_person_sees_own_applications_page_by_page(
    sessions: Sessions, person: Person, start: Callable[[Person], Application]
) -> None:
    """R16: finished and in progress, newest first, nobody else's."""
    mine = []
    for _ in range(5):
        mine.append(start(person).id)
        force(sessions, start_done := session_get(sessions, mine[-1]), "COMPLETED")
        assert start_done.person_id == person.id
    with writing(sessions) as session:
        other = persons.register(session, resident(1), at=NOW)
    start(other)

    with sessions() as session:
        first = applications.of_person(session, person.id, limit=3)
        rest = applications.of_person(session, person.id, after=first[-1].id, limit=3)

    assert [listed.id for listed in first + rest] == mine[::-1]


def session_get(sessions: Sessions, application_id: str) -> Application:
    with sessions() as session:
        return applications.get(session, application_id)


def test_an_enterprise_sees_applications_that_name_it(
    sessions: Sessions, person: Person, application: Application
) -> None:
    """R49, R61: those that name it, nobody else's, and as confirmed only what it confirmed."""
    with writing(sessions) as session:
        current = applications.get(session, application.id)
        current.uscc, current.status = USCC, "PERSONAL_SIGNED"

    with sessions() as session:
        named = session.scalars(applications.naming_enterprise(USCC)).all()
        confirmed = session.scalars(confirmations.of_enterprise(USCC)).all()
        others = session.scalars(applications.naming_enterprise("91310100MADE000137")).all()

    assert named == [application.id]
    assert (confirmed, others) == ([], [])


def test_what_is_upon_a_registration_is_of_its_profession(
    sessions: Sessions, person: Person, application: Application
) -> None:
    """Ending one registration finds no case of another profession to end with it."""
    with writing(sessions) as session:
        applications.get(session, application.id).matter = "RENEWAL"

    with sessions() as session:
        own = applications.open_of(session, person.id, application.type, "RENEWAL")
        others = applications.open_of(session, person.id, "builder-2", "RENEWAL")

    assert own is not None
    assert (own.id, others) == (application.id, None)


def test_what_is_not_there_is_not_found(sessions: Sessions, application: Application) -> None:
    """A made-up id gives the same answer as somebody else's."""
    with sessions() as session:
        with pytest.raises(NotFound):
            applications.get(session, new_id())
        assert applications.by_no(session, application.no).id == application.id
        assert applications.by_no(session, "31S2") is None
