from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session, sessionmaker

from registry.applications import applications
from registry.applications.applications import About, Application
from registry.applications.statuses import Matter
from registry.enterprises import enterprises
from registry.identifiers import IdType, Sex
from registry.people import persons
from registry.people.persons import Person
from registry.ports import DesignQualification, EnterpriseFacts, Identity
from storage.database import writing

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
USCC = "91310100MADE000045"


def resident(serial: int = 0, *, name: str = "陶示例") -> Identity:
    """Make up a man: 310000 is on no card."""
    from stdnum.iso7064 import mod_11_2

    birth = date(1990, 1, 1 + serial)
    body = f"310000{birth:%Y%m%d}991"
    return Identity(
        name=name,
        sex=Sex.MALE,
        birth=birth,
        id_type=IdType.RESIDENT_ID,
        id_no=body + mod_11_2.calc_check_digit(body),
        mobile=f"1990000{serial:04d}",
    )


def enterprise_facts(**changes: object) -> EnterpriseFacts:
    """Make up a design enterprise."""
    facts: dict[str, object] = {
        "name": "上海示例结构设计（虚构04）有限公司",
        "uscc": USCC,
        "status": "ACTIVE",
        "design_qualifications": (
            DesignQualification(
                category="建筑工程",
                grade="甲级",
                certificate_no="DEMO-A1",
                valid_to=date(2030, 1, 1),
            ),
        ),
    }
    return EnterpriseFacts(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.fixture
def person(sessions: sessionmaker[Session]) -> Person:
    with writing(sessions) as session:
        return persons.register(session, resident(), at=NOW)


@pytest.fixture
def enterprise(sessions: sessionmaker[Session]) -> enterprises.Enterprise:
    with writing(sessions) as session:
        return enterprises.record(session, enterprise_facts(), at=NOW)


@pytest.fixture
def start(sessions: sessionmaker[Session]) -> Callable[[Person], Application]:
    def start(person: Person) -> Application:
        with writing(sessions) as session:
            about = About(person_id=person.id, matter=Matter.INITIAL, type="structural-engineer-2")
            return applications.create(session, about, definition="v1", at=NOW)

    return start


@pytest.fixture
def application(person: Person, start: Callable[[Person], Application]) -> Application:
    return start(person)
