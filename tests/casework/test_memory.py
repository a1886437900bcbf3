"""A step that is remembered leaves what the step itself left; who meddles is not fooled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, select

from registry.people.persons import Person
from storage.database import writing
from tests import memory, people
from tests.offices import START, Town

ISSUED = date(2026, 9, 1)
pytestmark = pytest.mark.both_databases


@contextmanager
def watched() -> Iterator[list[object]]:
    """Note what is set up from memory; by hand, because a patch would be meddling."""
    copies: list[object] = []
    set_up = memory.Memory._set_up

    def note(self: memory.Memory, scene: memory.Scene) -> Any:
        copies.append(scene)
        return set_up(self, scene)

    memory.Memory._set_up = note  # type: ignore[method-assign]
    try:
        yield copies
    finally:
        memory.Memory._set_up = set_up  # type: ignore[method-assign]


def sealed(town: Town) -> str:
    person, operator = town.person(1, issued=ISSUED), town.enterprise(1)
    case = town.starts(person)
    town.files(case, person, operator)
    return case


@pytest.mark.parametrize("time", ["first", "second"])
def test_what_is_set_up_is_what_was_done(town: Town, time: str) -> None:
    """The register, the files with their signatures, the messages and the moment."""
    with watched() as copies:
        case = sealed(town)

    assert len(copies) in {0, 4}  # the first time all in earnest, then all from memory
    assert town.status(case) == "UNDER_REVIEW"
    assert town.world.messages
    assert town.clock() > START
    town.reviews(case, town.officer("wang", "reviewer", "approver"))
    town.decides(case, town.officer("li", "reviewer", "approver"))
    assert town.troubles() == []
    assert town.status(case) == "APPROVED"


def writes(town: Town) -> None:
    with writing(town.office.sessions) as session:
        session.scalars(select(Person)).one().mobile = "19900009999"


def patches(town: Town) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "enterprise", people.enterprise)


def replaces(town: Town) -> None:
    town.office.enterprises = type(town.world)()


def listens(town: Town) -> None:
    engine = town.office.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", lambda *_: None)


def enrols(town: Town) -> None:
    town.office.signatures.custody.enrol_person("0190c", "李四", "digest")


@pytest.mark.parametrize("meddle", [writes, patches, replaces, listens, enrols])
def test_who_meddles_gets_every_further_step_in_earnest(
    town: Town, meddle: Callable[[Town], None]
) -> None:
    person = town.person(1, issued=ISSUED)
    meddle(town)

    with watched() as copies:
        town.enterprise(1)
        town.starts(person)

    assert copies == []


def test_another_world_is_another_beginning(town: Town) -> None:
    """What the systems outside answer belongs to what leads to a step."""
    person, operator = town.person(1, issued=ISSUED), town.enterprise(1)
    case = town.starts(person)
    town.world.down.add("sms")

    with watched() as copies, pytest.raises(Exception, match="短信"):
        town.files(case, person, operator)

    assert copies == []
