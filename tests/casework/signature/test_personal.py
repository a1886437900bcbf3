"""The applicant's signature: what is shown is what is signed, with a code that came by SMS."""

from __future__ import annotations

from datetime import date

import pytest

from casework.case.refusals import NotYourApplication, StepNotOpen, StepRefused
from casework.signature import personal
from casework.signature.personal import CodeNotSent
from engine import queries
from engine.actors import Actor
from registry.applications import documents
from registry.people import persons
from registry.trail import audit, notices
from signing import Role
from signing.errors import CodeTooSoon, DocumentChanged
from storage.database import writing
from tests import people
from tests.offices import Town, person_id

MOBILE = people.person(1).mobile


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


@pytest.fixture
def case(town: Town, person: Actor) -> str:
    """Give an application that is ready to sign."""
    town.enterprise()
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    return case


def begin(town: Town, case: str, person: Actor) -> str:
    """Preview and ask for a code; return it as read on the telephone."""
    form = personal.document(town.office, case)
    personal.begin(town.office, case, form.sha256, person)
    return town.world.code_for(MOBILE)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def refused(town: Town, case: str, person: Actor, code: str) -> str:
    """Type a code that is refused and give the reason's code."""
    with pytest.raises(StepRefused) as refusal:
        personal.confirm(town.office, case, code, person)
    assert str(refusal.value)
    return refusal.value.code


@pytest.mark.both_databases
@pytest.mark.proves("R41")
def test_signing_signs_exactly_the_previewed_file(town: Town, case: str, person: Actor) -> None:
    """R38–R41, R45: the shown PDF gets the signature; the enterprise is told by inbox and SMS."""
    shown = town.office.files.get(personal.document(town.office, case).sha256)

    code = begin(town, case, person)
    personal.confirm(town.office, case, code, person)

    form = personal.document(town.office, case)
    signed = town.office.files.get(form.sha256)
    assert signed.startswith(shown)
    assert town.status(case) == "PERSONAL_SIGNED"
    assert town.case(case).first_signed_on == date(2026, 9, 7)
    with town.office.sessions() as session:
        [record] = documents.signatures(session, form.id)
        told = notices.inbox(session, f"enterprise:{people.uscc(1)}")
        tasks = queries.open_tasks(session, [f"enterprise:{people.uscc(1)}"])
    assert (record.role, record.signer) == ("applicant", people.person(1).name)
    assert [notice.kind for notice in told] == ["please_seal"]
    assert [task.node for task in tasks] == ["review_application"]
    town.works()
    assert any(to == "19900010001" for to, _ in town.world.messages)


def test_no_message_holds_an_identity_number(town: Town, case: str, person: Actor) -> None:
    """R45: short messages name the application, never the identity number or the full name."""
    personal.confirm(town.office, case, begin(town, case, person), person)
    town.works()

    facts = people.person(1)
    for _, text in town.world.messages:
        assert facts.id_no not in text
        assert facts.name not in text


def test_a_wrong_code_may_be_typed_again(town: Town, case: str, person: Actor) -> None:
    """I6: a wrong code tells how many tries are left and stays on the page."""
    code = begin(town, case, person)

    with pytest.raises(StepRefused, match="还可以输入4次"):
        personal.confirm(town.office, case, wrong(code), person)

    assert town.open_nodes(case) == {"enter_code"}
    personal.confirm(town.office, case, code, person)
    assert town.status(case) == "PERSONAL_SIGNED"


@pytest.mark.both_databases
def test_five_wrong_codes_lock_for_a_quarter_of_an_hour(
    town: Town, case: str, person: Actor
) -> None:
    """I6: after five wrong codes the step waits 15 minutes; then the preview starts again."""
    code = begin(town, case, person)
    said = [refused(town, case, person, wrong(code)) for _ in range(5)]

    assert said == ["E_SMS_WRONG"] * 4 + ["E_SMS_LOCKED"]
    with pytest.raises(StepNotOpen):
        personal.confirm(town.office, case, code, person)
    town.clock.forward(minutes=14)
    town.works()
    assert town.open_nodes(case) == set()
    town.clock.forward(minutes=2)
    town.works()
    assert town.open_nodes(case) == {"preview_document"}
    personal.confirm(town.office, case, begin(town, case, person), person)
    assert town.status(case) == "PERSONAL_SIGNED"


