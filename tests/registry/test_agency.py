from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from refusals.refusal import NotFound
from registry import numbering
from registry.applications import decisions
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep, Result
from registry.authority import bans
from registry.authority.bans import Basis
from registry.certificates import qualifications
from registry.certificates.qualifications import QualificationSource, Region, Shown
from registry.errors import (
    AlreadyDecided,
    ParameterInvalid,
    QualificationInvalid,
    QualificationTaken,
)
from registry.identifiers import has_check_character
from registry.law import parameters
from registry.people.persons import Person, register
from registry.trail import notices
from storage.connections import keeping
from storage.database import new_id, writing
from tests.registry.conftest import NOW, resident

Sessions = sessionmaker[Session]
DAY = date(2026, 11, 24)
OFFICER = {"officer_id": "officer:1", "officer_name": "简演示", "revision": 1, "at": NOW}


def _result(step: str, outcome: str) -> Result:
    return Result(step=DecisionStep(step), outcome=outcome)


def test_a_decision_keeps_reasons_and_officer(sessions: Sessions, application: Application) -> None:
    """I12: a refusal says why; nobody else's name stands under it."""
    with writing(sessions) as session:
        made = decisions.record(
            session,
            application.id,
            Result(step=DecisionStep.DECIDE, outcome="reject", reasons=["学时不足"]),
            **OFFICER,
        )

    with sessions() as session:
        decision = decisions.get(session, made.id)
        with pytest.raises(NotFound):
            decisions.get(session, new_id())
    assert (decision.reasons, decision.officer_name) == (["学时不足"], "简演示")
    assert decision.outcome_label == "不予许可"
    assert DecisionStep(decision.step).label == "决定"


@pytest.mark.parametrize("step", ["decide", "extension"])
def test_some_steps_have_one_result(
    sessions: Sessions, application: Application, step: str
) -> None:
    """I12: one decision; one extension (Licensing Law 42)."""
    with writing(sessions) as session:
        decisions.record(session, application.id, _result(step, "approve"), **OFFICER)

    with writing(sessions) as session, pytest.raises(AlreadyDecided):
        decisions.record(session, application.id, _result(step, "reject"), **OFFICER)

    with sessions() as session:
        assert [decision.outcome for decision in decisions.of(session, application.id)] == [
            "approve"
        ]


def test_a_formal_check_may_be_repeated(sessions: Sessions, application: Application) -> None:
    """I18: after the correction the form is checked anew; the newest result counts."""
    for outcome in ("correct", "accept"):
        with writing(sessions) as session:
            decisions.record(session, application.id, _result("formal_check", outcome), **OFFICER)

    with sessions() as session:
        assert decisions.newest(session, application.id, "formal_check").outcome == "accept"
        assert decisions.newest(session, application.id, "review") is None


def test_numbers_run_by_year_and_kind(sessions: Sessions) -> None:
    """I11: the notice carries a number; each kind and year begins at one."""
    with writing(sessions) as session:
        accepted = [numbering.notice_no(session, "acceptance-notice", DAY) for _ in range(2)]
        other = numbering.notice_no(session, "decision", DAY)
        later = numbering.notice_no(session, "acceptance-notice", date(2027, 1, 1))
        certificate = numbering.certificate_no(session, DAY)

    assert accepted == ["沪建注受〔2026〕第00001号", "沪建注受〔2026〕第00002号"]
    assert (other, later) == ("沪建注准〔2026〕第00001号", "沪建注受〔2027〕第00001号")
    assert has_check_character(certificate)


