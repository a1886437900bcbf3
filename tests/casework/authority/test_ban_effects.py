"""A person who is barred: the case in progress ends, the next one cannot be started."""

from __future__ import annotations

from datetime import date

import pytest

from casework.application import new_application
from casework.application.new_application import NotAvailable
from casework.authority import ban_effects
from engine.errors import NotYourTask
from registry.authority import bans
from tests.offices import TYPE, Town, person_id


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
    assert "2027-09-07" in str(refused.value)


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
