"""One number of a qualification certificate, one person: at the form, the signature, the grant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from casework.application import form_entry, qualification, withdrawal
from casework.application.form_entry import FormFaults
from casework.authority import ex_officio
from casework.case.evidence import Upload
from casework.decision import officer_tasks
from casework.registration import register_import
from casework.signature import personal
from engine import actors
from engine.actors import Actor
from refusals.faults import Fault
from registry.applications import applications, decisions
from registry.certificates import qualifications, registrations
from registry.certificates.qualifications import Qualification
from registry.errors import QualificationTaken
from storage.database import writing
from tests import papers, people
from tests.casework.application.test_form_entry import OTHER_PROVINCE
from tests.memory import remembered
from tests.offices import TYPE, Town, person_id

pytestmark = pytest.mark.both_databases

NUMBER = "DEMO-ZJ-0001"  #: as `OTHER_PROVINCE` has it


@pytest.fixture(autouse=True)
def employer(town: Town) -> Actor:
    return town.enterprise()


@pytest.fixture
def acceptor(town: Town) -> Actor:
    return town.officer("zhao", "acceptor")


@pytest.fixture
def reviewer(town: Town) -> Actor:
    return town.officer("qian", "reviewer")


@pytest.fixture
def approver(town: Town) -> Actor:
    return town.officer("sun", "approver")


def types(town: Town, case: str, person: Actor, number: str = NUMBER) -> dict[str, Any]:
    """Type a qualification of another province with its scan."""
    typed = {"qualification_no": number, "qualification_scans": [town.scan(case, person)]}
    return town.values(case, person, **(OTHER_PROVINCE | typed))


def saved(town: Town, person: Actor, number: str = NUMBER) -> str:
    case = town.starts(person)
    town.saves(case, person, types(town, case, person, number))
    return case


def signed(town: Town, person: Actor, number: str = NUMBER) -> str:
    case = saved(town, person, number)
    town.clock.forward(minutes=2)
    town.signs(case, person)
    return case


@remembered
def accepts(town: Town, case: str, acceptor: Actor) -> None:
    task = town.task(case, "formal_check")
    officer_tasks.formal_check(town.office, task.id, "accept", actor=acceptor)


def granted(town: Town, person: Actor, officers: tuple[Actor, Actor, Actor]) -> str:
    """Carry an application to the claimed certificate."""
    acceptor, reviewer, approver = officers
    case = signed(town, person)
    town.seals(case, actors.operator("op1", people.uscc(1)))
    accepts(town, case, acceptor)
    town.reviews(case, reviewer)
    town.decides(case, approver)
    town.claims(case, person)
    return case


def of(town: Town, person: Actor) -> list[Qualification]:
    with town.office.sessions() as session:
        return qualifications.of_person(session, person_id(person))


def faults(town: Town, case: str, person: Actor, values: dict[str, Any]) -> dict[str, Fault]:
    with pytest.raises(FormFaults) as refused:
        town.saves(case, person, values)
    return refused.value.faults


def warnings(town: Town, case: str) -> list[str]:
    with town.office.sessions() as session:
        return qualification.warnings(session, applications.get(session, case))


Officers = tuple[Actor, Actor, Actor]


@pytest.fixture
def officers(acceptor: Actor, reviewer: Actor, approver: Actor) -> Officers:
    return acceptor, reviewer, approver


@pytest.mark.parametrize(
    "typed", [NUMBER, "demo-zj-0001", "ＤＥＭＯ-ZJ-０００１", " DEMO-ZJ －0001 "]
)
def test_a_number_on_record_is_refused_on_its_field(
    town: Town, officers: Officers, typed: str
) -> None:
    """R32, R35: another person's number, however it is typed; what was typed is kept."""
    granted(town, town.person(1), officers)
    other = town.person(2)
    case = town.starts(other)

    told = faults(town, case, other, types(town, case, other, typed))

    assert {field: fault.code for field, fault in told.items()} == {
        "qualification_no": "E_QUALIFICATION_TAKEN"
    }
    for words in ("DEMO-ZJ", "已登记在他人名下", "联系市住建委"):
        assert words in told["qualification_no"]
    assert form_entry.prefill(town.office, case)["qualification_no"] == typed
    town.saves(case, other, types(town, case, other, "DEMO-ZJ-0002"))


def test_what_was_typed_in_is_on_record_as_the_reviewer_verified_it(
    town: Town, officers: Officers
) -> None:
    """R32: source, province and issuer as signed; trust B through the officer who examined it."""
    person = town.person()

    granted(town, person, officers)

    [kept] = of(town, person)
    assert (kept.type, kept.certificate_no, kept.source, kept.trust) == (
        TYPE,
        NUMBER,
        "MANUAL",
        "B",
    )
    assert (kept.region, kept.province) == ("OTHER", "浙江省")
    assert (kept.issued_on.isoformat(), kept.issuer) == (
        OTHER_PROVINCE["qualification_issued_on"],
        OTHER_PROVINCE["qualification_issuer"],
    )
    assert kept.verified_by == officers[1].id


