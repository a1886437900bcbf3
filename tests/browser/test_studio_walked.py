"""Every page of the studio with axe, on a desk and on a telephone, and by keys alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from casework.office import Office
from engine import definitions
from storage.database import writing
from tests.browser.hands import Hand
from tests.offices import TYPE
from tests.professions.folders import structural_engineer
from tests.web.desk import Desk
from tests.web.studio.test_drafting import begins, saves
from tests.web.studio.test_migrating import works
from tests.web.studio.test_new_types import begins as begins_type
from tests.web.studio.test_playing import plays

MORE_STOPS = 5  #: of a page: parts that scroll
#: The stops that are still there: what comes by itself may take the place of one.
LEFT = "[...document.querySelectorAll('[data-stop]')].map(stop => stop.dataset.stop)"
pytestmark = pytest.mark.browser
KIND, PROCESS = "builder-2", "initial_registration"
DIAGRAM, TABLE, LETTER = "renewal.bpmn", "continuing_education.dmn", "documents/decision.typ"
HELP, FORM = "help/renewal.md", "forms/renewal.ui.json"
EXAMPLES = ("examples/tables/continuing_education.json", "examples/renewal/renewed.json")
GUIDE = Path("docs/analyst-guide.zh.md")
#: Addresses that answer with a file or with a part of a page.
FILES = re.compile(r"\.(pdf|bpmn|svg|csv)$|/(export|trial|noticing)$|/raw/")
#: Number what can have the focus and is seen, of radio buttons with one name one; remember which
#: of them had it, and where that could not be seen. A cell of a table is what is in it; the
#: browser marks the parts of a date itself.
STOPS = """() => {
  const held = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]';
  const cell = '.dmn-decision-table-container :is(td, th, .decision-table-name)';
  const groups = new Set(), named = new Set();
  window.came = new Set();
  window.unseen = [];
  for (const element of document.querySelectorAll(held)) {
    if (element.tabIndex < 0 || element.matches(':disabled')) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.type === 'radio' && groups.has(element.name)) continue;
    groups.add(element.name);
    const stop = element.closest(cell) ?? element;
    stop.dataset.stop = stop.dataset.stop ?? `${named.size} ${element.outerHTML.slice(0, 160)}`;
    named.add(stop.dataset.stop);
  }
  window.addEventListener('focusin', ({ target }) => {
    const first = target.type === 'radio' ? document.getElementsByName(target.name)[0] : target;
    const stop = first.closest('[data-stop]') ?? target;
    window.came.add(stop.dataset.stop);
    const style = getComputedStyle(stop.matches(cell) ? stop : target);
    const isShown = style.outlineStyle !== 'none' || style.boxShadow !== 'none'
      || ['radio', 'checkbox', 'file', 'date'].includes(target.type);
    if (!isShown) window.unseen.push(target.outerHTML.slice(0, 160));
  }, true);
  const parts = 3 * document.querySelectorAll('input[type=date]').length;
  return [named.size + parts + 2 * document.querySelectorAll('th button').length, [...named]];
}"""


def _draft(app: Flask, path: str, before: str, after: str) -> Desk:
    """Give an analyst with a draft in which one file is changed."""
    me = begins(Desk(app).comes_as("fenxi"), KIND)
    text = me.client.get(f"{me.application}/raw/{path}").data.decode()
    assert before in text
    saves(me, path, text.replace(before, after, 1))
    return me


def _tried(me: Desk, office: Office) -> None:
    me.open(me.application)
    me.send(f"{me.application}/try", {}, follow=True)
    works(office)


def _second_version(office: Office) -> tuple[str, str]:
    """Publish the first type with another step and another letter; give both versions."""
    kind = structural_engineer()
    drawn = kind.files["initial.bpmn"].replace(b"decision_stage", b"decision_part")
    letter = kind.files[LETTER].replace("你提出的".encode(), "您提出的".encode())
    with writing(office.sessions) as session:
        old = definitions.keys(session)[kind.key]
        files = {**kind.files, "initial.bpmn": drawn, LETTER: letter}
        new = definitions.deploy(session, kind.key, files, "system", office.now())
    office.definitions.forget()
    return old, new


def _asked(app: Flask, office: Office) -> str:
    """Ask for a publication, and let a matter be stopped; give the address of the first."""
    me = _draft(app, HELP, "\n", "\n\n请来电。\n")
    _tried(me, office)
    ask = f"/studio/publications/ask/{me.application.rpartition('/')[2]}"
    me.open(ask)
    me.send(ask, {"why": "说明写得更清楚"}, follow=True)
    [address] = set(re.findall("/studio/publications/[0-9a-f]{32}", me.page.text))
    publisher = Desk(app).comes_as("fenxi2")
    publisher.open("/studio/publications")
    stop = {"type": TYPE, "matter": "RENEWAL", "notice": "系统维护，12月1日恢复受理。"}
    publisher.send("/studio/publications/stops", stop, follow=True)
    return address


def _moved(me: Desk, office: Office, old: str) -> str:
    """Let running cases be tried on the new version; give where the answers stand."""
    page = f"/studio/versions/{old}/migrate"
    me.open(page)
    came = me.send(page, {"action": "try"}).headers["Location"]
    works(office)
    return urlsplit(came).path


@pytest.fixture(scope="module")
def addresses(app: Flask, office: Office) -> list[str]:
    """Give the address of every page of the studio, each with something on it."""
    number = Desk(app).comes_as("person-01").starts().number()
    old, new = _second_version(office)
    me = _draft(app, LETTER, "你提出的", "您提出的")
    for path in EXAMPLES:
        me.open(f"{me.application}/files/{path}")
        me.send(f"{me.application}/remove/{path}", {"seen": "0"}, follow=True)
    _tried(me, office)
    me.send(f"{me.application}/notice", {}, follow=True)
    works(office)
    slip = _draft(app, DIAGRAM, '"applicant"', '"aplicant"').application
    version, draft = f"/studio/versions/{new}", me.application
    new_type = f"{begins_type(Desk(app).comes_as('fenxi')).application}/new-type"
    return [
        *("/studio", version, f"{version}/diagrams/{PROCESS}"),
        *(f"{version}/diagrams/{PROCESS}?beside={old}", f"{version}/flow/{PROCESS}"),
        *(f"/studio/way?number={number}", f"{version}/explanation"),
        f"{version}/tables/continuing_education?value-0=INITIAL&value-1=5",
        *(f"{version}/forms/INITIAL", f"{version}/help/INITIAL"),
        *(f"{version}/compare/{old}", f"{version}/compare/{old}/decision"),
        *(f"/studio/versions/{old}/migrate", _moved(me, office, old)),
        *("/studio/drafts", draft, slip, f"{slip}/files/{DIAGRAM}"),
        *(f"{draft}/files/{path}" for path in (TABLE, LETTER, FORM)),
        *(f"{draft}/history/{LETTER}", f"{draft}/form/renewal", f"{draft}/manifest"),
        *(f"{draft}/preview/{path}" for path in (HELP, FORM)),
        *(f"{draft}/compare", f"{draft}/compare/decision"),
        *(f"{draft}/coverage/{path}" for path in (DIAGRAM, TABLE)),
        *(f"{draft}/plays", plays(me, "initial/registered", "3"), "/studio/new?from=builder-2"),
        *(f"{new_type}{station}" for station in ("", "/facts", "/hours", "/wording")),
        f"/studio/publications/ask/{draft.rpartition('/')[2]}",
        *(_asked(app, office), "/studio/publications"),
    ]


def _opens(me: Hand, address: str) -> Page:
    page = me.page
    page.goto(address)
    for place in page.locator("[data-editor]:visible, [data-drawing]:visible").all():
        expect(place).to_have_attribute("data-ready", "")
    return page


def by_keys(page: Page) -> Iterable[tuple[str, str]]:
    """Press Tab through a page; say what is not reached, and where the focus is not seen.

    What scrolls when its letters have come is a stop more, which has no name of ours; a link that
    what it leads to takes the place of, once it is seen, is there no more.
    """
    presses, stops = page.evaluate(STOPS)
    for _ in range(presses + MORE_STOPS):
        page.keyboard.press("Tab")
    came = set(page.evaluate("[...window.came]"))
    left = set(page.evaluate(LEFT))
    yield from (("the focus is not seen", told) for told in page.evaluate("window.unseen"))
    yield from (("not reached by keys", stop) for stop in stops if stop in left - came)


@pytest.mark.timeout(600)
def test_every_page(somebody: Callable[..., Hand], addresses: list[str]) -> None:
    """I12: axe and the keys have nothing to say, and nothing sticks out on a telephone."""
    me = somebody(also=360).comes_as("officer", "fenxi")
    wrong: dict[str, object] = {}
    for number, address in enumerate(addresses):
        page = _opens(me, address)
        told = [*me.tells(), *by_keys(page)]
        with me.otherwise():
            told += me.tells()
        me.picture(f"studio-{number:02}")
        if told:
            wrong[address] = told

    assert wrong == {}


def test_no_page_is_left_out(app: Flask, addresses: list[str]) -> None:
    """What the studio shows is on the list of the walk."""
    finds = app.url_map.bind("studio.example")
    walked = {finds.match(urlsplit(each).path, return_rule=True)[0].rule for each in addresses}
    shown = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/studio") and "GET" in (rule.methods or ())
    }

    assert {rule for rule in shown - walked if not FILES.search(rule)} == set()


def test_what_the_libraries_do_not_pass_is_listed(
    somebody: Callable[..., Hand], addresses: list[str]
) -> None:
    """The drawing takes no keys but those of its canvas: told in the guide, with the way around."""
    me = somebody(looks=False).comes_as("officer", "fenxi")
    [address] = [each for each in addresses if each.endswith(f"/files/{DIAGRAM}")]
    page = _opens(me, address)

    tools = page.locator(".djs-palette .entry")
    assert tools.count() > 5
    assert {tool.evaluate("tool => tool.tabIndex") for tool in tools.all()} == {-1}
    assert page.locator(".djs-element[tabindex]").count() == 0
    assert "流程图画布和左侧的工具不能用键盘操作" in GUIDE.read_text()
