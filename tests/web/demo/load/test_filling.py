"""`zhuce seed-load`: cases of the demonstration, copied; every page works on the copies."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.office import Office
from engine.tables import InstanceStatus, Job, ProcessInstance
from registry.applications.applications import Application
from registry.certificates.certificates import Certificate
from registry.identifiers import IdType, has_check_character, id_fault, is_uscc
from registry.people.persons import Person
from registry.trail import audit
from storage.database import writing
from tests.web.browser import Tab
from web import cli
from web.demo.load import filling
from web.demo.load.filling import AlreadyLoaded, LoadNotHere, NothingToCopy, Wanted
from web.demo.people.population import populate
from web.values import Profile


def _office(app: Flask) -> Office:
    office: Office = app.extensions["zhuce_office"]
    return office


@pytest.mark.both_databases
def test_copies_are_cases_of_their_own(app_on_both: Flask) -> None:
    """As many as wanted, well numbered, waiting as real ones do; officers work on them.

    Each event of their trail is digested anew and stands in the chain, and what comes after
    follows it; a certificate is verified by its code.
    """
    office = _office(app_on_both)
    populate(office, only=("review", "completed"))
    office.runner.run_due()

    filled = filling.fill(office, Wanted(opened=12, closed=12))

    assert (filled.opened, filled.closed) == (12, 12)
    with office.sessions() as session:
        assert _count(session, ProcessInstance.status == InstanceStatus.ACTIVE) >= 12
        assert _count(session, Job.kind == "TIMER", Job.due_at <= office.now()) == 0
        people = session.scalars(select(Person)).all()
        assert len({person.id_no for person in people}) == len(people)
        for person in people[-filled.copies :]:
            assert id_fault(IdType(person.id_type), person.id_no, office.today()) is None
        cases = session.scalars(select(Application)).all()
        assert len({case.no for case in cases}) == len(cases)
        assert all(has_check_character(case.no) for case in cases)
        assert all(is_uscc(str(case.uscc)) for case in cases)
        copied = select(Certificate).where(Certificate.no.startswith("DZ31S219"))
        certificate = session.scalars(copied.limit(1)).one()
    _review(Tab(app_on_both))
    with writing(office.sessions) as session:
        audit.seal_batch(session)
    with office.sessions() as session:
        assert audit.verify(session) is None
        assert audit.checkpoint(session).seq > filled.events > 0
    answer = app_on_both.test_client().get(f"/verify/{certificate.qr_token}")
    assert certificate.no in answer.text
    with pytest.raises(AlreadyLoaded, match=f"{filled.copies}份"):
        filling.fill(office, Wanted(opened=1, closed=1))


def _count(session: Session, *where: object) -> int:
    return session.scalar(select(func.count()).where(*where)) or 0  # type: ignore[arg-type]  # conditions


def _review(tab: Tab) -> None:
    """Open the newest tasks of a reviewer and recommend on one of them."""
    tab.sign_in("officer", "shencha")
    assert tab.open("/agency/inbox").status_code == 200
    links = [str(link["href"]) for link in tab.soup().select("a[href^='/agency/tasks/']")]
    assert len(links) > 5
    for address in links[:4]:
        assert tab.open(address).status_code == 200
    address = links[5]
    tab.open(address)
    fields = {
        "csrf_token": tab.token(),
        "action": "review",
        "outcome": "approve",
        # The registers outside know nobody who is a copy.
        "override": "登记系统中没有此人，已核对原件。",
        **tab.seen(address),
    }
    assert tab.client.post(address, data=fields).status_code == 303
    assert tab.open(address).status_code < 500


def test_the_trail_can_be_shorter(app: Flask) -> None:
    """`--events` bounds the rows of the trail, which is whole all the same."""
    office = _office(app)
    populate(office, only=("practising-1", "draft"))

    filled = filling.fill(office, Wanted(opened=5, closed=5, events=40))

    assert filled.events == 40
    with office.sessions() as session:
        assert audit.verify(session) is None


def test_nothing_is_loaded_where_nothing_can_be_copied(app: Flask) -> None:
    with pytest.raises(NothingToCopy):
        filling.fill(_office(app), Wanted(opened=1, closed=1))


@pytest.mark.parametrize(
    ("demo", "profile"), [(False, Profile.EMBEDDED), (True, Profile.PRODUCTION)]
)
def test_real_databases_are_not_filled(demo: bool, profile: Profile) -> None:
    with pytest.raises(LoadNotHere):
        filling.refuse_here(demo, profile)


def test_it_is_not_done_without_a_plain_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without `--yes` nothing is opened, and the command says what it would do."""
    monkeypatch.setenv("ZHUCE_DATABASE_URL", f"sqlite:///{tmp_path}/zhuce.db")

    assert cli.main(["seed-load"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert not (tmp_path / "zhuce.db").exists()