def test_what_the_database_holds_is_on_record_as_its_word(
    town: Town, employer: Actor, reviewer: Actor, approver: Actor
) -> None:
    """R31: trust A, nobody had to verify it; only a granted number is on record."""
    person = town.person(issued=town.office.today().replace(year=2025))
    case = town.starts(person)
    town.files(case, person, employer)
    town.reviews(case, reviewer)
    assert of(town, person) == []

    town.decides(case, approver)

    [kept] = of(town, person)
    assert (kept.certificate_no, kept.source, kept.trust) == ("DEMO-0001", "DATABASE", "A")
    assert (kept.region, kept.province, kept.verified_by) == ("SHANGHAI", None, None)


def test_the_same_person_registers_again_upon_the_same_number(
    town: Town, officers: Officers
) -> None:
    """R32: after the registration has ended one's own number is as good as before."""
    person = town.person()
    case = granted(town, person, officers)
    with writing(town.office.sessions) as session:
        registration = registrations.newest(session, person_id(person), TYPE)
        assert registration is not None
        registrations.end(session, registration, "CANCELLED", reason="示例", at=town.clock())

    again = granted(town, person, officers)

    assert town.status(case) == town.status(again) == "COMPLETED"
    assert len(of(town, person)) == 1


def test_a_number_in_a_signed_application_is_refused_until_that_has_ended(town: Town) -> None:
    """R32: a draft keeps nobody out, a signature does, a withdrawal gives the number back."""
    first, second = town.person(1), town.person(2)
    draft = saved(town, first)
    case = saved(town, second)
    town.clock.forward(minutes=2)
    town.signs(draft, first)

    told = faults(
        town, case, second, types(town, case, second) | {"enterprise_phone": "021-00000002"}
    )

    assert "正用于他人已签名的申请" in told["qualification_no"]
    withdrawal.withdraw(town.office, draft, first, reason="编号填写有误")
    town.saves(case, second, types(town, case, second))


def test_of_two_with_one_number_who_signs_first_goes_on(town: Town) -> None:
    """R32, R40: refused before a code and with the code in hand; another number mends it."""
    first, second = town.person(1), town.person(2)
    early, late = saved(town, first), saved(town, second)
    town.clock.forward(minutes=2)
    form = personal.document(town.office, late)
    personal.begin(town.office, late, form.sha256, second)
    code = town.world.code_for(people.person(2).mobile)
    town.signs(early, first)

    with pytest.raises(QualificationTaken, match="正用于他人已签名的申请"):
        personal.confirm(town.office, late, code, second)

    assert (town.status(early), town.status(late)) == ("PERSONAL_SIGNED", "READY_TO_SIGN")
    town.saves(late, second, types(town, late, second, "DEMO-ZJ-0002"))
    town.clock.forward(minutes=2)
    town.signs(late, second)
    assert town.status(late) == "PERSONAL_SIGNED"

    third = saved(town, town.person(3), "DEMO-ZJ-0003")
    with writing(town.office.sessions) as session:
        applications.get(session, third).qualification_no = NUMBER
    with pytest.raises(QualificationTaken):
        town.signs(third, town.person(3))
    assert town.open_nodes(third) == {"preview_document"}


def arrives_on_paper(town: Town, number: int = 7) -> None:
    """Have the register before ours bring another person's registration upon the number."""
    other = town.person(number)
    papers.paper(town.office, other, 资格证书编号=NUMBER.lower())


def test_a_conflict_is_seen_at_acceptance_and_stops_it(
    town: Town, employer: Actor, acceptor: Actor
) -> None:
    """R32, I12: the acceptor reads whose number it is; accepting is refused, the rest is not."""
    person = town.person()
    case = signed(town, person)
    town.seals(case, employer)
    assert warnings(town, case) == []
    arrives_on_paper(town)

    [warning] = warnings(town, case)
    assert people.person(7).name in warning
    with pytest.raises(QualificationTaken, match="不能准予许可") as refused:
        accepts(town, case, acceptor)

    assert refused.value.code == "E_QUALIFICATION_TAKEN"
    assert town.status(case) == "ENTERPRISE_SEALED"
    task = town.task(case, "formal_check")
    officer_tasks.formal_check(
        town.office, task.id, "correct", items=["请核对资格证书编号"], actor=acceptor
    )
    assert town.status(case) == "CORRECTION_REQUIRED"