def test_an_expired_code_leads_back_to_the_preview(town: Town, case: str, person: Actor) -> None:
    """R41, I6: after five minutes the code is dead, even when it arrives only then."""
    code = begin(town, case, person)
    town.clock.forward(minutes=5, seconds=1)

    assert refused(town, case, person, code) == "E_SMS_EXPIRED"

    assert town.open_nodes(case) == {"preview_document"}
    assert town.status(case) == "READY_TO_SIGN"


def test_after_resending_only_the_newest_code_counts(town: Town, case: str, person: Actor) -> None:
    """R40, I6: not within 60 seconds; then the earlier code is dead."""
    first = begin(town, case, person)
    with pytest.raises(CodeTooSoon):
        personal.resend(town.office, case, person)
    town.clock.forward(seconds=61)
    personal.resend(town.office, case, person)
    second = town.world.code_for(MOBILE)

    if first != second:
        assert refused(town, case, person, first) == "E_SMS_WRONG"
    personal.confirm(town.office, case, second, person)

    assert town.status(case) == "PERSONAL_SIGNED"


def test_a_used_code_signs_nothing_else(town: Town, case: str, person: Actor) -> None:
    """I6: a code that was used is refused for the changed form too."""
    code = begin(town, case, person)
    personal.confirm(town.office, case, code, person)
    town.saves(case, person, town.values(case, person, enterprise_phone="021-00000002"))
    form = personal.document(town.office, case)
    personal.begin(town.office, case, form.sha256, person)
    if town.world.code_for(MOBILE) != code:
        assert refused(town, case, person, code) == "E_SMS_WRONG"
    assert town.status(case) == "READY_TO_SIGN"


@pytest.mark.both_databases
def test_a_double_click_signs_once(town: Town, case: str, person: Actor) -> None:
    """R41: the second click finds the step done; there is one signature and one message."""
    code = begin(town, case, person)
    personal.confirm(town.office, case, code, person)

    with pytest.raises(StepNotOpen, match="待企业确认"):
        personal.confirm(town.office, case, code, person)

    with town.office.sessions() as session:
        form = documents.current(session, case, "application")
        assert form is not None
        assert len(documents.signatures(session, form.id)) == 1


def test_a_form_saved_in_another_tab_is_previewed_again(
    town: Town, case: str, person: Actor
) -> None:
    """C.9: a changed form is another file: the preview of the old one does not begin signing."""
    old = personal.document(town.office, case).sha256
    town.saves(case, person, town.values(case, person, enterprise_phone="021-00000002"))

    with pytest.raises(DocumentChanged) as refusal:
        personal.begin(town.office, case, old, person)

    assert refusal.value.code == "E_DOCUMENT_CHANGED"


def test_a_form_saved_after_the_code_was_sent(town: Town, case: str, person: Actor) -> None:
    """C.9: edit between preview and code: the code of the old file does not sign the new one."""
    code = begin(town, case, person)
    town.saves(case, person, town.values(case, person, enterprise_phone="021-00000002"))

    with pytest.raises(StepNotOpen):
        personal.confirm(town.office, case, code, person)

    assert town.open_nodes(case) == {"preview_document"}
    with pytest.raises(CodeNotSent):
        personal.begin(town.office, case, personal.document(town.office, case).sha256, person)
    town.clock.forward(seconds=61)
    personal.confirm(town.office, case, begin(town, case, person), person)
    assert town.status(case) == "PERSONAL_SIGNED"


def test_somebody_else_can_not_sign(town: Town, case: str, person: Actor) -> None:
    """R16, R41: another person's steps on this application are refused."""
    other = town.person(2)
    code = begin(town, case, person)

    with pytest.raises(NotYourApplication):
        personal.confirm(town.office, case, code, other)
    with pytest.raises(NotYourApplication):
        personal.resend(town.office, case, other)


def test_the_gateway_is_down(town: Town, case: str, person: Actor) -> None:
    """I6: when no SMS can be sent the person is told and may try again from the preview."""
    form = personal.document(town.office, case)
    town.world.down.add("sms")

    with pytest.raises(CodeNotSent) as refusal:
        personal.begin(town.office, case, form.sha256, person)

    assert refusal.value.code == "E_SMS_NOT_SENT"
    town.world.down.clear()
    town.clock.forward(seconds=61)
    personal.confirm(town.office, case, begin(town, case, person), person)
    assert town.status(case) == "PERSONAL_SIGNED"


