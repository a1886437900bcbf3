"""The case matrix (domain C.9): what must happen when two things meet, row by row.

Each row stands here once, from the outside; the module of its subject looks at the details.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from casework.application import new_application, withdrawal
from casework.application.withdrawal import TooLateToWithdraw
from casework.case.refusals import StepNotOpen, StepRefused
from casework.certificate import claims, reissues
from casework.decision import officer_tasks
from casework.signature import enterprise_seal, personal, seal_holds
from casework.signature.enterprise_seal import SealHeld
from engine import actors, definitions
from engine.actors import Actor
from engine.errors import TaskClaimed
from refusals.refusal import Refusal
from registry.certificates import certificates, registrations
from registry.certificates.certificates import Certificate
from registry.errors import CertificateSuperseded
from registry.ports import EnterpriseFacts
from signing import Role
from signing.errors import DocumentChanged, PinLocked, PinWrong
from storage.database import new_id, writing
from tests import people
from tests.casework.registration import cancelling as they
from tests.offices import PIN, TYPE, Town, files_of_type, person_id
from web.ui import cases

pytestmark = pytest.mark.both_databases


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


@pytest.fixture
def employer(town: Town) -> Actor:
    return town.enterprise()


@pytest.fixture
def ready(town: Town, person: Actor, employer: Actor) -> str:
    """Give a saved application that waits for the person's signature."""
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    return case


@pytest.fixture
def signed(town: Town, ready: str, person: Actor) -> str:
    """Give an application that waits for the enterprise."""
    town.signs(ready, person)
    return ready


def deciding(town: Town, case: str, employer: Actor) -> str:
    """Bring a signed application before the approver; give the id of his task."""
    town.seals(case, employer)
    town.reviews(case, town.officer("wang", "reviewer"))
    return town.task(case, "decide").id


def code_of(town: Town, case: str, person: Actor) -> str:
    form = personal.document(town.office, case)
    personal.begin(town.office, case, form.sha256, person)
    return town.world.code_for(people.person(1).mobile)


def codes(error: pytest.ExceptionInfo[StepRefused]) -> set[str]:
    return {reason.code for reason in error.value.reasons}


def test_edit_in_another_tab_between_preview_and_code(
    town: Town, ready: str, person: Actor
) -> None:
    """R42, I5: the hash does not match: E_DOCUMENT_CHANGED, preview again."""
    shown = personal.document(town.office, ready).sha256
    town.saves(ready, person, town.values(ready, person, enterprise_phone="021-00000002"))

    with pytest.raises(DocumentChanged) as refusal:
        personal.begin(town.office, ready, shown, person)

    assert refusal.value.code == "E_DOCUMENT_CHANGED"
    assert town.open_nodes(ready) == {"preview_document"}


def test_the_enterprise_confirms_while_the_person_saves(
    town: Town, signed: str, person: Actor, employer: Actor
) -> None:
    """R43, R54: exactly one wins; the loser reads where the case is."""
    enterprise_seal.agree(town.office, signed, opinion_ticked=True, actor=employer)
    town.saves(signed, person, town.values(signed, person, enterprise_phone="021-00000002"))

    with pytest.raises(StepNotOpen, match="待个人签名"):
        enterprise_seal.seal(town.office, signed, pin=PIN, actor=employer)


def test_withdrawal_against_approval_at_the_same_second(
    town: Town, signed: str, person: Actor, employer: Actor
) -> None:
    """I18: the first commit wins, the other reads that the status moved on."""
    task, approver = deciding(town, signed, employer), town.officer("li", "approver")

    def approve() -> None:
        officer_tasks.decide(town.office, task, "approve", actor=approver)

    def withdraw() -> None:
        withdrawal.withdraw(town.office, signed, person)

    with ThreadPoolExecutor(2) as pool:
        outcomes = [future.exception() for future in (pool.submit(approve), pool.submit(withdraw))]
    town.works()

    assert sum(outcome is None for outcome in outcomes) == 1
    assert all(isinstance(outcome, Refusal) for outcome in outcomes if outcome)
    assert town.status(signed) == ("APPROVED" if outcomes[0] is None else "WITHDRAWN")


