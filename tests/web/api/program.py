"""A program at the interface: it proves who it is, asks, and holds each answer to the document."""

from __future__ import annotations

from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from casework.office import Office
from casework.programs import clients
from casework.programs.clients import Named
from engine.actors import SYSTEM
from engine.tables import UserTask
from registry.certificates.registrations import Registration
from registry.clients.clients import SCOPES, ClientParty
from registry.enterprises.enterprises import Operator
from registry.people.persons import Person
from storage.database import writing
from tests.web.desk import COMPANY, Desk
from web.api import description

API = "/api/v1"


class Program:
    """A client with its secret; asks for a token when it has none."""

    def __init__(self, app: Flask, client_id: str, secret: str) -> None:
        self.client = app.test_client()
        self.id, self.secret, self.token = client_id, secret, ""
        with app.app_context():
            self.document = description.document("http://127.0.0.1")

    def signs_in(self, **more: str) -> TestResponse:
        """Ask for a token."""
        fields = {"grant_type": "client_credentials", **more}
        answer = self.client.post(f"{API}/token", data=fields, auth=(self.id, self.secret))
        self.token = (answer.json or {}).get("access_token", "")
        return answer

    def ask(self, method: str, path: str, **more: Any) -> TestResponse:
        """Send one request; the answer is one that the document tells of."""
        if not self.token:
            self.signs_in()
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        answer = self.client.open(f"{API}{path}", method=method, headers=headers, **more)
        self._holds(method, path.partition("?")[0], answer)
        return answer

    def gets(self, path: str, **more: Any) -> Any:
        """Read something that is there."""
        answer = self.ask("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json

    def _holds(self, method: str, path: str, answer: TestResponse) -> None:
        [operation] = [
            known[method.lower()]
            for address, known in self.document["paths"].items()
            if method.lower() in known and _fits(address, path)
        ]
        content = operation["responses"][str(answer.status_code)].get("content", {})
        assert not content or answer.mimetype in content, (answer.status_code, answer.mimetype)
        schema = content.get(answer.mimetype, {}).get("schema")
        if schema:
            judge = Draft202012Validator({**schema, "components": self.document["components"]})
            assert [error.message for error in judge.iter_errors(answer.json)] == []


def _fits(address: str, path: str) -> bool:
    parts, asked = address.split("/"), path.split("/")
    return len(parts) == len(asked) and all(
        part == word or part.startswith("{") for part, word in zip(parts, asked, strict=True)
    )


def office_of(app: Flask) -> Office:
    """Give the office behind an app."""
    office: Office = app.extensions["zhuce_office"]
    return office


def of_enterprise(app: Flask, *scopes: str, uscc: str = COMPANY.uscc) -> Program:
    """Create the program of an enterprise, whose operator has signed in once."""
    office = office_of(app)
    Desk(app).comes_as("enterprise" if uscc == COMPANY.uscc else "other-enterprise")
    with office.sessions() as session:
        [name] = session.scalars(select(Operator.name).where(Operator.uscc == uscc))
    named = Named(uscc=uscc, operator=name)
    wanted = scopes or SCOPES[ClientParty.ENTERPRISE]
    return Program(app, *clients.create(office, "人事系统", named, wanted, SYSTEM))


def registered(app: Flask, who: str, no: str) -> str:
    """Register a person with the enterprise, without the way to it; give the registration's no."""
    place = office_of(app)
    subject = Desk(app).comes_as(who).client.get("/sessions")  # known from now on
    assert subject.status_code == 200
    with writing(place.sessions) as session:
        person = session.scalars(select(Person).order_by(Person.id.desc())).first()
        assert person is not None
        day = place.today()
        granted = Registration(
            no=no,
            person_id=person.id,
            type="structural-engineer-2",
            uscc=COMPANY.uscc,
            enterprise_name=COMPANY.name,
            valid_from=day,
            valid_to=day.replace(year=day.year + 2),
            status="VALID",
            status_since=place.now(),
        )
        session.add(granted)
    return no


def task_of(session: Session, case: str) -> str:
    """Give the open task of a case."""
    query = select(UserTask.id).where(UserTask.business_key == case, UserTask.status == "OPEN")
    return session.scalars(query).one()


def limits(app: Flask, uscc: str, role: str) -> None:
    """Let the operators of an enterprise do no more than a role may."""
    with writing(office_of(app).sessions) as session:
        for operator in session.scalars(select(Operator).where(Operator.uscc == uscc)):
            operator.role = role


def of_officer(app: Flask, login: str, *scopes: str) -> Program:
    """Create the program of an officer."""
    wanted = scopes or SCOPES[ClientParty.AGENCY]
    named = Named(officer=login)
    return Program(app, *clients.create(office_of(app), "审批辅助", named, wanted, SYSTEM))


def of_integrator(app: Flask) -> Program:
    """Create the program of somebody who only verifies."""
    named = Named(is_integrator=True)
    return Program(app, *clients.create(office_of(app), "招标平台", named, ["verify"], SYSTEM))
