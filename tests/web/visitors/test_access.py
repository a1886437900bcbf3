"""Who sees what: every page declares it, and what is not declared is closed."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from adapters import world
from casework.office import Office
from registry.enterprises import enterprises
from registry.people import officers
from registry.people.persons import Person, PersonStatus
from storage.database import writing
from tests.web.browser import Tab
from web.visitors import access, sessions

TAO, COMPANY = world.CITIZENS[0], world.COMPANIES[0]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PUBLIC_PAGES = {
    "api.govstack_form",
    "api.govstack_service",
    "api.govstack_service_forms",
    "api.govstack_services",
    "api.openapi",
    "api.page",
    "api.professions",
    "api.token",
    "change.guide",
    "guide.guide",
    "guide.guide_of",
    "health.alive",
    "health.ready",
    "home.front",
    "home.start_initial",
    "phone.inbox",
    "pki.certificate",
    "pki.crl",
    "pki.ended",
    "pki.ended_national",
    "pki.front",
    "pki.key",
    "pki.keys",
    "pki.offline_page",
    "pki.ocsp",
    "pki.tsa",
    "privacy.notice",
    "portal.authorize",
    "portal.department",
    "portal.description",
    "portal.front",
    "portal.keys",
    "portal.sign_in",
    "portal.token",
    "second_factor.authenticator",
    "second_factor.codes",
    "second_factor.enrol_authenticator",
    "second_factor.enrol_passkey",
    "second_factor.front",
    "second_factor.passkey",
    "second_factor.proof",
    "second_factor.prove",
    "second_factor.prove_by_passkey",
    "second_factor.remove",
    "sign_in.begin",
    "sign_in.callback",
    "sign_in.choose",
    "sign_in.sign_out",
    "sign_up.form",
    "sign_up.register",
    "tour.photo",
    "verification.by_form",
    "verification.by_token",
    "verification.form",
}


def _rules(app: Flask) -> dict[str, access.AccessRule | None]:
    return {
        rule.endpoint: access.rule_of(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if not rule.build_only
    }


def test_every_page_declares_who_may_open_it(app: Flask) -> None:
    """R16: deny by default; a page that nobody thought about is open to nobody."""
    undeclared = [endpoint for endpoint, rule in _rules(app).items() if rule is None]

    assert undeclared == []


def test_the_public_pages_are_these_and_no_others(app: Flask) -> None:
    public = {endpoint for endpoint, rule in _rules(app).items() if rule and not rule.kinds}

    assert public == PUBLIC_PAGES


def test_a_page_without_a_rule_is_closed(app: Flask, tab: Tab) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")

    answer = tab.open("/forgotten")

    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_nobody_gets_past_the_sign_in(app: Flask, tab: Tab) -> None:
    """R11: every page that is not public sends a stranger to the sign-in, by every method."""
    urls = app.url_map.bind("127.0.0.1")
    tab.open("/sign-in/person")  # begun, not ended: a session with a token, and nobody in it
    for rule in app.url_map.iter_rules():
        if rule.build_only or rule.endpoint in PUBLIC_PAGES:
            continue
        address = urls.build(rule.endpoint, dict.fromkeys(rule.arguments, 1))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = tab.client.open(address, method=method, data={"csrf_token": tab.token()})
            if rule.endpoint.startswith("api."):  # programs are asked for a token instead
                assert answer.status_code == 401, f"{method} {rule.rule}"
                continue
            assert answer.status_code == 303, f"{method} {rule.rule}: {answer.status_code}"
            assert answer.location.startswith("/sign-in"), f"{method} {rule.rule}"


@pytest.mark.parametrize(
    ("kind", "subject", "pin", "closed"),
    [
        ("person", TAO.subject, "", ["/enterprise/inbox", "/agency/inbox", "/operations"]),
        (
            "enterprise",
            COMPANY.uscc,
            COMPANY.pin,
            ["/applications", "/agency/inbox", "/operations"],
        ),
        ("officer", "shouli", "", ["/applications", "/enterprise/inbox", "/operations"]),
    ],
)
@pytest.mark.proves("R8")
def test_each_kind_of_visitor_keeps_to_his_pages(
    kind: str, subject: str, pin: str, closed: list[str], tab: Tab
) -> None:
    """R8, R13: a person, an enterprise and an officer do not open each other's pages."""
    tab.sign_in(kind, subject, pin=pin)

    for address in closed:
        assert tab.open(address).status_code == 403, address
        assert "E_NOT_FOR_YOU" in tab.text


def test_an_operator_opens_the_operators_page(tab: Tab) -> None:
    tab.sign_in("officer", "yunwei")

    assert tab.open("/operations").status_code == 200


