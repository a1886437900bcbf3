"""A second profession by data only: 二级建造师 is the folder bpmn/builder-2 alone (R8)."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from casework import deployment
from casework.application import form_entry, new_application
from casework.application.form_entry import FormFaults
from casework.application.new_application import NotAvailable
from casework.case import offered_professions
from casework.certificate import claims
from casework.deployment import DeploymentState
from casework.office import Office
from engine import actors
from engine.actors import Actor
from professions import manifests
from professions.checks import checker
from professions.checks.examination import NothingToDeploy
from professions.manifests import NoSuchProfession
from registry.applications import applications, documents
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind
from registry.certificates import certificates, public_answers, registrations
from registry.certificates.registrations import Registration
from registry.identifiers import IdType, Sex
from registry.people.persons import register
from registry.ports import DesignQualification, Identity, QualificationFacts
from storage.database import writing
from tests import holders, people
from tests.offices import TYPE, Town, person_id
from tests.professions.folders import BPMN, SHIPPED

BUILDER = "builder-2"
TITLE = "二级建造师"
SPECIALITIES = ["建筑工程", "机电工程"]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a copy of the shipped folders to change."""
    copied = tmp_path / "bpmn"
    shutil.copytree(BPMN, copied, ignore=shutil.ignore_patterns("__pycache__", "examples"))
    return copied


@pytest.fixture
def both(town: Town) -> Town:
    """Give the town with both professions deployed."""
    told = {deployed.key: deployed for deployed in deployment.deploy(town.office, BPMN)}
    assert [told[key].problems for key in (TYPE, BUILDER)] == [(), ()]
    return town


def builder(town: Town, number: int = 1, *, issued: date = date(2026, 3, 2), **more: Any) -> Actor:
    """Settle a person whose qualification is one of a builder."""
    person = town.person(number)
    holds(town, people.person(number).id_no, issued, **more)
    return person


def holds(town: Town, id_no: str, issued: date, *, profession: str = TITLE) -> None:
    """Put a qualification into the register of Shanghai."""
    town.world.certificates.setdefault(id_no, []).append(
        QualificationFacts(
            certificate_no=f"DEMO-J-{id_no[-8:]}",
            issued_on=issued,
            issuer="上海市人力资源和社会保障局（虚构）",
            profession=profession,
        )
    )


def starts(town: Town, person: Actor, key: str = BUILDER) -> str:
    """Start an initial registration of a profession."""
    return new_application.start(town.office, person_id(person), "INITIAL", person, key)


def saves(town: Town, case: str, person: Actor, **changes: Any) -> form_entry.Saved:
    """Fill the form of a builder and press 【保存】."""
    values = town.values(case, person, **{"specialities": SPECIALITIES, **changes})
    return town.saves(case, person, values)


def refusal(town: Town, case: str, person: Actor, **changes: Any) -> dict[str, str]:
    """Fill the form with changes; give what is refused beside each field."""
    try:
        saves(town, case, person, **changes)
    except FormFaults as error:
        return dict(error.faults)
    return {}


def registers(town: Town, case: str, person: Actor, employer: Actor) -> None:
    """Take a saved application to the claimed certificate."""
    town.signs(case, person)
    town.seals(case, employer)
    town.reviews(case, town.officer(f"wang{case[-6:]}", "reviewer"))
    town.decides(case, town.officer(f"li{case[-6:]}", "approver"))
    assert town.troubles() == []
    town.claims(case, person)


def text_of(pdf: bytes) -> str:
    """Read a PDF with poppler, without blanks."""
    done = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True, timeout=30
    )
    return "".join(done.stdout.decode().split())


def test_the_folder_is_found_and_stands() -> None:
    """R8: found by its folder, checked without a finding, its differences are its own files."""
    kind = manifests.load(BPMN / BUILDER)

    assert (kind.title, kind.minimum_age, kind.maximum_age) == (TITLE, 18, 65)
    assert kind.photo == (413, 579)
    assert checker.check(kind.files) == []
    assert {TYPE, BUILDER} <= manifests.discover(BPMN).keys()


def test_no_program_names_it() -> None:
    """A new profession touches no file outside its folder, not even for the demonstration."""
    root = BPMN.parent
    words = [*SHIPPED, "建造师", "结构工程师", "监理"]
    named = [
        path.relative_to(root).as_posix()
        for package in ("adapters", "casework", "engine", "pdfgen", "registry", "signing", "web")
        for path in sorted((root / package).rglob("*"))
        if path.suffix in {".py", ".html"} and re.search("|".join(words), path.read_text("utf-8"))
    ]

    assert named == []


