"""Every refusal and every look at another's file is found in the trail by an operator."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters import world
from engine import actors
from registry import numbering
from registry.applications import documents
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind
from registry.certificates.registrations import Registration
from registry.people import officers
from registry.people.persons import Person
from registry.trail.audit import AuditEvent
from storage.database import writing
from tests.casework.registration import cancelling
from tests.offices import Town
from tests.web.browser import Tab
from tests.web.place import COMPANY, Place, Telephone
from web.process import wiring
from web.ui import trail_words

OTHER = next(company for company in world.COMPANIES[1:] if company.pin)
SECRET_PIN, SECRET_CODE = "739201", "000000"


def _rows(place: Place, action: str) -> list[AuditEvent]:
    with place.office.sessions() as session:
        query = select(AuditEvent).where(AuditEvent.action.like(f"{action}%"))
        return list(session.scalars(query.order_by(AuditEvent.id)))


@pytest.fixture
def tab(place: Place) -> Tab:
    """Give a new browser in front of the installation."""
    return Tab(place.tab.client.application)


def _as(tab: Tab, kind: str, subject: str, **fields: str) -> Tab:
    tab.sign_in(kind, subject, **fields)
    return tab


@pytest.fixture(scope="module")
def waiting(place: Place) -> str:
    """Leave a signed cancellation with the enterprise, not agreed to yet."""
    town = Town(place.office, Telephone(place.office.sms), place.office.clock)  # type: ignore[arg-type]  # only codes are asked
    with place.office.sessions() as session:
        holder = select(Person.id).where(Person.name == world.CITIZENS[0].name)
        person = actors.person(session.scalars(holder).one())
    place.office.clock.turn(minutes=2)  # type: ignore[attr-defined]  # the test's clock
    case = cancelling.starts(town, person)
    town.saves(case, person, cancelling.values())
    town.signs(case, person)
    return case


@pytest.mark.proves("F:traces-1")
def test_wrong_pins_and_the_lock_leave_rows(place: Place, tab: Tab, waiting: str) -> None:
    """R59: who typed a wrong PIN, for which case, whence; not what he typed."""
    _as(tab, "enterprise", COMPANY.uscc, pin=str(COMPANY.pin))
    tab.send(f"/enterprise/applications/{waiting}", {"opinion": "on"})
    for _ in range(6):
        tab.send(f"/enterprise/applications/{waiting}/seal", {"pin": SECRET_PIN})
    place.office.clock.turn(minutes=31)  # type: ignore[attr-defined]  # the lock is over

    wrong, locked = _rows(place, "refused.E_PIN_WRONG"), _rows(place, "refused.E_PIN_LOCKED")
    assert [(row.subject, row.result) for row in wrong] == [(f"application:{waiting}", "DENIED")]
    assert wrong[0].actor.startswith("operator:")
    assert wrong[0].origin == ("127.0.0.1 POST /enterprise/applications/<application_id>/seal")
    assert len(locked) == 1
    with place.office.sessions() as session:
        assert not [
            row for row in session.scalars(select(AuditEvent)) if SECRET_PIN in str(row.facts)
        ]


def _foreign_file(place: Place, tab: Tab) -> None:
    with place.office.sessions() as session:
        form = documents.current(session, place.application_id, DocumentKind.APPLICATION)
    assert form is not None
    _as(tab, "enterprise", OTHER.uscc, pin=str(OTHER.pin))
    tab.open(f"/files/documents/{form.id}.pdf")


def _page_of_officers(_: Place, tab: Tab) -> None:
    _as(tab, "person", world.CITIZENS[1].subject)
    tab.open("/agency/people")


def _foreign_case(place: Place, tab: Tab) -> None:
    _as(tab, "person", world.CITIZENS[2].subject)
    tab.open(f"/applications/{place.application_id}")


def _page_of_another_role(_: Place, tab: Tab) -> None:
    _as(tab, "officer", "shouli")
    tab.open("/operations/trail")


@pytest.mark.proves("F:traces-1")
@pytest.mark.parametrize(
    ("attempt", "code", "whence"),
    [
        (_foreign_file, "E_NOT_FOUND", "GET /files/documents/<document_id>.pdf"),
        (_page_of_officers, "E_NOT_FOR_YOU", "GET /agency/people"),
        (_foreign_case, "E_NOT_FOUND", "GET /applications/<application_id>"),
        (_page_of_another_role, "E_NOT_FOR_YOU", "GET /operations/trail"),
    ],
)
def test_a_refused_access_leaves_a_row(
    place: Place, tab: Tab, attempt: Callable[[Place, Tab], None], code: str, whence: str
) -> None:
    """What is kept from somebody is on record: who, which page, which thing, whence."""
    attempt(place, tab)

    assert tab.page.status_code in (403, 404)
    rows = [row for row in _rows(place, f"refused.{code}") if row.origin == f"127.0.0.1 {whence}"]
    assert [row.result for row in rows] == ["DENIED"]
    assert rows[0].actor.partition(":")[0] in ("person", "operator", "officer")


@pytest.mark.proves("F:traces-1")
def test_who_is_refused_before_the_page_is_named(place: Place, tab: Tab) -> None:
    """The form of another account, sent from a browser that somebody else uses by now."""
    _as(tab, "person", world.CITIZENS[0].subject)
    tab.open("/applications/new")
    form = {"csrf_token": tab.token(), "matter": "INITIAL"}
    _as(tab, "person", world.CITIZENS[1].subject)

    answer = tab.client.post("/applications/new", data=form)
    forged = tab.client.post("/applications/new", data={"csrf_token": "forged"})

    assert (answer.status_code, "E_OTHER_ACCOUNT" in answer.text) == (409, True)
    assert (forged.status_code, "E_CSRF" in forged.text) == (400, True)
    with place.office.sessions() as session:
        name = world.CITIZENS[1].name
        present = session.scalars(select(Person.id).where(Person.name == name)).one()
    for code in ("E_OTHER_ACCOUNT", "E_CSRF"):
        assert _rows(place, f"refused.{code}")[-1].actor == f"person:{present}"


@pytest.mark.proves("F:traces-1")
def test_repeated_refusals_are_counted(place: Place, tab: Tab) -> None:
    """A source that tries all day cannot fill the trail: one row a minute, then how many more."""
    _as(tab, "person", world.CITIZENS[3].subject)
    for _ in range(40):
        tab.open("/agency/bans")
    place.office.clock.turn(minutes=1)  # type: ignore[attr-defined]  # the test's clock
    wiring.sweep(place.office)

    rows = [row for row in _rows(place, "refused.") if "/agency/bans" in str(row.origin)]
    assert [row.facts.get("repeated") for row in rows] == [None, 39]


@pytest.mark.proves("F:traces-1")
def test_looks_at_a_file_leave_rows_and_ones_own_do_not(place: Place, tab: Tab) -> None:
    """D.4: an officer who opens a form, an enterprise that downloads it; the person is at home."""
    with place.office.sessions() as session:
        form = documents.current(session, place.application_id, DocumentKind.APPLICATION)
    assert form is not None
    before = len(_rows(place, "file.view"))

    for kind, who, fields in (
        ("person", world.CITIZENS[0].subject, {}),
        ("officer", "shencha", {}),
        ("enterprise", COMPANY.uscc, {"pin": str(COMPANY.pin)}),
    ):
        visitor = Tab(place.tab.client.application)
        visitor.sign_in(kind, who, **fields)
        assert visitor.open(f"/files/documents/{form.id}.pdf?download=1").status_code == 200

    rows = _rows(place, "file.view")[before:]
    assert [row.actor.partition(":")[0] for row in rows] == ["officer", "operator"]
    assert {row.subject for row in rows} == {f"application:{place.application_id}"}
    assert {row.facts["document_id"] for row in rows} == {form.id}
    assert all(row.facts["download"] for row in rows)


@pytest.mark.proves("F:traces-1")
def test_every_row_says_whence(place: Place, tab: Tab) -> None:
    """Page, job or command: no row of the trail comes from nowhere."""
    _as(tab, "person", world.CITIZENS[0].subject)
    wiring.sweep(place.office)

    with place.office.sessions() as session:
        origins = {str(event.origin) for event in session.scalars(select(AuditEvent))}
    assert all(origins)
    assert any(origin.startswith("127.0.0.1 GET /") for origin in origins)
    assert any("job document/render_application" in origin for origin in origins)


@pytest.mark.proves("F:traces-1")
def test_an_operator_finds_rows_by_person_kind_and_day(place: Place, tab: Tab) -> None:
    """The trail is a page: filters, pages of fifty, words for what nobody did."""
    _as(tab, "officer", "yunwei")

    tab.open("/operations/trail?kind=refused")
    assert "操作被拒绝" in tab.text
    tab.open("/operations/trail?kind=seen&day=2026-11-24")
    assert "查看案卷" in tab.text
    tab.open(f"/operations/trail?q={world.CITIZENS[0].name}")
    assert "登录" in tab.text
    tab.open("/operations/trail?day=2001-01-01")
    assert "没有符合条件的记录" in tab.text
    for day in ("yesterday", "0001-01-01", "9999-12-31"):  # two have no midnight of ours
        assert tab.open(f"/operations/trail?day={day}").status_code == 422, day
    tab.open("/operations/trail")
    first = [cell.text for cell in tab.soup().select("tbody tr td:first-child")]
    assert len(first) == 50
    tab.open(tab.soup().select_one("a[rel=next]")["href"])  # type: ignore[index, arg-type]
    assert tab.soup().select("tbody tr")


@pytest.mark.proves("F:traces-1")
@pytest.mark.parametrize("asked", ["name", "case", "registration", "certificate"])
def test_who_has_looked_at_somebody_is_found_by_whom(place: Place, tab: Tab, asked: str) -> None:
    """Case, certificate, registration: by the person's name all of it, by a number its own."""
    certificate = place.certificate()
    with place.office.sessions() as session:
        case = session.get_one(Application, place.application_id)
        held = session.get_one(Registration, certificate.registration_id)
    looked, words = f"/agency/cases/{place.application_id}", {"case": case.no, "name": "陶示例"}
    if asked in ("registration", "certificate"):
        looked = f"/agency/registrations/{held.id}/act"
        words = {"registration": held.no, "certificate": certificate.no}
    if asked == "certificate":
        looked = f"/certificates/{certificate.id}.pdf"
    place.office.clock.turn(minutes=2)  # type: ignore[attr-defined]  # the test's clock
    _as(tab, "officer", "shencha").open(looked)
    _as(tab, "officer", "yunwei")

    tab.open(f"/operations/trail?q={words[asked]}")

    lines = [row.get_text(" ", strip=True) for row in tab.soup().select("main tbody tr")]
    assert [line for line in lines if "戚审查" in line], lines


