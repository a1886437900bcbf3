"""聘用企业名称变更: looked at, computed, confirmed with the key, done item by item."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event, select

from casework import deployment
from casework.application import form_entry, new_application
from casework.case.refusals import StepRefused
from casework.decision import officer_tasks
from casework.rename import batches, item_effects
from casework.rename.batches import RenameOutdated, RenameRefused
from casework.rename.item_effects import CaseMoving
from casework.signature import enterprise_seal
from engine import actors
from engine.actors import Actor
from engine.errors import NotYourTask
from refusals.refusal import Refusal
from registry.applications import applications, documents, timeline
from registry.applications.applications import About, Application
from registry.applications.documents import DocumentKind
from registry.applications.statuses import Matter
from registry.certificates import certificates, public_answers, registrations
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.enterprises import enterprises, rename_items, renames
from registry.enterprises.rename_items import Effect, ItemState
from registry.enterprises.renames import RenameBatch
from registry.errors import RenameMoved, Unavailable
from registry.trail import notices
from signing.errors import PinWrong
from signing.judging.verify import Expected
from storage.database import writing
from tests import engineers, people
from tests.casework.application.test_form_entry import OTHER_PROVINCE
from tests.offices import PIN, ROOT, START, TYPE, Town, person_id
from web.ui import cases

pytestmark = pytest.mark.both_databases

BUILDER = "builder-2"
OLD = people.enterprise(1).name
NEW = "上海示例结构设计集团有限公司"
USCC = people.enterprise(1).uscc


@pytest.fixture
def clerk(town: Town) -> Actor:
    """Give somebody with the enterprise's key."""
    return town.enterprise()


def rename_outside(town: Town, name: str = NEW) -> None:
    """Let the enterprise have its new name in the registers outside, as the manual demands."""
    known = town.world.companies[USCC]
    town.world.companies[USCC] = replace(
        known, name=name, former_names=(*known.former_names, known.name)
    )


def hire(town: Town, *numbers: int, held: str = "CLAIMED", type: str = TYPE) -> list[Registration]:
    """Put registered engineers of the enterprise on record."""
    with writing(town.office.sessions) as session:
        enterprises.record(session, town.world.companies[USCC], at=START)
        return engineers.register(
            session,
            town.office.files,
            numbers,
            uscc=USCC,
            enterprise_name=town.world.companies[USCC].name,
            at=START,
            valid_to=date(2029, 6, 1),
            held=held,
            type=type,
        )


def computed(town: Town, clerk: Actor) -> str:
    return batches.compute(town.office, USCC, TYPE, clerk)


def renamed(town: Town, clerk: Actor, name: str = NEW) -> str:
    """Take the way of the manual to its end."""
    rename_outside(town, name)
    batch = computed(town, clerk)
    batches.confirm(town.office, batch, PIN, clerk)
    town.works()
    return batch


def batch_of(town: Town, batch_id: str) -> RenameBatch:
    with town.office.sessions() as session:
        return renames.get(session, batch_id)


def effects(town: Town, batch_id: str) -> dict[Effect, int]:
    with town.office.sessions() as session:
        return rename_items.counts_by_effect(session, batch_id)


def counts(town: Town, batch_id: str) -> dict[ItemState, int]:
    with town.office.sessions() as session:
        return {key: n for key, n in rename_items.counts(session, batch_id).items() if n}


def versions(town: Town, registration: Registration) -> list[Certificate]:
    with town.office.sessions() as session:
        query = select(Certificate).where(Certificate.registration_id == registration.id)
        return list(session.scalars(query.order_by(Certificate.version)))


def told(town: Town, person_id: str) -> list[str]:
    with town.office.sessions() as session:
        return [notice.text for notice in notices.inbox(session, f"person:{person_id}")]


def name_on_record(town: Town, registration: Registration) -> str:
    with town.office.sessions() as session:
        return registrations.get(session, registration.id).enterprise_name


# -- whether it may be done -----------------------------------------------------------------


def test_the_name_must_be_changed_in_the_qualification_system_first(
    town: Town, clerk: Actor
) -> None:
    """R126: the same name in both systems is no change; the reason says where to go first."""
    hire(town, 1)

    seen = batches.look(town.office, USCC, TYPE)

    assert [reason.code for reason in seen.reasons] == ["E_NOT_CHANGED_IN_REGISTRY"]
    assert "请先在企业资质系统完成工商注册名称修改" in seen.reasons[0].text
    with pytest.raises(RenameRefused) as refused:
        computed(town, clerk)
    assert refused.value.code == "E_NOT_CHANGED_IN_REGISTRY"