def test_two_officers_take_the_same_task(town: Town, signed: str, employer: Actor) -> None:
    """B.10: who comes second sees that somebody holds it."""
    task = deciding(town, signed, employer)
    officer_tasks.claim_task(town.office, task, town.officer("li", "approver"))

    with pytest.raises(TaskClaimed):
        officer_tasks.decide(town.office, task, "approve", actor=town.officer("zhao", "approver"))


def test_two_operators_of_an_enterprise_seal_the_same_application(
    town: Town, signed: str, employer: Actor
) -> None:
    """R58: the second is told who holds the seal; after 15 minutes it is free again."""
    second = actors.operator("second", people.uscc(1))
    enterprise_seal.agree(town.office, signed, opinion_ticked=True, actor=employer)

    with pytest.raises(SealHeld, match=r"10:15以后"):
        enterprise_seal.seal(town.office, signed, pin=PIN, actor=second)

    assert town.open_nodes(signed) == {"seal_document"}
    town.clock.forward(minutes=15)
    enterprise_seal.seal(town.office, signed, pin=PIN, actor=second)
    assert town.status(signed) == "UNDER_REVIEW"


def test_who_agreed_seals_although_a_colleague_looks(
    town: Town, signed: str, employer: Actor
) -> None:
    """R58: the holder himself is not kept from sealing."""
    enterprise_seal.agree(town.office, signed, opinion_ticked=True, actor=employer)

    assert seal_holds.other_holder(town.office, signed, employer) is None
    enterprise_seal.seal(town.office, signed, pin=PIN, actor=employer)
    assert town.status(signed) == "UNDER_REVIEW"


def test_the_personal_certificate_is_revoked_after_signing(
    town: Town, signed: str, person: Actor, employer: Actor
) -> None:
    """I13: a signature is judged at its time stamp: sealing goes on, the officer is warned."""
    custody = town.office.signatures.custody
    credential = custody.credential(Role.APPLICANT, person_id(person))
    assert credential is not None
    town.clock.forward(hours=1)
    assert cases.for_officer(town.office, town.case(signed)).warnings == []
    town.office.signatures.authority.revoke(credential.serial, "keyCompromise")

    town.seals(signed, employer)

    assert town.status(signed) == "UNDER_REVIEW"
    [warning] = cases.for_officer(town.office, town.case(signed)).warnings
    assert "申请人的数字证书在签署之后（2026-09-07 11:00）被吊销" in warning


def test_the_key_of_another_enterprise(town: Town, signed: str) -> None:
    """I13: another enterprise's key seals nothing here."""
    other = town.enterprise(2)

    with pytest.raises(StepRefused) as refusal:
        enterprise_seal.agree(town.office, signed, opinion_ticked=True, actor=other)

    assert "E_WRONG_ENTERPRISE" in codes(refusal)


def test_wrong_pins_until_the_key_is_locked(town: Town, signed: str, employer: Actor) -> None:
    """I13, R7: the tries are counted; a locked key names the hotline, the task stays open."""
    enterprise_seal.agree(town.office, signed, opinion_ticked=True, actor=employer)
    told: list[Refusal] = []
    for _ in range(6):
        with pytest.raises((PinWrong, PinLocked)) as refusal:
            enterprise_seal.seal(town.office, signed, pin="000000", actor=employer)
        told.append(refusal.value)

    assert isinstance(told[0], PinWrong)
    assert isinstance(told[-1], PinLocked)
    assert "021-962600" in str(told[-1])
    assert town.open_nodes(signed) == {"seal_document"}


def gone(town: Town) -> None:
    """Let the enterprise be de-registered."""
    known = town.world.companies[people.uscc(1)]
    town.world.companies[people.uscc(1)] = EnterpriseFacts(
        **{**vars(known), "status": "DEREGISTERED"}
    )


