"""Cancelling against a silent, hostile or vanished side: proof, objection, decision (G9)."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from casework.application import form_entry, withdrawal
from casework.application.form_entry import FieldReadOnly, FormFaults
from casework.case.refusals import (
    NotYourApplication,
    ReasonRequired,
    StepNotOpen,
    StepRefused,
)
from casework.decision import officer_tasks
from casework.decision.lawfulness import NothingToCancel
from casework.registration import cancellation
from casework.registration.cancellation import (
    CancellationOpen,
    EnterpriseCanConfirm,
    ObstacleUnknown,
    ProofRequired,
)
from engine.actors import Actor
from engine.errors import NotYourTask
from refusals.refusal import NotFound, Refusal
from registry.applications import applications, documents, statements
from registry.applications.documents import DocumentKind
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.errors import RegistrationNotValid
from registry.trail import notices
from signing.errors import PinWrong
from signing.judging import verify
from storage.database import writing
from tests import people
from tests.casework.registration import cancelling as they
from tests.memory import remembered
from tests.offices import PIN, Town, person_id
from web.public import verification


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person()


@pytest.fixture
def employer(town: Town) -> Actor:
    return town.enterprise()


@pytest.fixture
def registered(town: Town, person: Actor, employer: Actor) -> Registration:
    return they.registers(town, person)


@pytest.fixture
def acceptor(town: Town) -> Actor:
    return town.officer("sun", "acceptor")


@pytest.fixture
def returned(town: Town, person: Actor, employer: Actor, registered: Registration) -> str:
    """Give a signed cancellation that the enterprise sent back."""
    case = they.signs(town, person)
    they.returns(town, case, employer)
    return case


def told(town: Town, inbox: str) -> list[str]:
    with town.office.sessions() as session:
        return [notice.kind for notice in notices.inbox(session, inbox)]


@remembered
def checks(town: Town, case: str, acceptor: Actor, outcome: str = "accept", **more: Any) -> None:
    task = town.task(case, "formal_check")
    officer_tasks.formal_check(town.office, task.id, outcome, actor=acceptor, **more)


def decides(town: Town, case: str, outcome: str = "approve") -> None:
    town.reviews(case, town.officer("wang", "reviewer"), outcome)
    town.decides(case, town.officer("li", "approver"), outcome)


def kinds(town: Town, case: str) -> list[str]:
    """Give what both sides said."""
    return [statement.kind for statement in cancellation.said_in(town.office, case)]


# -- the person asks without the enterprise ---------------------------------------------------


@pytest.mark.both_databases
def test_a_form_without_the_seal_is_whole_once_the_agency_was_asked(
    town: Town, person: Actor, returned: str
) -> None:
    """R115, G9: whoever verifies the form is told that no seal belongs on it."""
    with town.office.sessions() as session:
        form = documents.current(session, returned, DocumentKind.APPLICATION)
    assert form is not None
    pdf = town.office.files.get(form.sha256)
    assert not verification.examine(town.office, pdf).ok

    they.asks_alone(town, returned, person)

    verdict = verification.examine(town.office, pdf)
    assert verdict.ok
    assert verdict.standing is not None
    assert "没有企业签章" in verdict.standing.words


@pytest.mark.both_databases
@pytest.mark.proves("I10")
@pytest.mark.proves("G9")
def test_a_refusing_enterprise_is_heard_and_overruled(
    town: Town, person: Actor, employer: Actor, acceptor: Actor, returned: str
) -> None:
    """I10: proof, acceptance, objection, review and decision; the registration ends with it."""
    they.asks_alone(town, returned, person)
    assert town.status(returned) == "ENTERPRISE_SEALED"
    checks(town, returned, acceptor)
    assert told(town, employer_inbox())[0] == "contest_accepted"
    text = "双方劳动合同尚未解除"
    cancellation.answer(town.office, returned, agrees=False, text=text, actor=employer)

    decides(town, returned)

    assert town.status(returned) == "COMPLETED"
    assert they.standing(town, person) == "CANCELLED"
    assert kinds(town, returned) == ["REQUEST", "OBJECTION"]
    with town.office.sessions() as session:
        papers = [document.kind for document in documents.history(session, returned)]
    assert papers == ["application", "receipt", "acceptance-notice", "decision", "certificate"]
    assert town.troubles() == []


def receipt_of(town: Town, case: str) -> str:
    """Read the newest receipt, without blanks."""
    with town.office.sessions() as session:
        document = documents.current(session, case, DocumentKind.RECEIPT)
    assert document is not None
    pdf = town.office.files.get(document.sha256)
    done = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True, timeout=30
    )
    return "".join(done.stdout.decode().split())


def test_a_request_is_received_on_the_day_it_is_made(
    town: Town, person: Actor, acceptor: Actor, returned: str
) -> None:
    """I12, Law 32: the day on the letters is that of the request, not that of its handling."""
    asked = town.clock()
    they.asks_alone(town, returned, person)
    town.clock.forward(days=2)

    checks(town, returned, acceptor)

    assert town.case(returned).filed_at == asked


def test_the_receipt_says_that_no_seal_came_in(town: Town, person: Actor, returned: str) -> None:
    """I10, Law 32: signed by the applicant, brought before the agency without the enterprise."""
    they.asks_alone(town, returned, person)

    said = receipt_of(town, returned)
    assert "注销注册申请表（已由申请人签名，未经聘用企业盖章，由申请人提请本机关处理）" in said
    assert "情况说明和证明材料" in said
    assert "收件日期2026年9月7日" in said
    assert "聘用企业盖章）" not in said.replace("未经聘用企业盖章，", "")


def employer_inbox() -> str:
    return f"enterprise:{people.uscc(1)}"


def test_an_objection_may_win(
    town: Town, person: Actor, employer: Actor, acceptor: Actor, returned: str
) -> None:
    """I10, I12: refused with a letter; the registration stands and may be cancelled later."""
    they.asks_alone(town, returned, person)
    checks(town, returned, acceptor)
    cancellation.answer(town.office, returned, agrees=False, text="合同尚未解除", actor=employer)

    decides(town, returned, "reject")

    assert town.status(returned) == "REJECTED"
    assert they.standing(town, person) == "VALID"
    assert len(they.held(town, person)) == 1
    assert they.starts(town, person)


@pytest.mark.both_databases
@pytest.mark.proves("I10")
def test_a_silent_enterprise_returns_then_says_nothing(
    town: Town, person: Actor, employer: Actor, acceptor: Actor, registered: Registration
) -> None:
    """I10: fifteen working days to seal, then ten to object; silence is written down."""
    case = they.signs(town, person)
    town.clock.forward(days=30)
    town.works()
    assert town.status(case) == "RETURNED"

    they.asks_alone(town, case, person, obstacle="SILENT")
    checks(town, case, acceptor)
    assert town.open_nodes(case) == {"answer_as_enterprise"}
    town.clock.forward(days=20)
    town.works()

    assert kinds(town, case) == ["REQUEST", "SILENCE"]
    assert town.open_nodes(case) == {"review"}
    with pytest.raises(StepNotOpen):
        cancellation.answer(town.office, case, agrees=False, text="太迟的异议", actor=employer)


@pytest.mark.both_databases
@pytest.mark.parametrize("gone", ["struck off", "licence revoked"])
@pytest.mark.proves("I10")
def test_a_vanished_enterprise_need_not_be_waited_for(
    town: Town,
    person: Actor,
    employer: Actor,
    acceptor: Actor,
    registered: Registration,
    gone: str,
) -> None:
    """I10: whom the register does not have as active any more is not waited for."""
    case = they.signs(town, person)
    if gone == "struck off":
        del town.world.companies[people.uscc(1)]
    else:
        town.enterprise(status="LICENCE_REVOKED")

    they.asks_alone(town, case, person, obstacle="GONE")

    assert town.open_nodes(case) == {"formal_check"}


def test_a_living_enterprise_is_asked_first(
    town: Town, person: Actor, employer: Actor, registered: Registration
) -> None:
    """I10: while the enterprise may still seal nobody goes around it."""
    case = they.signs(town, person)

    with pytest.raises(EnterpriseCanConfirm) as refusal:
        they.asks_alone(town, case, person)

    assert refusal.value.code == "E_ENTERPRISE_CAN_CONFIRM"
    assert town.open_nodes(case) == {"review_application"}


@pytest.mark.parametrize(
    ("changes", "refused", "field"),
    [
        ({"obstacle": ""}, ObstacleUnknown, "obstacle"),
        ({"text": "不肯"}, ReasonRequired, "text"),
        ({"proofs": []}, ProofRequired, "proofs"),
        ({"proofs": ["0" * 32]}, ProofRequired, "proofs"),
    ],
)
def test_what_a_request_needs(
    town: Town,
    person: Actor,
    returned: str,
    changes: dict[str, Any],
    refused: type[Refusal],
    field: str,
) -> None:
    """I10, I3: why, in words, with a proof of this case; nothing moves before."""
    with pytest.raises(refused) as refusal:
        they.asks_alone(town, returned, person, **changes)

    assert refusal.value.field == field
    assert town.open_nodes(returned) == {"fix_or_resubmit"}


def test_a_proof_is_checked_by_its_content(town: Town, person: Actor, returned: str) -> None:
    """I3: what is no PDF is no proof."""
    with pytest.raises(Refusal):
        cancellation.attach_proof(town.office, returned, "证明.pdf", b"no pdf", person)


def test_nobody_asks_for_another(town: Town, returned: str) -> None:
    """I10: only the person whose registration it is."""
    stranger = town.person(2)

    with pytest.raises(NotYourApplication):
        cancellation.attach_proof(town.office, returned, "证明.pdf", people.pdf(), stranger)
    with pytest.raises(NotYourApplication):
        cancellation.ask_alone(
            town.office, returned, obstacle="OTHER", text="五个字以上", proofs=[], actor=stranger
        )


def test_a_request_is_corrected_once(
    town: Town, person: Actor, acceptor: Actor, returned: str
) -> None:
    """I18: everything in one list, fifteen working days, then the proof comes again."""
    they.asks_alone(town, returned, person)
    checks(town, returned, acceptor, "correct", items=["请补充解除劳动合同的证明"])
    assert town.status(returned) == "CORRECTION_REQUIRED"

    they.asks_alone(town, returned, person)

    assert town.open_nodes(returned) == {"formal_check"}
    assert kinds(town, returned) == ["REQUEST", "REQUEST"]


def test_not_accepted(town: Town, person: Actor, acceptor: Actor, returned: str) -> None:
    """I12: refused with reasons; a new application is possible at once."""
    they.asks_alone(town, returned, person)

    checks(town, returned, acceptor, "refuse", items=["证明材料与申请人无关"])

    assert town.status(returned) == "NOT_ACCEPTED"
    assert they.starts(town, person)


@pytest.mark.both_databases
def test_five_days_of_silence_accept(
    town: Town, person: Actor, acceptor: Actor, returned: str
) -> None:
    """I12: Licensing Law 32, also here."""
    they.asks_alone(town, returned, person)
    town.clock.forward(days=10)
    town.works()

    assert town.case(returned).deemed_accepted
    assert town.open_nodes(returned) == {"answer_as_enterprise"}


def test_a_request_may_be_withdrawn_until_the_decision(
    town: Town, person: Actor, acceptor: Actor, returned: str
) -> None:
    """I18: also while the agency examines."""
    they.asks_alone(town, returned, person)
    checks(town, returned, acceptor)

    withdrawal.withdraw(town.office, returned, person)

    assert town.status(returned) == "WITHDRAWN"
    assert they.standing(town, person) == "VALID"


def test_a_changed_form_starts_again(town: Town, person: Actor, returned: str) -> None:
    """R98: before acceptance a change voids the signature, also after asking the agency."""
    they.asks_alone(town, returned, person)

    saved = town.saves(returned, person, they.values(cancel_reason="VOLUNTARY"))

    assert saved.voided
    assert town.status(returned) == "READY_TO_SIGN"


@pytest.mark.parametrize("text", ["", "不同意"])
def test_an_objection_has_a_reason(
    town: Town, person: Actor, employer: Actor, acceptor: Actor, returned: str, text: str
) -> None:
    """I10: an objection says why; an outsider has none to make."""
    they.asks_alone(town, returned, person)
    checks(town, returned, acceptor)

    with pytest.raises(ReasonRequired):
        cancellation.answer(town.office, returned, agrees=False, text=text, actor=employer)
    with pytest.raises(NotYourTask):
        cancellation.answer(town.office, returned, agrees=True, actor=town.enterprise(2))

    cancellation.answer(town.office, returned, agrees=True, actor=employer)
    assert kinds(town, returned) == ["REQUEST", "CONSENT"]


@pytest.mark.both_databases
def test_what_ended_meanwhile_is_not_cancelled(
    town: Town, person: Actor, employer: Actor, acceptor: Actor, returned: str
) -> None:
    """I10: the approver is told that there is nothing to cancel any more."""
    they.asks_alone(town, returned, person)
    checks(town, returned, acceptor)
    cancellation.answer(town.office, returned, agrees=True, actor=employer)
    town.reviews(returned, town.officer("wang", "reviewer"))
    town.clock.forward(days=900)

    with pytest.raises(NothingToCancel) as refusal:
        town.decides(returned, town.officer("li", "approver"))

    assert refusal.value.code == "E_NOTHING_TO_CANCEL"
    assert "已过期" in str(refusal.value)


# -- the enterprise asks ----------------------------------------------------------------------


@pytest.mark.both_databases
def test_an_enterprise_cancels_who_cannot_be_reached(
    town: Town, person: Actor, employer: Actor, acceptor: Actor, registered: Registration
) -> None:
    """I10, I14: sealed request, acceptance, ten days for the person, decision, cancellation."""
    case = they.requests(town, registered, employer)
    cancellation.seal_request(town.office, case, pin=PIN, actor=employer)
    with town.office.sessions() as session:
        assert case not in [
            application.id for application in applications.of_person(session, person_id(person))
        ]

    said = receipt_of(town, case)
    assert "注销注册申请书（已由聘用企业盖章，未经注册人员签名）和证明材料" in said

    checks(town, case, acceptor)

    with town.office.sessions() as session:
        assert case in [
            application.id for application in applications.of_person(session, person_id(person))
        ]
    assert told(town, person.id)[0] == "contest_accepted"
    town.clock.forward(days=20)
    town.works()
    assert kinds(town, case) == ["SILENCE"]
    decides(town, case)
    assert town.status(case) == "COMPLETED"
    assert they.standing(town, person) == "CANCELLED"
    new = they.held(town, person)[-1]
    assert (new.kind, new.claim_state) == ("CANCELLATION", "CLAIMED")
    assert town.troubles() == []


def test_the_request_is_sealed_by_the_enterprise_alone(
    town: Town, employer: Actor, registered: Registration
) -> None:
    """R106, I13: one certified seal of this enterprise; a wrong PIN costs a try."""
    case = they.requests(town, registered, employer)
    with pytest.raises(PinWrong):
        cancellation.seal_request(town.office, case, pin="000000", actor=employer)

    cancellation.seal_request(town.office, case, pin=PIN, actor=employer)
    town.works()

    with town.office.sessions() as session:
        form = documents.current(session, case, documents.DocumentKind.APPLICATION)
    assert form is not None
    pdf = town.office.files.get(form.sha256)
    expected = verify.Expected.enterprise(people.uscc(1))
    assert town.office.signatures.examine(pdf, expected=expected).ok
    assert town.office.signatures.examine(pdf).ok
    with pytest.raises(StepNotOpen):
        cancellation.seal_request(town.office, case, pin=PIN, actor=employer)


def test_a_revoked_key_is_told_before_the_request_is_sealed(
    town: Town, employer: Actor, registered: Registration
) -> None:
    """I13: on the page, with the hotline, and not by a job that fails afterwards."""
    case = they.requests(town, registered, employer)
    town.revokes_the_key()

    with pytest.raises(StepRefused, match="021-962600") as refusal:
        cancellation.seal_request(town.office, case, pin=PIN, actor=employer)

    assert refusal.value.code == "E_CERT_REVOKED"
    assert town.troubles() == []


def test_the_person_objects_and_wins(
    town: Town, person: Actor, employer: Actor, acceptor: Actor, registered: Registration
) -> None:
    """I10, I12: heard by the agency, which refuses with a letter to the enterprise."""
    case = they.requests(town, registered, employer)
    cancellation.seal_request(town.office, case, pin=PIN, actor=employer)
    checks(town, case, acceptor)
    cancellation.answer(town.office, case, agrees=False, text="本人仍然在职", actor=person)

    decides(town, case, "reject")

    assert town.status(case) == "REJECTED"
    assert they.standing(town, person) == "VALID"


def test_only_its_own_people(town: Town, person: Actor, registered: Registration) -> None:
    """R104: the registration with another enterprise does not exist for this one."""
    other = town.enterprise(2)

    with pytest.raises(NotFound):
        cancellation.start_request(town.office, registered.id, other)


def test_only_what_is_valid(
    town: Town, person: Actor, employer: Actor, registered: Registration
) -> None:
    """R107: what ended already needs no request."""
    with writing(town.office.sessions) as session:
        current = registrations.get(session, registered.id)
        registrations.end(session, current, "CANCELLED", reason="示例", at=town.clock())

    with pytest.raises(RegistrationNotValid):
        cancellation.start_request(town.office, registered.id, employer)


@pytest.mark.both_databases
def test_asking_twice_is_one_request(town: Town, employer: Actor, registered: Registration) -> None:
    """C.9: the second click goes on with the first request."""
    first = cancellation.start_request(town.office, registered.id, employer)

    assert cancellation.start_request(town.office, registered.id, employer) == first


def test_a_cancellation_of_the_person_comes_first(
    town: Town, person: Actor, employer: Actor, registered: Registration
) -> None:
    """R90: who asks himself is not asked about; the enterprise is shown the way."""
    they.signs(town, person)

    with pytest.raises(CancellationOpen) as refusal:
        cancellation.start_request(town.office, registered.id, employer)

    assert refusal.value.code == "E_CANCELLATION_OPEN"


def test_the_person_may_still_cancel_himself(
    town: Town, person: Actor, employer: Actor, acceptor: Actor, registered: Registration
) -> None:
    """C.9: the registration ends meanwhile: the request then finds nothing to cancel."""
    case = they.requests(town, registered, employer)
    cancellation.seal_request(town.office, case, pin=PIN, actor=employer)
    checks(town, case, acceptor)
    they.signs(town, person)
    cancellation.answer(town.office, case, agrees=True, actor=person)
    with writing(town.office.sessions) as session:
        current = registrations.get(session, registered.id)
        registrations.end(session, current, "CANCELLED", reason="示例", at=town.clock())

    town.reviews(case, town.officer("wang", "reviewer"))
    with pytest.raises(NothingToCancel):
        town.decides(case, town.officer("li", "approver"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cancel_reason": "VOLUNTARY"}, "cancel_reason"),
        ({"explanation": "离职"}, "explanation"),
        ({"cancel_proof": []}, "cancel_proof"),
        ({"applicant_opinion": False}, "applicant_opinion"),
    ],
)
def test_what_a_request_of_an_enterprise_needs(
    town: Town, employer: Actor, registered: Registration, changes: dict[str, Any], field: str
) -> None:
    """I3, I10: reason, explanation, proof and the tick; each fault beside its field."""
    with pytest.raises(FormFaults) as refusal:
        they.requests(town, registered, employer, **changes)

    assert set(refusal.value.faults) == {field}


def test_another_persons_registration_is_not_typed_in(
    town: Town, employer: Actor, registered: Registration
) -> None:
    """R104: the registration is the one that was chosen from the list."""
    with pytest.raises(FieldReadOnly):
        they.requests(town, registered, employer, registration_no="S2269900099")


def test_a_sealed_request_may_be_changed_or_withdrawn(
    town: Town, person: Actor, employer: Actor, registered: Registration
) -> None:
    """R98, I18: a change voids the seal; only the enterprise withdraws what it asked for."""
    case = they.requests(town, registered, employer)
    cancellation.seal_request(town.office, case, pin=PIN, actor=employer)
    values = form_entry.prefill(town.office, case)
    town.saves(case, employer, values | {"explanation": "补充说明：已发函两次"})
    assert town.status(case) == "READY_TO_SIGN"

    with pytest.raises(NotYourApplication):
        withdrawal.withdraw(town.office, case, person)
    withdrawal.withdraw(town.office, case, employer)

    assert town.status(case) == "WITHDRAWN"
    assert they.standing(town, person) == "VALID"


def test_statements_are_kept_in_words() -> None:
    """I1: what was said has its Chinese name."""
    assert statements.StatementKind.OBJECTION.label == "提出异议"
    assert statements.Obstacle.GONE.label == "企业已注销、被吊销或者破产"
