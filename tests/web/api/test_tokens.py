"""Who may ask: secrets, tokens, scopes, and that a program can do no more than its person."""

from __future__ import annotations

import pytest
from flask import Flask

from casework.programs import clients
from engine.actors import SYSTEM
from refusals.refusal import Refusal
from registry.clients.clients import TOKEN_LASTS, ClientSecret, ClientToken
from registry.enterprises import enterprises
from registry.enterprises.enterprises import Operator
from storage.database import writing
from tests.web.api import program
from tests.web.api.program import API, office_of
from tests.web.desk import COMPANY
from tests.web.place import Place
from web.process import wiring


def test_nobody_asks_without_a_token(place: Place) -> None:
    answer = place.tab.client.get(f"{API}/applications")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "E_API_TOKEN"
    assert answer.json["remedy"].startswith("请")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2/tasks"])
def test_what_is_no_address_is_a_problem_too(place: Place, path: str) -> None:
    answer = place.tab.client.get(path)

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_a_browser_that_is_signed_in_opens_nothing_here(place: Place) -> None:
    """No cookie counts at the interface, so that no page can make a browser ask it."""
    place.tab.sign_in("enterprise", COMPANY.uscc, pin=str(COMPANY.pin))

    assert place.tab.client.get(f"{API}/applications").status_code == 401


def test_a_token_is_for_its_scopes_and_its_time(app: Flask) -> None:
    caller = program.of_enterprise(app)
    answer = caller.signs_in(scope="tasks:read")

    assert answer.json["scope"] == "tasks:read"
    assert answer.json["expires_in"] == TOKEN_LASTS.total_seconds()
    assert answer.headers["Cache-Control"] == "no-store"
    assert caller.ask("GET", "/tasks").status_code == 200
    refused = caller.ask("GET", "/applications")
    assert (refused.status_code, refused.json["code"]) == (403, "E_API_SCOPE")
    office_of(app).clock.turn(minutes=16)  # type: ignore[attr-defined]  # the test's clock
    assert caller.ask("GET", "/tasks").status_code == 401


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "everything"}, 400, "invalid_scope"),
    ],
)
def test_a_token_request_that_is_wrong_is_told_as_oauth_does(
    fields: dict[str, str], status: int, error: str, app: Flask
) -> None:
    caller = program.of_integrator(app)

    answer = caller.signs_in(**fields)

    assert (answer.status_code, answer.json["error"]) == (status, error)


def test_secrets_rotate_with_an_overlap_and_end_with_their_client(app: Flask) -> None:
    """The former secret counts for the days that were said, a revoked client for none."""
    office = office_of(app)
    caller = program.of_integrator(app)
    former = caller.secret
    caller.secret = clients.rotate(office, caller.id, SYSTEM, overlap_days=1)
    assert caller.signs_in().status_code == 200
    new, caller.secret = caller.secret, former
    assert caller.signs_in().status_code == 200

    office.clock.turn(days=1)  # type: ignore[attr-defined]  # the test's clock
    assert caller.signs_in().status_code == 401
    caller.secret = new
    assert caller.signs_in().status_code == 200
    clients.revoke(office, caller.id, SYSTEM)
    assert (
        caller.ask("POST", "/verifications", json={"number": "1", "name": "某"}).status_code == 401
    )
    assert caller.signs_in().status_code == 401


def test_secrets_are_kept_as_hashes_and_swept(app: Flask) -> None:
    office = office_of(app)
    caller = program.of_integrator(app)
    caller.signs_in()
    with office.sessions() as session:
        kept = [row.sha256 for row in session.query(ClientSecret)]
        assert session.query(ClientToken).count() > 0
    assert caller.secret not in kept

    office.clock.turn(minutes=16)  # type: ignore[attr-defined]  # the test's clock
    assert wiring.sweep(office)["tokens_over"] > 0
    with office.sessions() as session:
        assert session.query(ClientToken).count() == 0


def test_a_program_ends_with_its_person(app: Flask) -> None:
    """Whoever may act no more takes his programs with him, and without a word to anybody."""
    caller = program.of_enterprise(app)
    assert caller.ask("GET", "/tasks").status_code == 200
    with writing(office_of(app).sessions) as session:
        operator = enterprises.operator_of(session, COMPANY.uscc, COMPANY.uscc)
        operator.active = False

    answer = caller.ask("GET", "/tasks")

    with writing(office_of(app).sessions) as session:
        session.get_one(Operator, operator.id).active = True
    assert answer.status_code == 401
    assert caller.ask("GET", "/tasks").status_code == 200


def test_who_tries_secrets_is_stopped(app: Flask) -> None:
    caller = program.of_integrator(app)
    good, caller.secret = caller.secret, "wrong"

    statuses = [caller.signs_in().status_code for _ in range(21)]
    caller.secret = good

    assert statuses == [401] * 20 + [429]
    assert caller.signs_in().status_code == 429
    office_of(app).clock.turn(minutes=11)  # type: ignore[attr-defined]  # the test's clock
    assert caller.signs_in().status_code == 200


@pytest.mark.parametrize(
    ("name", "named", "scopes", "code"),
    [
        ("", clients.Named(is_integrator=True), ["verify"], "E_CLIENT_NAME"),
        ("名" * 61, clients.Named(is_integrator=True), ["verify"], "E_CLIENT_NAME"),
        ("程序", clients.Named(), ["verify"], "E_CLIENT_PARTY"),
        ("程序", clients.Named(uscc=COMPANY.uscc), ["verify"], "E_CLIENT_PARTY"),
        ("程序", clients.Named(officer="nobody"), ["verify"], "E_CLIENT_PERSON"),
        (
            "程序",
            clients.Named(uscc=COMPANY.uscc, operator="某"),
            ["verify"],
            "E_CLIENT_PERSON",
        ),
        ("程序", clients.Named(is_integrator=True), ["tasks:read"], "E_CLIENT_SCOPE"),
        ("程序", clients.Named(is_integrator=True), [], "E_CLIENT_SCOPE"),
    ],
)
def test_a_client_that_may_not_be_is_refused(
    name: str, named: clients.Named, scopes: list[str], code: str, app: Flask
) -> None:
    with pytest.raises(Refusal) as refused:
        clients.create(office_of(app), name, named, scopes, SYSTEM)

    assert refused.value.code == code
