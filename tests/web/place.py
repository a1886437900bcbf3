"""An installation in which one registration was made, from the form to the claimed certificate."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from sqlalchemy import select

from adapters import world
from adapters.sms import SmsTwin
from casework.certificate import ofd_forms
from casework.office import Office
from casework.signature import enterprise_seal
from casework.tables import LetterIntent
from engine import actors
from engine.actors import Actor
from registry.applications import documents
from registry.applications.documents import DocumentKind
from registry.certificates import certificates
from registry.certificates.certificates import Certificate
from registry.people import officers
from registry.people.persons import Person
from tests.offices import Town
from tests.web.browser import Tab

if TYPE_CHECKING:
    from tests.web.conftest import Clock

TAO, COMPANY = world.CITIZENS[0], world.COMPANIES[0]


@dataclass
class Telephone:
    """Reads codes from the twin of the gateway."""

    gateway: SmsTwin

    def code_for(self, mobile: str) -> str:
        """Give the newest code."""
        text = next(sms.text for sms in self.gateway.received(mobile) if "验证码" in sms.text)
        return "".join(character for character in text if character.isdigit())[:6]


@dataclass
class Place:
    """An installation in which 陶示例 holds a certificate."""

    office: Office
    tab: Tab
    application_id: str

    def certificate(self) -> Certificate:
        """Give the certificate as it stands."""
        with self.office.sessions() as session:
            certificate = certificates.of_application(session, self.application_id)
            assert certificate is not None
            return certificate

    def file(self, kind: DocumentKind) -> bytes:
        """Give the newest file of a kind."""
        with self.office.sessions() as session:
            document = documents.current(session, self.application_id, kind)
            assert document is not None
            return self.office.files.get(document.sha256)

    def ofd(self, kind: DocumentKind) -> bytes:
        """Give the national form of the newest file of a kind."""
        with self.office.sessions() as session:
            document = documents.current(session, self.application_id, kind)
            assert document is not None
        return ofd_forms.of(self.office, document.id, actors.SYSTEM).data

    def letter(self, kind: DocumentKind) -> LetterIntent:
        """Give what was written down of the letter of a kind."""
        with self.office.sessions() as session:
            query = select(LetterIntent).filter_by(application_id=self.application_id, kind=kind)
            return session.scalars(query).one()

    def ask(self, code: str, name: str = "") -> None:
        """Type a code, or a number and a name, on the page of verification."""
        fields = {"csrf_token": self.tab.token(), "code": code, "name": name}
        self.tab.page = self.tab.client.post("/verify", data=fields)

    def upload(self, pdf: bytes) -> str:
        """Verify a file on the page, a moment after the last; give what the page says."""
        cast("Clock", self.office.clock).turn(seconds=4)  # more than twenty a minute are refused
        fields = {"csrf_token": self.tab.token(), "file": (io.BytesIO(pdf), "file.pdf")}
        self.tab.page = self.tab.client.post("/verify", data=fields)
        return self.tab.text


def _officer(office: Office, login: str) -> Actor:
    with office.sessions() as session:
        officer = officers.by_login(session, login)
        assert officer is not None
        return actors.officer(officer.id, *officer.roles)


def register(town: Town) -> str:
    office = town.office
    with office.sessions() as session:
        person = actors.person(session.scalars(select(Person.id).filter_by(name=TAO.name)).one())
    case = town.starts(person)
    form = town.values(case, person, enterprise_name=COMPANY.name)
    town.saves(case, person, form)
    town.signs(case, person)
    operator = actors.operator("one", COMPANY.uscc)
    enterprise_seal.agree(office, case, opinion_ticked=True, actor=operator)
    enterprise_seal.seal(office, case, pin=COMPANY.pin or "", actor=operator)
    town.reviews(case, _officer(office, "shencha"))
    town.decides(case, _officer(office, "jueding"))
    town.claims(case, person)
    return case