def test_a_look_counts_and_does_not_read_what_it_counts(town: Town, clerk: Actor) -> None:
    """R126: the front page of an enterprise with 10,000 engineers asks for two numbers."""
    hire(town, *range(1, 13))
    rename_outside(town)
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        if "FROM registration" in statement or "FROM application" in statement:
            asked.append((statement, values))

    engine = town.office.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        (seen,) = batches.looks(town.office, USCC)
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert (seen.certificates, seen.applications) == (12, 0)
    with engine.connect() as connection:
        rows = {text: len(connection.exec_driver_sql(text, said).all()) for text, said in asked}
    assert len(asked) == len(rows) == 4  # which professions (two), the names in use, the cases
    assert max(rows.values()) == 1, rows  # a row for each profession


@pytest.mark.proves("R125")
def test_another_legal_person_is_no_rename(town: Town, clerk: Actor) -> None:
    """R125: only the registered name of the same employer; another code is another employer."""
    hire(town, 1)
    del town.world.companies[USCC]

    seen = batches.look(town.office, USCC, TYPE)

    codes = [reason.code for reason in seen.reasons]
    assert codes == ["E_OTHER_LEGAL_PERSON", "E_ENTERPRISE_INACTIVE"]
    assert USCC in seen.reasons[0].text


def test_an_inactive_enterprise_changes_no_names(town: Town, clerk: Actor) -> None:
    """R126: every reason at once, each with its remedy."""
    hire(town, 1)
    rename_outside(town)
    known = town.world.companies[USCC]
    town.world.companies[USCC] = replace(known, status="DEREGISTERED")

    seen = batches.look(town.office, USCC, TYPE)

    assert [reason.code for reason in seen.reasons] == ["E_ENTERPRISE_INACTIVE"]
    assert "注销" in seen.reasons[0].text


def test_nobody_guesses_while_the_system_is_away(town: Town, clerk: Actor) -> None:
    """R126: without an answer of the qualification system nothing is computed."""
    hire(town, 1)
    town.world.down.add("enterprise_qualifications")

    with pytest.raises(Unavailable):
        computed(town, clerk)


def test_without_certificates_it_is_said_and_done(town: Town, clerk: Actor) -> None:
    """R127: that no certificate is touched is information, no obstacle."""
    with writing(town.office.sessions) as session:
        enterprises.record(session, town.world.companies[USCC], at=START)
    rename_outside(town)

    seen = batches.look(town.office, USCC, TYPE)
    assert seen.is_possible
    assert [note.code for note in seen.notes] == ["I_NO_CERTIFICATES"]
    batch = computed(town, clerk)
    batches.confirm(town.office, batch, PIN, clerk)
    town.works()

    assert batch_of(town, batch).state == "DONE"
    with town.office.sessions() as session:
        assert enterprises.get(session, USCC).name == NEW
        assert [
            enterprise_name.name for enterprise_name in enterprises.former_names(session, USCC)
        ] == [OLD]


# -- what is computed -----------------------------------------------------------------------


@pytest.mark.proves("R127")
def test_the_impact_is_counted_and_listed_and_nothing_is_changed(town: Town, clerk: Actor) -> None:
    """R127: both names, how many of what, the list on paper; until it is confirmed it is a list."""
    claimed = hire(town, 1, 2)
    hire(town, 3, held="UNCLAIMED")
    hire(town, 4, held="PAPER")
    rename_outside(town)

    batch_id = computed(town, clerk)

    batch = batch_of(town, batch_id)
    assert (batch.state, batch.old_name, batch.new_name) == ("COMPUTED", OLD, NEW)
    assert effects(town, batch_id) == {
        Effect.SUPERSEDE_AND_RECLAIM: 2,
        Effect.REISSUE_UNCLAIMED: 1,
        Effect.UPDATE_RECORD_EXCHANGE_LATER: 1,
    }
    assert town.office.files.get(str(batch.list_sha256)).startswith(b"%PDF-")
    assert name_on_record(town, claimed[0]) == OLD
    assert len(versions(town, claimed[0])) == 1


