"""Generated over every page that takes text: however it is typed, the same answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from casework.case import texts
from registry.people.persons import Person
from storage.database import writing
from tests.variants import VARIANTS
from tests.web.desk import Desk
from tests.web.furnished import app, clock, office, prepared
from web.forms.entries import ReadRequest

__all__ = ["app", "clock", "office", "prepared"]

PAGES = {  #: where each visitor begins to look around
    "person-01": ["/", "/applications", "/readiness", "/change", "/certificates", "/verify"],
    "enterprise": ["/enterprise/inbox", "/enterprise/people", "/enterprise/rename"],
    "shouli": ["/agency/inbox", "/agency/people"],
    "jueding": ["/agency/people", "/agency/bans", "/agency/holidays"],
    "yunwei": ["/operations", "/operations/outside"],
}
MOST_PAGES = 30  #: of one visitor
TEXT = "input[type=text], input[type=tel], input[type=search], input:not([type]), textarea"
PASSIVE = re.compile(r"/(sign-out|phone|portal|files|static|pki)|\.(pdf|cer|crl|xlsx)|download")
#: Acts at once and is not there a second time, or lists what was just done there.
ONCE = re.compile(r"/dismiss$|/enterprise/operators/[0-9a-f]{32}$")
CHANGING = re.compile(
    r'name="csrf_token"[^>]*|name="request"[^>]*|nonce="[^"]*"|value="[0-9a-f]{32}"'
    r'|data-token="[^"]*"'  # the csrf_token once more, signed at the second it is shown
)


@dataclass(frozen=True)
class Place:
    """A field of a form on a page."""

    address: str
    action: str
    name: str
    others: tuple[tuple[str, str], ...]


def _places(desk: Desk, starts: list[str]) -> Iterator[Place]:
    waiting, seen, told = list(starts), set[str](), set[tuple[str, str]]()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        if address in seen or PASSIVE.search(address):
            continue
        seen.add(address)
        if desk.open(address).status_code != 200 or "html" not in desk.page.mimetype:
            continue
        soup = desk.soup()
        waiting += [
            str(link["href"]) for link in soup.select("a[href^='/']") if "?" not in link["href"]
        ]
        for form in soup.select("form"):
            action = str(form.get("action") or address)
            if str(form.get("method", "")).lower() != "post" or ONCE.search(action):
                continue
            for entry in form.select(TEXT):
                key = (re.sub("[0-9a-f]{32}", "", action), str(entry["name"]))
                if key not in told:
                    told.add(key)
                    yield Place(address, action, str(entry["name"]), _others(form, entry))


def _others(form: BeautifulSoup, entry: object) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(other["name"]), str(other.get("value", "")))
        for other in form.select("input[type=hidden][name]")
        if other is not entry and other["name"] != "csrf_token"
    )


def _answer(desk: Desk, place: Place, typed: str) -> tuple[int, str]:
    desk.send(place.action, {**dict(place.others), place.name: typed})
    body = CHANGING.sub("", desk.page.text)
    return desk.page.status_code, body if desk.page.status_code != 303 else desk.page.location


def _waits(desk: Desk, who: str) -> None:
    """Let time pass, as nobody asks so often as here; the working day may end meanwhile."""
    desk.client.application.extensions["zhuce_office"].clock.turn(minutes=11)
    if desk.open("/notices").status_code == 303:
        desk.comes_as(who)


@pytest.mark.proves("F:input-1")
@pytest.mark.parametrize("who", PAGES)
def test_a_page_answers_the_same_however_it_is_typed(app: Flask, who: str) -> None:
    """§input: full-width, spaced, marked, with line end, radicals."""
    applicant = Desk(app).comes_as("person-01").fills().signs()
    if who != "enterprise":
        Desk(app).comes_as("enterprise").seals(applicant.application)
    desk = Desk(app).comes_as(who)
    if who == "person-01":
        desk = Desk(app).comes_as("person-02").starts()
    places = list(_places(desk, [*PAGES[who], *_records(app, who)]))
    different = []

    for place in places:
        _waits(desk, "person-02" if who == "person-01" else who)
        for plain in ("示例人力长见 845542 abc", "2026-01-08"):
            meant = _answer(desk, place, plain)
            different += [
                f"{place.action} {place.name}: {name}"
                for name in VARIANTS.keys() - {"dotted"}  # only names have dots to fold
                if _answer(desk, place, VARIANTS[name](plain)) != meant
            ]

    assert places
    assert different == []


#: What is no writing: private use, emoji, a heap of marks, no character at all.
STRANGE = ("示例\ue000\U000f0000", "示例👩\u200d👧🏽", "示例" + "\u0338" * 40, "示例\ufffe\ufffc")


@pytest.mark.proves("F:input-1")
@pytest.mark.parametrize("who", PAGES)
def test_what_is_no_writing_breaks_no_page(app: Flask, who: str) -> None:
    """§input: refused beside its field or not found, never a failure, and never kept as it is."""
    applicant = Desk(app).comes_as("person-01").fills().signs()
    if who != "enterprise":
        Desk(app).comes_as("enterprise").seals(applicant.application)
    desk = Desk(app).comes_as(who)
    if who == "person-01":
        desk = Desk(app).comes_as("person-02").starts()
    places = list(_places(desk, [*PAGES[who], *_records(app, who)]))

    failed = [
        f"{place.action} {place.name}: {typed!a} {status}"
        for place in places
        for typed in STRANGE
        if (status := _answer(desk, place, typed)[0]) >= 500
    ]

    assert failed == []


@pytest.mark.proves("F:input-1")
def test_nul_is_refused_wherever_it_is_sent(app: Flask) -> None:
    """§input: no database keeps it, nobody can type it: a bad request with its code, no failure."""
    applicant, analyst = Desk(app).comes_as("person-02"), Desk(app).comes_as("fenxi")

    for desk, address, fields in (
        (applicant, "/views", {"list": "a\0", "name": "我的", "address": "/applications"}),
        (applicant, "/change/report", {"text": "姓名写错了\0，请更正。"}),
        (analyst, "/studio/drafts", {"type": "structural-engineer-2", "title": "说明\0"}),
    ):
        assert desk.send(address, fields).status_code == 400
        assert "E_BAD_REQUEST" in desk.text


@pytest.mark.proves("F:input-1")
def test_a_number_of_any_length_is_no_failure(app: Flask) -> None:
    """§input: what no save is numbered by is not there, and is nobody's latest save."""
    desk, endless = Desk(app).comes_as("fenxi"), "9" * 5000
    begun = {"type": "structural-engineer-2", "title": "延续注册的说明"}
    draft = desk.send("/studio/drafts", begun).location

    file = f"{draft}/files/help/renewal.md"
    kept = desk.send(file, {"content": "新的说明。", "seen": endless})
    gone = desk.send(f"{draft}/history/help/renewal.md", {"number": endless, "seen": "1"})

    assert (kept.status_code, gone.status_code) == (303, 404)


