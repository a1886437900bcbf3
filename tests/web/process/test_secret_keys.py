"""`zhuce secret rotate`: from one secret of a purpose to the next, while the service works."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import session
from flask_wtf.csrf import generate_csrf, validate_csrf
from sqlalchemy import select
from wtforms import ValidationError

from adapters import world
from casework.office import Office
from registry.people import persons
from registry.people.persons import IdType, Person
from signing.errors import WrongKek
from storage import rotation, vault
from storage.vault import UnknownKey
from tests.web.process.test_backups import run
from web import create_app
from web.process import secret_keys, wiring
from web.process.tables import metadata
from web.settings import Settings

COMPANY = world.COMPANIES[0]
OLD, NEW = "o" * 40, "n" * 40

pytestmark = pytest.mark.both_databases


@pytest.fixture
def rotated(
    settings: Settings,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> tuple[Settings, dict[str, object]]:
    """Give a service whose secrets were changed, and what the command said."""
    fresh = replace(settings, register_key=NEW, signing_key=NEW + "s", session_key=NEW + "w")
    assert run(fresh, monkeypatch, "secret", "rotate", "--json") == 0
    return fresh, json.loads(capsys.readouterr().out)


def test_nothing_is_left_under_the_former_secrets(
    rotated: tuple[Settings, dict[str, object]], office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns and keys lie under the new ones; people are found, and an enterprise's PIN opens."""
    fresh, said = rotated
    assert said["ok"]
    assert int(str(said["register"])) > 0
    assert int(str(said["keys"])) > 0

    # Who has only the former secret opens nothing any more.
    vault.configure(vault.Vault(Settings(secret=fresh.secret).key("vault")))
    with office.sessions() as reading, pytest.raises(KeyError):
        reading.scalars(select(Person).limit(1)).all()
    with pytest.raises(WrongKek):
        wiring.open_office_of(replace(fresh, signing_key=""))

    present = wiring.open_office_of(fresh)
    try:
        assert secret_keys.left(present) == {"register_key": 0, "signing_key": 0}
        with present.sessions() as reading:
            person = reading.scalars(select(Person).limit(1)).one()
            known = persons.by_identity(reading, IdType(person.id_type), person.id_no)
            assert known is not None
            assert known.id == person.id
        assert present.signatures.challenges.unlock(COMPANY.uscc, str(COMPANY.pin), "ab" * 32)
    finally:
        wiring.close(present)


def test_a_second_time_and_a_lost_secret(
    rotated: tuple[Settings, dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Again changes nothing; what lies under a secret that nobody gives stays and is told."""
    fresh, _ = rotated
    assert run(fresh, monkeypatch, "secret", "rotate", "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["register"], again["keys"]) == (0, 0)

    lost = replace(fresh, register_key=OLD)
    assert run(lost, monkeypatch, "secret", "rotate", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert any("person.id_no" in fault for fault in told["faults"])
    found = replace(lost, former_register_keys=NEW)
    assert run(found, monkeypatch, "secret", "rotate", "--json") == 0


def test_doctor_says_what_is_left(
    settings: Settings, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts what a rotation has still to move."""
    vault.configure(vault.Vault(*replace(settings, register_key=NEW).register_keys()))
    try:
        with office.sessions() as reading:
            assert rotation.left(reading, metadata) > 0
        assert secret_keys.left(office)["signing_key"] == 0
        with pytest.raises(UnknownKey):
            vault.current_vault().renewed(b"none" + bytes(40), place="person.id_no")
    finally:
        vault.configure(vault.Vault(*settings.register_keys()))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_form_that_is_open_while_the_secret_of_sessions_changes(
    settings: Settings, office: Office
) -> None:
    """What was signed by the former one is still taken, until the former one goes."""
    first = create_app(replace(settings, session_key=OLD), office)
    with first.test_request_context():
        form, known = generate_csrf(), session["csrf_token"]

    def judge(**keys: str) -> None:
        with create_app(replace(settings, **keys), office).test_request_context():
            session["csrf_token"] = known
            validate_csrf(form)

    judge(session_key=NEW, former_session_keys=OLD)
    with pytest.raises(ValidationError):
        judge(session_key=NEW)