def test_the_enterprise_is_deregistered_on_the_way(
    town: Town, signed: str, person: Actor, employer: Actor
) -> None:
    """I10: E_ENTERPRISE_INACTIVE for who wants to work there; the person may withdraw."""
    gone(town)

    with pytest.raises(StepRefused) as refusal:
        enterprise_seal.agree(town.office, signed, opinion_ticked=True, actor=employer)

    assert "E_ENTERPRISE_INACTIVE" in codes(refusal)
    withdrawal.withdraw(town.office, signed, person)
    assert town.status(signed) == "WITHDRAWN"


def test_a_cancellation_goes_on_although_the_enterprise_is_gone(
    town: Town, person: Actor, employer: Actor
) -> None:
    """R100, I10: who leaves needs no active enterprise."""
    they.registers(town, person)
    case = they.signs(town, person)
    gone(town)

    town.seals(case, employer)

    assert town.status(case) == "COMPLETED"


@pytest.mark.proves("I5")
def test_the_enterprise_is_renamed_on_the_way(town: Town, signed: str, employer: Actor) -> None:
    """I16: what was signed under the old name is not sealed; E_ENTERPRISE_NAME_STALE says why."""
    known = town.world.companies[people.uscc(1)]
    town.world.companies[people.uscc(1)] = EnterpriseFacts(
        **{**vars(known), "name": "上海示例结构设计集团有限公司", "former_names": (known.name,)}
    )

    with pytest.raises(StepRefused) as refusal:
        enterprise_seal.agree(town.office, signed, opinion_ticked=True, actor=employer)

    assert "E_ENTERPRISE_NAME_STALE" in codes(refusal)


@pytest.mark.proves("I5")
def test_registered_elsewhere_meanwhile(
    town: Town, signed: str, person: Actor, employer: Actor
) -> None:
    """R54: one employer only; looked at again before the seal."""
    town.already_registered(person_id(person))

    with pytest.raises(StepRefused) as refusal:
        enterprise_seal.agree(town.office, signed, opinion_ticked=True, actor=employer)

    assert codes(refusal) == {"E_REGISTERED_ELSEWHERE"}


@pytest.mark.parametrize(
    ("days", "phase", "reasons"),
    [
        (91, "NOT_OPEN", {"E_RENEWAL_NOT_OPEN"}),
        (90, "OPEN", set()),
        (31, "OPEN", set()),
        (30, "OPEN", set()),
        (29, "LATE", set()),
        (0, "LATE", set()),
        (-1, "EXPIRED", {"E_EXPIRED_USE_INITIAL"}),
    ],
)
def test_renewal_days_before_the_end(
    town: Town, person: Actor, days: int, phase: str, reasons: set[str]
) -> None:
    """R66, R67: open, late, expired: each with its reason under the item."""
    today = town.office.today()
    town.registered(person, ends=today + timedelta(days=days))

    items = new_application.availability(town.office, person_id(person), TYPE)

    [renewal] = [item for item in items if item.matter == "RENEWAL"]
    assert {reason.code for reason in renewal.reasons} == reasons
    shown = registrations.renewal_phase(
        today + timedelta(days=days), today, open_days=90, statutory_days=30
    )
    assert shown == phase


@pytest.mark.parametrize(
    ("issued", "today", "late"),
    [
        (date(2024, 2, 29), date(2027, 2, 28), False),  # no 29 February: the month's last day
        (date(2024, 2, 29), date(2027, 3, 1), False),  # 28 February 2027 is a Sunday
        (date(2024, 2, 29), date(2027, 3, 2), True),
        (date(2023, 10, 1), date(2026, 10, 8), False),  # the limit falls into the holidays
        (date(2023, 10, 1), date(2026, 10, 9), True),
    ],
)
def test_a_qualification_of_29_february_and_a_limit_on_a_holiday(
    town: Town, issued: date, today: date, late: bool
) -> None:
    """R28: Civil Code 202, 203: corresponding day, last day of the month, next working day."""
    assert (town.office.calendar.days_late(issued, today, years=3) > 0) is late


