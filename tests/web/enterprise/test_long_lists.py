"""Long inboxes: keyset pages that neither repeat nor lose a case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from casework.office import Office
from engine.tables import InstanceStatus, ProcessInstance, TaskStatus, UserTask
from registry.applications import applications
from registry.applications.applications import About, Application, Status
from registry.applications.statuses import Matter
from registry.identifiers import IdType, Sex
from registry.people import persons
from registry.ports import Identity
from storage.database import new_id, writing
from tests import people
from tests.web.desk import COMPANY, Desk

Sits = Callable[[str], Desk]
CASES = 45


@pytest.fixture
def crowd(office: Office) -> Office:
    """Put so many signed applications into the inbox of the enterprise and of the reviewers."""
    now, definition = office.now(), office.definitions.latest("structural-engineer-2").hash
    with writing(office.sessions) as session:
        for number in range(CASES):
            facts = people.person(number + 1)
            identity = Identity(
                name=facts.name,
                sex=Sex(facts.sex),
                birth=facts.birth,
                id_type=IdType(facts.id_type),
                id_no=facts.id_no,
                mobile=facts.mobile,
            )
            person = persons.register(session, identity, at=now)
            about = About(
                person_id=person.id,
                matter=Matter.INITIAL,
                type="structural-engineer-2",
                uscc=COMPANY.uscc,
                enterprise_name=COMPANY.name,
            )
            application = applications.create(session, about, definition=definition, at=now)
            application.status = Status.PERSONAL_SIGNED
            instance = ProcessInstance(
                id=new_id(),
                business_key=application.id,
                definition=definition,
                process_id="initial_registration",
                status=InstanceStatus.ACTIVE,
                version=1,
                state=b"",
                started_at=now,
                changed_at=now,
            )
            session.add(instance)
            session.flush()
            for inbox in (f"enterprise:{COMPANY.uscc}", "role:reviewer"):
                session.add(_task(instance, application, inbox, number))
    return office


def _task(instance: ProcessInstance, application: Application, inbox: str, number: int) -> UserTask:
    return UserTask(
        id=new_id(),
        instance_id=instance.id,
        task_id=new_id(),
        business_key=application.id,
        node="review",
        scope="",
        name="审查",
        inbox=inbox,
        due_by=instance.started_at + timedelta(hours=number % 7),
        status=TaskStatus.OPEN,
        entered_at=instance.started_at,
    )


@pytest.mark.parametrize(
    ("who", "address", "sizes"),
    [
        ("enterprise", "/enterprise/inbox", [20, 20, 5]),
        ("enterprise", "/enterprise/inbox?view=all", [20, 20, 5]),
        ("shencha", "/agency/inbox", [20, 20, 5]),
    ],
)
def test_every_case_is_on_exactly_one_page(
    crowd: Office, app: Flask, who: str, address: str, sizes: list[int]
) -> None:
    """R49, I9, I12: following 下一页 shows each case once, then leads back to the first page."""
    desk = Desk(app).comes_as(who)
    pages: list[list[str]] = []
    following: str | None = address
    while following is not None:
        desk.open(following)
        soup = desk.soup()
        pages.append([cell.get_text(strip=True) for cell in soup.select("tbody th")])
        link = soup.select_one("a[rel=next]")
        following = str(link["href"]) if link else None

    assert [len(page) for page in pages] == sizes
    assert len({number for page in pages for number in page}) == CASES
    assert "回到第一页" in desk.text


def test_a_place_that_is_none_shows_the_first_page(crowd: Office, app: Flask) -> None:
    """A damaged address shows the first page, never an error."""
    desk = Desk(app).comes_as("enterprise")

    for after in ("x", "2026-11-24~", "~", "2026-11-24T00:00:00~abc", "'--"):
        answer = desk.client.get("/enterprise/inbox", query_string={"after": after})
        assert answer.status_code == 200
        assert "待确认（45）" in answer.text
