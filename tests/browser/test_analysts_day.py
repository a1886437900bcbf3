"""An analyst's whole day: 延续注册 gets a second review, from the drawing to the heat map.

The same day stands in section 七 of `docs/analyst-guide.zh.md`, with pictures that this test takes.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from adapters import world
from casework.office import Office
from refusals.days import SHANGHAI
from registry.people.persons import Person
from tests import holders
from tests.browser.conftest import now
from tests.browser.drawing import Drawing
from tests.browser.hands import Hand
from tests.web.desk import COMPANY, Desk
from tests.web.operations.test_versions import address_of
from web.applicant import readiness

pytestmark = pytest.mark.browser
Somebody = Callable[..., Hand]
KIND, TITLE, DIAGRAM = "builder-2", "延续注册增加复审", "common-parts/decision.bpmn"
TABLE, LETTER = "continuing_education.dmn", "documents/decision.typ"
NOTE = "超过3年期限以后延续的，须传证明"
CREDENTIALS = {f"person-0{number}": f"DEMO-31-J00{number}" for number in (1, 2, 7)}
PARAGRAPH = "本决定经两名审查人员先后审查。"
#: An example of the table of which the new row says otherwise.
LATE = (
    '{"when": {"matter": "RENEWAL", "form": {"days_after_limit": 1, "registered_before": false}},'
    ' "says": {"overdue": false, "compulsory_min": 60, "elective_min": 30, "hours_required": true,'
    ' "proof_pdf_required": false}}'
)
WORKS = "主持住宅楼施工三项。"


class Clock:
    """The clock of the machine, and the days by which the test is ahead of it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


@dataclass(frozen=True)
class People:
    """Holders, their enterprise and the agency, whose screens other tests look at."""

    app: Flask
    office: Office

    def comes(self, who: str) -> Desk:
        return Desk(self.app).comes_as(who)

    def holds(self, who: str, credential: str) -> None:
        """Put a registration of somebody on record that ends soon."""
        [citizen] = [known for known in world.CITIZENS if known.subject == who]
        with self.office.sessions() as session:
            [holder] = session.scalars(select(Person).where(Person.name == citizen.name))
        for step in ("card", "certificate", "signature"):
            readiness.take(self.office, holder.id, step, "test")
        ends = self.office.today() + timedelta(days=60)
        employer = {"uscc": COMPANY.uscc, "name": COMPANY.name}
        holders.hold(self.office, holder.id, ends=ends, no=credential, type=KIND, **employer)

    def begins(self, who: str) -> Desk:
        """Let somebody begin a renewal."""
        me = self.comes(who)
        me.send("/applications/new", {"type": KIND, "matter": "RENEWAL"}, follow=True)
        [me.application] = set(re.findall("/applications/([0-9a-f]{32})/form", me.page.text))
        return me

    def hands_in(self, who: str, me: Desk, **answers: str) -> str:
        """Let somebody fill in, sign and have it sealed; give the application."""
        me.renews(**answers)
        me.signs(who)
        self.comes("enterprise").seals(me.application)
        return me.application

    def reviews(self, login: str, step: str) -> None:
        self.comes(login).does(step, outcome="approve", opinion="材料齐全，建议准予。")

    def decides(self, who: str, application: str) -> str:
        """Let the case be decided; give the words of the letter."""
        officer = self.comes("jueding")
        officer.send(officer.task(), {"action": "decide", "outcome": "approve"}, follow=True)
        me = self.comes(who)
        me.open(f"/applications/{application}")
        [letter] = [address for title, address in me.papers().items() if "决定书" in title]
        return words_of(me.client.get(letter).data)


def words_of(pdf: bytes) -> str:
    """Give the words of a paper in one line."""
    command = ["pdftotext", "-raw", "-", "-"]
    told = subprocess.run(command, input=pdf, capture_output=True, check=True, timeout=30)
    return told.stdout.decode().replace("\n", "")


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.mark.timeout(900)  # a day of several people: a minute where nobody else works
def test_an_analysts_whole_day(
    somebody: Somebody, office: Office, clock: Clock, app: Flask
) -> None:
    """I12: drawn, marked, mended, simulated, played, told, compared, published, migrated, seen."""
    people = People(app, office)
    for who, credential in CREDENTIALS.items():
        people.holds(who, credential)
    first, second, third = CREDENTIALS
    decided = people.hands_in(first, people.begins(first))
    people.reviews("shencha", "review")
    reviewed = people.hands_in(second, people.begins(second))

    me = somebody(looks=False).comes_as("officer", "fenxi")
    draft = _begins(me)
    _draws(me, draft)
    _asks_for_works(me, draft)
    _adds_a_row(me, draft)
    _adds_a_paragraph(me, draft)
    _scenarios_are_red(me, draft, office)
    _mends(me, draft)
    _plays(me, draft)
    _are_green(me, draft, office)
    _compares(me, draft)
    _asks_to_publish(me, draft, office)
    _publishes(somebody(looks=False).comes_as("officer", "fenxi2"))

    clock.ahead = timedelta(days=1, hours=1)
    me = somebody(looks=False).comes_as("officer", "fenxi")
    _migrates(me, office, people)
    assert PARAGRAPH not in people.decides(first, decided)
    people.reviews("shencha", "review")
    people.reviews("shenjue", "second_review")
    assert PARAGRAPH in people.decides(second, reviewed)

    late = people.begins(third)
    late.renews(recent_works="")
    assert "请填写近三年的主要业绩" in late.text
    handed = people.hands_in(third, late, recent_works=WORKS)
    people.reviews("shencha", "review")
    _sees(me)
    people.reviews("shenjue", "second_review")
    assert PARAGRAPH in people.decides(third, handed)