def test_the_second_of_two_cannot_be_granted(
    town: Town, employer: Actor, officers: Officers
) -> None:
    """R32: nothing is half done: no decision, no registration; a rejection is possible."""
    acceptor, reviewer, approver = officers
    person = town.person()
    case = signed(town, person)
    town.seals(case, employer)
    accepts(town, case, acceptor)
    town.reviews(case, reviewer)
    arrives_on_paper(town)

    with pytest.raises(QualificationTaken, match=people.person(7).name):
        town.decides(case, approver)

    assert town.status(case) == "UNDER_REVIEW"
    assert town.case(case).decided_on is None
    assert of(town, person) == []
    with town.office.sessions() as session:
        assert decisions.newest(session, case, "DECIDE") is None
        assert registrations.newest(session, person_id(person), TYPE) is None
    town.decides(case, approver, "reject")
    assert town.status(case) == "REJECTED"
    assert warnings(town, case) == []


@pytest.mark.proves("F:crossed-8")
def test_two_decisions_at_once_grant_one(town: Town, employer: Actor, officers: Officers) -> None:
    """R32: both signed at the same moment, both decided at the same moment: one registration."""
    acceptor, reviewer, approver = officers
    people_ = [town.person(1), town.person(2)]
    cases = []
    for person in people_:
        cases.append(signed(town, person))
        with writing(town.office.sessions) as session:  # as if neither had seen the other's
            applications.get(session, cases[-1]).qualification_no = None
    for case in cases:
        town.seals(case, employer)
        accepts(town, case, acceptor)
        town.reviews(case, reviewer)

    def decide(case: str) -> str:
        try:
            town.decides(case, approver)
        except QualificationTaken as refused:
            return refused.code
        return "granted"

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(decide, cases))

    assert sorted(told) == ["E_QUALIFICATION_TAKEN", "granted"]
    lost = cases[told.index("E_QUALIFICATION_TAKEN")]
    assert town.status(lost) == "UNDER_REVIEW"
    assert town.open_nodes(lost) == {"decide"}
    with town.office.sessions() as session:
        assert decisions.newest(session, lost, "DECIDE") is None
        held = [registrations.newest(session, person_id(somebody), TYPE) for somebody in people_]
    assert sum(registration is not None for registration in held) == 1
    assert [len(of(town, somebody)) for somebody in people_] == [
        int(registration is not None) for registration in held
    ]


def test_officers_see_the_other_application_with_the_same_number(
    town: Town, employer: Actor, acceptor: Actor
) -> None:
    """I12: when both were signed at the same moment each case names the other."""
    first, second = town.person(1), town.person(2)
    signer, two = signed(town, first), signed(town, second, "DEMO-ZJ-0002")
    with writing(town.office.sessions) as session:
        applications.get(session, two).qualification_no = NUMBER

    [warning] = warnings(town, signer)

    assert town.case(two).no in warning
    assert people.person(2).name in warning
    assert "只能准予其中一件" in warning


def test_a_paper_registration_brings_its_qualification(town: Town) -> None:
    """R116: on record as the register before ours verified it; another's number is a bad row."""
    holder, other = town.person(1), town.person(2)
    papers.paper(town.office, holder, 资格证书编号="demo-2015-77")

    [kept] = of(town, holder)
    assert (kept.certificate_no, kept.source, kept.trust) == ("DEMO-2015-77", "MANUAL", "B")
    row = papers.row(town.office, person_id(other), 资格证书编号="DEMO-2015-77")
    report = register_import.take_over(town.office, [(5, row)], TYPE, dry=False)

    assert report.entered == 0
    [bad] = report.bad
    assert (bad.line, bad.column) == (5, "资格证书编号")
    assert "已登记在他人名下" in bad.text
    with town.office.sessions() as session:
        assert registrations.newest(session, person_id(other), TYPE) is None


def test_a_rescinded_registration_gives_a_typed_number_back(town: Town, officers: Officers) -> None:
    """I19, R32: who registered upon another's number does not keep its holder out for ever."""
    person, holder = town.person(1), town.person(2)
    granted(town, person, officers)
    with town.office.sessions() as session:
        registration = registrations.newest(session, person_id(person), TYPE)
    assert registration is not None
    hearing, deciding = (
        town.officer("wu", "reviewer", "approver"),
        town.officer("zheng", "approver"),
    )
    act = ex_officio.propose(
        town.office,
        registration.id,
        "RESCIND",
        "FRAUD",
        facts=["申请时填写的资格证书编号经核实属于他人"],
        files=[Upload("核查.pdf", people.pdf(1))],
        actor=hearing,
    )
    ex_officio.submit(town.office, town.task(act, "propose_act").id, "submit", actor=hearing)
    town.clock.forward(days=30)
    town.works()
    task = town.task(act, "decide_act").id
    ex_officio.decide(town.office, task, "act", reasons=["当事人未提出申辩"], actor=deciding)

    assert of(town, person) == []
    signed(town, holder)