@pytest.mark.proves("F:traces-1")
def test_what_is_refused_about_a_holder_of_keys_names_him(place: Place, tab: Tab) -> None:
    """His page is known by kind and subject: the row says whom it is about, and is found by it."""
    _as(tab, "officer", "shencha")

    assert tab.open(f"/operations/key-holders/enterprise/{COMPANY.uscc}").status_code == 403

    assert _rows(place, "refused.E_NOT_FOR_YOU")[-1].subject == f"enterprise:{COMPANY.uscc}"
    _as(tab, "officer", "yunwei").open(f"/operations/trail?kind=refused&q={COMPANY.name}")
    assert COMPANY.name in tab.soup().select_one("main tbody").text  # type: ignore[union-attr]


@pytest.mark.proves("F:traces-1")
@pytest.mark.parametrize("who", ["enterprise", "officer"])
def test_who_was_refused_at_the_sign_in_is_found(place: Place, tab: Tab, who: str) -> None:
    """A wrong PIN at the portal, an account that nobody has in post: by code and by login."""
    place.office.clock.turn(minutes=31)  # type: ignore[attr-defined]  # no PIN is locked
    asked = tab.open(f"/sign-in/{who}").location
    tab.open(asked)
    if who == "enterprise":
        tab.send(asked, {"subject": COMPANY.uscc, "pin": SECRET_PIN})
        words, code = COMPANY.uscc, "E_PIN_WRONG"
    else:
        with writing(place.office.sessions) as session:
            appointed = officers.by_login(session, "shenjue")
            assert appointed is not None
            officers.dismiss(session, appointed.id)
        tab.send(asked, {"subject": "shenjue"}, follow=True)
        words, code = "shenjue", "E_SIGN_IN"
    assert code in tab.page.text

    _as(tab, "officer", "yunwei").open(f"/operations/trail?kind=refused&q={words}")

    lines = [row.get_text(" ", strip=True) for row in tab.soup().select("main tbody tr")]
    assert [line for line in lines if code in line], lines


