"""二级注册建筑师: a profession made wholly in the browser, and one architect registered in it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import expect

from casework.office import Office
from tests.browser.hands import Hand
from tests.browser.test_analysts_day import words_of
from tests.web.desk import Desk, pdf
from tests.web.studio.test_new_types import ANSWERS, OLD
from web.demo.portrait import draw

pytestmark = pytest.mark.browser
KEY, TITLE, PERSON = "architect-2", "二级注册建筑师", "person-12"
ON_CERTIFICATE = "准予从事建筑设计"
CERTIFICATE = "documents/certificate.typ"
#: What the scenarios of the old profession say otherwise: file under `examples/` → old, new.
SCENARIOS = {
    "initial/usual.json": [
        ('"specialities": [\n      "建筑工程"\n    ]', '"works_kind": "建筑设计"')
    ],
    "initial/registered.json": [
        ('"specialities": ["建筑工程", "机电工程"]', '"works_kind": "园林建筑设计"'),
        ("两个注册专业", "一种从业类别"),
    ],
    "initial/hours-mended.json": [
        ('_hours": 60', '_hours": 40'),
        ('_hours": 30', '_hours": 40'),
        ('_hours": 59', '_hours": 39'),
        ('_hours": 29', '_hours": 39'),
        ("29/30", "39/40"),
        ("59/60", "39/40"),
        ("必修60、选修30", "必修40、选修40"),
    ],
    "renewal/usual.json": [('"ce_elective_hours": 30', '"ce_elective_hours": 40')],
    "renewal/renewed.json": [("29", "39"), ("/30", "/40"), ("30学时", "40学时")],
}


class Lap:
    """How long each step of the analyst took."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.told.append(f"{time.monotonic() - begun:5.1f} s  {step}")


@pytest.mark.timeout(900)  # a day of several people: a minute where nobody else works
def test_a_profession_is_made_in_the_browser_and_an_architect_registered(
    somebody: Callable[..., Hand], office: Office, app: Flask
) -> None:
    """I12: walked through what must differ, tried, published, applied for, granted and verified."""
    me, lap = somebody(looks=False).comes_as("officer", "fenxi"), Lap()
    with lap("新建：名称、证书和编号"):
        draft = _begins(me)
    with lap("年龄、照片和年限；继续教育学时"):
        _facts_and_hours(me)
    with lap("申请表的字段"):
        _fields(me)
    with lap("文字"):
        _wording(me, draft)
    with lap("证书样式"):
        _certificate(me, draft)
    with lap("情景，试运行"):
        _scenarios(me, draft, office)
    with lap("提请发布，由另一人发布"):
        _publishes(me, somebody(looks=False).comes_as("officer", "fenxi2"), draft)
    with lap("一名建筑师注册，领证，公开查验"):
        _registers(app)
    print("", *lap.told, sep="\n")  # noqa: T201  # how long an analyst's steps took is asked for


def _begins(me: Hand) -> str:
    me.goes("/studio/new")
    me.page.get_by_label("从哪个注册类型开始").select_option(OLD)
    me.presses("下一步")
    for name, value in ANSWERS.items():
        me.page.locator(f'[name="{name}"]').fill(value)
    me.presses("新建").sees("请继续核对应当不同的内容").picture("fourth-facts")
    return me.page.url.partition("/new-type")[0]


def _facts_and_hours(me: Hand) -> None:
    for name, value in {"photo.width": "295", "photo.height": "413"}.items():
        me.page.locator(f'[name="{name}"]').fill(value)
    me.presses("保存并继续").sees("继续教育学时")
    asked = me.page.locator("main input[name^=continuing_education]")
    expect(asked).to_have_count(6)
    for field in asked.all():
        field.fill("40")
    me.picture("fourth-hours").presses("保存并继续").sees("应当不同的内容").picture("fourth-walk")


def _fields(me: Hand) -> None:
    """Ask for 从业类别 instead of 注册专业."""
    me.page.get_by_role("link", name="申请表的字段").click()
    asked = me.page.locator("form", has=me.page.get_by_role("button", name="新增字段"))
    asked.get_by_label("名称").fill("从业类别")
    asked.get_by_label("标识").fill("works_kind")
    asked.get_by_label("种类").select_option(label="单选")
    asked.get_by_label("小节").select_option(label="资格信息")
    me.presses("新增字段").page.get_by_role("link", name="从业类别").click()
    me.chooses("必填").page.get_by_label("没有填写时的提示").fill("请选择从业类别")
    me.page.get_by_label("选项").fill("建筑设计\n园林建筑设计")
    me.presses("保存字段").page.get_by_role("button", name=re.compile("移除.*注册专业")).click()
    expect(me.page.locator("form[aria-label=表单样例]")).not_to_contain_text("注册专业")
    me.sees("从业类别")