def test_registrations_that_ended_are_history(town: Town, clerk: Actor) -> None:
    """I16: cancelled and expired registrations keep the name under which they ended."""
    ended, expired, *_ = hire(town, 1, 2, 3)
    with writing(town.office.sessions) as session:
        registrations.end(
            session, registrations.get(session, ended.id), "CANCELLED", reason="示例", at=START
        )
        registrations.get(session, expired.id).valid_to = date(2026, 1, 1)

    batch = renamed(town, clerk)

    assert counts(town, batch) == {ItemState.DONE: 1}
    assert name_on_record(town, ended) == name_on_record(town, expired) == OLD


def test_a_second_computation_replaces_the_first(town: Town, clerk: Actor) -> None:
    """R127: of two lists only the newest can be confirmed; two presses at once make one."""
    hire(town, 1)
    rename_outside(town)

    first, again = computed(town, clerk), computed(town, clerk)
    town.clock.forward(minutes=2)
    second = computed(town, clerk)

    assert again == first
    assert batch_of(town, first).state == "CANCELLED"
    with pytest.raises(RenameMoved):
        batches.confirm(town.office, first, PIN, clerk)
    batches.confirm(town.office, second, PIN, clerk)
    town.works()
    assert batch_of(town, second).state == "DONE"


def test_after_thirty_minutes_it_is_computed_again(town: Town, clerk: Actor) -> None:
    """R127: a list that is half an hour old is not confirmed."""
    hire(town, 1)
    rename_outside(town)
    batch = computed(town, clerk)
    town.clock.forward(minutes=30)

    with pytest.raises(RenameOutdated, match="请重新计算"):
        batches.confirm(town.office, batch, PIN, clerk)
    town.works()

    assert batch_of(town, batch).state == "CANCELLED"
    assert batch_of(town, computed(town, clerk)).state == "COMPUTED"


def test_a_list_that_nobody_confirms_can_be_given_up(town: Town, clerk: Actor) -> None:
    """R127: 【取消】 changes nothing."""
    [engineer] = hire(town, 1)
    rename_outside(town)
    batch = computed(town, clerk)

    batches.cancel(town.office, batch, clerk)

    assert batch_of(town, batch).state == "CANCELLED"
    assert name_on_record(town, engineer) == OLD


# -- confirming -----------------------------------------------------------------------------


def test_only_the_key_confirms(town: Town, clerk: Actor) -> None:
    """R128: a wrong PIN changes nothing; the list is sealed with the enterprise's certificate."""
    [engineer] = hire(town, 1)
    rename_outside(town)
    batch = computed(town, clerk)

    with pytest.raises(PinWrong):
        batches.confirm(town.office, batch, "000000", clerk)
    assert batch_of(town, batch).state == "COMPUTED"
    assert name_on_record(town, engineer) == OLD
    batches.confirm(town.office, batch, PIN, clerk)

    sealed = town.office.files.get(str(batch_of(town, batch).sealed_sha256))
    report = town.office.signatures.examine(sealed, expected=Expected.enterprise(USCC))
    assert report.ok, report.all_findings
    assert [signature.subject for signature in report.signatures] == [USCC]
    assert batch_of(town, batch).confirmed_by == clerk.id


def test_a_revoked_key_is_told_before_the_name_is_confirmed(town: Town, clerk: Actor) -> None:
    """I13: on the page, with the hotline, and not by a job that fails afterwards."""
    hire(town, 1)
    rename_outside(town)
    batch = computed(town, clerk)
    town.revokes_the_key()

    with pytest.raises(StepRefused, match="021-962600") as refusal:
        batches.confirm(town.office, batch, PIN, clerk)

    assert refusal.value.code == "E_CERT_REVOKED"
    assert batch_of(town, batch).state == "COMPUTED"


def test_the_name_changed_once_more_before_it_was_confirmed(town: Town, clerk: Actor) -> None:
    """R126: what is confirmed is what the qualification system says at that moment."""
    hire(town, 1)
    rename_outside(town)
    batch = computed(town, clerk)
    rename_outside(town, "上海示例又一个名称有限公司")

    with pytest.raises(RenameOutdated):
        batches.confirm(town.office, batch, PIN, clerk)


def test_another_enterprise_cannot_confirm(town: Town, clerk: Actor) -> None:
    """R125: whose list it is decides the inbox of the task, not the page."""
    hire(town, 1)
    rename_outside(town)
    batch = computed(town, clerk)
    stranger = town.enterprise(2)

    with pytest.raises(NotYourTask):
        batches.confirm(town.office, batch, PIN, stranger)

    assert batch_of(town, batch).state == "COMPUTED"


