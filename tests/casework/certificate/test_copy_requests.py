"""加注使用: a copy for one purpose in one window, made by a job, judged with its certificate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from casework.application import new_application
from casework.case.refusals import NotElectronic, NotYourApplication
from casework.certificate import copy_requests, paper_exchange, reissues
from casework.certificate.copy_requests import CopyFaults, CopyNotReady
from engine import actors
from engine.actors import Actor
from registry.applications import documents
from registry.certificates import certificates, copies, registrations
from registry.certificates.certificates import Certificate
from registry.certificates.copies import CopyState, PublicCopy
from registry.errors import CertificateSuperseded
from registry.trail import audit
from signing.judging import verify
from storage.database import new_id
from tests import people
from tests.offices import TYPE, Town, person_id
from tests.papers import paper
from web.public import verification


@pytest.fixture
def person(town: Town) -> Actor:
    """Give somebody with a claimed electronic certificate, valid for a year yet."""
    person = town.person()
    town.enterprise()
    paper(town.office, person)
    case = new_application.start(town.office, person_id(person), "PAPER_EXCHANGE", person, TYPE)
    paper_exchange.upload(town.office, case, "我.jpg", people.photo(), person)
    paper_exchange.confirm(town.office, case, checked=True, actor=person)
    return person


def certificate_of(town: Town, person: Actor) -> Certificate:
    with town.office.sessions() as session:
        registration = registrations.newest(session, person_id(person), TYPE)
        assert registration is not None
        certificate = certificates.newest(session, registration.id)
    assert certificate is not None
    return certificate


def ask(town: Town, person: Actor, **changes: Any) -> str:
    today = town.office.today()
    asked: dict[str, Any] = {
        "request": new_id(),
        "purpose": "上海示例项目投标",
        "first": today,
        "last": today + timedelta(days=29),
        "actor": person,
        **changes,
    }
    return copy_requests.ask(town.office, certificate_of(town, person).id, **asked)


def answer_of(town: Town, copy_id: str) -> PublicCopy:
    with town.office.sessions() as session:
        copy = copies.get(session, copy_id)
        return copies.public_answer(session, copy, on=town.office.today())


def faults(town: Town, person: Actor, **changes: Any) -> set[str]:
    with pytest.raises(CopyFaults) as refused:
        ask(town, person, **changes)
    return set(refused.value.faults)


@pytest.mark.proves("F:language-1")
@pytest.mark.parametrize(
    "typed", ["用于上海某项目投标", "仅限用于：上海某项目投标。", "　只用于 上海某项目投标；"]
)
def test_what_the_copy_says_before_its_purpose_is_not_said_twice(
    town: Town, person: Actor, typed: str
) -> None:
    """The paper and the answer to who asks say 仅限用于 themselves, and go on after it."""
    copy = ask(town, person, purpose=typed)

    assert answer_of(town, copy).words.endswith("仅限用于：上海某项目投标")


@pytest.mark.both_databases
def test_a_copy_is_made_sealed_and_judged_by_its_window(town: Town, person: Actor) -> None:
    """B.6: made by a job, sealed by the agency; 未到, 使用期内, 已过 follow the days."""
    first = town.office.today() + timedelta(days=2)
    copy_id = ask(town, person, first=first, last=first)
    with pytest.raises(CopyNotReady):
        copy_requests.download(town.office, copy_id, person)
    assert answer_of(town, copy_id).state is CopyState.ASKED
    town.works()

    pdf, copy = copy_requests.download(town.office, copy_id, person)
    trust = town.office.signatures.authority.trust()
    report = verify.examine(pdf, trust)
    assert report.ok, report.findings
    seen = []
    for _ in range(4):
        seen.append(answer_of(town, copy_id).state)
        town.clock.forward(days=1)
    assert seen == [CopyState.NOT_YET, CopyState.NOT_YET, CopyState.VALID, CopyState.OVER]
    with pytest.raises(CopyNotReady):
        copy_requests.download(town.office, copy_id, person)
    with town.office.sessions() as session:
        actions = [
            event.action for event in audit.of(session, f"application:{_case(town, person)}")
        ]
        assert documents.get(session, str(copy.document_id)).kind == "certificate-copy"
    assert {"certificate.copy", "certificate.copy_made", "certificate.copy_download"} <= {*actions}
    assert town.troubles() == []


def test_the_file_of_a_copy_counts_within_its_window(town: Town, person: Actor) -> None:
    """R115: before and after its window the file is genuine, and verification says why not to."""
    first = town.office.today() + timedelta(days=1)
    copy_id = ask(town, person, first=first, last=first)
    town.works()
    pdf, _ = copy_requests.download(town.office, copy_id, person)

    told = []
    for _ in range(3):
        verdict = verification.examine(town.office, pdf)
        assert verdict.report.ok
        assert verdict.standing is not None
        told.append((verdict.ok, verdict.standing.words))
        town.clock.forward(days=1)

    assert told == [
        (False, "加注副本尚未到使用期"),
        (True, "加注副本在使用期内，仅限用于：上海示例项目投标"),
        (False, "加注副本已过使用期，请持证人重新加注"),
    ]


def _case(town: Town, person: Actor) -> str:
    return str(certificate_of(town, person).application_id)


def test_the_proposed_window_is_180_days_within_the_registration(town: Town, person: Actor) -> None:
    """G.4: 180 days; near the end of the registration no longer than that."""
    certificate, today = certificate_of(town, person), town.office.today()
    usual = copy_requests.usual(town.office, certificate.id)
    assert (usual.first, (usual.last - usual.first).days + 1) == (today, 180)
    ask(town, person, first=usual.first, last=usual.last)

    town.clock.forward(days=300)
    assert copy_requests.usual(town.office, certificate.id).last == today + timedelta(days=365)


def test_bad_purpose_and_window_are_told_by_field(town: Town, person: Actor) -> None:
    """Purpose 2–50 printable characters; from today, at least a day, at most 180, not beyond."""
    today = town.office.today()
    day = timedelta(days=1)
    assert faults(town, person, purpose="投") == {"purpose"}
    assert faults(town, person, purpose="投" * 51) == {"purpose"}
    assert faults(town, person, purpose="投标\ue863项目") == {"purpose"}
    assert faults(town, person, purpose="投标\n项目") == {"purpose"}
    assert faults(town, person, purpose="投标\U0001f600") == {"purpose"}
    assert faults(town, person, first=today - day) == {"first"}
    assert faults(town, person, first=today, last=today - day) == {"last"}
    assert faults(town, person, first=today, last=today + 180 * day) == {"last"}
    assert faults(town, person, first=today + 300 * day, last=today + 366 * day) == {"last"}
    assert faults(town, person, first=None, last=None) == {"first", "last"}
    assert faults(town, person, request="x") == {""}
    assert faults(town, person, purpose="", first=None) == {"purpose", "first"}
    ask(town, person, purpose="投标", first=today, last=today)
    ask(town, person, purpose="𠮷" * 50, first=today, last=today + 179 * day)


@pytest.mark.both_databases
def test_a_double_click_is_one_copy_and_a_day_has_a_limit(town: Town, person: Actor) -> None:
    """The same form again is the same copy, also beyond the limit of a day."""
    request = new_id()
    first = ask(town, person, request=request)
    assert ask(town, person, request=request) == first
    for _ in range(copy_requests.A_DAY - 1):
        ask(town, person)
    assert faults(town, person) == {""}
    assert ask(town, person, request=request) == first

    town.clock.forward(days=1)
    ask(town, person)


@pytest.mark.both_databases
def test_what_ends_the_certificate_ends_its_copies(town: Town, person: Actor) -> None:
    """I14, I16: a superseded certificate: made copies end, waiting ones are not made."""
    certificate = certificate_of(town, person)
    made = ask(town, person)
    town.works()
    assert answer_of(town, made).state is CopyState.VALID
    waiting = ask(town, person)
    reissues.start(
        town.office,
        certificate.registration_id,
        "CORRECTION",
        actors.SYSTEM,
        application_id=new_id(),
        changes={"name": "新名"},
    )
    town.works()

    for copy in (made, waiting):
        answer = answer_of(town, copy)
        assert answer.state is CopyState.ENDED
        assert "已更新" in answer.words
        with pytest.raises(CopyNotReady):
            copy_requests.download(town.office, copy, person)
    with town.office.sessions() as session:
        assert copies.get(session, waiting).document_id is None
    with pytest.raises(CertificateSuperseded):
        copy_requests.insist(town.office, certificate.id, person)


def test_copies_are_the_holder_s_and_of_electronic_certificates(town: Town, person: Actor) -> None:
    """R119: strangers make none; paper is exchanged first."""
    stranger = town.person(2)
    copy_id = ask(town, person)
    town.works()
    with pytest.raises(NotYourApplication):
        copy_requests.insist(town.office, certificate_of(town, person).id, stranger)
    with pytest.raises(NotYourApplication):
        copy_requests.download(town.office, copy_id, stranger)
    paper(town.office, stranger)
    with pytest.raises(NotElectronic):
        copy_requests.insist(town.office, certificate_of(town, stranger).id, stranger)
