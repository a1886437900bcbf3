"""An office in one process: real database, real signing, real rendering, real diagrams.

Only what is outside the house is played: the registers, the SMS gateway and the clock.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from adapters.file_store import memory_store
from casework.application import form_entry, new_application
from casework.certificate import claims
from casework.decision import officer_tasks
from casework.office import Office, Policy
from casework.opening import open_office
from casework.signature import enterprise_seal, personal
from engine import actors, definitions, queries
from engine.actors import Actor
from engine.tables import DefinitionFile, DefinitionVersion, Job, UserTask
from professions import manifests
from registry.applications import applications
from registry.applications.applications import Application
from registry.certificates import registrations
from registry.enterprises import enterprises
from registry.errors import Unavailable
from registry.identifiers import IdType, Sex
from registry.law import calendars
from registry.people import officers, persons
from registry.people.officers import OfficerRole
from registry.ports import (
    CertificateEntry,
    CertificateState,
    DesignQualification,
    EnterpriseFacts,
    Identity,
    QualificationFacts,
    QualifiedEnterprise,
    StoreOperation,
    Systems,
)
from signing import Role, Signatures, open_signatures
from storage import vault
from storage.database import new_id, writing
from tests import holders, memory, people
from tests.databases import TEST_KEY
from tests.memory import Memory, remembered

ROOT = Path(__file__).parents[1]
TYPE = "structural-engineer-2"
FONTS = Path(os.environ.get("ZHUCE_FONTS", ROOT / "var" / "fonts"))
START = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)  #: a Monday, 10 o'clock in Shanghai
PIN = "246810"
KEK = b"k" * 32
AUTHORITY = Policy().authority


@dataclass
class HandClock:
    """A clock that stands until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


@dataclass
class World:
    """The registers and the gateway outside the house, which tests set and switch off."""

    companies: dict[str, EnterpriseFacts] = field(default_factory=dict)
    certificates: dict[str, list[QualificationFacts]] = field(default_factory=dict)
    messages: list[tuple[str, str]] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    identities: list[Identity] = field(default_factory=list)  #: at the real-name system
    renamed: dict[str, str] = field(default_factory=dict)  #: names at the qualification system
    published: dict[str, CertificateEntry] = field(default_factory=dict)  #: by identifier
    states: dict[str, CertificateState] = field(default_factory=dict)  #: at the store

    def _ask(self, system: str) -> None:
        if system in self.down:
            raise Unavailable(system=system)

    def by_name(self, name: str) -> Sequence[EnterpriseFacts]:
        """Play the enterprise register."""
        self._ask("enterprises")
        wanted = enterprises.fold_name(name)
        return [
            company
            for company in self.companies.values()
            if wanted in map(enterprises.fold_name, (company.name, *company.former_names))
        ]

    def by_uscc(self, uscc: str) -> EnterpriseFacts | None:
        """Play the enterprise register."""
        self._ask("enterprises")
        return self.companies.get(uscc)

    def find(self, id_type: IdType, id_no: str) -> Sequence[QualificationFacts]:
        """Play the qualification register of Shanghai."""
        self._ask("qualifications")
        return self.certificates.get(id_no, [])

    def check(self, id_type: IdType, id_no: str, name: str) -> Identity | None:
        """Play the real-name system."""
        self._ask("realnames")
        asked = (id_type, id_no, name)
        return next(
            (
                identity
                for identity in self.identities
                if (identity.id_type, identity.id_no, identity.name) == asked
            ),
            None,
        )

    def send(self, mobile: str, text: str, key: str) -> None:
        """Play the SMS gateway."""
        self._ask("sms")
        if key not in self.sent:
            self.sent.add(key)
            self.messages.append((mobile, text))

    def mail(self, address: str, subject: str, text: str, key: str) -> None:
        """Play the gateway of e-mails."""
        self.send(address, f"{subject}\n{text}", key)

    def of(self, uscc: str) -> QualifiedEnterprise | None:
        """Play the enterprise qualification system."""
        self._ask("enterprise_qualifications")
        if (company := self.companies.get(uscc)) is None:
            return None
        return QualifiedEnterprise(
            name=self.renamed.get(uscc, company.name),
            uscc=uscc,
            design_qualifications=company.design_qualifications,
            version="2" if uscc in self.renamed else "1",
        )

    def publish(
        self, entry: CertificateEntry, pdf: bytes, key: str, *, ofd: bytes | None = None
    ) -> None:
        """Play the store of electronic certificates."""
        self._ask("certificate_store")
        assert hashlib.sha256(pdf).hexdigest() == entry.sha256
        assert (hashlib.sha256(ofd).hexdigest() if ofd else "") == entry.ofd_sha256
        if entry.identifier not in self.published:
            self.published[entry.identifier] = entry
            self.states[entry.identifier] = entry.state

    def update_state(
        self, identifier: str, state: CertificateState, operation: StoreOperation, key: str
    ) -> bool:
        """Play the store of electronic certificates."""
        self._ask("certificate_store")
        if identifier not in self.states:
            return False
        self.states[identifier] = state
        return True

    def code_for(self, mobile: str) -> str:
        """Read the newest code on somebody's telephone."""
        texts = [text for to, text in self.messages if to == mobile and "验证码" in text]
        match = re.search(r"验证码(\d{6})", texts[-1])
        assert match is not None
        return match.group(1)