def _begins(me: Hand) -> str:
    me.goes("/studio/drafts").types(title=TITLE)
    me.page.get_by_label("注册类型").select_option(KIND)
    me.presses("新建草稿").sees("没有发现问题")
    return me.page.url.partition("#")[0]


def _opens(me: Hand, address: str) -> Page:
    me.page.goto(address)
    expect(me.page.locator("[data-editor][data-ready]")).to_be_visible()
    me.page.locator("[data-canvas]").scroll_into_view_if_needed()
    return me.page


def _draws(me: Hand, draft: str) -> None:
    """Draw a gateway and a task; two slips are marked and mended."""
    page = _opens(me, f"{draft}/files/{DIAGRAM}")
    drawing = Drawing(page)
    drawing.makes_room(drawing.at("decide", -0.2, -0.15), right=130)
    drawing.makes_room(drawing.at("review", 0.5, -0.15), down=60)
    drawing.sets("排他网关", drawing.at("review", 1.5))
    drawing.fills(id="is_renewal", name="延续注册？")
    drawing.clicks_line("is_renewal", "decide")
    drawing.fills(id="to_decide", name="否")
    drawing.ticks("default")
    drawing.sets("用户任务", drawing.at("is_renewal", 3.6, -1.5))
    drawing.fills(id="second_reveiw", name="复审")
    drawing.fills(actorRole="reviewer", status="UNDER_REVIEW", differentFrom="review")
    drawing.joins("is_renewal", "second_reveiw")
    drawing.fills(id="to_second_review", name="是", condition='matter == "RENEWL"')
    drawing.joins("second_reveiw", "decide")
    drawing.fills(id="from_second_review")

    marks, problems = page.locator(".studio__mark"), page.locator("[data-problems]")
    expect(problems).to_contain_text("是不是 second_review？")
    expect(problems).to_contain_text("是不是 RENEWAL？")
    expect(marks).to_have_count(2)
    me.picture("analyst-marked")
    problems.get_by_role("button", name="second_reveiw", exact=True).first.click()
    drawing.fills(id="second_review")
    drawing.ticks("gives")
    problems.get_by_role("button", name="to_second_review", exact=True).first.click()
    drawing.fills(condition='matter == "RENEWAL"')
    expect(marks).to_have_count(0)
    drawing.saves()
    _walks(me, page)


def _walks(me: Hand, page: Page) -> None:
    """Let a token take the line that is chosen, through the second review."""
    page.get_by_role("button", name="演示令牌").click()
    drawing = Drawing(page)
    page.get_by_role("button", name="速度：快").click()
    drawing.presses("is_renewal", "换一条出口")
    page.mouse.move(*drawing.at("second_review"))
    drawing.presses("second_review", "在这里停")
    drawing.presses("decision_started", "发生")
    expect(drawing.over("second_review").locator(".bts-token-count")).to_have_text("1")
    me.picture("analyst-tokens")
    page.get_by_role("button", name="结束演示").click()


def _asks_for_works(me: Hand, draft: str) -> None:
    me.goes(f"{draft}/form/renewal")
    asked = me.page.locator("form", has=me.page.get_by_role("button", name="新增字段"))
    asked.get_by_label("名称").fill("近三年主要业绩")
    asked.get_by_label("标识").fill("recent_works")
    asked.get_by_label("小节").select_option(label="继续教育")
    me.presses("新增字段").sees("近三年主要业绩")
    me.page.get_by_role("link", name="近三年主要业绩").click()
    me.chooses("必填")
    me.page.get_by_label("没有填写时的提示").fill("请填写近三年的主要业绩")
    me.presses("保存字段").sees("近三年主要业绩").picture("analyst-field")


def _adds_a_row(me: Hand, draft: str) -> None:
    page = _opens(me, f"{draft}/files/{TABLE}")
    page.locator("tbody tr").nth(3).locator("td.rule-index").click(button="right")
    page.get_by_text("在上面加一行").click()
    row = page.locator("tbody tr").nth(3)
    for number, typed in enumerate(
        ('"RENEWAL"', "> 0", "-", "-", "false", "60", "30", "true", "true", NOTE)
    ):
        row.locator("td.cell").nth(number).click()
        page.keyboard.press("Control+A")
        page.keyboard.type(typed)
    Drawing(page).saves()
    expect(page.locator("[data-problems]")).to_contain_text("没有发现问题")
    me.picture("analyst-table")