def test_a_number_is_never_given_twice(sessions: Sessions) -> None:
    """Ten threads draw fifty numbers: fifty different ones without a gap."""
    drawn: list[int] = []

    def draw() -> None:
        for _ in range(5):
            with writing(sessions) as session:
                serial = numbering.next_serial(session, "certificate/2026")
            drawn.append(serial)

    threads = [threading.Thread(target=draw) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(drawn) == list(range(1, 51))


def test_a_rolled_back_number_is_free_again(sessions: Sessions) -> None:
    """Only what was committed counts."""
    with sessions() as session:
        session.connection(execution_options={"writes": True})
        numbering.next_serial(session, "x")
        session.rollback()
    with writing(sessions) as session:
        assert numbering.next_serial(session, "x") == 1


def test_a_qualification_belongs_to_one_person(sessions: Sessions, person: Person) -> None:
    """R32: a number that is another's is refused; one's own may be recorded again."""
    facts = {
        "type": "structural-engineer-2",
        "certificate_no": "demo-0001",
        "issued_on": date(2025, 1, 1),
        "issuer": "示例",
    }
    with writing(sessions) as session:
        shown = Shown(source=QualificationSource.DATABASE, **facts)
        qualifications.record(session, person.id, shown, at=NOW)
        other = register(session, resident(1), at=NOW)
    with writing(sessions) as session:
        typed = Shown(
            source=QualificationSource.MANUAL, region=Region.OTHER, province="江苏省", **facts
        )
        again = qualifications.record(session, person.id, typed, at=NOW)
        assert (again.trust, again.certificate_no) == ("C", "DEMO-0001")
        examined = Shown(source=QualificationSource.MANUAL, verified_by="officer:1", **facts)
        again = qualifications.record(session, person.id, examined, at=NOW)
        assert again.trust == "B"

    typed = Shown(source=QualificationSource.MANUAL, **facts)
    with writing(sessions) as session, pytest.raises(QualificationTaken, match="DEMO-0001"):
        qualifications.record(session, other.id, typed, at=NOW)
    with sessions() as session:
        assert len(qualifications.of_person(session, person.id)) == 1


def test_professions_number_their_qualifications_for_themselves(
    sessions: Sessions, person: Person
) -> None:
    """R32: the same number of another profession is another certificate."""
    facts = {"certificate_no": "31-0001", "issued_on": date(2025, 1, 1), "issuer": "示例"}
    with writing(sessions) as session:
        other = register(session, resident(1), at=NOW)
        for who, profession in ((person, "structural-engineer-2"), (other, "builder-2")):
            shown = Shown(type=profession, source=QualificationSource.DATABASE, **facts)
            qualifications.record(session, who.id, shown, at=NOW)

    with sessions() as session:
        for who, profession in ((person, "structural-engineer-2"), (other, "builder-2")):
            held_by = qualifications.holder(session, type=profession, certificate_no="３１-0001")
            assert held_by == who.id


@pytest.mark.parametrize(
    ("number", "issued_on", "field"),
    [
        ("DEMO", date(2025, 1, 1), "qualification_no"),
        ("D" * 41, date(2025, 1, 1), "qualification_no"),
        ("DEMO-0001", DAY + timedelta(days=1), "qualification_issued_on"),
    ],
)
def test_a_qualification_that_can_not_be(
    sessions: Sessions, person: Person, number: str, issued_on: date, field: str
) -> None:
    """R32, R35: the refusal names its field."""
    with sessions() as session, pytest.raises(QualificationInvalid) as refused:
        qualifications.check(
            session,
            person.id,
            type="structural-engineer-2",
            certificate_no=number,
            issued_on=issued_on,
            today=DAY,
        )
    assert refused.value.field == field


def test_a_notice_is_told_once(sessions: Sessions) -> None:
    """A repeated job does not ring twice; reading empties the counter."""
    for key in ("a", "a", "b"):
        with writing(sessions) as session:
            notices.tell(session, "enterprise:1", "signed", "陶示例已签名", key=key, at=NOW)

    with sessions() as session:
        assert notices.unread(session, "enterprise:1") == 2
        assert notices.unread(session, "enterprise:1", cap=1) == 1
        newest = notices.inbox(session, "enterprise:1", limit=1)
        older = notices.inbox(session, "enterprise:1", after=newest[0].id)
        assert len(older) == 1
        assert notices.inbox(session, "person:1") == []
    with writing(sessions) as session:
        notices.mark_read(session, "enterprise:1", at=NOW)
        assert notices.unread(session, "enterprise:1") == 0


def test_a_short_message_is_queued_once(sessions: Sessions) -> None:
    """One key, one message; sent or given up is noted."""
    with writing(sessions) as session:
        first = notices.queue_sms(session, "19900000001", "请确认", key="k", at=NOW)
        assert notices.queue_sms(session, "19900000001", "请确认", key="k", at=NOW) is None
    with writing(sessions) as session:
        notices.sms_done(session, first.id, at=NOW)

    with sessions() as session:
        (message,) = notices.sms_to(session, "19900000001")
        assert (message.state, message.text, message.sent_at) == ("SENT", "请确认", NOW)
        assert notices.sms_to(session, "19900000002") == []
        with pytest.raises(NotFound):
            notices.sms(session, new_id())


def test_parameters_change_from_a_moment_on(sessions: Sessions) -> None:
    """Figures of the rules are data with a history."""
    later = NOW + timedelta(days=10)
    with writing(sessions) as session:
        parameters.change(
            session, "validity_years", 2, actor="officer:1", reason="示例", at=NOW, valid_from=later
        )

    with sessions() as session:
        assert parameters.load(session, at=NOW)["validity_years"] == 3
        assert parameters.load(session, at=later)["validity_years"] == 2
        (change,) = parameters.history(session, "validity_years")
    assert (change.changed_by, change.reason) == ("officer:1", "示例")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("validity_years", 0),
        ("validity_years", "3"),
        ("validity_years", True),
        ("policy_rereg_ce", 1),
        ("no_such_parameter", 1),
    ],
)
def test_a_senseless_parameter_is_refused(sessions: Sessions, key: str, value: object) -> None:
    """Kind, bounds and choices are checked."""
    with writing(sessions) as session, pytest.raises(ParameterInvalid):
        parameters.change(session, key, value, actor="officer:1", reason="x", at=NOW)