@pytest.mark.proves("F:traces-1")
def test_every_action_of_a_registration_has_words(place: Place) -> None:
    """Nothing in the trail of a case is read as a program's name."""
    with place.office.sessions() as session:
        actions = set(session.scalars(select(AuditEvent.action)))

    assert {name for name in actions if trail_words.action(name) == "办理"} == set()


_WRITES = re.compile(
    r"from registry\.trail(?:\.audit)? import"
    r"|from casework\.case import .*\b(?:trail|two_operators)\b"
)
_NAMED = re.compile(r'(?<!Encrypted\()"([a-z_]+\.[a-z_-]+)"')
_FILE = re.compile(r"\.(?:jsonl?|md|toml|html|ofd|zip|dump)$")
_NO_ACTIONS = {"certificate.copy_d", "certificate.type_code"}  #: a beginning, a line of a manifest


@pytest.mark.proves("F:traces-1")
def test_every_action_and_thing_that_is_written_has_words(place: Place) -> None:
    """Over all modules that write the trail, and every letter: words, and none for all others."""
    endpoints = set(place.tab.client.application.view_functions)
    written = {kind.value for kind in DocumentKind} & numbering.NOTICE_WORDS.keys()
    about: set[str] = set()
    for path in sorted(p for root in ("casework", "web") for p in Path(root).rglob("*.py")):
        source = path.read_text()
        if _WRITES.search(source) and "demo" not in path.parts:
            written |= {name for name in _NAMED.findall(source) if not _FILE.search(name)}
            about |= set(re.findall(r'subject=f?"([a-z_-]+)[:"]', source))

    written -= endpoints | _NO_ACTIONS
    assert {"retention.erase", "case.export", "receipt"} <= written
    assert {name for name in written if trail_words.action(name) == "办理"} == set()
    assert {"client", "person", "secrets"} <= about
    assert {name for name in about if trail_words.subject(name) == "其他"} == set()


