"""The enterprise: views, agrees or returns, seals with its PIN; its silence returns the case."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from casework.application import form_entry
from casework.case.refusals import ReasonRequired, StepNotOpen, StepRefused
from casework.case.texts import TextTooLong, Unprintable
from casework.signature import enterprise_seal, personal
from engine.actors import Actor
from engine.errors import NotYourTask
from registry.applications import documents
from registry.trail import notices
from signing import Role
from signing.errors import PinLocked, PinWrong
from storage.database import writing
from tests import people
from tests.offices import PIN, Town, person_id

USCC = people.uscc(1)


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


@pytest.fixture
def employer(town: Town) -> Actor:
    return town.enterprise()


@pytest.fixture
def case(town: Town, person: Actor, employer: Actor) -> str:
    """Give an application that the person has signed."""
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    town.signs(case, person)
    return case


def told(town: Town, inbox: str) -> list[str]:
    """Give the kinds of the notices in an inbox, oldest first."""
    with town.office.sessions() as session:
        return [notice.kind for notice in reversed(notices.inbox(session, inbox))]


def reasons(town: Town, case: str, employer: Actor, *, opinion_ticked: bool = True) -> set[str]:
    """Press 【签名确认】 and give the codes of all reasons against it."""
    with pytest.raises(StepRefused) as refusal:
        enterprise_seal.agree(town.office, case, opinion_ticked=opinion_ticked, actor=employer)
    assert town.open_nodes(case) == {"review_application"}
    return {reason.code for reason in refusal.value.reasons}


@pytest.mark.both_databases
def test_the_seal_is_put_into_the_signed_file(
    town: Town, case: str, person: Actor, employer: Actor
) -> None:
    """R56–R60: one PDF carries both signatures; the second appends to the first."""
    signed = town.office.files.get(personal.document(town.office, case).sha256)

    town.seals(case, employer)

    form = personal.document(town.office, case)
    assert town.office.files.get(form.sha256).startswith(signed)
    with town.office.sessions() as session:
        roles = [signature.role for signature in documents.signatures(session, form.id)]
    assert roles == ["applicant", "enterprise"]
    assert town.case(case).filed_at == town.clock()


def test_the_opinion_has_to_be_ticked(town: Town, case: str, employer: Actor) -> None:
    """R53–R55: without 聘用意见 the application stays, with a text."""
    assert reasons(town, case, employer, opinion_ticked=False) == {"E_OPINION_REQUIRED"}


@pytest.mark.both_databases
@pytest.mark.proves("R54")
def test_all_reasons_are_told_at_once(town: Town, case: str, employer: Actor) -> None:
    """R54, R55: an enterprise that was struck off and renamed meanwhile reads both reasons."""
    town.world.companies[USCC] = replace(
        town.world.companies[USCC],
        name="上海示例新名（虚构01）有限公司",
        status="DEREGISTERED",
        design_qualifications=(),
    )

    assert reasons(town, case, employer) == {
        "E_ENTERPRISE_INACTIVE",
        "E_ENTERPRISE_NOT_QUALIFIED",
        "E_ENTERPRISE_NAME_STALE",
    }


def test_an_enterprise_that_is_gone(town: Town, case: str, employer: Actor) -> None:
    """I10: an enterprise that the register does not know any more can not seal."""
    del town.world.companies[USCC]

    assert "E_ENTERPRISE_NOT_FOUND" in reasons(town, case, employer)


@pytest.mark.proves("I13")
def test_another_enterprise_can_neither_see_nor_seal(
    town: Town, case: str, employer: Actor
) -> None:
    """I13: the key of another enterprise is refused at every step."""
    stranger = town.enterprise(2)

    with pytest.raises(StepRefused) as refusal:
        enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=stranger)
    assert refusal.value.code == "E_WRONG_ENTERPRISE"
    with pytest.raises(NotYourTask):
        enterprise_seal.send_back(town.office, case, reason="电话有误，请核对", actor=stranger)
    enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=employer)
    with pytest.raises(StepRefused):
        enterprise_seal.seal(town.office, case, pin=PIN, actor=stranger)


@pytest.mark.proves("I13")
def test_a_wrong_pin(town: Town, case: str, employer: Actor) -> None:
    """R59, I13: wrong PINs count down; the fifth locks the key; nothing is sealed."""
    enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=employer)

    for left in (4, 3, 2, 1):
        with pytest.raises(PinWrong, match=f"还可以输入{left}次"):
            enterprise_seal.seal(town.office, case, pin="000000", actor=employer)
    with pytest.raises(PinLocked):
        enterprise_seal.seal(town.office, case, pin="000000", actor=employer)
    with pytest.raises(PinLocked):
        enterprise_seal.seal(town.office, case, pin=PIN, actor=employer)

    assert town.status(case) == "PERSONAL_SIGNED"
    town.clock.forward(minutes=31)
    enterprise_seal.seal(town.office, case, pin=PIN, actor=employer)
    assert town.status(case) == "UNDER_REVIEW"


@pytest.mark.proves("I13")
@pytest.mark.proves("R7")
def test_a_revoked_enterprise_certificate(town: Town, case: str, employer: Actor) -> None:
    """I13, R7: a revoked certificate seals nothing; the hotline is named."""
    enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=employer)
    town.revokes_the_key()

    with pytest.raises(StepRefused, match="021-962600") as refusal:
        enterprise_seal.seal(town.office, case, pin=PIN, actor=employer)

    assert refusal.value.code == "E_CERT_REVOKED"


@pytest.mark.both_databases
def test_a_second_operator_finds_it_sealed(town: Town, case: str, employer: Actor) -> None:
    """C.9: two operators: sealing twice leaves one seal and tells where the case stands."""
    town.seals(case, employer)

    with pytest.raises(StepNotOpen, match="审查中"):
        enterprise_seal.seal(town.office, case, pin=PIN, actor=employer)


@pytest.mark.both_databases
def test_returning_with_a_reason(town: Town, case: str, person: Actor, employer: Actor) -> None:
    """R52, I10: the enterprise does not change anything; it returns with a reason."""
    with pytest.raises(ReasonRequired):
        enterprise_seal.send_back(town.office, case, reason="错  ", actor=employer)
    with pytest.raises(Unprintable, match=r"U\+0000"):
        enterprise_seal.send_back(town.office, case, reason="联系电话\x00有误", actor=employer)

    enterprise_seal.send_back(town.office, case, reason="联系电话有误，请核对", actor=employer)

    assert town.status(case) == "RETURNED"
    assert town.open_nodes(case) == {"fix_or_resubmit"}
    with town.office.sessions() as session:
        text = notices.inbox(session, person.id)[0].text
    assert "联系电话有误，请核对" in text
    form = personal.document(town.office, case)
    assert not form.is_void


def test_a_returned_application_may_be_sent_again_as_it_is(
    town: Town, case: str, person: Actor, employer: Actor
) -> None:
    """R52: resubmitting without a change keeps the signature."""
    before = personal.document(town.office, case).sha256
    enterprise_seal.send_back(town.office, case, reason="请说明工作内容", actor=employer)

    form_entry.resubmit(town.office, case, person)

    assert town.status(case) == "PERSONAL_SIGNED"
    assert personal.document(town.office, case).sha256 == before
    town.seals(case, employer)
    assert town.status(case) == "UNDER_REVIEW"


def test_a_returned_application_that_is_changed_is_signed_again(
    town: Town, case: str, person: Actor, employer: Actor
) -> None:
    """R43, R44, R52: changing what was returned voids the signed file."""
    before = personal.document(town.office, case)
    enterprise_seal.send_back(town.office, case, reason="联系电话有误，请核对", actor=employer)
    values = town.values(case, person, enterprise_phone="021-00000002")

    saved = town.saves(case, person, values)

    assert saved.voided
    assert town.status(case) == "READY_TO_SIGN"
    with town.office.sessions() as session:
        assert documents.get(session, before.id).void_reason == "DATA_CHANGED"
    town.clock.forward(minutes=2)
    town.signs(case, person)
    town.seals(case, employer)
    assert town.status(case) == "UNDER_REVIEW"


def test_a_silent_enterprise_is_reminded_and_then_loses_the_case(
    town: Town, case: str, person: Actor, employer: Actor
) -> None:
    """I10, I18: reminders on working days 3 and 7, after 15 the application comes back."""
    inbox = f"enterprise:{USCC}"
    assert told(town, inbox) == ["please_seal"]

    town.clock.now = town.clock.now.replace(day=10, hour=17)  # the end of working day 3
    town.works()
    assert told(town, inbox) == ["please_seal", "enterprise_reminder"]
    town.clock.now = town.clock.now.replace(day=16, hour=17)
    town.works()
    assert told(town, inbox) == ["please_seal", "enterprise_reminder", "enterprise_reminder"]
    assert town.status(case) == "PERSONAL_SIGNED"
    town.clock.forward(days=21)
    town.works()

    assert town.status(case) == "RETURNED"
    assert told(town, person.id)[-1] == "enterprise_timeout"
    form_entry.resubmit(town.office, case, person)
    town.seals(case, employer)
    assert town.status(case) == "UNDER_REVIEW"


@pytest.mark.both_databases
def test_the_person_saves_while_the_enterprise_seals(
    town: Town, case: str, person: Actor, employer: Actor
) -> None:
    """C.9: a change between 签名确认 and the PIN wins; the enterprise reads where the case is."""
    enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=employer)
    town.saves(case, person, town.values(case, person, enterprise_phone="021-00000002"))

    with pytest.raises(StepNotOpen, match="待个人签名"):
        enterprise_seal.seal(town.office, case, pin=PIN, actor=employer)

    assert told(town, f"enterprise:{USCC}")[-1] == "voided"


@pytest.mark.both_databases
def test_a_person_registered_meanwhile_is_not_sealed_for(
    town: Town, case: str, person: Actor, employer: Actor
) -> None:
    """C.9: one employer only: a valid registration elsewhere stops the seal."""
    town.already_registered(person_id(person))

    assert reasons(town, case, employer) == {"E_REGISTERED_ELSEWHERE"}


@pytest.mark.both_databases
def test_a_file_without_the_persons_signature_is_not_sealed(
    town: Town, case: str, employer: Actor
) -> None:
    """R54, I5: the signature in the file is verified again, not the note that says it is there."""
    with writing(town.office.sessions) as session:
        form = documents.current(session, case, "application")
        assert form is not None
        [made, _] = documents.versions(session, form.id)
        form.sha256 = made.sha256

    assert reasons(town, case, employer) == {"E_PERSONAL_SIGNATURE_INVALID"}


def test_a_certificate_revoked_after_signing_does_not_undo_the_signature(
    town: Town, case: str, person: Actor, employer: Actor
) -> None:
    """C.9: a signature is judged at its time stamp: revoking later does not stop the seal."""
    credential = town.office.signatures.custody.credential(Role.APPLICANT, person_id(person))
    assert credential is not None
    town.clock.forward(hours=1)
    town.office.signatures.authority.revoke(credential.serial, "keyCompromise")

    town.seals(case, employer)

    assert town.status(case) == "UNDER_REVIEW"


def test_an_endless_reason_is_refused(town: Town, case: str, employer: Actor) -> None:
    """R52: a reason is something to act upon, not a novel; the task stays open."""
    with pytest.raises(TextTooLong):
        enterprise_seal.send_back(town.office, case, reason="请" * 501, actor=employer)

    assert town.open_nodes(case) == {"review_application"}