# -- certificates ---------------------------------------------------------------------------


@pytest.mark.proves("I16")
def test_certificates_take_the_new_name_and_are_claimed_again(town: Town, clerk: Actor) -> None:
    """R128, R129, I16: who has claimed claims the next version; the old one ends."""
    [engineer] = hire(town, 1)
    person = actors.person(engineer.person_id)

    batch = renamed(town, clerk)

    assert batch_of(town, batch).state == "DONE"
    assert name_on_record(town, engineer) == NEW
    first, second = versions(town, engineer)
    assert (first.validity, first.claim_state) == ("SUPERSEDED", "CLAIMED")
    assert (second.validity, second.claim_state, second.cause) == ("VALID", "UNCLAIMED", "RENAME")
    assert second.facts == {**first.facts, "enterprise_name": NEW, "valid_to": "2029-06-01"}
    assert any("领" in text for text in told(town, engineer.person_id))
    with town.office.sessions() as session:
        old = public_answers.of(session, first, on=date(2026, 9, 8))
        new = public_answers.of(session, second, on=date(2026, 9, 8))
    assert (old.status.label, old.newer_exists) == ("已更新", True)
    assert (new.status.label, new.enterprise_name) == ("有效", NEW)
    town.claims(str(second.application_id), person)
    assert town.status(str(second.application_id)) == "COMPLETED"
    assert town.troubles() == []


@pytest.mark.proves("I16")
def test_a_certificate_that_nobody_claimed_yet_is_made_anew(town: Town, clerk: Actor) -> None:
    """R129, I16: there is one certificate to claim, with the new name."""
    [engineer] = hire(town, 1, held="UNCLAIMED")

    renamed(town, clerk)

    first, second = versions(town, engineer)
    assert (first.validity, second.validity) == ("SUPERSEDED", "VALID")
    assert second.facts["enterprise_name"] == NEW


def test_paper_stays_paper(town: Town, clerk: Actor) -> None:
    """I16: the record changes, the person is told that the exchange will show the new name."""
    [engineer] = hire(town, 1, held="PAPER")

    batch = renamed(town, clerk)

    assert name_on_record(town, engineer) == NEW
    assert [version.validity for version in versions(town, engineer)] == ["VALID"]
    assert any("换领电子证书" in text for text in told(town, engineer.person_id))
    assert batch_of(town, batch).state == "DONE"


@pytest.mark.proves("I16")
def test_doing_it_again_touches_nothing_and_a_later_rename_works(town: Town, clerk: Actor) -> None:
    """I16: an item happens once, whatever is repeated; the next change of name is another batch."""
    [engineer] = hire(town, 1)
    batch = renamed(town, clerk)
    with town.office.sessions() as session:
        [(item, _)] = rename_items.page(session, batch)

    item_effects.apply(town.office, item.id)
    town.works()
    assert len(versions(town, engineer)) == 2
    with pytest.raises(RenameRefused):
        computed(town, clerk)

    third = "上海示例第三个名称有限公司"
    again = renamed(town, clerk, third)
    assert batch_of(town, again).state == "DONE"
    assert [version.validity for version in versions(town, engineer)] == [
        "SUPERSEDED",
        "SUPERSEDED",
        "VALID",
    ]
    assert versions(town, engineer)[-1].facts["enterprise_name"] == third
    assert town.troubles() == []


# -- cases ----------------------------------------------------------------------------------


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


def file_of(town: Town, case: str) -> documents.Document | None:
    with town.office.sessions() as session:
        return documents.current(session, case, DocumentKind.APPLICATION)


def papers(town: Town, case: str) -> list[tuple[str, str | None]]:
    with town.office.sessions() as session:
        history = documents.history(session, case)
    return [
        (document.state, document.void_reason)
        for document in history
        if document.kind == DocumentKind.APPLICATION
    ]


def signed(town: Town, person: Actor) -> str:
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    town.signs(case, person)
    return case