@pytest.mark.proves("F:language-1")
def test_every_page_has_words_in_the_trail(place: Place, tab: Tab) -> None:
    """Whence and about what: an operator reads what the page is called, and no address of ours."""
    rules = [rule.rule for rule in tab.client.application.url_map.iter_rules()]
    assert {rule for rule in rules if trail_words.page(rule) == "其他页面"} == set()
    known = {f"/{start}" for start in trail_words.PAGES}
    assert {start for start in known if not any(rule.startswith(start) for rule in rules)} == set()
    _as(tab, "person", world.CITIZENS[0].subject)
    tab.open("/agency/people")
    _as(tab, "officer", "yunwei")

    tab.open("/operations/trail")

    cells = [cell.get_text(" ", strip=True) for cell in tab.soup().select("main tbody td")]
    assert any("人员查询" in cell for cell in cells)
    assert [cell for cell in cells if re.search(r"/[a-z<]|<\w+>|[0-9a-f]{32}", cell)] == []


@pytest.mark.proves("F:traces-2")
def test_logs_hold_no_secrets(
    place: Place, tab: Tab, waiting: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of a whole story no PIN, code or identity number is in the logs."""
    place.office.clock.turn(minutes=31)  # type: ignore[attr-defined]  # the test's clock
    _as(tab, "enterprise", COMPANY.uscc, pin=str(COMPANY.pin))
    tab.send(f"/enterprise/applications/{waiting}/seal", {"pin": SECRET_PIN})
    tab.send(f"/enterprise/applications/{waiting}/seal", {"pin": str(COMPANY.pin)})
    _as(tab, "officer", "shencha")
    tab.send("/agency/people", {"q": world.CITIZENS[1].id_no})
    tab.client.post(
        "/verify", data={"csrf_token": tab.token(), "file": (io.BytesIO(b"no pdf"), "x.pdf")}
    )
    wiring.sweep(place.office)

    written = capfd.readouterr()
    logs = written.out + written.err
    assert "E_PIN_WRONG" in logs
    secrets = [SECRET_PIN, str(COMPANY.pin), *(one.id_no for one in world.CITIZENS)]
    assert [secret for secret in secrets if secret in logs] == []