@cache
def _files_of_type() -> dict[str, bytes]:
    return manifests.collect(ROOT / "bpmn" / TYPE)


def files_of_type() -> dict[str, bytes]:
    """Give the closed set of files of the shipped registration type."""
    return dict(_files_of_type())


_checked: set[str] = set()  #: hashes of versions that this run has deployed before


def deploy(session: Session, at: datetime) -> None:
    """Deploy the shipped type: through the checks the first time, then as plain rows."""
    files = files_of_type()
    name = definitions.hash_of(TYPE, files)
    if name not in _checked:
        definitions.deploy(session, TYPE, files, "test", at)
        _checked.add(name)
        return
    manifest = definitions.manifest_of(files)
    contents = {digest: files[path] for path, digest in manifest.items()}
    session.add_all(
        DefinitionFile(sha256=digest, content=content) for digest, content in contents.items()
    )
    session.add(
        DefinitionVersion(
            hash=name, key=TYPE, number=1, manifest=manifest, author="test", deployed_at=at
        )
    )


@pytest.fixture(scope="session")
def founded_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a key database with the authority founded and the agency enrolled, to be copied.

    One for the whole process, whichever folder asks: what is remembered was signed with its keys.
    """
    path = tmp_path_factory.getbasetemp() / "founded-keys.db"
    if path.exists():
        return path
    signatures = open_signatures(
        f"sqlite:///{path}",
        kek=KEK,
        base_url="http://127.0.0.1:8000",
        fonts=FONTS,
        clock=lambda: START,
    )
    signatures.custody.enrol_agency(AUTHORITY)
    signatures.close()
    return path


@pytest.fixture
def signatures(founded_keys: Path, tmp_path: Path, hand_clock: HandClock) -> Iterator[Signatures]:
    """Open a copy of the founded keys."""
    shutil.copy(founded_keys, tmp_path / "keys.db")
    opened = open_signatures(
        f"sqlite:///{tmp_path}/keys.db",
        kek=KEK,
        base_url="http://127.0.0.1:8000",
        fonts=FONTS,
        clock=hand_clock,
    )
    yield opened
    opened.close()


@pytest.fixture
def hand_clock() -> HandClock:
    """Give a clock that stands on a Monday morning."""
    return HandClock()


@pytest.fixture
def world() -> World:
    """Give the world outside."""
    return World()


@pytest.fixture
def policy() -> Policy:
    """Give the default policy; tests override this fixture."""
    return Policy(watermark="演示", province="99")


@pytest.fixture
def office(
    sessions: sessionmaker[Session],
    signatures: Signatures,
    hand_clock: HandClock,
    world: World,
    policy: Policy,
) -> Office:
    """Open an office with the shipped registration type deployed."""
    vault.configure(vault.Vault(TEST_KEY))
    with writing(sessions) as session:
        deploy(session, hand_clock())
    return open_office(
        sessions=sessions,
        signatures=signatures,
        files=memory_store(),
        systems=Systems(
            enterprises=world,
            qualifications=world,
            realnames=world,
            sms=world,
            enterprise_qualifications=world,
            certificate_store=world,
        ),
        calendar=calendars.shipped(),
        fonts=FONTS,
        policy=policy,
        clock=hand_clock,
    )


@dataclass
class Town:
    """The people of a test and the steps they take, by the functions that pages call."""

    office: Office
    world: World
    clock: HandClock
    memory: Memory | None = None  #: of the steps below, see `tests.memory`

    # -- who is there -----------------------------------------------------------------------

    @remembered
    def person(self, number: int = 1, *, ready: bool = True, issued: date | None = None) -> Actor:
        """Settle a person; `issued` puts a Shanghai certificate of that day into the register."""
        facts = people.person(number)
        identity = Identity(
            name=facts.name,
            sex=Sex(facts.sex),
            birth=facts.birth,
            id_type=IdType(facts.id_type),
            id_no=facts.id_no,
            mobile=facts.mobile,
        )
        with writing(self.office.sessions) as session:
            person = persons.register(session, identity, at=self.clock())
            if ready:
                persons.read_card(person, at=self.clock())
                persons.bind_certificate(person, at=self.clock())
                picture = self.office.files.put(people.signature_picture())
                persons.set_signature(person, picture, at=self.clock())
        if ready:
            self.office.signatures.custody.enrol_person(person.id, person.name, "digest")
        if issued is not None:
            self.world.certificates[facts.id_no] = [
                QualificationFacts(
                    certificate_no=f"DEMO-{number:04d}",
                    issued_on=issued,
                    issuer="上海市人力资源和社会保障局（虚构）",
                )
            ]
        return actors.person(person.id)

    @remembered
    def enterprise(self, number: int = 1, *, status: str = "ACTIVE", **more: Any) -> Actor:
        """Settle an enterprise with its certificate; return its operator."""
        facts = people.enterprise(number)
        qualification = DesignQualification(
            category="建筑工程", grade="甲级", certificate_no="DEMO-A", valid_to=date(2030, 1, 1)
        )
        known = {
            "name": facts.name,
            "uscc": facts.uscc,
            "status": status,
            "design_qualifications": (qualification,),
            "contact_mobile": f"1990001{number:04d}",
        }
        self.world.companies[facts.uscc] = EnterpriseFacts(**{**known, **more})
        self.office.signatures.custody.enrol_enterprise(facts.uscc, facts.name, PIN)
        return actors.operator(f"op{number}", facts.uscc)

    def revokes_the_key(self, number: int = 1) -> None:
        """Revoke the certificate of an enterprise."""
        custody = self.office.signatures.custody
        credential = custody.credential(Role.ENTERPRISE, people.uscc(number))
        assert credential is not None
        self.office.signatures.authority.revoke(credential.serial, "keyCompromise")

    @remembered
    def officer(self, login: str, *roles: str) -> Actor:
        """Appoint an officer."""
        with writing(self.office.sessions) as session:
            appointed = officers.appoint(
                session, login, name=f"{login}示例", roles=map(OfficerRole, roles), at=self.clock()
            )
        return actors.officer(appointed.id, *roles)

    # -- what they do -----------------------------------------------------------------------

    @remembered
    def starts(self, person: Actor, matter: str = "INITIAL") -> str:
        """Start a matter."""
        return new_application.start(self.office, person_id(person), matter, person, TYPE)

    @remembered
    def values(self, application_id: str, person: Actor, **changes: Any) -> dict[str, Any]:
        """Give good values for the form, with fresh uploads."""
        photo = form_entry.attach(
            self.office, application_id, "photo", "照片.jpg", people.photo(), person
        )
        values = form_entry.prefill(self.office, application_id) | {
            "enterprise_name": people.enterprise(1).name,
            "enterprise_phone": "021-00000001",
            "photo": photo.id,
            "applicant_opinion": True,
        }
        return values | changes

    @remembered
    def renewal_values(self, application_id: str, **changes: Any) -> dict[str, Any]:
        """Give good values for the form of a renewal: what stands on record and three inputs."""
        values = form_entry.prefill(self.office, application_id) | {
            "enterprise_phone": "021-00000001",
            "ce_compulsory_hours": "60",
            "ce_elective_hours": "60",
            "applicant_opinion": True,
        }
        return values | changes

    @remembered
    def scan(self, application_id: str, person: Actor, field: str = "qualification_scans") -> str:
        """Upload a PDF."""
        kept = form_entry.attach(
            self.office, application_id, field, "扫描件.pdf", people.pdf(2), person
        )
        return kept.id

    @remembered
    def saves(self, application_id: str, person: Actor, values: dict[str, Any]) -> form_entry.Saved:
        """Press 【保存】 on the newest revision."""
        return form_entry.save(
            self.office,
            application_id,
            values,
            expected_revision=self.case(application_id).revision,
            actor=person,
            finish=True,
        )

    @remembered
    def signs(self, application_id: str, person: Actor) -> None:
        """Preview, ask for the code, type it."""
        form = personal.document(self.office, application_id)
        personal.begin(self.office, application_id, form.sha256, person)
        with self.office.sessions() as session:
            mobile = persons.get(session, person_id(person)).mobile
        personal.confirm(self.office, application_id, self.world.code_for(mobile), person)

    @remembered
    def seals(self, application_id: str, operator: Actor) -> None:
        """Tick the opinion, confirm, type the PIN."""
        enterprise_seal.agree(self.office, application_id, opinion_ticked=True, actor=operator)
        enterprise_seal.seal(self.office, application_id, pin=PIN, actor=operator)

    @remembered
    def files(self, application_id: str, person: Actor, operator: Actor) -> None:
        """Fill, sign and seal with a certificate of the Shanghai register."""
        self.saves(application_id, person, self.values(application_id, person))
        self.clock.forward(minutes=2)
        self.signs(application_id, person)
        self.seals(application_id, operator)

    def task(self, application_id: str, node: str) -> UserTask:
        """Give the open task at a node."""
        with self.office.sessions() as session:
            task = queries.task_for(session, application_id, node)
        assert task is not None, self.open_nodes(application_id)
        return task

    @remembered
    def reviews(self, application_id: str, officer: Actor, outcome: str = "approve") -> None:
        """Review with an opinion."""
        task = self.task(application_id, "review")
        officer_tasks.review(
            self.office, task.id, outcome, opinion="材料齐全，符合条件", actor=officer
        )

    @remembered
    def decides(self, application_id: str, officer: Actor, outcome: str = "approve") -> None:
        """Decide."""
        task = self.task(application_id, "decide")
        reasons = ["继续教育证明不真实"] if outcome == "reject" else []
        officer_tasks.decide(self.office, task.id, outcome, reasons=reasons, actor=officer)

    @remembered
    def claims(self, application_id: str, person: Actor) -> None:
        """Press 【领证】 and 【确认】."""
        claims.claim(self.office, application_id, person)

    @remembered
    def already_registered(self, person_id: str, *, status: str | None = None) -> None:
        """Put an earlier registration of a person on record, ended with `status` if given."""
        now = self.clock()
        with writing(self.office.sessions) as session:
            day = calendars.shanghai_day(now)
            earlier = applications.Application(
                no=f"31S2C{new_id()[-10:]}",
                person_id=person_id,
                type=TYPE,
                definition=self.office.definitions.latest(TYPE).hash,
                matter="INITIAL",
                status="COMPLETED",
                status_since=now,
                created_at=now,
                saved_at=now,
                uscc=people.uscc(8),
                enterprise_name=people.enterprise(8).name,
            )
            session.add(earlier)
            session.flush()
            granted = registrations.grant(session, earlier, valid_from=day, years=3, at=now)
            if status is not None:
                registrations.end(session, granted, status, reason="示例", at=now)

    @remembered
    def registered(self, person: Actor, *, ends: date, employer: int = 1) -> str:
        """Put a registration with its claimed certificate on record; return the registration's id.

        `ends` is its last day, `employer` the number of the enterprise.
        """
        company = people.enterprise(employer)
        return holders.hold(
            self.office, person_id(person), ends=ends, uscc=company.uscc, name=company.name
        )

    def any_task(self, application_id: str) -> str:
        """Give the id of some open task, or of none."""
        with self.office.sessions() as session:
            tasks = queries.tasks_of(session, application_id)
        return tasks[0].id if tasks else "none"

    # -- what is true afterwards ------------------------------------------------------------

    def case(self, application_id: str) -> Application:
        """Give the application as it stands."""
        with self.office.sessions() as session:
            return applications.get(session, application_id)

    def status(self, application_id: str) -> str:
        """Give its status."""
        return self.case(application_id).status

    def troubles(self) -> list[str]:
        """Give what went wrong in jobs."""
        with self.office.sessions() as session:
            failed = select(Job).where(Job.error.is_not(None))
            return [f"{job.operation}: {job.error}" for job in session.scalars(failed)]

    def open_nodes(self, application_id: str) -> set[str]:
        """Give the nodes of its open tasks."""
        with self.office.sessions() as session:
            return {task.node for task in queries.tasks_of(session, application_id)}

    @remembered
    def works(self) -> None:
        """Let the workers do everything that is due."""
        while self.office.runner.run_due():
            pass


def person_id(actor: Actor) -> str:
    """Give the id of the person who acts."""
    return actor.id.partition(":")[2]


@pytest.fixture
def town(
    request: pytest.FixtureRequest, office: Office, world: World, hand_clock: HandClock
) -> Town:
    """Give the town around the office."""
    return Town(office, world, hand_clock, memory.begin(request, office, world))
