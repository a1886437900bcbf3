"""An installation with long lists, filled once for all tests of lists: nothing here is changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from adapters import world
from casework.office import Office
from engine.tables import (
    InstanceStatus,
    Job,
    JobKind,
    JobState,
    ProcessInstance,
    TaskStatus,
    UserTask,
)
from registry.applications import applications
from registry.applications.applications import About, Application, Status
from registry.applications.statements import Statement, StatementKind
from registry.applications.statuses import Matter
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.identifiers import IdType, Sex
from registry.people import persons
from registry.people.officers import Officer
from registry.people.persons import Person
from registry.ports import Identity
from registry.trail import notices
from registry.trail.asked import RequestState
from registry.trail.key_requests import KeyAct, KeyRequest
from storage.database import new_id, writing
from tests import people
from tests.web.desk import COMPANY, OTHER_COMPANY, Desk
from tests.web.furnished import Clock, _settings, prepared
from web import create_app
from web.process import wiring

__all__ = ["prepared"]

OWN = 45  #: rows of each list
STRANGER = "生人"  #: name of everybody in the lists of others
TYPE = "structural-engineer-2"


@dataclass
class Hall:
    """The installation, and how its officers and enterprises sit down."""

    app: Flask
    office: Office
    desks: dict[str, Desk]

    def desk(self, who: str) -> Desk:
        """Give somebody who is signed in, once for all tests."""
        if who not in self.desks:
            self.desks[who] = Desk(self.app).comes_as(who)
        return self.desks[who]


@pytest.fixture(scope="module")
def hall(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    folder = tmp_path_factory.mktemp("lists") / "var"
    shutil.copytree(prepared, folder)
    settings = _settings(folder, f"sqlite:///{folder}/zhuce.db")
    office = wiring.open_office_of(settings, clock=Clock())
    fill(office)
    app = create_app(settings, office)
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield Hall(app, office, {})
    wiring.close(office)


def fill(office: Office) -> None:
    """Put rows into every list, of COMPANY and of somebody else."""
    with writing(office.sessions) as session:
        session.execute(update(Registration).values(uscc="elsewhere"))  # of the demonstration
        reviewer = session.scalars(select(Officer).where(Officer.login == "shencha")).one()
        for number in range(OWN):
            own = _person(office, session, number + 1, people.person(number + 1).name)
            _rows(office, session, own, COMPANY, number, f"officer:{reviewer.id}")
            other = _person(office, session, number + 101, STRANGER)
            _rows(office, session, other, OTHER_COMPANY, number, "officer:somebody")


def _person(office: Office, session: Session, number: int, name: str) -> Person:
    facts = people.person(number)
    identity = Identity(
        name=name,
        sex=Sex(facts.sex),
        birth=facts.birth,
        id_type=IdType(facts.id_type),
        id_no=facts.id_no,
        mobile=facts.mobile,
    )
    return persons.register(session, identity, at=office.now())


def _rows(
    office: Office,
    session: Session,
    person: Person,
    firm: world.Company,
    number: int,
    officer: str,
) -> None:
    now, definition = office.now(), office.definitions.latest(TYPE).hash
    about = About(
        person_id=person.id,
        matter=Matter.INITIAL,
        type=TYPE,
        uscc=firm.uscc,
        enterprise_name=firm.name,
    )
    application = applications.create(session, about, definition=definition, at=now)
    application.status, application.filed_at = Status.UNDER_REVIEW, now
    application.due_on = office.today() + timedelta(days=number % 7)
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
    done_by = {"closed_by": officer, "closed_at": now + timedelta(hours=number % 5)}
    mine = firm is COMPANY
    if mine:
        session.add_all([_incident(application, number), _request(person, number, officer)])
    session.add_all(
        [
            _task(instance, f"enterprise:{firm.uscc}", number),
            _task(instance, "role:reviewer" if mine else "role:approver", number),
            _task(instance, "role:reviewer" if mine else "role:approver", number, **done_by),
            Statement(
                application_id=application.id,
                party="enterprise",
                kind=StatementKind.CONSENT,
                text="",
                actor=officer,
                at=now,
            ),
            Registration(
                no=f"31S2{'C' if mine else 'X'}{number:04d}",
                person_id=person.id,
                type=TYPE,
                uscc=firm.uscc,
                enterprise_name=firm.name,
                valid_from=office.today(),
                valid_to=office.today() + timedelta(days=10 + 5 * (number // 2)),
                status=RegistrationStatus.VALID,
                status_since=now,
                application_id=application.id,
            ),
        ]
    )
    notices.tell(
        session,
        f"enterprise:{firm.uscc}",
        "test",
        f"{person.name}的申请{application.no}有了进展。",
        key=f"test/{application.id}",
        at=now,
        application_id=application.id,
    )


def _task(instance: ProcessInstance, inbox: str, number: int, **done: object) -> UserTask:
    return UserTask(
        id=new_id(),
        instance_id=instance.id,
        task_id=new_id(),
        business_key=instance.business_key,
        node="review",
        scope="",
        name="审查",
        inbox=inbox,
        due_by=instance.started_at + timedelta(days=number % 7),
        status=TaskStatus.DONE if done else TaskStatus.OPEN,
        entered_at=instance.started_at,
        **done,
    )


def _incident(application: Application, number: int) -> Job:
    at = application.created_at + timedelta(hours=number % 5)
    return Job(
        id=new_id(),
        kind=(JobKind.SERVICE, JobKind.TIMER, JobKind.EFFECT)[number % 3],
        operation="notice/deliver_sms",
        params={},
        key=f"incident/{number}",
        business_key=application.id,
        state=JobState.DEAD,
        due_at=at,
        attempts=5,
        error="Unavailable: =1+1",
        created_at=at,
    )


def _request(person: Person, number: int, officer: str) -> KeyRequest:
    return KeyRequest(
        id=new_id(),
        act=(KeyAct.UNLOCK, KeyAct.REVOKE)[number % 2],
        role="applicant",
        subject=person.id,
        serial=f"{number:040x}",
        reason="持有人来电",
        proof="回拨登记的电话",
        state=(RequestState.CONFIRMED, RequestState.DECLINED)[number // 2 % 2],
        asked_by=officer,
        asked_at=person.created_at,
    )
