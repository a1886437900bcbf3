"""Over every page of the house: what shows somebody's data or refuses a visitor leaves a row.

The pages are those of the url map; `web/visitors/looks.toml` names the few that show nobody's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from adapters import world
from engine.tables import UserTask
from refusals.refusal import Refusal
from registry.applications.attachments import Attachment
from registry.applications.documents import Document
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.people.persons import Person
from registry.trail.audit import AuditEvent
from tests.web.browser import Tab
from tests.web.place import COMPANY, TAO, Place
from web.errors import STATUS_OF
from web.visitors import access, witness

OTHER = world.COMPANIES[1]
PERSON, ENTERPRISE = ("person", TAO.subject, ""), ("enterprise", COMPANY.uscc, COMPANY.pin or "")
OFFICERS = [("officer", official.login, "") for official in world.OFFICIALS]
STRANGERS = [
    ("person", world.CITIZENS[4].subject, ""),
    ("enterprise", OTHER.uscc, OTHER.pin or ""),
    ("officer", "yunwei", ""),
]
#: What people know them by; the page of a stranger who has one of these shows somebody's data.
SECRETS = [word for citizen in world.CITIZENS for word in (citizen.name, citizen.id_no)]


@pytest.fixture(scope="module")
def ids(place: Place) -> dict[str, str | int]:
    """Give a true id of 陶示例's case for every argument that addresses take."""
    with place.office.sessions() as session:
        tao = session.scalars(select(Person.id).filter_by(name=TAO.name)).one()
        return {
            "application_id": place.application_id,
            "document_id": session.scalars(select(Document.id)).first() or "",
            "attachment_id": session.scalars(select(Attachment.id)).first() or "",
            "certificate_id": session.scalars(select(Certificate.id)).first() or "",
            "registration_id": session.scalars(select(Registration.id)).first() or "",
            "task_id": session.scalars(select(UserTask.id).filter_by(node="review")).one(),
            "person_id": tao,
            "kind": "person",
            "subject": tao,
            "number": 1,
        }


def _rules(app: Flask) -> Iterator[Rule]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.build_only:
            continue
        declared = access.rule_of(app, rule.endpoint)
        if declared is not None and declared.kinds:
            yield rule


def _address(app: Flask, rule: Rule, ids: dict[str, str | int]) -> str:
    named = {name: ids.get(name, "nothing") for name in rule.arguments}
    return app.url_map.bind("127.0.0.1").build(rule.endpoint, named)


def _written(place: Place) -> Counter[str]:
    """Count the rows of the trail by whence they came: method and template of a page."""
    with place.office.sessions() as session:
        return Counter(
            str(origin).removeprefix("127.0.0.1 ")
            for origin in session.scalars(select(AuditEvent.origin))
        )


def _tab(place: Place, who: tuple[str, str, str]) -> Tab:
    tab = Tab(place.tab.client.application)
    tab.sign_in(who[0], who[1], pin=who[2])
    return tab


def test_the_pages_that_show_nobody_are_pages(place: Place) -> None:
    """The list is of this house: no name in it is of a page that is not there any more."""
    endpoints = {rule.endpoint for rule in _rules(place.tab.client.application)}

    assert [name for names in witness.looks().values() for name in names - endpoints] == []


@pytest.mark.proves("F:traces-1")
@pytest.mark.parametrize("who", [ENTERPRISE, *OFFICERS], ids=lambda who: who[1])
def test_whatever_shows_somebody_leaves_a_row(
    place: Place, ids: dict[str, str | int], who: tuple[str, str, str]
) -> None:
    """D.4: each page that opens for an officer or an enterprise; none shows a name unseen."""
    app, known = place.tab.client.application, witness.looks()
    place.office.clock.turn(hours=1)  # type: ignore[attr-defined]  # the test's clock
    before, shown = _written(place), {}
    tab = _tab(place, who)
    for rule in _rules(app):
        if "GET" not in (rule.methods or ()):
            continue
        answer = tab.client.get(_address(app, rule, ids), headers={"HX-Request": "true"})
        if answer.status_code != 200:
            continue
        if rule.endpoint in known["nobody"]:
            assert [word for word in SECRETS if word in answer.text] == [], rule.rule
        shown[f"GET {rule.rule}"] = rule.endpoint not in known["nobody"]

    left = _written(place) - before
    assert {page for page in shown if left[page] != shown[page]} == set()
    assert sum(shown.values()) >= 2