def test_a_builder_is_registered_with_numbers_and_a_certificate_of_the_own(both: Town) -> None:
    """R8, R36–R48, R113: from the form to the claimed certificate, on the diagrams of the other."""
    person, employer = builder(both), both.enterprise()
    case = starts(both, person)
    saves(both, case, person)

    registers(both, case, person, employer)

    assert both.status(case) == "COMPLETED"
    with both.office.sessions() as session:
        application = session.get_one(Application, case)
        certificate = certificates.of_application(session, case)
        assert certificate is not None
        registration = session.get_one(Registration, certificate.registration_id)
        form = documents.current(session, case, DocumentKind.APPLICATION)
        decision = documents.current(session, case, DocumentKind.DECISION)
    assert form is not None
    assert decision is not None
    assert re.fullmatch(r"31J2C\d{8}\d{5}[0-9A-Z]", application.no)
    assert re.fullmatch(r"J2\d{2}99\d{5}", registration.no)
    assert re.fullmatch(r"DZ31J2\d{4}\d{5}[0-9A-Z]", certificate.no)
    assert certificate.facts["title"] == "中华人民共和国二级建造师注册证书"
    with both.office.sessions() as session:
        answer = public_answers.of(session, certificate, on=both.office.today())
    assert answer.title == "中华人民共和国二级建造师注册证书"
    printed = text_of(claims.download(both.office, case, person))
    for words in ("二级建造师注册证书", "注册专业建筑工程、机电工程", registration.no):
        assert words in printed
    assert "结构工程师" not in printed
    for document in (form, decision):
        assert document.sha256
        said = text_of(both.office.files.get(document.sha256))
        assert "二级建造师" in said
        assert "结构工程师" not in said
    assert "和《注册建造师管理规定》的规定，决定准予" in said


@pytest.mark.parametrize(
    ("chosen", "fault"),
    [
        ([], "请选择注册专业，与资格证书一致，最多两个"),
        (["建筑工程", "机电工程", "矿业工程"], "注册专业最多选择两个，请取消多选的专业"),
        (["园林工程"], "请从列表中选择注册专业"),
    ],
)
@on_sqlite
def test_one_or_two_specialities(both: Town, chosen: list[str], fault: str) -> None:
    """R35: what the form of a profession asks beyond the others' is checked like the rest."""
    person = builder(both)
    both.enterprise()

    refused = refusal(both, starts(both, person), person, specialities=chosen)

    assert refused == {"specialities": fault}


@pytest.mark.parametrize(("born", "accepted"), [("1961-09-08", True), ("1961-09-07", False)])
@on_sqlite
def test_nobody_of_sixty_five_becomes_a_builder(both: Town, born: str, accepted: bool) -> None:
    """Sixty-four is accepted, sixty-five refused; a structural engineer has no such limit."""
    both.enterprise()
    facts, birth = people.person(2), date.fromisoformat(born)
    identity = Identity(
        name=facts.name,
        sex=Sex("F"),
        birth=birth,
        id_type=IdType.RESIDENT_ID,
        id_no=people.resident_id(birth, male=False),
        mobile=facts.mobile,
    )
    with writing(both.office.sessions) as session:
        person = actors.person(register(session, identity, at=both.clock()).id)
    holds(both, identity.id_no, date(2026, 3, 2))

    both.clock.forward(days=-1)
    case = starts(both, person)
    both.clock.forward(days=1)
    refused = refusal(both, case, person)

    fault = {"birth": "申请人已满65周岁，依照规定不予注册。"}
    assert refused == ({} if accepted else fault)
    offered = new_application.availability(both.office, person_id(person), BUILDER)
    told = {reason.code for choice in offered for reason in choice.reasons}
    assert ("E_MAXIMUM_AGE" in told) is not accepted


@on_sqlite
def test_hours_of_education_are_those_of_the_profession(both: Town) -> None:
    """R28: 60 and 30 hours, where a structural engineer needs 60 and 60."""
    person = builder(both, issued=date(2020, 3, 2))
    both.enterprise()
    case = starts(both, person)
    proof = both.scan(case, person, "ce_proof")

    short, enough = (
        refusal(
            both, case, person, ce_compulsory_hours="60", ce_elective_hours=hours, ce_proof=[proof]
        )
        for hours in ("29", "30")
    )

    assert "29/30" in short["ce_elective_hours"]
    assert enough == {}


@on_sqlite
def test_a_qualification_counts_for_its_own_profession(both: Town) -> None:
    """R31: the register's certificate of a builder does not make a structural engineer."""
    person = builder(both)
    case = starts(both, person, TYPE)

    assert "qualification_no" not in form_entry.prefill(both.office, case)