@pytest.mark.proves("I16")
def test_a_form_that_was_signed_is_signed_again(town: Town, clerk: Actor, person: Actor) -> None:
    """I16: the person signed the old name; the file is void, the form shows the new one."""
    case = signed(town, person)

    batch = renamed(town, clerk)

    assert effects(town, batch) == {Effect.VOID_AND_RESIGN: 1}
    assert batch_of(town, batch).state == "DONE"
    assert town.status(case) == "DRAFT"
    assert papers(town, case) == [("void", "RENAMED")]
    assert form_entry.prefill(town.office, case)["enterprise_name"] == NEW
    assert any("重新保存并签名" in text for text in told(town, person_id(person)))
    with town.office.sessions() as session:
        lines = [line.text for line in timeline.of(session, case)]
        clerks = [notice.text for notice in notices.inbox(session, f"enterprise:{USCC}")]
    assert any("按旧名称签署的申请表作废" in line for line in lines)
    assert "已签署的申请表作废：申请内容已修改" not in lines
    assert any("重新签名后再确认" in text for text in clerks)

    town.saves(case, person, form_entry.prefill(town.office, case) | {"applicant_opinion": True})
    town.clock.forward(minutes=2)
    town.signs(case, person)
    town.seals(case, clerk)
    assert town.case(case).enterprise_name == NEW
    assert town.troubles() == []


def test_a_returned_form_goes_back_to_the_form(town: Town, clerk: Actor, person: Actor) -> None:
    """I16: RETURNED is signed under the old name too."""
    case = signed(town, person)
    enterprise_seal.send_back(town.office, case, reason="联系电话有误，请更正", actor=clerk)

    batch = renamed(town, clerk)

    assert effects(town, batch) == {Effect.VOID_AND_RESIGN: 1}
    assert (town.status(case), papers(town, case)) == ("DRAFT", [("void", "RENAMED")])


def test_a_form_to_be_corrected_is_signed_again(town: Town, clerk: Actor, person: Actor) -> None:
    """I16, I18: sealed and sent back for correction: void, and the list still holds."""
    town.world.certificates.clear()  # typed in, so that an officer checks it
    case = town.starts(person)
    typed = OTHER_PROVINCE | {"qualification_scans": [town.scan(case, person)]}
    town.saves(case, person, town.values(case, person, **typed))
    town.signs(case, person)
    town.seals(case, clerk)
    acceptor = town.officer("zhao", "acceptor")
    task = town.task(case, "formal_check").id
    asked = ["资格证书扫描件缺少盖章页"]
    officer_tasks.formal_check(town.office, task, "correct", items=asked, actor=acceptor)
    assert town.status(case) == "CORRECTION_REQUIRED"

    batch = renamed(town, clerk)

    assert effects(town, batch) == {Effect.VOID_AND_RESIGN: 1}
    assert batch_of(town, batch).state == "DONE"
    assert town.status(case) == "DRAFT"
    assert {("void", "RENAMED")} == set(papers(town, case))
    values = form_entry.prefill(town.office, case)
    assert (values["enterprise_name"], values["qualification_no"]) == (
        NEW,
        OTHER_PROVINCE["qualification_no"],
    )
    assert any("重新保存并签名" in text for text in told(town, person_id(person)))
    shown = cases.for_applicant(town.office, town.case(case))
    assert (shown.reasons_title, shown.reasons) == ("需要补正的内容", asked)

    town.clock.forward(minutes=2)
    scans = [*values["qualification_scans"], town.scan(case, person)]
    town.saves(case, person, values | {"qualification_scans": scans, "applicant_opinion": True})
    town.signs(case, person)
    town.seals(case, clerk)
    officer_tasks.formal_check(
        town.office, town.task(case, "formal_check").id, "accept", actor=acceptor
    )
    assert (town.status(case), town.case(case).enterprise_name) == ("UNDER_REVIEW", NEW)
    assert cases.for_applicant(town.office, town.case(case)).reasons == []
    assert town.troubles() == []


def test_a_form_that_is_not_signed_only_takes_the_name(
    town: Town, clerk: Actor, person: Actor
) -> None:
    """I16: nothing was signed, nothing is lost; the printed form is made anew."""
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    assert town.status(case) == "READY_TO_SIGN"

    batch = renamed(town, clerk)

    assert effects(town, batch) == {Effect.UPDATE_NAME: 1}
    assert town.status(case) == "DRAFT"
    values = form_entry.prefill(town.office, case)
    assert (values["enterprise_name"], values["enterprise_phone"]) == (NEW, "021-00000001")
    assert town.case(case).enterprise_name == NEW


