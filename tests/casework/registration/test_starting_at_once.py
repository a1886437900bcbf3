"""One cancellation of one registration, whoever asks and however often somebody clicks (C.3, R20).

Each race is run several times, on both databases, by threads that start together.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from casework.application import new_application
from casework.authority import ban_effects
from casework.case import moot
from casework.registration import cancellation
from engine.actors import Actor
from refusals.refusal import Refusal
from registry.applications import applications, timeline
from registry.applications.applications import Application
from registry.applications.statuses import CANCELLING, OPEN
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from storage.database import writing
from tests.casework.registration import cancelling as they
from tests.offices import PIN, TYPE, Town, person_id

ROUNDS = 6


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person()


@pytest.fixture
def employer(town: Town) -> Actor:
    return town.enterprise()


@pytest.fixture
def registered(town: Town, person: Actor, employer: Actor) -> Registration:
    return they.registers(town, person)


def at_once(*steps: Callable[[], str]) -> list[str]:
    """Take the steps at the same moment; give what each gave, or the code of its refusal."""
    barrier = Barrier(len(steps))

    def take(step: Callable[[], str]) -> str:
        barrier.wait()
        try:
            return step()
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(take, steps))


def in_progress(town: Town) -> list[Application]:
    with town.office.sessions() as session:
        query = select(Application).where(
            Application.matter.in_(sorted(CANCELLING)), Application.status.in_(sorted(OPEN))
        )
        return list(session.scalars(query))


def ends(town: Town, case: Application) -> None:
    """Clear the way for another round."""
    moot.end_case(town.office, case.id, town.officer("sun", "acceptor"))


@pytest.mark.proves("F:crossed-1")
def test_a_double_click_opens_one_request(
    town: Town, employer: Actor, registered: Registration
) -> None:
    """C.3: four clicks on 【申请注销】 of the enterprise are one request, and all lead to it."""
    for _ in range(ROUNDS):
        click = lambda: cancellation.start_request(town.office, registered.id, employer)  # noqa: E731

        led_to = at_once(click, click, click, click)

        [case] = in_progress(town)
        assert set(led_to) == {case.id}
        ends(town, case)


@pytest.mark.proves("F:crossed-1")
def test_person_and_enterprise_start_together(
    town: Town, person: Actor, employer: Actor, registered: Registration
) -> None:
    """C.3: whoever comes first, there is one cancellation at the end, and nobody meets an error."""
    for _ in range(ROUNDS):
        told = at_once(
            lambda: they.starts(town, person),
            lambda: cancellation.start_request(town.office, registered.id, employer),
        )

        [case] = in_progress(town)
        assert case.id in told
        assert set(told) - {case.id} <= {
            "E_CANCELLATION_OPEN",
            "E_OPEN_APPLICATION",
        } | {application.id for application in closed(town)}
        ends(town, case)
        assert in_progress(town) == []


def closed(town: Town) -> list[Application]:
    with town.office.sessions() as session:
        query = select(Application).where(Application.matter == "ENTERPRISE_CANCELLATION")
        return list(session.scalars(query))


def test_an_unsealed_request_gives_way(
    town: Town, person: Actor, employer: Actor, registered: Registration
) -> None:
    """C.3: what the enterprise has not sealed ends, with its reason, when the person asks."""
    request = cancellation.start_request(town.office, registered.id, employer)

    own = they.starts(town, person)

    assert [case.id for case in in_progress(town)] == [own]
    with town.office.sessions() as session:
        said = [line.text for line in timeline.of(session, request)]
        assert not applications.get(session, request).state.is_open
    assert any("本人已提出注销注册申请" in text for text in said)


def test_a_sealed_request_ends_when_the_person_has_cancelled(
    town: Town, person: Actor, employer: Actor, registered: Registration
) -> None:
    """C.9: the person may still cancel himself; what the enterprise asked for ends with it."""
    request = they.requests(town, registered, employer)
    cancellation.seal_request(town.office, request, pin=PIN, actor=employer)

    town.seals(they.signs(town, person), employer)
    town.works()

    assert in_progress(town) == []
    with town.office.sessions() as session:
        said = [line.text for line in timeline.of(session, request)]
    assert any("所涉注册已经终止" in text for text in said)


def test_a_request_ends_with_its_registration(
    town: Town, employer: Actor, registered: Registration
) -> None:
    """C.9: when the registration ends otherwise, what asked for its end is ended with a reason."""
    request = cancellation.start_request(town.office, registered.id, employer)
    with writing(town.office.sessions) as session:
        registration = registrations.get(session, registered.id)
        registrations.end(session, registration, "REVOKED", reason="示例", at=town.clock())
        moot.enqueue_upon(session, registration, town.clock())

    town.works()

    assert in_progress(town) == []
    with town.office.sessions() as session:
        said = [line.text for line in timeline.of(session, request)]
    assert any("所涉注册已经终止" in text for text in said)
    assert town.troubles() == []


def test_a_start_meets_a_bar(town: Town, person: Actor) -> None:
    """R20, Law 78: a person who is barred at the moment of a start has no case in progress."""
    approver = town.officer("wang", "approver")

    def start() -> str:
        return new_application.start(town.office, person_id(person), "INITIAL", person, TYPE)

    def bar() -> str:
        ban_effects.bar(town.office, person_id(person), "FALSE_MATERIAL", approver, reason="示例")
        return "barred"

    told = at_once(start, bar)
    town.works()

    assert told[1] == "barred"
    with town.office.sessions() as session:
        assert applications.all_open_for(session, person_id(person)) == []