def test_every_default_is_allowed() -> None:
    """The shipped figures pass their own checks."""
    assert all(spec.allows(spec.default) and spec.label for spec in parameters.SPECS.values())


def test_a_ban_lasts_its_lawful_years(sessions: Sessions, person: Person) -> None:
    """Licensing Law 78: one year, 79: three; the day after, applying is possible again."""
    with writing(sessions) as session:
        one_year = bans.impose(session, person.id, "FALSE_MATERIAL", actor="officer:1", at=NOW)
        three = bans.impose(session, person.id, "FRAUD", actor="officer:1", at=NOW)

    assert (one_year.until, three.until) == (date(2027, 11, 24), date(2029, 11, 24))
    assert Basis(one_year.basis).is_ban
    assert "第七十八条" in Basis(one_year.basis).label
    with sessions() as session:
        assert len(bans.active(session, person.id, on=date(2027, 11, 23))) == 2
        assert [b.id for b in bans.active(session, person.id, on=date(2027, 11, 24))] == [three.id]
        assert bans.active(session, person.id, on=date(2026, 11, 23)) == []
        assert bans.active(session, person.id, on=date(2029, 11, 24)) == []


def test_a_bar_stands_until_it_is_lifted(sessions: Sessions, person: Person) -> None:
    """Order 137 art. 16 grounds have no end of their own."""
    with writing(sessions) as session:
        bar = bans.impose(session, person.id, "NO_CAPACITY", actor="officer:1", at=NOW)
        assert bar.until is None
        assert not Basis(bar.basis).is_ban
        assert bans.active(session, person.id, on=date(2040, 1, 1)) == [bar]
        bans.lift(session, bar, at=NOW)
        assert bans.active(session, person.id, on=date(2040, 1, 1)) == []


def test_what_a_request_knows_of_an_inbox_ends_with_what_it_does(sessions: Sessions) -> None:
    """The number beside 消息 comes with the session; told or read since, it is asked anew."""
    with keeping():
        notices.note_unread("person:1", 7)
        with sessions() as session:
            assert notices.unread(session, "person:1") == 7
            assert notices.unread(session, "person:2") == 0
        with writing(sessions) as session:
            notices.tell(session, "person:1", "signed", "陶示例已签名", key="a", at=NOW)
        with sessions() as session:
            assert notices.unread(session, "person:1") == 1
        with writing(sessions) as session:
            notices.mark_read(session, "person:1", at=NOW)
        with sessions() as session:
            assert notices.unread(session, "person:1") == 0
        row = {"id": "1", "key": "b", "inbox": "person:1", "kind": "signed", "text": "陶示例已签名"}
        with writing(sessions) as session:
            notices.tell_all(session, [row | {"application_id": None, "created_at": NOW}])
        with sessions() as session:
            assert notices.unread(session, "person:1") == 1