def test_a_sealed_form_stands_and_the_certificate_bears_the_new_name(
    town: Town, clerk: Actor, person: Actor
) -> None:
    """I16: the signed file stays as evidence with the old name; what is issued has the new one."""
    case = town.starts(person)
    town.files(case, person, clerk)
    assert town.status(case) == "UNDER_REVIEW"
    before = file_of(town, case)

    batch = renamed(town, clerk)

    assert effects(town, batch) == {Effect.KEEP_FILE_ISSUE_NEW_NAME: 1}
    assert file_of(town, case) == before or file_of(town, case) is not None
    assert papers(town, case) == [("current", None)]
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    with town.office.sessions() as session:
        certificate = certificates.of_application(session, case)
        registration = registrations.newest(session, person_id(person), TYPE)
        revision = applications.current_revision(session, case)
    assert certificate is not None
    assert registration is not None
    assert revision is not None
    assert certificate.facts["enterprise_name"] == registration.enterprise_name == NEW
    assert revision.content["enterprise"]["name"] == OLD
    assert town.troubles() == []


def test_an_approved_case_gets_its_certificate_anew(
    town: Town, clerk: Actor, person: Actor
) -> None:
    """R129, I16: the certificate waits unclaimed; the wait for the old version ends."""
    case = town.starts(person)
    town.files(case, person, clerk)
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))

    batch = renamed(town, clerk)

    assert batch_of(town, batch).state == "DONE"
    with town.office.sessions() as session:
        issued = certificates.of_person(session, person_id(person))
    assert sorted(certificate.validity for certificate in issued) == ["SUPERSEDED", "VALID"]
    assert town.status(case) == "COMPLETED"
    assert town.troubles() == []


# -- races ----------------------------------------------------------------------------------


def test_sealed_between_the_list_and_its_turn(town: Town, clerk: Actor, person: Actor) -> None:
    """I16: the seal came first and stands; the item does what is right now, not what was listed."""
    case = signed(town, person)
    rename_outside(town)
    batch = computed(town, clerk)
    assert effects(town, batch) == {Effect.VOID_AND_RESIGN: 1}
    rename_back = town.world.companies[USCC]
    town.world.companies[USCC] = replace(rename_back, name=OLD)
    town.seals(case, clerk)
    town.world.companies[USCC] = rename_back

    batches.confirm(town.office, batch, PIN, clerk)
    town.works()

    assert effects(town, batch) == {Effect.KEEP_FILE_ISSUE_NEW_NAME: 1}
    assert papers(town, case) == [("current", None)]


def test_the_enterprise_cannot_seal_the_old_name(town: Town, clerk: Actor, person: Actor) -> None:
    """I16, R55: who presses 【签名确认】 after the rename is told why it is over."""
    case = signed(town, person)
    enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=clerk)
    rename_outside(town)

    with pytest.raises(StepRefused, match="企业名称已变更") as refused:
        enterprise_seal.seal(town.office, case, pin=PIN, actor=clerk)

    assert refused.value.code == "E_ENTERPRISE_NAME_STALE"


def test_a_case_that_moves_at_the_same_moment_is_looked_at_again(
    town: Town, clerk: Actor, person: Actor
) -> None:
    """I16: the first commit wins; what was decided upon an older state is not written."""
    case = signed(town, person)
    seen = town.case(case)
    batch_id = _computed_with(town, clerk)
    batch = batch_of(town, batch_id)
    enterprise_seal.send_back(town.office, case, reason="联系电话有误，请更正", actor=clerk)

    with pytest.raises(CaseMoving), writing(town.office.sessions) as session:
        item_effects._take_name(session, seen, batch)

    assert town.case(case).enterprise_name == OLD