def _records(app: Flask, who: str) -> list[str]:
    """Give the pages that only a search leads to."""
    if who not in ("shouli", "jueding"):
        return []
    with app.extensions["zhuce_office"].sessions() as session:
        person = session.scalars(select(Person.id).limit(1)).one()
    return [f"/agency/people/{person}", f"/agency/people/{person}/correction"]


@pytest.mark.proves("F:outside-4")
@pytest.mark.parametrize("dot", "•‧・･．")
def test_a_person_is_found_by_any_middle_dot(app: Flask, dot: str) -> None:
    """民委发〔2016〕33号: one spelling at every intake, and every spelling finds it."""
    with writing(app.extensions["zhuce_office"].sessions) as session:
        person = session.scalars(select(Person).limit(1)).one()
        person.name = "买买提·示例"
    desk = Desk(app).comes_as("shouli")

    desk.send("/agency/people", {"q": f"买买提{dot}示例"})

    assert "买买提·示例" in desk.text
    assert f"/agency/people/{person.id}" in desk.page.text


#: Who takes a body as it was sent, and why that is no text of people.
AS_SENT = {
    "web/api/declared.py",  # JSON, each text of which is read before it is judged
    "web/api/repeating.py",  # compared with itself
    "web/forms/entries.py",  # the one place
    "web/public/pki.py",  # DER
    "web/studio/files.py",  # a file, blank by blank
}


@pytest.mark.proves("F:input-1")
def test_every_text_comes_through_the_one_place(app: Flask) -> None:
    """§input: whatever page is added, its texts are read; what is taken as sent is listed."""
    root = Path(__file__).parents[2]
    taking = re.compile(r"request\.(get_data|data\b|stream|get_json|environ\[)|as_sent|wsgi\.input")

    found = {
        path.relative_to(root).as_posix()
        for path in (root / "web").rglob("*.py")
        if "node_modules" not in path.parts and "demo" not in path.parts
        if taking.search(path.read_text("utf-8"))
    }

    assert found == AS_SENT
    assert app.request_class is ReadRequest


@pytest.mark.proves("F:input-3")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_end_counts_as_one_character(app: Flask, end: str) -> None:
    """Browsers send two characters where people see one: the limit is that of people."""
    office = app.extensions["zhuce_office"]
    lines = end.join(["字"] * 250)  # 499 characters as people count

    [kept] = texts.said(office, [f"{lines}字"])
    assert len(kept) == texts.LONGEST

    with pytest.raises(texts.TextTooLong):
        texts.said(office, [f"{lines}字字"])


@pytest.mark.proves("F:input-3")
def test_no_control_cuts_a_pasted_text() -> None:
    """A limit is told beside its field; a maxlength would drop the end without a word."""
    root = Path(__file__).parents[2]
    sources = [
        *(root / "web" / "templates").rglob("*.html"),
        *(root / "web").rglob("*.py"),
        *(root / "web" / "assets" / "src").rglob("*.js"),
        *(root / "bpmn").rglob("*.ui.json"),
    ]

    assert len(sources) > 100
    assert [path.name for path in sources if "maxlength" in path.read_text("utf-8")] == []
