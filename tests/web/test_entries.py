"""Generated over every page that takes text: however it is typed, the same answer."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import Tag
from flask import Flask
from sqlalchemy import select

from casework.case import texts
from registry.people.persons import Person
from storage.database import writing
from tests.screens.visitors import kind_of
from tests.variants import VARIANTS
from tests.web import furnished, presses
from tests.web.api.test_webhooks import Receiver
from tests.web.desk import Desk
from tests.web.fields import Place, Walk
from tests.web.furnished import app, clock, office, prepared
from tests.web.ground import Ground, answered, fitting
from tests.web.lived_in import VISITORS, beginnings, furnish, sits
from tests.web.presses import Pressed
from tests.web.undoing import Asks, OwnPage, row_of
from web.forms.entries import ReadRequest

__all__ = ["app", "clock", "office", "prepared"]

#: Those who share what they come to: a field is tried for the first of them who finds it.
PARTIES = {
    "people": lambda who: VISITORS[who][0] == "person",
    "enterprises": lambda who: VISITORS[who][0] == "enterprise",
    "caseworkers": lambda who: who in ("shouli", "shencha", "shenjue", "jueding"),
    "operators": lambda who: who.startswith("yunwei"),
    "analysts": lambda who: who.startswith("fenxi"),
}
#: What is no writing: private use, emoji, a heap of marks, no character at all.
STRANGE = "示例\ue000\U000f0000👩\u200d👧🏽" + "\u0338" * 40 + "\ufffe\ufffc"
#: Forms that no walk comes to, and why what is typed there is the same all the same.
ELSEWHERE = {
    r"api\..+": "JSON of programs: tests/web/api/test_reading.py",
    r"pki\..+": "DER",
    r"portal\..+": "the twin of another authority's page",
    r"studio_files\.(save|check|restore)": "a file, blank by blank",
    r"(application_form|roster)\.(keep|group|verify)": "the fields of .submit, sent by a script",
    r"second_factor\.(enrol|prove_by)_passkey": "what a key signed",
    r"sessions\.stay|kept_forms\.forget": "a button of a script, and one after a lost session",
    r"sign_in\.acts_for|applicant\.go_on_as_initial|own_data\.delete": "a button alone",
    r"enterprise_rename\.retry|enterprise_seals\.stop|factor_resets\.settle": "a button alone",
    r"opinion_templates\.drop|saved_views\.forget|second_factor\.(codes|remove)": "a button",
    r"enterprise_operators\.reset_factors": "a button alone",
    r"program_webhooks\.(again|pause|remove|resume)|roster\.invite": "a button alone",
    r"studio_(drafts\.merge|files\.remove|publications\.(lift|settle))": "a button alone",
    r"contested\.submit": "a choice and a file",
}


@pytest.fixture(scope="module")
def lived_in(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare an installation in which something waits on every page."""
    folder = tmp_path_factory.mktemp("lived-in") / "var"
    shutil.copytree(prepared, folder)
    for opened in furnished.opened(folder, furnished.Clock()):
        furnish(opened)
    return folder


@pytest.fixture
def lived(lived_in: Path, tmp_path: Path, clock: furnished.Clock) -> Iterator[Ground]:
    """Open a fresh copy of it."""
    live, kept = tmp_path / "lived", tmp_path / "kept"
    shutil.copytree(lived_in, live)
    for opened in furnished.opened(live, clock):
        opened.extensions["zhuce_office"].webhooks = Receiver()
        yield Ground(opened, live, kept)


#: Who → the forms that his walk came to, by method and address: a walk costs seconds.
_SEEN: dict[str, set[tuple[str, str]]] = {}
_STANDS: set[tuple[str, str]] = set()  #: endpoint of an act, endpoint of a page that offers it
_FORMS: dict[str, list[tuple[str, Tag]]] = {}
_PRESSED: set[tuple[str, str]] = set()  #: buttons that did something, by endpoint and name


def _come_to(app: Flask, desk: Desk, who: str) -> list[Place]:
    """Walk as somebody; give what is typed into, and know the forms that stood there."""
    walk = Walk(desk, beginnings(app, who), most_alike=3)
    places = list(walk.places())
    _SEEN[who], _FORMS[who] = set(walk.actions), walk.forms
    urls = app.url_map.bind("127.0.0.1")
    for action, page in walk.stands:
        act, shown = urls.match(action, method="POST")[0], urls.match(page, method="GET")[0]
        _STANDS.add((str(act), str(shown)))
    return places


