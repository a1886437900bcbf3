"""A person who is barred: the case in progress ends, the next one cannot be started."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from threading import Barrier

import pytest

from casework import upkeep
from casework.application import form_entry, new_application, withdrawal
from casework.application.new_application import NotAvailable
from casework.authority import ban_effects
from casework.signature import enterprise_seal, personal
from engine.errors import NotYourTask
from refusals.refusal import Refusal
from registry.authority import bans
from registry.errors import BanActive
from storage.database import writing
from tests import people
from tests.offices import PIN, TYPE, Town, person_id


def grounds(town: Town, person: str) -> list[str]:
    with town.office.sessions() as session:
        return [ban.basis for ban in bans.active(session, person, on=town.office.today())]


@pytest.mark.both_databases
def test_a_bar_ends_the_case_in_progress(town: Town) -> None:
    """R19, I18: the open application closes with the ban, and says why no other can be started."""
    person, approver = town.person(issued=date(2025, 6, 2)), town.officer("li", "approver")
    case = town.starts(person)

    ended = ban_effects.bar(town.office, person_id(person), "FALSE_MATERIAL", approver)

    assert ended == case
    assert town.status(case) == "CLOSED"
    assert town.open_nodes(case) == set()
    assert grounds(town, person_id(person)) == ["FALSE_MATERIAL"]
    with pytest.raises(NotAvailable) as refused:
        new_application.start(town.office, person_id(person), "INITIAL", person, TYPE)
    assert "2027年9月7日" in str(refused.value)


def test_a_bar_before_any_application(town: Town) -> None:
    """R19: the ground stands on its own."""
    person, approver = town.person(), town.officer("li", "approver")

    assert ban_effects.bar(town.office, person_id(person), "NO_CAPACITY", approver) is None

    assert grounds(town, person_id(person)) == ["NO_CAPACITY"]


def test_only_an_approver_bars(town: Town) -> None:
    """D.4: a reviewer has no such power, and an unknown ground is no ground."""
    person, reviewer = town.person(), town.officer("wang", "reviewer")
    approver = town.officer("li", "approver")

    with pytest.raises(NotYourTask):
        ban_effects.bar(town.office, person_id(person), "FRAUD", reviewer)
    with pytest.raises(ValueError, match="WHIM"):
        ban_effects.bar(town.office, person_id(person), "WHIM", approver)
    assert grounds(town, person_id(person)) == []


@pytest.mark.both_databases
def test_what_is_decided_is_not_taken_back(town: Town) -> None:
    """I12: after the decision only rescission helps; the ground is recorded all the same."""
    person, employer = town.person(issued=date(2025, 6, 2)), town.enterprise()
    reviewer, approver = town.officer("wang", "reviewer"), town.officer("li", "approver")
    case = town.starts(person)
    town.files(case, person, employer)
    town.reviews(case, reviewer)
    town.decides(case, approver)

    assert ban_effects.bar(town.office, person_id(person), "FRAUD", approver) is None

    assert town.status(case) == "APPROVED"
    assert grounds(town, person_id(person)) == ["FRAUD"]


@pytest.mark.proves("F:crossed-7")
def test_who_was_barred_meanwhile_takes_no_further_step(town: Town) -> None:
    """A ground that came beside the start of a case is met at each step: save, sign, seal."""
    person, employer = town.person(issued=date(2025, 6, 2)), town.enterprise()
    office, case = town.office, town.starts(person)
    values = town.values(case, person)

    def meanwhile(step: Callable[[], object]) -> None:
        with writing(office.sessions) as session:
            ban = bans.impose(session, person_id(person), "FRAUD", actor="x", at=office.now())
        with pytest.raises(BanActive):
            step()
        with writing(office.sessions) as session:
            bans.lift(session, bans.get(session, ban.id), at=office.now())

    meanwhile(lambda: town.saves(case, person, values | {"enterprise_phone": "021-00000009"}))
    assert form_entry.prefill(office, case)["enterprise_phone"] == "021-00000009"  # not lost
    town.saves(case, person, values)
    sha256 = personal.document(office, case).sha256
    meanwhile(lambda: personal.begin(office, case, sha256, person))
    personal.begin(office, case, sha256, person)
    code = town.world.code_for(people.person(1).mobile)
    meanwhile(lambda: personal.confirm(office, case, code, person))
    personal.confirm(office, case, code, person)
    town.works()
    meanwhile(lambda: enterprise_seal.agree(office, case, opinion_ticked=True, actor=employer))
    enterprise_seal.agree(office, case, opinion_ticked=True, actor=employer)
    meanwhile(lambda: enterprise_seal.seal(office, case, pin=PIN, actor=employer))
    assert town.status(case) == "PERSONAL_SIGNED"


@pytest.mark.proves("F:crossed-7")
def test_a_bar_beside_a_withdrawal_is_recorded(town: Town) -> None:
    """Whichever comes first, the ground is on record and no case of the person goes on."""
    person, approver = town.person(issued=date(2025, 6, 2)), town.officer("li", "approver")
    town.enterprise()
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    barrier = Barrier(2)

    def act(step: Callable[[], object]) -> None:
        barrier.wait()
        with suppress(Refusal):
            step()

    with ThreadPoolExecutor(2) as pool:
        pool.submit(act, lambda: withdrawal.withdraw(town.office, case, person))
        pool.submit(act, lambda: ban_effects.bar(town.office, person_id(person), "FRAUD", approver))
    town.works()

    assert grounds(town, person_id(person)) == ["FRAUD"]
    assert town.status(case) in ("WITHDRAWN", "CLOSED")
    assert ban_effects.bar(town.office, person_id(person), "NO_CAPACITY", approver) is None
    assert grounds(town, person_id(person)) == ["FRAUD", "NO_CAPACITY"]


@pytest.mark.proves("F:crossed-7")
def test_a_draft_that_a_bar_has_missed_ends_with_the_day(town: Town) -> None:
    """A ground that came beside the start leaves nothing hanging; cancelling is open to all."""
    office, person = town.office, town.person(issued=date(2025, 6, 2))
    case = town.starts(person)
    with writing(office.sessions) as session:
        ban = bans.impose(session, person_id(person), "FRAUD", actor="x", at=office.now())
        bans.lift(session, bans.get(session, ban.id), at=office.now())
    assert ban_effects.end_barred(office, office.now()) == 0
    with writing(office.sessions) as session:
        bans.impose(session, person_id(person), "FRAUD", actor="x", at=office.now())

    assert upkeep.run(office, office.today())["upkeep/bars"] == 1
    town.works()

    assert town.status(case) == "CLOSED"
    assert ban_effects.end_barred(office, office.now()) == 0