@pytest.mark.proves("F:trust-7")
@on_sqlite
def test_one_application_at_a_time_in_each_profession(both: Town) -> None:
    """R20: an open application closes the matters of its profession, not those of the other."""
    person, employer = builder(both), both.enterprise()
    case = starts(both, person)

    with pytest.raises(NotAvailable, match="正在申请中"):
        starts(both, person)
    other = starts(both, person, TYPE)
    with pytest.raises(NotAvailable, match="正在申请中"):
        starts(both, person, TYPE)
    saves(both, case, person)
    registers(both, case, person, employer)

    with both.office.sessions() as session:
        running = applications.all_open_for(session, person_id(person))
        assert [own.id for own in running] == [other]
        assert applications.open_for(session, person_id(person), BUILDER) is None


@on_sqlite
@pytest.mark.proves("F:calendar-2")
@pytest.mark.parametrize(
    ("key", "kind", "may_seal"),
    [
        (BUILDER, "建筑业企业资质", True),
        (BUILDER, "工程勘察设计资质", False),
        (TYPE, "工程勘察设计资质", True),
        (TYPE, "建筑业企业资质", False),
    ],
)
def test_the_employer_has_the_qualification_that_the_profession_asks_for(
    both: Town, key: str, kind: str, may_seal: bool
) -> None:
    """R53: a construction firm seals for a builder, a design firm for a structural engineer."""
    held = DesignQualification(
        category="总承包", grade="甲级", certificate_no="A", valid_to=date(2030, 1, 1), kind=kind
    )
    person, employer = builder(both), both.enterprise(design_qualifications=(held,))
    holds(both, people.person(1).id_no, date(2026, 4, 1), profession="二级注册结构工程师")
    case = starts(both, person, key)
    told: dict[str, str] = {}
    try:
        more = {"specialities": SPECIALITIES} if key == BUILDER else {}
        both.saves(case, person, both.values(case, person, **more))
        both.signs(case, person)
        both.seals(case, employer)
    except FormFaults as refused:
        told = dict(refused.faults)

    assert both.status(case) == ("UNDER_REVIEW" if may_seal else "DRAFT")
    asked = "建筑业企业资质" if key == BUILDER else "工程勘察设计资质"
    assert [asked in text for text in told.values()] == ([] if may_seal else [True])


@on_sqlite
@pytest.mark.proves("F:trust-7", "F:years-3")
def test_while_the_agency_is_silent_in_one_profession_the_other_is_renewed(both: Town) -> None:
    """R20, R64: what waits for the agency elsewhere keeps nobody from filing before the end."""
    person, company = builder(both), people.enterprise(1)
    employer = both.enterprise()
    holds(both, people.person(1).id_no, date(2026, 4, 1), profession="二级注册结构工程师")
    holders.hold(
        both.office,
        person_id(person),
        ends=both.office.today() + timedelta(days=60),
        uscc=company.uscc,
        name=company.name,
        type=BUILDER,
    )
    waiting = starts(both, person, TYPE)
    both.saves(waiting, person, both.values(waiting, person))
    both.signs(waiting, person)
    both.seals(waiting, employer)
    assert both.open_nodes(waiting)

    renewal = new_application.start(both.office, person_id(person), "RENEWAL", person, BUILDER)
    both.saves(
        renewal,
        person,
        form_entry.prefill(both.office, renewal)
        | {
            "enterprise_phone": "021-00000001",
            "ce_compulsory_hours": "60",
            "ce_elective_hours": "30",
            "applicant_opinion": True,
        },
    )
    both.signs(renewal, person)
    both.seals(renewal, employer)

    assert both.case(renewal).filed_at is not None
    assert both.status(waiting) == "UNDER_REVIEW"


@on_sqlite
def test_who_is_registered_in_one_profession_may_register_in_another(both: Town) -> None:
    """R8, R19: what stands in one profession says nothing about the other."""
    person, employer = builder(both), both.enterprise()
    case = starts(both, person)
    saves(both, case, person)
    registers(both, case, person, employer)
    holds(both, people.person(1).id_no, date(2026, 4, 1), profession="二级注册结构工程师")

    other = starts(both, person, TYPE)
    both.saves(other, person, both.values(other, person))
    registers(both, other, person, employer)

    with both.office.sessions() as session:
        numbers = [
            registrations.get(session, certificate.registration_id).no[:2]
            for certificate in certificates.of_person(session, person_id(person))
        ]
    assert sorted(numbers) == ["J2", "S2"]