@pytest.mark.parametrize(
    ("kind", "subject", "address"),
    [
        ("person", TAO.subject, "/applications/0000"),
        ("person", TAO.subject, "/applications/0000/form"),
        ("person", TAO.subject, "/files/documents/0000.pdf"),
        ("person", TAO.subject, "/files/attachments/0000"),
        ("enterprise", COMPANY.uscc, "/enterprise/applications/0000"),
        ("enterprise", COMPANY.uscc, "/files/documents/0000.pdf"),
        ("officer", "shouli", "/agency/tasks/0000"),
        ("officer", "shouli", "/files/attachments/0000"),
    ],
)
def test_what_is_not_yours_does_not_exist(kind: str, subject: str, address: str, tab: Tab) -> None:
    """R16: an id that is not one's own is answered like one that nobody has."""
    tab.sign_in(kind, subject, pin=COMPANY.pin or "")

    assert tab.open(address).status_code == 404
    assert "E_NOT_FOUND" in tab.text


@pytest.mark.parametrize(
    ("kind", "subject", "address"),
    [
        ("person", TAO.subject, "/applications/a%00b"),
        ("person", TAO.subject, "/notices?after=%00"),
        ("enterprise", COMPANY.uscc, "/enterprise/confirmed?after=%00"),
        ("officer", "shouli", "/agency/tasks/%00"),
        ("officer", "yunwei", "/files/documents/a%00b.pdf"),
        ("officer", "yunwei", "/phone?person=crowd-" + "9" * 5000),
    ],
)
def test_what_no_id_can_be_is_nobody_s(kind: str, subject: str, address: str, tab: Tab) -> None:
    """R16: PostgreSQL cannot even be asked for NUL; it is refused like every unknown id."""
    tab.sign_in(kind, subject, pin=COMPANY.pin or "")

    assert tab.open(address).status_code == 404
    assert "E_NOT_FOUND" in tab.text


def test_a_suspended_person_is_out_at_once(tab: Tab, office: Office) -> None:
    tab.sign_in("person", TAO.subject)
    with writing(office.sessions) as session:
        person = session.query(Person).filter_by(name=TAO.name).one()
        person.status = PersonStatus.SUSPENDED

    assert tab.open("/applications").status_code == 303
    tab.sign_in("person", TAO.subject)
    assert tab.page.status_code == 400
    assert "账号已停用" in tab.text


def test_an_officer_who_loses_a_role_loses_its_pages(tab: Tab, office: Office) -> None:
    tab.sign_in("officer", "yunwei")
    with writing(office.sessions) as session:
        officer = officers.by_login(session, "yunwei")
        assert officer is not None
        officer.roles = ["acceptor"]

    assert tab.open("/operations").status_code == 403


def test_an_operator_who_was_dismissed_is_out_at_once(tab: Tab, office: Office) -> None:
    tab.sign_in("enterprise", COMPANY.uscc, pin=COMPANY.pin or "")
    with writing(office.sessions) as session:
        enterprises.operator_of(session, COMPANY.uscc, COMPANY.uscc).active = False

    assert tab.open("/enterprise/inbox").status_code == 303


def test_all_sessions_of_a_visitor_can_be_ended(app: Flask, office: Office) -> None:
    first, second = Tab(app), Tab(app)
    for visitor in (first, second):
        visitor.sign_in("person", TAO.subject)
    with first.client.session_transaction() as session:
        key = session["visitor"]

    assert sessions.end_all_of(office.sessions, key) == 2

    assert first.open("/applications").status_code == 303
    assert second.open("/applications").status_code == 303


def test_a_database_that_is_away_signs_nobody_out(tab: Tab, office: Office) -> None:
    """A session that cannot be read is not a session that has ended: 503, then on as before."""
    tab.sign_in("person", TAO.subject)
    with writing(office.sessions) as session:
        session.execute(text("ALTER TABLE web_session RENAME TO elsewhere"))

    assert tab.open("/applications").status_code == 503
    assert "您已保存的内容没有丢失" in tab.text
    assert tab.open("/healthz").status_code == 200

    with writing(office.sessions) as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO web_session"))
    assert tab.open("/applications").status_code == 200


@pytest.mark.proves("F:sessions-4")
@pytest.mark.parametrize(
    ("kind", "subject", "pin"),
    [
        ("person", TAO.subject, ""),
        ("enterprise", COMPANY.uscc, COMPANY.pin),
        *(("officer", official.login, "") for official in world.OFFICIALS),
    ],
)
def test_no_menu_has_a_dead_link(tab: Tab, kind: str, subject: str, pin: str) -> None:
    """Whatever a menu offers opens for whoever sees it."""
    tab.sign_in(kind, subject, **({"pin": pin} if pin else {}))
    tab.open("/notices")
    offered = tab.soup().select("nav a[href], header a[href]:not([hreflang])")
    links = {str(link["href"]) for link in offered}

    assert "/sessions" in links
    assert {link for link in links if tab.open(link).status_code != 200} == set()