@pytest.mark.proves("F:traces-1")
def test_a_list_leaves_one_row_an_hour(place: Place) -> None:
    """A desk that is refreshed all day fills no trail; the next hour is told anew."""
    before = _written(place)
    for _ in range(2):
        place.office.clock.turn(hours=1)  # type: ignore[attr-defined]  # the test's clock
        tab = _tab(place, ("officer", "shencha", ""))
        for _ in range(3):
            tab.open("/agency/inbox")

    assert (_written(place) - before)["GET /agency/inbox"] == 2


@pytest.mark.proves("F:traces-1")
def test_whoever_is_refused_is_found_on_the_page(place: Place, ids: dict[str, str | int]) -> None:
    """Every page by every method, for whom it is not: who, what, about what and whence."""
    app = place.tab.client.application
    place.office.clock.turn(hours=1)  # type: ignore[attr-defined]  # the test's clock
    expected: Counter[str] = Counter()
    before = _written(place)
    for who in (None, *STRANGERS):
        tab = Tab(app) if who is None else _tab(place, who)
        tab.open("/sign-in/person" if who is None else "/notices")  # a session, and its token
        token = tab.token()
        for rule in _rules(app):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                address = _address(app, rule, ids)
                answer = tab.client.open(address, method=method, data={"csrf_token": token})
                kept_out = answer.status_code in (403, 404, 429)
                if kept_out or (who is None and (rule.arguments or method != "GET")):
                    expected[f"{method} {rule.rule}"] += 1

    left = _written(place) - before
    assert {
        page: (left[page], times) for page, times in expected.items() if left[page] < times
    } == {}
    assert len(expected) > 80
    told = _told(_tab(place, ("officer", "yunwei", "")))
    for words in ("未登录者", "E_NOT_FOR_YOU", "E_NOT_FOUND", "E_SIGN_IN_FIRST"):
        assert words in told
    assert told.count("E_") > expected.total()
    assert "其他" not in told


def _told(tab: Tab) -> str:
    """Read the operator's page of refusals to its end."""
    told, address = "", "/operations/trail?kind=refused"
    while address:
        tab.open(address)
        told += tab.text
        further = tab.soup().select_one("a[rel=next]")
        address = str(further["href"]) if further is not None else ""
    return told


#: Refusals that keep somebody out: PIN, code, lock-out, access, ownership, role, a second person.
KEPT_OUT = {
    "E_CERT_REVOKED",
    "E_CORRECTION_NEEDS_ANOTHER",
    "E_FOUR_EYES",
    "E_KEY_NEEDS_ANOTHER",
    "E_NOT_AN_OFFICER",
    "E_NOT_AN_OPERATOR",
    "E_NOT_FOR_YOU",
    "E_NOT_YOUR_APPLICATION",
    "E_NOT_YOUR_TASK",
    "E_PIN_LOCKED",
    "E_PIN_WRONG",
    "E_REALNAME_NOT_FOUND",
    "E_REALNAME_REQUIRED",
    "E_SIGN_IN",
    "E_SKIP_NEEDS_ANOTHER",
    "E_SMS_LOCKED",
    "E_TASK_CLAIMED",
    "E_TOO_MANY_ATTEMPTS",
    "E_VERIFY_CODE",
    "E_VERIFY_NOTHING",
}


def _refusals(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for refusal in base.__subclasses__():
        yield refusal
        yield from _refusals(refusal)


@pytest.mark.proves("F:traces-1")
def test_refusals_that_keep_somebody_out_are_these() -> None:
    """Those answered by 403, 404 or 429 leave a row by that; the others say so themselves."""
    denials = {refusal.code for refusal in _refusals() if refusal.is_denial}
    by_status = {code for code, status in STATUS_OF.items() if status in (403, 404, 429)}

    assert denials >= KEPT_OUT
    assert by_status - denials == {"E_NOT_FOUND"}