def _adds_a_paragraph(me: Hand, draft: str) -> None:
    facts = "  #facts(\n    [受理日期]"
    said = f'  #if data.matter == "延续注册" [{PARAGRAPH}]'
    _types(me, f"{draft}/files/{LETTER}", facts, f"{said}\n\n{facts}")


def _types(me: Hand, address: str, old: str, new: str) -> None:
    """Change a place of a file as a text, and save it."""
    me.goes(address)
    content = me.page.locator("#content")
    text = content.input_value()
    assert text.count(old) == 1, (address, old)
    content.fill(text.replace(old, new))
    me.presses("保存").sees("已保存")


def _tried(me: Hand, draft: str, office: Office) -> None:
    me.goes(draft).presses("试运行")
    office.runner.run_due()
    me.goes(draft)


def _scenarios_are_red(me: Hand, draft: str, office: Office) -> None:
    _tried(me, draft, office)
    me.sees("个情景中有3个的结果与所写的不同").picture("analyst-red")


def _mends(me: Hand, draft: str) -> None:
    """Write into the scenarios what the draft asks for: the field, the step, the proof."""
    told = f"{draft}/files/examples"
    _types(
        me, f"{told}/renewal/usual.json", '"filled": {', f'"filled": {{"recent_works": "{WORKS}",'
    )
    _types(me, f"{told}/renewal/renewed.json", '"review",', '"review", "second_review",')
    twice = '"UNDER_REVIEW",\n    "APPROVED"'
    _types(me, f"{told}/renewal/renewed.json", twice, f'"UNDER_REVIEW", {twice}')
    _types(me, f"{told}/tables/continuing_education.json", LATE, LATE.replace("false}}", "true}}"))


def _plays(me: Hand, draft: str) -> None:
    """As each actor in turn, from the scenario as far as the second review, and to the end."""
    me.goes(f"{draft}/plays").types(title="复审以后准予延续", steps="7")
    me.page.locator("[name=start]").select_option("renewal/renewed")
    me.presses("开始试办").sees("复审").picture("analyst-play")
    expect(me.page.locator("[data-drawing][data-ready] .is-active").first).to_be_attached()
    for task in ("复审", "决定", "核对信息并领证"):
        me.sees(task).presses("办理")
    me.sees("已结束").types(name="reviewed-twice").presses("保存为情景")
    me.sees("examples/renewal/reviewed-twice.json")


def _are_green(me: Hand, draft: str, office: Office) -> None:
    _tried(me, draft, office)
    me.sees("24个情景的结果都与所写的相同").picture("analyst-green")


def _compares(me: Hand, draft: str) -> None:
    """Every change is told: elements, field, row, the page of the letter, scenarios."""
    me.goes(draft).presses("与依据的版本比较")
    for said in ("复审", "延续注册？", "近三年主要业绩", NOTE, PARAGRAPH, "复审以后准予延续"):
        me.sees(said)
    me.picture("analyst-compare")


def _asks_to_publish(me: Hand, draft: str, office: Office) -> None:
    """From tomorrow; what no scenario of this type reaches belongs to the parts that all share."""
    tomorrow = (office.now() + timedelta(days=1)).astimezone(SHANGHAI)
    me.goes(draft).presses("提请发布")
    me.types(why="延续注册增加复审和业绩", effective_at=f"{tomorrow:%Y-%m-%dT%H:%M}")
    me.types(exception="共用部分的这些地方由二级注册结构工程师的情景讲述")
    me.presses("提请发布").sees("等待确认")


def _publishes(other: Hand) -> None:
    other.goes("/studio/publications")
    other.page.get_by_role("link", name="二级建造师").first.click()
    other.presses("确认发布").presses("确认发布").sees("等待生效").picture("analyst-published")


def _migrates(me: Hand, office: Office, people: People) -> None:
    """Move the case at its review; the one that waits for the decision stays as it is."""
    me.goes("/studio").presses("改到现行版本", exact=False).sees("新版本新增")
    page = me.page
    page.get_by_text("审查与决定中不变的").click()
    page.get_by_label("“决定”对应的环节").select_option("")
    me.picture("analyst-migrate").presses("逐件试算")
    office.runner.run_due()
    page.reload()
    me.sees("1件可以改，1件不可以").sees("停在“决定”，新版本没有对应的环节")
    me.types(reason="复审自即日起适用，已到决定环节的除外").picture("analyst-dry-run")
    me.presses("提请").sees("等待确认")
    operator = people.comes("yunwei")
    operator.send(address_of(operator), {"action": "confirm"}, follow=True)
    office.runner.run_due()


def _sees(me: Hand) -> None:
    """Two cases on the new version came to the second review; one waits there."""
    me.goes("/studio").presses("第2版", exact=False)
    me.presses("延续注册").presses("办理情况", exact=False).sees("复审")
    row = me.page.get_by_role("row", name=re.compile("复审"))
    expect(row.get_by_role("cell")).to_contain_text(["复审", "1", "1", "1"])
    me.picture("analyst-seen")
