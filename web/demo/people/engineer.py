"""One engineer of the demonstration: what stands from earlier years, and what the hands do.

Nobody's state is written into tables: registrations of earlier years are taken over from the
register before ours, and everything since is done by the functions that the pages call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from adapters import world
from adapters.demonstration import Demonstration
from adapters.real_name import identity_of
from adapters.world import Citizen, Company
from casework.application import form_entry, new_application
from casework.certificate import claims, paper_exchange
from casework.decision import officer_tasks
from casework.office import Office
from casework.registration import register_import
from casework.signature import enterprise_seal, personal
from engine import actors, queries
from engine.actors import Actor
from professions.tasks import Task
from registry.applications import applications
from registry.applications.applications import Application
from registry.certificates import certificates, registrations
from registry.certificates.certificates import Validity
from registry.certificates.registrations import Registration
from registry.people import officers, persons
from registry.people.officers import OfficerRole
from registry.trail import notices
from storage.database import writing
from storage.literals import ONE
from web.demo import papers
from web.demo.people import earlier
from web.demo.portrait import draw

_OFFICERS = {
    OfficerRole.ACCEPTOR: "shouli",
    OfficerRole.REVIEWER: "shencha",
    OfficerRole.APPROVER: "jueding",
}


@dataclass
class Engineer:
    """One engineer, the company that employs him, and what they do together."""

    office: Office
    citizen: Citizen
    company: Company
    number: int

    @property
    def type(self) -> str:
        """Give the key of the profession."""
        return self.profession.key

    @property
    def profession(self) -> Demonstration:
        """Give what the demonstration says of the profession."""
        return world.profession_of(self.citizen.subject)

    @property
    def person_id(self) -> str:
        """Give the person's id in the register."""
        identity = identity_of(self.citizen)
        with self.office.sessions() as session:
            person = persons.by_identity(session, identity.id_type, identity.id_no)
        if person is None:
            raise LookupError(self.citizen.subject)
        return person.id

    @property
    def actor(self) -> Actor:
        """Give the engineer as one who acts."""
        return actors.person(self.person_id)

    @property
    def clerk(self) -> Actor:
        """Give the company's clerk."""
        return actors.operator("demonstration", self.company.uscc)

    def officer(self, role: OfficerRole) -> Actor:
        """Give an officer with a role."""
        with self.office.sessions() as session:
            colleague = officers.by_login(session, _OFFICERS[role])
        if colleague is None:
            raise LookupError(role)
        return actors.officer(colleague.id, *colleague.roles)

    # -- what stands from earlier years -----------------------------------------------------

    def was_registered(self, *, ends_in: int) -> None:
        """Take over a paper registration of three years that ends in so many days."""
        valid_to = self.office.today() + timedelta(days=ends_in)
        letters = self.profession.letters
        row = earlier.row(self.citizen, self.company, self.number, letters, valid_to)
        report = register_import.take_over(self.office, [(self.number, row)], self.type, dry=False)
        if report.bad:
            raise LookupError(f"{self.citizen.subject}: {report.bad}")

    def exchanges(self, *, confirm: bool = True) -> None:
        """Exchange the paper certificate for the electronic one."""
        case = self.starts("PAPER_EXCHANGE")
        paper_exchange.upload(self.office, case, "照片.jpg", draw(self.number), self.actor)
        if confirm:
            paper_exchange.confirm(self.office, case, checked=True, actor=self.actor)

    def is_practising(self, *, ends_in: int) -> None:
        """Hold an electronic certificate that ends in so many days."""
        self.was_registered(ends_in=ends_in)
        self.exchanges()

    def certificate_id(self) -> str:
        """Give the id of the newest certificate."""
        with self.office.sessions() as session:
            certificate = certificates.newest(session, self.registration().id)
        if certificate is None:
            raise LookupError(self.citizen.subject)
        return certificate.id

    def registration(self) -> Registration:
        """Give the newest registration."""
        with self.office.sessions() as session:
            newest = registrations.newest(session, self.person_id, self.type)
        if newest is None:
            raise LookupError(self.citizen.subject)
        return newest

    # -- what the hands do ------------------------------------------------------------------

    def starts(self, matter: str) -> str:
        """Start a matter."""
        return new_application.start(self.office, self.person_id, matter, self.actor, self.type)

    def fills(self, case: str, **values: Any) -> None:
        """Fill in and save."""
        kept = self._application(case)
        given = form_entry.prefill(self.office, case) | {"applicant_opinion": True}
        if kept.matter != "CANCELLATION":
            given |= {"enterprise_phone": self.company.phone}
        if kept.matter == "INITIAL":
            photo = form_entry.attach(
                self.office, case, "photo", "照片.jpg", draw(self.number), self.actor
            )
            given |= {"enterprise_name": self.company.present_name, "photo": photo.id}
            given |= self.profession.filled
        form_entry.save(
            self.office,
            case,
            given | values,
            expected_revision=kept.revision,
            actor=self.actor,
            finish=True,
        )

    def fills_from_elsewhere(self, case: str) -> None:
        """Fill in with a qualification of another province, typed and scanned."""
        scan = form_entry.attach(
            self.office, case, "qualification_scans", "资格证书.pdf", papers.scan(), self.actor
        )
        self.fills(
            case,
            qualification_region="OTHER",
            qualification_province="浙江省",
            qualification_no=f"DEMO-33-{self.number:04d}",
            qualification_issued_on=(self.office.today() - timedelta(days=300)).isoformat(),
            qualification_issuer="浙江省人力资源和社会保障厅（虚构）",
            qualification_scans=[scan.id],
        )

    def signs(self, case: str) -> None:
        """Ask for the code, read it on the telephone, type it."""
        form = personal.document(self.office, case)
        personal.begin(self.office, case, form.sha256, self.actor)
        with self.office.sessions() as session:
            texts = [sms.text for sms in notices.sms_to(session, self.citizen.mobile)]
        texts += [message.text for message in self._received()]
        code = next(match for text in texts if (match := re.search(r"验证码(\d{6})", text)))
        personal.confirm(self.office, case, code.group(1), self.actor)

    def _received(self) -> list[Any]:
        gateway: Any = self.office.sms
        return list(gateway.received(self.citizen.mobile))

    def returned(self, case: str, reason: str) -> None:
        """Have the company send it back."""
        enterprise_seal.send_back(self.office, case, reason=reason, actor=self.clerk)

    def seals(self, case: str) -> None:
        """Have the company agree and seal."""
        enterprise_seal.agree(self.office, case, opinion_ticked=True, actor=self.clerk)
        enterprise_seal.seal(self.office, case, pin=str(self.company.pin), actor=self.clerk)

    def checked(self, case: str, outcome: str, *items: str) -> None:
        """Have the acceptor check it."""
        task = self.task(case, Task.FORMAL_CHECK)
        officer = self.officer(OfficerRole.ACCEPTOR)
        officer_tasks.formal_check(self.office, task, outcome, items=items, actor=officer)

    def reviewed(self, case: str, outcome: str = "approve") -> None:
        """Have the reviewer recommend."""
        officer_tasks.review(
            self.office,
            self.task(case, Task.REVIEW),
            outcome,
            opinion="材料齐全，拟予同意。" if outcome == "approve" else "学时证明与记录不符。",
            actor=self.officer(OfficerRole.REVIEWER),
        )

    def decided(self, case: str, outcome: str = "approve", *reasons: str) -> None:
        """Have the approver decide."""
        task = self.task(case, Task.DECIDE)
        officer = self.officer(OfficerRole.APPROVER)
        officer_tasks.decide(self.office, task, outcome, reasons=reasons, actor=officer)

    def claims(self, case: str) -> None:
        """Claim the certificate."""
        claims.claim(self.office, case, self.actor)

    def ended(self, status: str, validity: Validity, reason: str) -> None:
        """Have had the registration ended in the register before ours."""
        with writing(self.office.sessions) as session:
            registration = registrations.newest(session, self.person_id, self.type)
            if registration is not None:
                registrations.end(
                    session, registration, status, reason=reason, at=self.office.now()
                )
                certificates.invalidate(session, registration.id, validity, at=self.office.now())

    def case_of(self, matter: str) -> str:
        """Give the id of the newest case of a matter."""
        query = select(Application.id).where(
            Application.person_id == self.person_id, Application.matter == matter
        )
        with self.office.sessions() as session:
            return session.scalars(query.order_by(Application.id.desc()).limit(ONE)).one()

    def _application(self, case: str) -> Application:
        with self.office.sessions() as session:
            return applications.get(session, case)

    def task(self, case: str, node: str) -> str:
        """Give the id of the open task at a node."""
        with self.office.sessions() as session:
            task = queries.task_for(session, case, node)
        if task is None:
            raise LookupError(f"{self.citizen.subject}: {node}")
        return task.id