def _computed_with(town: Town, clerk: Actor) -> str:
    rename_outside(town)
    return computed(town, clerk)


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Do these at the same moment; give what each raised, or None."""
    barrier = Barrier(len(actions))

    def do(action: Callable[[], object]) -> object:
        barrier.wait()
        try:
            action()
        except Refusal as refusal:
            return refusal
        return None

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(do, actions))


def running(town: Town, clerk: Actor) -> str:
    """Confirm a rename that the enterprise register does not know yet, and stop before its items.

    So the checks before a seal have nothing against the old name, and the race is a fair one.
    """
    town.world.renamed[USCC] = NEW
    batch = computed(town, clerk)
    batches.confirm(town.office, batch, PIN, clerk)
    return batch


def test_seal_and_rename_at_the_same_moment(town: Town, clerk: Actor, person: Actor) -> None:
    """I16: exactly one wins; a seal that lost says why, a seal that won stands."""
    case = signed(town, person)
    enterprise_seal.agree(town.office, case, opinion_ticked=True, actor=clerk)
    batch = running(town, clerk)

    sealed, _ = at_once(
        lambda: enterprise_seal.seal(town.office, case, pin=PIN, actor=clerk), lambda: town.works()
    )
    town.works()

    assert batch_of(town, batch).state == "DONE"
    if sealed is None:
        assert effects(town, batch) == {Effect.KEEP_FILE_ISSUE_NEW_NAME: 1}
        assert (town.status(case), papers(town, case)) == ("UNDER_REVIEW", [("current", None)])
    else:
        assert getattr(sealed, "code", "") in ("E_ENTERPRISE_NAME_STALE", "E_STEP_NOT_OPEN")
        assert effects(town, batch) == {Effect.VOID_AND_RESIGN: 1}
        assert (town.status(case), papers(town, case)) == ("DRAFT", [("void", "RENAMED")])
    assert town.case(case).enterprise_name == NEW
    assert town.troubles() == []


def test_signature_and_rename_at_the_same_moment(town: Town, clerk: Actor, person: Actor) -> None:
    """I16: whoever is first, what was signed under the old name is void in the end."""
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    batch = running(town, clerk)

    at_once(lambda: town.signs(case, person), lambda: town.works())
    town.works()

    assert batch_of(town, batch).state == "DONE"
    assert town.status(case) == "DRAFT"
    assert set(papers(town, case)) == {("void", "RENAMED")}
    assert form_entry.prefill(town.office, case)["enterprise_name"] == NEW
    assert town.troubles() == []


def test_decision_and_rename_at_the_same_moment(town: Town, clerk: Actor, person: Actor) -> None:
    """I16, R128: whoever is first, the certificate that counts bears the new name."""
    case = town.starts(person)
    town.files(case, person, clerk)
    town.reviews(case, town.officer("wang", "reviewer"))
    approver = town.officer("li", "approver")
    batch = running(town, clerk)

    decided, _ = at_once(lambda: town.decides(case, approver), lambda: town.works())
    town.works()

    assert decided is None
    assert batch_of(town, batch).state == "DONE"
    with town.office.sessions() as session:
        issued = certificates.of_person(session, person_id(person))
        registration = registrations.newest(session, person_id(person), TYPE)
    [valid] = [certificate for certificate in issued if certificate.validity == "VALID"]
    assert registration is not None
    assert valid.facts["enterprise_name"] == registration.enterprise_name == NEW
    assert town.troubles() == []


# -- two professions ------------------------------------------------------------------------


def test_each_profession_has_a_batch_of_its_own(town: Town, clerk: Actor) -> None:
    """R127, I16, R8: one name, two professions: both are told, each changes what is its own."""
    assert all(not deployed.problems for deployed in deployment.deploy(town.office, ROOT / "bpmn"))
    structural = hire(town, 1, 2)
    builders = hire(town, 11, 12, 13, type=BUILDER)
    with writing(town.office.sessions) as session:  # one person may be both
        both = session.get_one(Registration, builders[2].id)
        both.person_id = structural[0].person_id
        session.get_one(Certificate, versions(town, both)[0].id).person_id = both.person_id
    rename_outside(town)
    assert batches.professions(town.office, USCC) == [BUILDER, TYPE]
    assert [look.certificates for look in batches.looks(town.office, USCC)] == [3, 2]

    first = computed(town, clerk)
    batches.confirm(town.office, first, PIN, clerk)
    second = batches.compute(town.office, USCC, BUILDER, clerk)  # while the first one runs
    assert batch_of(town, first).state == "RUNNING"
    assert effects(town, second) == {Effect.SUPERSEDE_AND_RECLAIM: 3}
    batches.confirm(town.office, second, PIN, clerk)
    town.works()

    for batch, count in ((first, 2), (second, 3)):
        assert batch_of(town, batch).state == "DONE"
        assert counts(town, batch) == {ItemState.DONE: count}
    serials = [
        *((engineer, "S2") for engineer in structural),
        *((builder, "J2") for builder in builders),
    ]
    for somebody, serial in serials:
        old, new = versions(town, somebody)
        assert (old.validity, new.validity) == ("SUPERSEDED", "VALID")
        assert new.facts["enterprise_name"] == NEW
        assert name_on_record(town, somebody) == NEW
        assert serial in new.no
    twice = [text for text in told(town, structural[0].person_id) if "原版本失效" in text]
    assert len(twice) == 2  # one for each certificate
    assert town.troubles() == []


def test_the_second_profession_follows_when_it_is_asked_for(town: Town, clerk: Actor) -> None:
    """R127: a batch leaves the other profession as it was, and its own may come any day after."""
    assert all(not deployed.problems for deployed in deployment.deploy(town.office, ROOT / "bpmn"))
    [engineer], [builder] = hire(town, 1), hire(town, 11, type=BUILDER)
    renamed(town, clerk)
    assert name_on_record(town, engineer) == NEW
    assert (name_on_record(town, builder), len(versions(town, builder))) == (OLD, 1)
    town.clock.forward(days=3)

    seen = batches.look(town.office, USCC, BUILDER)
    assert (seen.old_name, seen.is_possible, seen.certificates) == (OLD, True, 1)
    batch = batches.compute(town.office, USCC, BUILDER, clerk)
    batches.confirm(town.office, batch, PIN, clerk)
    town.works()

    assert batch_of(town, batch).state == "DONE"
    assert (name_on_record(town, builder), len(versions(town, builder))) == (NEW, 2)
    assert len(versions(town, engineer)) == 2


# -- failures -------------------------------------------------------------------------------


@pytest.mark.proves("I16")
def test_what_fails_is_said_and_done_again_alone(
    town: Town, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I16: partial failure is recorded with its reason; only the failed item is tried again."""
    monkeypatch.setattr(item_effects, "PAUSE_S", 0)
    [engineer] = hire(town, 1)
    stray = _case_without_process(town, engineer.person_id)

    batch = renamed(town, clerk)

    assert batch_of(town, batch).state == "PARTIAL"
    assert counts(town, batch) == {ItemState.DONE: 1, ItemState.FAILED: 1}
    with town.office.sessions() as session:
        [(failed, _)] = rename_items.page(session, batch, state="FAILED")
    assert failed.subject_id == stray
    assert failed.error
    with writing(town.office.sessions) as session:
        session.get_one(Application, stray).status = "CLOSED"
    batches.retry(town.office, batch, clerk)
    town.works()

    assert batch_of(town, batch).state == "DONE"
    assert len(versions(town, engineer)) == 2