@on_sqlite
def test_a_builder_renews_by_the_hours_of_builders(both: Town) -> None:
    """R64, R72, R73: the term goes on, the specialities stay; 30 elective hours are enough."""
    person, employer = builder(both), both.enterprise()
    case = starts(both, person)
    saves(both, case, person)
    registers(both, case, person, employer)
    ends = both.office.today() + timedelta(days=60)
    with writing(both.office.sessions) as session:
        first = certificates.of_application(session, case)
        assert first is not None
        session.get_one(Registration, first.registration_id).valid_to = ends
    both.clock.forward(minutes=2)

    renewal = new_application.start(both.office, person_id(person), "RENEWAL", person, BUILDER)
    values = form_entry.prefill(both.office, renewal) | {
        "enterprise_phone": "021-00000001",
        "ce_compulsory_hours": "60",
        "ce_elective_hours": "30",
        "applicant_opinion": True,
    }
    both.saves(renewal, person, values)
    both.signs(renewal, person)
    both.seals(renewal, employer)
    both.reviews(renewal, both.officer("zhou", "reviewer"))
    both.decides(renewal, both.officer("wu", "approver"))
    assert both.troubles() == []
    both.claims(renewal, person)

    with both.office.sessions() as session:
        second = certificates.of_application(session, renewal)
        assert second is not None
        assert session.get_one(Registration, second.registration_id).valid_to.year == ends.year + 3
    assert second.no.startswith("DZ31J2")
    printed = text_of(claims.download(both.office, renewal, person))
    assert "注册专业建筑工程、机电工程" in printed


@on_sqlite
def test_a_builder_cancels_with_papers_of_the_profession(both: Town) -> None:
    """R8, R107: with the enterprise's seal the registration is over, in the builder's words."""
    person, employer = builder(both), both.enterprise()
    case = starts(both, person)
    saves(both, case, person)
    registers(both, case, person, employer)
    both.clock.forward(minutes=2)

    cancelling = new_application.start(
        both.office, person_id(person), "CANCELLATION", person, BUILDER
    )
    typed = {"cancel_reason": "EMPLOYMENT_ENDED", "applicant_opinion": True}
    both.saves(cancelling, person, form_entry.prefill(both.office, cancelling) | typed)
    both.signs(cancelling, person)
    both.seals(cancelling, employer)

    assert both.troubles() == []
    assert both.status(cancelling) == "COMPLETED"
    with both.office.sessions() as session:
        ended = registrations.newest(session, person_id(person), BUILDER)
        papers = documents.history(session, cancelling)
    assert ended is not None
    assert ended.status == "CANCELLED"
    said = [text_of(both.office.files.get(paper.sha256)) for paper in papers]
    assert all("二级建造师" in text and "结构工程师" not in text for text in said)
    assert {paper.kind for paper in papers} == {"application", "certificate", "acceptance-notice"}


def told(office: Office, root: Path) -> dict[str, DeploymentState]:
    """Deploy a folder and give what became of each type."""
    return {deployed.key: deployed.state for deployed in deployment.deploy(office, root)}


@on_sqlite
def test_removing_the_folder_removes_the_profession_and_nothing_else(
    both: Town, root: Path
) -> None:
    """No new start; what runs goes on to its certificate; the other notices nothing."""
    person, other, employer = (
        builder(both),
        both.person(2, issued=date(2026, 3, 2)),
        both.enterprise(),
    )
    case = starts(both, person)
    shutil.rmtree(root / BUILDER)

    assert told(both.office, root) == {
        **dict.fromkeys(SHIPPED, DeploymentState.UNCHANGED),
        BUILDER: DeploymentState.WITHDRAWN,
    }

    others = [key for key in SHIPPED if key != BUILDER]
    assert [kind.key for kind in offered_professions.offered(both.office)] == others
    with pytest.raises(NoSuchProfession, match="已停止受理"):
        starts(both, builder(both, 3))
    saves(both, case, person)
    registers(both, case, person, employer)
    assert both.status(case) == "COMPLETED"
    assert both.status(both.starts(other)) == "DRAFT"
    assert told(both.office, root) == dict.fromkeys(others, DeploymentState.UNCHANGED)


@on_sqlite
def test_a_folder_that_comes_back_is_offered_again(both: Town, root: Path) -> None:
    """Putting the folder back is all it takes."""
    shutil.move(root / BUILDER, root.parent / BUILDER)
    told(both.office, root)
    shutil.move(root.parent / BUILDER, root / BUILDER)

    assert told(both.office, root) == {
        **dict.fromkeys(SHIPPED, DeploymentState.UNCHANGED),
        BUILDER: DeploymentState.NEW,
    }
    assert [kind.key for kind in offered_professions.offered(both.office)] == [*SHIPPED]


@on_sqlite
def test_a_wrong_folder_withdraws_nothing(both: Town, tmp_path: Path) -> None:
    """A slip in the name of the folder is told before anything happens."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(NothingToDeploy, match="empty"):
        told(both.office, tmp_path / "empty")

    assert len(offered_professions.offered(both.office)) == len(SHIPPED)