def test_a_revoked_certificate_signs_nothing(town: Town, case: str, person: Actor) -> None:
    """I13, R7: a revoked certificate is refused before the code is spent, with the hotline."""
    code = begin(town, case, person)
    custody = town.office.signatures.custody
    credential = custody.credential(Role.APPLICANT, person_id(person))
    assert credential is not None
    town.office.signatures.authority.revoke(credential.serial, "keyCompromise")

    with pytest.raises(StepRefused, match="021-962600") as refusal:
        personal.confirm(town.office, case, code, person)

    assert refusal.value.code == "E_CERT_REVOKED"
    assert town.status(case) == "READY_TO_SIGN"


@pytest.mark.proves("R1")
def test_a_person_who_is_not_ready_prepares_first(town: Town) -> None:
    """R1–R4: card, certificate and signature image gate signing, not drafting."""
    person = town.person(3, ready=False, issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)

    town.saves(case, person, town.values(case, person))
    assert town.open_nodes(case) == {"complete_readiness"}
    personal.get_ready(town.office, case, person)
    assert town.open_nodes(case) == {"complete_readiness"}

    with writing(town.office.sessions) as session:
        row = persons.get(session, person_id(person))
        persons.read_card(row, at=town.clock())
        persons.bind_certificate(row, at=town.clock())
        persons.set_signature(
            row, town.office.files.put(people.signature_picture()), at=town.clock()
        )
    town.office.signatures.custody.enrol_person(person_id(person), people.person(3).name, "digest")
    personal.get_ready(town.office, case, person)
    assert town.open_nodes(case) == {"preview_document"}


def test_half_an_hour_without_a_code_starts_the_preview_again(
    town: Town, case: str, person: Actor
) -> None:
    """R41: the signing session ends after 30 minutes."""
    begin(town, case, person)
    town.clock.forward(minutes=31)
    town.works()

    assert town.open_nodes(case) == {"preview_document"}


def test_every_step_is_audited(town: Town, case: str, person: Actor) -> None:
    """I1: start, saves, code, refusal and signature are in the audit log, without personal data."""
    code = begin(town, case, person)
    refused(town, case, person, wrong(code))
    personal.confirm(town.office, case, code, person)

    with town.office.sessions() as session:
        events = audit.of(session, f"application:{case}")
    actions = [event.action for event in events]
    expected = ["start", "form.save", "sign.begin", "sign.code-sent", "sign.code-refused"]
    positions = [actions.index(action) for action in [*expected, "sign.code", "sign"]]
    assert positions == sorted(positions)
    assert people.person(1).id_no not in str([event.facts for event in events])


def test_a_code_that_signed_is_told_as_used(town: Town, case: str, person: Actor) -> None:
    """I6: one code, one signature: what was spent is refused, and a fresh code signs."""
    code = begin(town, case, person)
    form = personal.document(town.office, case)
    challenges = town.office.signatures.challenges
    attempt = challenges.try_code(person_id(person), form.sha256, code)
    challenges.spend(
        attempt.authorization or "",
        role=Role.APPLICANT,
        subject=person_id(person),
        document_sha256=form.sha256,
        key="elsewhere",
    )

    assert refused(town, case, person, code) == "E_SMS_USED"

    assert town.open_nodes(case) == {"enter_code"}
    personal.resend(town.office, case, person)
    personal.confirm(town.office, case, town.world.code_for(MOBILE), person)
    assert town.status(case) == "PERSONAL_SIGNED"


@pytest.mark.both_databases
def test_a_stop_between_code_and_signature_loses_no_code(
    town: Town, case: str, person: Actor
) -> None:
    """I6, I17: the machine stopped after the code was found right; typed again it signs, once."""
    code = begin(town, case, person)
    form = personal.document(town.office, case)
    town.office.signatures.challenges.try_code(person_id(person), form.sha256, code)

    personal.confirm(town.office, case, code, person)

    assert town.status(case) == "PERSONAL_SIGNED"
    again = town.office.signatures.challenges.try_code(person_id(person), form.sha256, code)
    assert again.facts["used"]
