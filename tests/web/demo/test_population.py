"""The engineers of the demonstration: every one stands where the own story says."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import select

from adapters import world
from casework.decision import officer_tasks
from casework.notice import letter_answers
from casework.office import Office
from casework.tables import LetterIntent
from engine import actors
from engine.tables import UserTask
from registry.applications import documents
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind
from registry.applications.statuses import Matter, Status
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.enterprises.renames import BatchState, RenameBatch
from registry.law.calendars import shanghai_day
from registry.people.officers import Officer
from registry.people.persons import Person
from tests.professions.folders import SHIPPED
from tests.web.browser import Tab
from tests.web.conftest import Clock, settings_in
from tests.web.words import Walk
from web import create_app
from web.demo.people.population import populate
from web.process import wiring


@dataclass(frozen=True)
class Peopled:
    """An installation with everybody of the demonstration in it."""

    office: Office
    app: Flask
    told: list[str]
    begun: int


@pytest.fixture(scope="module")
def populated(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peopled]:
    """Bring everybody to where the own story says, once for this module."""
    folder = tmp_path_factory.mktemp("populated") / "var"
    shutil.copytree(prepared, folder)
    settings = settings_in(folder, f"sqlite:///{folder}/zhuce.db")
    office = wiring.open_office_of(settings, clock=Clock())
    list(wiring.deploy_types(office, wiring.TYPES))
    told: list[str] = []
    begun = populate(office, told.append)
    app = create_app(settings, office)
    app.testing = True
    yield Peopled(office, app, told, begun)
    wiring.close(office)


def test_every_screen_has_somebody_to_show(populated: Peopled) -> None:
    """Forty engineers in all states of all matters; a second time changes nothing.

    That the functions which bring them there do the same on PostgreSQL is proven where they are.
    """
    office = populated.office

    assert [text for text in populated.told if "未完成" in text] == []
    assert populated.begun == len(world.engineers())
    of_first = [world.profession_of(known.subject).key for known in world.engineers()]
    assert of_first.count("structural-engineer-2") >= 40
    assert populate(office) == 0
    with office.sessions() as session:
        cases = list(session.scalars(select(Application)))
        registered = list(session.scalars(select(Registration)))
        batches = list(session.scalars(select(RenameBatch)))
    assert {case.status for case in cases} == set(Status)
    initial = {case.status for case in cases if case.matter == Matter.INITIAL}
    assert initial == set(Status)  # what is decided anew waits for the service: 已受理
    today = shanghai_day(office.now())
    assert {registration.status_on(today) for registration in registered} == set(
        registrations.RegistrationStatus
    )
    assert {case.matter for case in cases} == set(Matter) - {
        Matter.ENTERPRISE_RENAME,
        Matter.REDECISION,
    }
    assert [batch.state for batch in batches] == [BatchState.COMPUTED]
    assert len({registration.uscc for registration in registered}) >= 3
    assert {registration.type for registration in registered} == {*SHIPPED}


LETTERS = set(letter_answers.RESULTS)


@pytest.mark.proves("F:trust-4")
def test_every_kind_of_letter_tells_the_same_by_code_and_by_file(populated: Peopled) -> None:
    """§trust 4: kind, number, day, masked name, result; what is void or over says why."""
    office, tab = populated.office, Tab(populated.app)
    _extend(office)
    with office.sessions() as session:
        letters = list(session.scalars(select(LetterIntent)))
        people = {person.name for person in session.scalars(select(Person))}
        papers = {
            letter.number: next(
                paper
                for paper in documents.history(session, letter.application_id)
                if paper.number == letter.number
            )
            for letter in letters
        }
    told = {}

    for letter in letters:
        tab.open(f"/verify/{letter.token}")
        assert tab.page.status_code == 200
        told[letter.number] = by_code = tab.text
        cast("Clock", office.clock).turn(minutes=1)
        pdf = office.files.get(papers[letter.number].sha256)
        tab.page = tab.client.post("/verify", data={"file": (io.BytesIO(pdf), "文书.pdf")})
        for said in (letter.number, letter.data["profession"], papers[letter.number].title):
            assert said in by_code
            assert said in tab.text
        assert ("文书有效" in by_code) == ("文件真实有效" in tab.text), by_code
        assert not any(name in by_code + tab.text for name in people)

    assert {letter.kind for letter in letters} == LETTERS
    results = " ".join(told.values())
    for said in (
        "已收到申请材料，尚未受理",
        "予以受理",
        "前补正",
        "不予受理",
        "办理期限延长至",
        "准予许可",
        "不予许可",
        "拟作出",
        "决定撤销注册",
        "文书已作废（已被行政复议决定或者判决撤销）",
        "文书不再有效（作出处理决定）",
        "办理期限现为",
    ):
        assert said in results, said


def _extend(office: Office) -> None:
    """Have the decision of one case take longer."""
    with office.sessions() as session:
        task = session.scalars(select(UserTask).filter_by(node="decide", status="OPEN")).first()
        approver = session.scalars(select(Officer).filter_by(login="jueding")).one()
    assert task is not None
    actor = actors.officer(approver.id, *approver.roles)
    officer_tasks.extend(office, task.business_key, reason="需向外省核实资格证书", actor=actor)


@pytest.mark.proves("F:language-1")
def test_every_page_speaks_chinese(populated: Peopled) -> None:
    """§language: no English words, ids or second writing of days; counters fit what they count.

    Over the pages of everybody in every state, and over what a form says that was sent empty.
    """
    clock = cast("Clock", populated.office.clock)
    people = [
        ("person", citizen.subject, "") for citizen in (*world.CITIZENS[:2], *world.engineers())
    ]
    firms = [("enterprise", company.uscc, company.pin or "") for company in world.COMPANIES[:4]]
    officers = [("officer", login, "") for login in ("shouli", "shencha", "jueding", "yunwei")]
    walk = Walk()

    walk.looks_around(Tab(populated.app), "guest")
    for kind, subject, pin in (*people, *firms, *officers):
        clock.turn(minutes=2)  # nobody asks faster than people may
        tab = Tab(populated.app)
        tab.sign_in(kind, subject, **({"pin": pin} if pin else {}))
        walk.looks_around(tab, kind if kind != "officer" else subject)

    assert len(walk.kinds) >= 60, sorted(walk.kinds)
    assert walk.odd == {}


def test_every_paper_of_the_agency_is_offered_as_pdf_and_as_ofd(populated: Peopled) -> None:
    """In every profession: the letters of a case on its page, certificates on their own."""
    people = {citizen.id_no: citizen.subject for citizen in (*world.CITIZENS, *world.engineers())}
    with populated.office.sessions() as session:
        papers = [
            (application, paper)
            for application in session.scalars(select(Application))
            for paper in documents.history(session, application.id)
            if DocumentKind(paper.kind).is_of_agency and not paper.is_void
        ]
        subjects = {person.id: people[person.id_no] for person in session.scalars(select(Person))}
    tabs: dict[str, Tab] = {}
    seen: dict[tuple[str, str], bytes] = {}
    lacking: list[str] = []
    for application, paper in papers:
        if application.person_id not in tabs:
            tabs[application.person_id] = Tab(populated.app)
            tabs[application.person_id].sign_in("person", subjects[application.person_id])
        tab, address = tabs[application.person_id], f"/files/documents/{paper.id}"
        if paper.kind == DocumentKind.CERTIFICATE:
            tab.open("/certificates")
            offered = [str(link["href"]) for link in tab.soup().select('a[href*="download=1"]')]
            pdfs = {link.replace(".pdf", ".ofd") for link in offered if ".pdf" in link}
            if pdfs != {link for link in offered if ".ofd" in link}:
                lacking.append(f"{application.type} {offered}")
            address = next(iter(sorted(pdfs)), f"{address}.ofd").removesuffix(".ofd?download=1")
        else:
            hears = application.matter == Matter.EX_OFFICIO
            tab.open(f"/{'hearings' if hears else 'applications'}/{application.id}")
            links = {str(link["href"]).partition("?")[0] for link in tab.soup().select("a[href]")}
            lacking += [
                f"{application.type} {paper.kind} {link}"
                for link in (f"{address}.pdf", f"{address}.ofd")
                if link not in links
            ]
        kind = (application.type, str(paper.kind))
        if kind not in seen:
            seen[kind] = tab.open(f"{address.removesuffix('.ofd')}.ofd").data[:2]

    assert lacking == []
    assert {key for key, _ in seen} == set(SHIPPED)
    assert [kind for kind, begins in seen.items() if begins != b"PK"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_those_who_are_wanted(office: Office) -> None:
    """The demonstration over HTTP brings along those who play in it and nobody else."""
    list(wiring.deploy_types(office, wiring.TYPES))

    assert populate(office, only=["draft"]) == 1

    with office.sessions() as session:
        assert [application.status for application in session.scalars(select(Application))] == [
            Status.DRAFT
        ]


def test_nobody_of_them_can_exist() -> None:
    """Right check digits, numbers of no county, names that say what they are."""
    people = (*world.CITIZENS, *world.ENGINEERS)

    assert len({person.id_no for person in people}) == len(people)
    assert len({person.mobile for person in people}) == len(people)
    assert all(world.holder(person.id_type, person.id_no) == person for person in people)
    assert all(
        person.mobile.startswith("1990000") or person.mobile.startswith("1990002")
        for person in people
    )