def test_the_due_date_crosses_a_year_without_calendar(town: Town) -> None:
    """I12: from December the date is provisional, and said to be."""
    due = town.office.calendar.add_workdays(date(2027, 12, 21), 20)

    assert due.provisional
    assert due.day > date(2028, 1, 1)


def test_the_code_comes_after_it_expired_and_the_old_one_after_the_new(
    town: Town, ready: str, person: Actor
) -> None:
    """I6: expired; after resending only the newest code signs."""
    old = code_of(town, ready, person)
    town.clock.forward(minutes=6)
    with pytest.raises((Refusal, StepRefused)):
        personal.confirm(town.office, ready, old, person)
    town.clock.forward(minutes=2)

    newest = code_of(town, ready, person)
    if newest != old:
        with pytest.raises((Refusal, StepRefused)):
            personal.confirm(town.office, ready, old, person)
    personal.confirm(town.office, ready, newest, person)

    assert town.status(ready) == "PERSONAL_SIGNED"


def test_saving_twice_is_one_revision(town: Town, ready: str, person: Actor) -> None:
    """I8: a double click leads to the same result."""
    values = town.values(ready, person, enterprise_phone="021-00000002")
    town.saves(ready, person, values)

    again = town.saves(ready, person, values)

    assert not again.changed
    assert town.case(ready).revision == 2


def test_claiming_twice_and_claiming_what_was_superseded(
    town: Town, signed: str, person: Actor, employer: Actor
) -> None:
    """I17: the second claim is harmless; a superseded version leads to the new one."""
    task = deciding(town, signed, employer)
    officer_tasks.decide(town.office, task, "approve", actor=town.officer("li", "approver"))
    claims.claim(town.office, signed, person)
    claims.claim(town.office, signed, person)
    with town.office.sessions() as session:
        held = registrations.newest(session, person_id(person), TYPE)
        first = certificates.of_application(session, signed)
    assert held is not None
    assert first is not None

    changes = {"enterprise_name": "上海示例集团有限公司"}
    again = reissues.start(
        town.office, held.id, "RENAME", person, application_id=new_id(), changes=changes
    )

    with pytest.raises(CertificateSuperseded), writing(town.office.sessions) as session:
        certificates.claim(session, session.get_one(Certificate, first.id), at=town.clock())
    claims.claim(town.office, again, person)
    assert town.status(again) == "COMPLETED"


def test_a_cancellation_is_sealed_twice(town: Town, person: Actor, employer: Actor) -> None:
    """R107, I14: the second seal changes nothing; the registration was cancelled once."""
    held = they.registers(town, person)
    case = they.signs(town, person)
    town.seals(case, employer)

    with pytest.raises(StepNotOpen, match="办结"):
        enterprise_seal.seal(town.office, case, pin=PIN, actor=employer)

    with town.office.sessions() as session:
        assert registrations.get(session, held.id).status == "CANCELLED"
    with pytest.raises(TooLateToWithdraw):
        withdrawal.withdraw(town.office, case, person)


def test_the_diagram_is_deployed_anew_while_cases_run(
    town: Town, ready: str, person: Actor, employer: Actor
) -> None:
    """B.4: a running case keeps the version it started with; a new one takes the newest."""
    before = town.case(ready).definition
    files = files_of_type()
    files["help/initial.md"] += "\n\n补充说明。\n".encode()
    with writing(town.office.sessions) as session:
        definitions.deploy(session, TYPE, files, "analyst", town.clock())

    town.signs(ready, person)
    town.seals(ready, employer)
    other = town.person(2, issued=date(2025, 6, 2))
    newer = town.starts(other)

    assert town.case(ready).definition == before
    assert town.case(newer).definition != before
    assert town.status(ready) == "UNDER_REVIEW"