def _case_without_process(town: Town, person: str) -> str:
    """Put a case on record that no process moves, as an interrupted take-over would leave."""
    with writing(town.office.sessions) as session:
        version = town.office.definitions.latest(TYPE).hash
        about = About(
            person_id=person, matter=Matter.RENEWAL, type=TYPE, uscc=USCC, enterprise_name=OLD
        )
        case = applications.create(session, about, definition=version, at=START)
        case.status = "PERSONAL_SIGNED"
        return case.id


def test_a_crash_in_the_middle_is_gone_on_with(town: Town, clerk: Actor) -> None:
    """I16: what was committed is not repeated, what was not is done."""
    hired = hire(town, 1, 2, 3)
    rename_outside(town)
    batch = computed(town, clerk)
    batches.confirm(town.office, batch, PIN, clerk)
    with town.office.sessions() as session:
        [(first, _), *_] = rename_items.page(session, batch)
    item_effects.apply(town.office, first.id)  # done before the machine stopped

    town.works()

    assert batch_of(town, batch).state == "DONE"
    assert [len(versions(town, registration)) for registration in hired] == [2, 2, 2]


def test_while_it_runs_nobody_starts_and_no_other_batch(town: Town, clerk: Actor) -> None:
    """I16, R20: a short lock, told as such; afterwards everything is open again."""
    [engineer] = hire(town, 1)
    rename_outside(town)
    batch = computed(town, clerk)
    batches.confirm(town.office, batch, PIN, clerk)
    assert batch_of(town, batch).state == "RUNNING"

    items = new_application.availability(town.office, engineer.person_id, TYPE)
    assert all("E_ENTERPRISE_RENAMING" in [r.code for r in item.reasons] for item in items)
    seen = batches.look(town.office, USCC, TYPE)
    assert "E_RENAME_RUNNING" in [reason.code for reason in seen.reasons]
    town.works()

    items = new_application.availability(town.office, engineer.person_id, TYPE)
    assert not any("E_ENTERPRISE_RENAMING" in [r.code for r in item.reasons] for item in items)
