"""纸质证书换领电子证书: check, photo, 【确定】, download at once; the paper one is replaced."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from casework.application import new_application, withdrawal
from casework.application.new_application import NotAvailable
from casework.authority import ban_effects
from casework.case.refusals import NotYourApplication, StepNotOpen, StepRefused
from casework.certificate import claims, paper_exchange
from casework.certificate.paper_exchange import ExchangeUnchecked
from casework.registration import register_import
from engine.actors import Actor
from pdfgen.errors import NotPhoto, PhotoTooSmall
from registry.certificates import certificates
from registry.certificates.certificates import Certificate
from registry.errors import ApplicationLocked
from registry.people import persons
from registry.ports import CertificateState, StoreOperation
from storage.database import writing
from tests import papers, people
from tests.offices import TYPE, Town, person_id
from tests.papers import paper


@pytest.fixture
def person(town: Town) -> Actor:
    """Give somebody with a valid paper certificate."""
    person = town.person()
    town.enterprise()
    paper(town.office, person)
    return person


def starts(town: Town, person: Actor) -> str:
    return new_application.start(town.office, person_id(person), "PAPER_EXCHANGE", person, TYPE)


def versions(town: Town, person: Actor) -> list[Certificate]:
    with town.office.sessions() as session:
        issued = certificates.of_person(session, person_id(person))
    return sorted(issued, key=lambda version: version.version)


def refusals(town: Town, person: Actor) -> list[str]:
    items = new_application.availability(town.office, person_id(person), TYPE)
    [item] = [listed for listed in items if listed.matter == "PAPER_EXCHANGE"]
    return [reason.code for reason in item.reasons]


@pytest.mark.both_databases
@pytest.mark.proves("R122")
@pytest.mark.proves("R123")
def test_the_electronic_version_is_there_at_once(town: Town, person: Actor, tmp_path: Path) -> None:
    """R116, R121–R123: claimed and downloadable after 【确定】; the paper one is superseded."""
    case = starts(town, person)
    paper_exchange.upload(town.office, case, "我.jpg", people.photo(), person)

    paper_exchange.confirm(town.office, case, checked=True, actor=person)

    assert town.status(case) == "COMPLETED"
    old, new = versions(town, person)
    assert (old.form, old.validity, old.claim_state) == ("PAPER", "SUPERSEDED", "CLAIMED")
    assert (new.form, new.validity, new.claim_state) == ("ELECTRONIC", "VALID", "CLAIMED")
    assert (new.cause, new.version) == ("EXCHANGE", 2)
    (tmp_path / "c.pdf").write_bytes(claims.download(town.office, case, person))
    done = subprocess.run(
        ["pdftotext", "-raw", str(tmp_path / "c.pdf"), "-"],
        capture_output=True,
        check=True,
        timeout=30,
    )
    text = "".join(done.stdout.decode().split())
    for shown in (people.person(1).name, people.enterprise(1).name, new.no, "DEMO-2015-"):
        assert shown in text
    town.works()
    assert town.world.states == {str(new.identifier): CertificateState.VALID}
    [entry] = town.world.published.values()
    assert entry.operation == StoreOperation.NEW
    assert town.troubles() == []


@pytest.mark.proves("R121")
def test_photo_and_tick_are_both_required(town: Town, person: Actor) -> None:
    """R121: 【确定】 without photo or without checking is refused by name; nothing changes."""
    case = starts(town, person)
    with pytest.raises(ExchangeUnchecked) as refused:
        paper_exchange.confirm(town.office, case, checked=True, actor=person)
    assert refused.value.field == "photo"

    paper_exchange.upload(town.office, case, "我.jpg", people.photo(), person)
    with pytest.raises(ExchangeUnchecked) as refused:
        paper_exchange.confirm(town.office, case, checked=False, actor=person)
    assert refused.value.field == "checked"

    assert [version.form for version in versions(town, person)] == ["PAPER"]


def test_a_bad_photo_is_refused_and_the_last_good_one_counts(town: Town, person: Actor) -> None:
    """R120: content is checked; another upload replaces the photo."""
    case = starts(town, person)
    with pytest.raises(NotPhoto):
        paper_exchange.upload(town.office, case, "我.jpg", b"%PDF-1.7", person)
    with pytest.raises(PhotoTooSmall):
        paper_exchange.upload(
            town.office, case, "我.jpg", people.photo(width=100, height=140), person
        )
    paper_exchange.upload(town.office, case, "一.jpg", people.photo(), person)
    last = paper_exchange.upload(
        town.office, case, "二.jpg", people.photo(width=600, height=840), person
    )

    paper_exchange.confirm(town.office, case, checked=True, actor=person)

    assert versions(town, person)[-1].facts["photo"] == last.sha256


@pytest.mark.both_databases
def test_confirming_twice_is_harmless(town: Town, person: Actor) -> None:
    """R121, I17: the second click finds it done; afterwards no photo is taken any more."""
    case = starts(town, person)
    paper_exchange.upload(town.office, case, "我.jpg", people.photo(), person)
    paper_exchange.confirm(town.office, case, checked=True, actor=person)

    paper_exchange.confirm(town.office, case, checked=True, actor=person)

    assert len(versions(town, person)) == 2
    with pytest.raises(ApplicationLocked):
        paper_exchange.upload(town.office, case, "我.jpg", people.photo(), person)


def test_only_the_holder_exchanges(town: Town, person: Actor) -> None:
    """R119: nobody else uploads or confirms."""
    case, stranger = starts(town, person), town.person(2)
    with pytest.raises(NotYourApplication):
        paper_exchange.upload(town.office, case, "我.jpg", people.photo(), stranger)
    with pytest.raises(NotYourApplication):
        paper_exchange.confirm(town.office, case, checked=True, actor=stranger)


def test_a_registration_that_expired_meanwhile(town: Town) -> None:
    """R121, C.5: expired between opening and 【确定】: the case is closed and says why."""
    person = town.person(3)
    tomorrow = (town.office.today() + timedelta(days=1)).isoformat()
    paper(town.office, person, 注册有效期止=tomorrow)
    case = starts(town, person)
    paper_exchange.upload(town.office, case, "我.jpg", people.photo(), person)
    town.clock.forward(days=2)

    with pytest.raises(StepRefused) as refused:
        paper_exchange.confirm(town.office, case, checked=True, actor=person)

    assert refused.value.code == "E_EXCHANGE_LAPSED"
    assert town.status(case) == "CLOSED"
    assert [version.form for version in versions(town, person)] == ["PAPER"]


def test_a_forgotten_exchange_is_closed(town: Town, person: Actor) -> None:
    """I18: after 90 days the case closes, and another may be started."""
    case = starts(town, person)
    town.clock.forward(days=91)
    town.works()

    assert town.status(case) == "CLOSED"
    assert town.status(starts(town, person)) == "DRAFT"


def test_who_may_not_exchange_is_told_why(town: Town, person: Actor) -> None:
    """R19, R116: no paper certificate, an open application; free again when withdrawn."""
    assert refusals(town, person) == []
    assert "E_NO_PAPER_CERTIFICATE" in refusals(town, town.person(2))
    case = starts(town, person)
    assert "E_OPEN_APPLICATION" in refusals(town, person)
    with pytest.raises(NotAvailable):
        starts(town, person)

    withdrawal.withdraw(town.office, case, person)
    assert town.status(case) == "WITHDRAWN"
    with pytest.raises(StepNotOpen):
        paper_exchange.confirm(town.office, case, checked=True, actor=person)
    assert refusals(town, person) == []


def test_an_exchange_and_another_matter_exclude_each_other(town: Town, person: Actor) -> None:
    """R19, C.5: any open application keeps from exchanging, and an exchange from the others."""
    town.enterprise()
    cancellation = town.starts(person, "CANCELLATION")
    assert refusals(town, person) == ["E_OPEN_APPLICATION"]
    with pytest.raises(NotAvailable) as refused:
        starts(town, person)
    assert town.case(cancellation).no in str(refused.value)

    withdrawal.withdraw(town.office, cancellation, person)
    starts(town, person)
    with pytest.raises(NotAvailable):
        town.starts(person, "CANCELLATION")


def test_paper_is_exchanged_before_it_is_renewed(town: Town, person: Actor) -> None:
    """R71, R116: a renewal keeps the photo, and paper has none here; the reason says what to do."""
    town.clock.forward(days=330)
    items = new_application.availability(town.office, person_id(person), TYPE)
    [renewal] = [item for item in items if item.matter == "RENEWAL"]
    assert [reason.code for reason in renewal.reasons] == ["E_EXCHANGE_FIRST"]

    case = starts(town, person)
    paper_exchange.upload(town.office, case, "我.jpg", people.photo(), person)
    paper_exchange.confirm(town.office, case, checked=True, actor=person)

    items = new_application.availability(town.office, person_id(person), TYPE)
    [renewal] = [item for item in items if item.matter == "RENEWAL"]
    assert renewal.is_available


@pytest.mark.both_databases
def test_the_electronic_version_shows_a_corrected_name(town: Town, person: Actor) -> None:
    """R109, I20: what was corrected after the paper was printed stands on the electronic one."""
    with writing(town.office.sessions) as session:
        persons.get(session, person_id(person)).name = "更正名"
    case = starts(town, person)
    paper_exchange.upload(town.office, case, "我.jpg", people.photo(), person)
    paper_exchange.confirm(town.office, case, checked=True, actor=person)

    assert versions(town, person)[-1].facts["name"] == "更正名"


def test_an_expired_paper_certificate(town: Town) -> None:
    """R116: what has expired is taken over as expired and not exchanged."""
    person = town.person(3)
    yesterday = (town.office.today() - timedelta(days=1)).isoformat()

    paper(town.office, person, 注册有效期止=yesterday)

    assert [version.validity for version in versions(town, person)] == ["EXPIRED"]
    assert refusals(town, person) != []


@pytest.mark.both_databases
def test_a_dry_run_sees_the_same_number_twice_in_one_file(town: Town) -> None:
    """R116: each row is judged with those before it, and nothing stays."""
    first, second = town.person(1), town.person(2)
    rows = [
        (2, papers.row(town.office, person_id(first)) | {"注册号": "沪S2-同号"}),
        (3, papers.row(town.office, person_id(second)) | {"注册号": "沪S2-同号"}),
    ]

    trial = register_import.take_over(town.office, rows, TYPE, dry=True)
    report = register_import.take_over(town.office, rows, TYPE, dry=False)

    assert trial == report
    assert (trial.entered, trial.known) == (1, 0)
    assert [(row.line, row.column) for row in trial.bad] == [(3, "注册号")]


@pytest.mark.both_databases
def test_a_dry_run_leaves_nothing(town: Town) -> None:
    """R116: what was only tried is entered afterwards as if it had never been."""
    rows = [(2, papers.row(town.office, person_id(town.person(1))))]
    register_import.take_over(town.office, rows, TYPE, dry=True)

    report = register_import.take_over(town.office, rows, TYPE, dry=False)

    assert (report.entered, report.known, report.bad) == (1, 0, ())


@pytest.mark.both_databases
def test_a_ban_ends_an_exchange_in_progress(town: Town, person: Actor) -> None:
    """R116: who may not apply any more does not exchange; the paper certificate stays as it is."""
    case = starts(town, person)
    paper_exchange.upload(town.office, case, "我.jpg", people.photo(), person)

    ended = ban_effects.bar(
        town.office, person_id(person), "CRIMINAL", town.officer("li", "approver")
    )

    assert ended == case
    assert town.status(case) == "CLOSED"
    [old] = versions(town, person)
    assert (old.form, old.validity) == ("PAPER", "VALID")
    with pytest.raises(StepNotOpen):
        paper_exchange.confirm(town.office, case, checked=True, actor=person)