def _posts(app: Flask) -> set[str]:
    """Give every endpoint that acts."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
    }


def _at_once(typed: str) -> str:
    """Type something in all ways at once, the line end last."""
    for name, variant in VARIANTS.items():
        if name not in ("dotted", "line_ended"):  # only names have dots to fold
            typed = variant(typed)
    return VARIANTS["line_ended"](typed)


def _differs(ground: Ground, desk: Desk, place: Place, number: int) -> Iterator[str]:
    """Tell in which ways a field is not read as meant; each field has one way of its own too."""
    single = sorted(VARIANTS.keys() - {"dotted"})[number % (len(VARIANTS) - 1)]
    plain = place.value or fitting(place.name)
    meant = answered(ground, desk, place, plain)
    for name, variant in {single: VARIANTS[single], "all": _at_once}.items():
        if (got := answered(ground, desk, place, variant(plain))) != meant:
            yield f"{place.action} {place.name}: {name}: {meant[0]}, {got[0]}"
    if answered(ground, desk, place, STRANGE)[0] >= 500:
        yield f"{place.action} {place.name}: {STRANGE!a}"


@pytest.mark.proves("F:input-1")
@pytest.mark.parametrize("party", PARTIES)
def test_a_page_answers_the_same_however_it_is_typed(lived: Ground, party: str) -> None:
    """§input: the same page and the same rows, full-width, spaced, marked, with line end, radicals.

    What is no writing is refused beside its field or not found, and never a failure.
    """
    told, different = set[tuple[str, str, str]](), list[str]()

    for who in filter(PARTIES[party], VISITORS):
        desk = sits(lived.app, who)
        places = _come_to(lived.app, desk, who)
        lived.keep()
        for place in places:
            kind = (place.method, kind_of(place.action), re.sub(r"\d+", "*", place.name))
            if kind not in told:
                told.add(kind)
                different += _differs(lived, desk, place, len(told))

    assert told
    assert different == []


@pytest.mark.proves("F:input-1")
def test_every_form_is_walked_or_says_why_not(lived: Ground) -> None:
    """Whoever adds a page that is typed into brings somebody to it, or names why nobody comes."""
    app, walked = lived.app, set[str]()
    urls = app.url_map.bind("127.0.0.1")
    for who in VISITORS:
        if who not in _SEEN:
            assert _come_to(app, sits(app, who), who)
        walked |= {
            str(urls.match(action, method="POST")[0])
            for method, action in _SEEN[who]
            if method == "POST"
        }
    posts = _posts(app)

    named = {name for name in posts if any(re.fullmatch(words, name) for words in ELSEWHERE)}
    assert posts - walked - named == set()
    assert [
        words for words in ELSEWHERE if not any(re.fullmatch(words, name) for name in posts)
    ] == []


@pytest.mark.proves("F:crossed-7")
@pytest.mark.parametrize("party", PARTIES)
def test_a_button_pressed_again_or_by_two_at_once_doubles_nothing(
    lived: Ground, party: str
) -> None:
    """The second press is done, or is told what happened; no table has a row more than by one."""
    wrong = list[str]()
    lived.keep()

    for who in filter(PARTIES[party], VISITORS):
        lived.again()
        desk, other = sits(lived.app, who), sits(lived.app, who)
        if who not in _FORMS:
            _come_to(lived.app, desk, who)
        lived.keep()
        for button in presses.buttons(lived.app, who, _FORMS[who]):
            if (button.endpoint, button.name) in _PRESSED or button.endpoint in presses.ENDS:
                continue
            first = presses.pressed(lived, desk, button)
            if first.answer.status_code >= 500:
                wrong.append(f"{who} {button.endpoint} {button.name}: {first.answer.status_code}")
            if first.answer.status_code >= 400:
                continue
            _PRESSED.add((button.endpoint, button.name))
            wrong += _doubled(lived, [desk, other], first)

    assert _PRESSED
    assert not wrong, "\n".join(wrong)


_TWICE, _AGAIN = "tests/web/test_pressed_twice.py::", "tests/web/test_pressed_again.py::"
_STUDIO, _SIGN_IN = "tests/web/studio/", "tests/web/sign_in/"
_ASKED = "test_an_analyst_tries_and_asks"
#: Acts whose button no walk comes to, or can press: the tests that press it twice, or at once.
PRESSED_ELSEWHERE: dict[str, tuple[str, ...]] = {
    r"api\..+": (
        "tests/web/api/test_acts.py::test_an_enterprise_agrees_and_seals_with_its_pin",
        "tests/web/api/test_acts.py::test_a_key_is_busy_while_its_request_is_done_and_swept_in_time",
    ),
    r"application_form\.(keep|group|verify)": (f"{_AGAIN}test_what_a_script_keeps_of_a_form",),
    r"roster\.(keep|group)": (f"{_AGAIN}test_what_a_script_keeps_of_a_form",),  # the same act
    r"studio_files\.(save|remove)": (f"{_TWICE}test_what_analysts_begin",),
    r"studio_files\.restore": (
        "tests/web/studio/test_drafting.py::test_a_file_is_typed_saved_and_brought_back",
    ),
    r"studio_(publications\.(ask|settle)|drafts\.load|new_types\.begin)": (
        f"{_AGAIN}test_what_analysts_take_in_begin_and_publish",
    ),
    r"studio_drafts\.merge": (
        "tests/web/studio/test_drafting.py::test_what_another_published_meanwhile_is_not_taken_back",
    ),
    r"studio_migrations\.ask": (
        f"{_STUDIO}test_migrating.py::{_ASKED}_and_an_operator_confirms_and_undoes",
    ),
    r"versions\.ask": (
        "tests/web/operations/test_versions.py::test_one_asks_and_another_confirms",
    ),
    r"factor_resets\.settle": (
        "tests/web/sign_in/test_second_factor.py::test_two_operators_reset_what_was_lost",
    ),
    r"program_webhooks\.(again|resume)": (
        "tests/web/programs/test_clients.py::test_an_address_is_told_paused_and_told_again",
    ),
    r"acts\.open_correction": (f"{_AGAIN}test_a_correction_is_opened_once",),
    r"second_factor\.\w+": (
        f"{_TWICE}test_what_proves_an_officer",
        "tests/web/sign_in/test_second_factor.py::test_a_code_lets_in_once_within_one_step",
    ),
    r"enterprise_operators\.reset_factors": (
        f"{_SIGN_IN}test_operators_factor.py::test_another_administrator_resets_what_was_lost",
    ),
    r"signing_steps\.(confirm|resend)": (
        "tests/web/applicant/test_signature.py::test_pressing_twice_signs_once",
        "tests/web/applicant/test_signature.py::test_asking_again_too_soon",
    ),
    r"enterprise_seals\.stop": (f"{_TWICE}test_posts_of_an_enterprise_and_a_stopped_list",),
    r"enterprise_rename\.retry": (f"{_AGAIN}test_what_failed_of_a_change_of_name_is_tried_once",),
    r"applicant\.go_on_as_initial": (f"{_AGAIN}test_an_overtaken_renewal_goes_on_once",),
    r"contested\.submit": (f"{_AGAIN}test_the_agency_is_asked_once_without_the_enterprise",),
}
#: What leaves nothing that could be there twice.
NOTHING_TWICE: dict[str, str] = {
    r"pki\..+|portal\..+": "ask, and change nothing",
    r"studio_files\.check|sessions\.stay": "change nothing",
    r"kept_forms\.forget|sign_in\.(acts_for|sign_out)": "of the own session alone",
}


@pytest.mark.proves("F:crossed-7")
def test_every_act_is_pressed_twice_or_says_where(lived: Ground) -> None:
    """Whoever adds a button brings somebody to it, or names the test that presses it twice."""
    posts = _posts(lived.app)

    rows = [*PRESSED_ELSEWHERE, *NOTHING_TWICE]
    named = {name for name in posts if any(re.fullmatch(words, name) for words in rows)}
    left = sorted(posts - {endpoint for endpoint, _ in _PRESSED} - named)
    assert not left, "\n".join(left)


@pytest.mark.proves("F:crossed-7")
def test_what_is_pressed_elsewhere_is_pressed_by_a_test_that_is_there(app: Flask) -> None:
    """Each row names an act that is there, and a test by its name: a file alone is none."""
    root, posts = Path(__file__).parents[2], _posts(app)
    rows = [*PRESSED_ELSEWHERE, *NOTHING_TWICE]
    assert [row for row in rows if not any(re.fullmatch(row, name) for name in posts)] == []
    gone = [
        test
        for tests in PRESSED_ELSEWHERE.values()
        for test in tests
        if f"\ndef {test.partition('::')[2]}(" not in (root / test.partition("::")[0]).read_text()
    ]

    assert all(PRESSED_ELSEWHERE.values())
    assert gone == []


def _doubled(ground: Ground, desks: list[Desk], first: Pressed) -> Iterator[str]:
    """Tell what is wrong with a second press, and with two at once."""
    name, before = f"{first.button.endpoint} {first.button.name}", ground.counted()
    again = presses.press(desks[0], first.button)
    if more := ground.counted() - before:
        yield f"{name} again: {dict(more)}"
    if again.status_code >= 500 or not presses.is_told(first.button, again):
        yield f"{name} again: {again.status_code} {presses.codes(again)}"
    both = presses.pressed_at_once(ground, desks, first.button)
    if more := both.rows - first.rows:
        yield f"{name} at once: {dict(more)}"
    if both.answer.status_code >= 500 or not presses.is_told(
        first.button, both.answer, at_once=True
    ):
        yield f"{name} at once: {both.answer.status_code} {presses.codes(both.answer)}"


@pytest.mark.proves("F:crossed-7")
def test_what_ends_something_stands_where_that_is_said(lived: Ground) -> None:
    """An act with a page of its own is offered nowhere else; what asks has changed nothing yet."""
    for who in VISITORS:
        if who not in _SEEN:
            _come_to(lived.app, sits(lived.app, who), who)

    alone = {act: row for act, _ in _STANDS if isinstance(row := row_of(act), OwnPage)}
    assert alone
    wrong = {(act, page) for act, page in _STANDS if act in alone} - {
        (act, page) for act, row in alone.items() for page in row.page.split()
    }
    assert wrong == set()
    assert {act: rows for act, rows in presses.ASKED.items() if rows} == {}
    assert {act for act, _ in presses.ASKED if not isinstance(row_of(act), Asks)} == set()


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
    "web/operations/traces.py",  # the span of the request, put there by itself
    "web/public/pki.py",  # DER
    "web/visitors/kept_forms.py",  # a form that is given back as it was typed, and read then
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
