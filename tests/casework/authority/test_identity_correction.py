"""Correcting name and number: two officers, evidence, the real-name system first (R109, I20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from casework.authority import identity_correction
from casework.authority.identity_correction import (
    CorrectionRunning,
    NothingToCorrect,
    NotInRealNames,
)
from casework.case.evidence import EvidenceRequired, Upload
from casework.case.refusals import ReasonRequired
from engine.actors import Actor
from engine.errors import FourEyes, NotYourTask
from registry.authority import identities
from registry.certificates import certificates
from registry.certificates.certificates import Certificate
from registry.errors import IdentityInvalid, IdentityTaken, Unavailable
from registry.identifiers import IdType, Sex
from registry.people import persons
from registry.ports import Identity
from registry.trail.notices import Notice
from storage.database import writing
from tests import people
from tests.casework.test_upkeep import on_record, registered
from tests.offices import TYPE, Town, person_id
from tests.papers import paper

OLD = people.person(1)
NEW_NO = people.resident_id(date(1985, 5, 6), male=True)
NEW = Identity(
    name="温更名",
    sex=Sex.MALE,
    birth=date(1985, 5, 6),
    id_type=IdType.RESIDENT_ID,
    id_no=NEW_NO,
    mobile=OLD.mobile,
)


@pytest.fixture
def acceptor(town: Town) -> Actor:
    return town.officer("bian", "acceptor", "approver")


@pytest.fixture
def approver(town: Town) -> Actor:
    return town.officer("ni", "approver")


def proposes(town: Town, person: Actor, by: Actor, new: Identity = NEW, **changes: object) -> str:
    given = {
        "name": new.name,
        "id_type": new.id_type.value,
        "id_no": new.id_no,
        "reason": "公安机关已更正姓名和出生日期",
        "files": [Upload("公安机关证明.pdf", people.pdf(1))],
    }
    proposal = identity_correction.CorrectionProposal(**{**given, **changes})
    return identity_correction.propose(
        town.office, person_id(person), proposal, type_key=TYPE, actor=by
    )


def submits(town: Town, case: str, by: Actor) -> None:
    task = town.task(case, "propose_correction").id
    identity_correction.submit(town.office, task, "submit", actor=by)


def confirms(town: Town, case: str, by: Actor, outcome: str = "confirm") -> None:
    task = town.task(case, "confirm_correction").id
    reasons = ["证明材料与申请不符"] if outcome == "decline" else []
    identity_correction.decide(town.office, task, outcome, reasons=reasons, actor=by)


@pytest.mark.both_databases
@pytest.mark.proves("I20")
def test_name_and_number_are_corrected(town: Town, acceptor: Actor, approver: Actor) -> None:
    """R109, I20: the record, the certificate and the telephone; the old number finds the person.

    The image of the former name's signature is not printed on the new certificate.
    """
    person, registration_id = registered(town)
    town.world.identities.append(NEW)
    case = proposes(town, person, acceptor)
    submits(town, case, acceptor)

    confirms(town, case, approver)
    town.works()

    assert town.status(case) == "COMPLETED"
    with town.office.sessions() as session:
        holder = persons.by_identity(session, IdType.RESIDENT_ID, NEW_NO)
        assert holder is not None
        assert holder.id == person_id(person)
        assert (holder.name, holder.birth, holder.certificate_at) == ("温更名", NEW.birth, None)
        assert identities.by_former_number(session, OLD.id_no) == [holder.id]
        [former] = identities.former(session, holder.id)
        versions = session.scalars(select(Certificate).order_by(Certificate.version)).all()
        newest = certificates.newest(session, registration_id)
        notices = session.scalars(
            select(Notice.text).where(Notice.kind == "identity_corrected")
        ).all()
    assert (former.name, former.id_no) == (OLD.name, OLD.id_no)
    assert [version.validity for version in versions] == ["SUPERSEDED", "VALID"]
    assert newest is not None
    assert newest.cause == "CORRECTION"
    assert newest.claim_state == "UNCLAIMED"
    assert newest.facts["name"] == "温更名"
    assert newest.facts["id_no"] == persons.mask_id(NEW_NO)
    assert (versions[0].facts["signature"] is None, newest.facts["signature"]) == (False, None)
    assert notices
    assert all(NEW_NO not in text and OLD.id_no not in text for text in notices)
    assert town.troubles() == []


def test_who_proposed_does_not_confirm(town: Town, acceptor: Actor) -> None:
    """I20, Law 34: four eyes by the engine."""
    person, _ = on_record(town)
    town.world.identities.append(NEW)
    case = proposes(town, person, acceptor)
    submits(town, case, acceptor)

    with pytest.raises(FourEyes):
        confirms(town, case, acceptor)


def test_a_reviewer_may_propose_too(town: Town, approver: Actor) -> None:
    """I20: the case begins in the inbox of the role that opened it."""
    person, _ = on_record(town)
    town.world.identities.append(NEW)
    reviewer = town.officer("qi", "reviewer")

    case = proposes(town, person, reviewer)

    assert town.task(case, "propose_correction").inbox == "role:reviewer"
    submits(town, case, reviewer)
    confirms(town, case, approver)
    assert town.status(case) == "COMPLETED"


def test_the_real_name_system_comes_first(town: Town, acceptor: Actor, approver: Actor) -> None:
    """I20: it must show the new identity when it is proposed, and still when it is confirmed."""
    person, _ = on_record(town)
    with pytest.raises(NotInRealNames):
        proposes(town, person, acceptor)
    town.world.identities.append(NEW)
    case = proposes(town, person, acceptor)
    submits(town, case, acceptor)
    town.world.down.add("realnames")
    with pytest.raises(Unavailable):
        confirms(town, case, approver)
    town.world.down.clear()
    town.world.identities.clear()

    with pytest.raises(NotInRealNames):
        confirms(town, case, approver)

    assert town.open_nodes(case) == {"confirm_correction"}


def test_declined_with_a_reason(town: Town, acceptor: Actor, approver: Actor) -> None:
    """I20: nothing changes, the holder is told why; then it may be proposed again."""
    person, _ = on_record(town)
    town.world.identities.append(NEW)
    case = proposes(town, person, acceptor)
    with pytest.raises(CorrectionRunning):
        proposes(town, person, acceptor)
    submits(town, case, acceptor)
    task = town.task(case, "confirm_correction").id
    with pytest.raises(ReasonRequired):
        identity_correction.decide(town.office, task, "decline", reasons=[], actor=approver)

    confirms(town, case, approver, "decline")

    assert town.status(case) == "CLOSED"
    with town.office.sessions() as session:
        assert persons.get(session, person_id(person)).name == OLD.name
        text = session.scalars(select(Notice.text).where(Notice.kind == "identity_declined")).one()
    assert "证明材料与申请不符" in text
    assert proposes(town, person, acceptor) != case


def test_what_may_not_be_proposed(town: Town, acceptor: Actor, approver: Actor) -> None:
    """R109, I20: nothing new, an impossible number, no evidence, no power."""
    person, _ = on_record(town)
    town.world.identities.append(NEW)

    with pytest.raises(NothingToCorrect):
        proposes(town, person, acceptor, name=OLD.name, id_no=OLD.id_no)
    with pytest.raises(IdentityInvalid):
        proposes(town, person, acceptor, id_no="310000198505069910")
    with pytest.raises(EvidenceRequired):
        proposes(town, person, acceptor, files=[])
    with pytest.raises(NotYourTask):
        proposes(town, person, approver)
    with pytest.raises(NotYourTask):
        proposes(town, person, person)


@pytest.mark.both_databases
def test_the_number_of_somebody_else(town: Town, acceptor: Actor) -> None:
    """I20: a number that stands for another person with records is not given away."""
    person, _ = on_record(town)
    other, _ = on_record(town, 2)
    taken = people.person(2)
    theirs = replace(NEW, name=taken.name, id_no=taken.id_no, birth=taken.birth)
    town.world.identities.append(theirs)

    with pytest.raises(IdentityTaken):
        proposes(town, person, acceptor, theirs)

    with town.office.sessions() as session:
        assert persons.get(session, person_id(other)).id_no == taken.id_no


@pytest.mark.both_databases
def test_who_came_again_under_the_new_number(town: Town, acceptor: Actor, approver: Actor) -> None:
    """I20: the empty account that the person opened meanwhile makes room for the real one."""
    person, _ = on_record(town)
    town.world.identities.append(NEW)
    with writing(town.office.sessions) as session:
        second = persons.register(session, NEW, at=town.office.now())
    case = proposes(town, person, acceptor)
    submits(town, case, acceptor)

    confirms(town, case, approver)

    with town.office.sessions() as session:
        holder = persons.by_identity(session, IdType.RESIDENT_ID, NEW_NO)
        closed = persons.get(session, second.id)
    assert holder is not None
    assert holder.id == person_id(person)
    assert closed.status == "CLOSED"


@pytest.mark.proves("F:outside-4")
@pytest.mark.parametrize(("sent", "typed"), ["⸱◦", "．。", "\u0387●", "˙⦁"])
def test_one_spelling_of_a_name_at_every_intake(
    town: Town, acceptor: Actor, sent: str, typed: str
) -> None:
    """民委发〔2016〕33号: register, officer, import of the former register and search agree."""
    person, _ = on_record(town)
    town.world.identities.append(replace(NEW, name=f"买买提{sent}示例"))
    case = proposes(town, person, acceptor, name=f"买买提{typed}示例")
    other = town.person(2)
    with writing(town.office.sessions) as session:
        persons.get(session, person_id(other)).name = "阿依古丽·示例"

    with town.office.sessions() as session:
        proposed = identities.get(session, case).new_name
        found = identities.find(session, f"阿依古丽{typed}示例")
    paper(town.office, other, 姓名=f"阿依古丽{sent}示例")

    assert proposed == "买买提·示例"
    assert [holder.id for holder in found] == [person_id(other)]