def _wording(me: Hand, draft: str) -> None:
    """Take over what is proposed; what all professions share is no text of the old one."""
    me.goes(f"{draft}/new-type/wording").sees("学时；help/initial.md").picture("fourth-wording")
    expect(me.page.locator("main")).not_to_contain_text("common-parts")
    me.presses("保存并继续").sees("没有原来的文字")


def _certificate(me: Hand, draft: str) -> None:
    """Print what may be done, and the smaller photo; the check holds both against the manifest."""
    line = f"#align(center, text(font: kai, size: 12pt, fill: wine)[{ON_CERTIFICATE}])\n#v(6mm)"
    _rewrites(me, f"{draft}/files/{CERTIFICATE}", [("#v(8mm)", line)])
    me.sees("E_FIGURE_CONTRADICTED")
    _rewrites(me, f"{draft}/files/{CERTIFICATE}", [("33mm, 46mm", "25mm, 35mm")])
    me.sees("没有发现问题")


def _rewrites(me: Hand, address: str, pairs: list[tuple[str, str]]) -> None:
    """Type a file anew where it says something else now, and save it."""
    content = me.goes(address).page.locator("#content")
    text = content.input_value()
    for old, new in pairs:
        assert old in text, (address, old)
        text = text.replace(old, new)
    content.fill(text)
    me.presses("保存").sees("已保存")


def _scenarios(me: Hand, draft: str, office: Office) -> None:
    """Mend the scenarios until all of them are told as they are written."""
    me.goes(f"{draft}/files/examples/initial/speciality-mended.json")
    me.page.get_by_text("上传或者移除").click()
    me.presses("移除该文件")
    for path, pairs in SCENARIOS.items():
        _rewrites(me, f"{draft}/files/examples/{path}", pairs)
    me.goes(draft).presses("试运行")
    office.runner.run_due()
    me.goes(draft).sees("22个情景的结果都与所写的相同").sees("没有发现问题").picture("fourth-green")


def _publishes(me: Hand, other: Hand, draft: str) -> None:
    me.goes(draft).presses("提请发布").types(why="新的注册类型：二级注册建筑师")
    me.presses("提请发布").sees("等待确认")
    other.goes("/studio/publications").page.get_by_role("link", name=TITLE).first.click()
    other.presses("确认发布").presses("确认发布").sees("已发布")


def _registers(app: Flask) -> None:
    """Let an architect from another province apply, be granted and claim; others look at pages."""
    architect = Desk(app).comes_as(PERSON)
    architect.send("/applications/new", {"type": KEY, "matter": "INITIAL"}, follow=True)
    [architect.application] = set(re.findall("/applications/(.{32})/form", architect.page.text))
    answers = {
        "qualification_region": "OTHER",
        "qualification_province": "江苏省",
        "qualification_no": "JS-2026-0001",
        "qualification_issued_on": "2026-05-18",
        "qualification_issuer": "江苏省住房和城乡建设厅（虚构）",
        "qualification_scans": ("证书.pdf", pdf()),
        "photo": ("我.jpg", draw(4)),
    }
    architect.saves(**answers)
    assert "请选择从业类别" in architect.text
    assert "注册专业" not in architect.text
    architect.saves(**answers, works_kind="园林建筑设计")
    assert "数据校验已通过" in architect.text, architect.text
    architect.signs(PERSON)
    Desk(app).comes_as("enterprise").seals(architect.application)
    for login, step, outcome in (
        ("shouli", "formal_check", "accept"),
        ("shencha", "review", "approve"),
        ("jueding", "decide", "approve"),
    ):
        Desk(app).comes_as(login).does(step, outcome=outcome, opinion="材料齐全。")

    architect.open("/certificates")
    [claim] = set(re.findall(r"/certificates/\w+/claim", architect.page.text))
    architect.send(claim, {}, follow=True)
    certificate = architect.client.get(claim.removesuffix("/claim") + ".pdf").data
    said = words_of(certificate)
    assert TITLE in said
    assert ON_CERTIFICATE in said
    assert "从业类别 园林建筑设计" in said
    assert re.search(r"DZ31A2\d{4}\d{5}[0-9A-Z]", said)
    architect.open("/certificates")
    anybody = Desk(app)
    anybody.open(re.findall(r"/verify/[\w-]+", architect.page.text)[0])
    assert f"{TITLE}注册证书" in anybody.text
    assert "有效" in anybody.text
