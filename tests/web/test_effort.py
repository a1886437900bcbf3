"""What a matter costs its people, counted on the pages and held against docs/effort.md."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from bs4 import Tag
from flask import Flask

from adapters import world
from casework.office import Office
from registry.applications.statuses import Matter
from tests.web.desk import COMPANY, Desk
from tests.web.furnished import app, clock, desk, office, prepared
from web.demo.people import plays
from web.demo.people.engineer import Engineer
from web.demo.portrait import draw

__all__ = ["app", "clock", "desk", "office", "prepared"]

TABLE = Path(__file__).parents[2] / "docs" / "effort.md"
FIRST, SECOND = world.CITIZENS[0], world.CITIZENS[6]


class Counted(Desk):
    """Somebody who can do only what the page in front of him offers, and whose acts are counted."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.clicks = self.typed = self.pins = 0
        self._filled: dict[str, Any] = {}

    def begins_at(self, address: str) -> Counted:
        """Stand where counting begins: in front of the menu."""
        self.open(address)
        self.clicks = self.typed = self.pins = 0
        return self

    def follows(self, words: str) -> Counted:
        """Click a link that the page has."""
        links = [link for link in self.soup().select("a[href]") if words in link.get_text()]
        assert links, (words, self.text)
        self.clicks += 1
        self.open(str(links[0]["href"]), follow=True)
        return self

    def ticks(self, name: str, value: str = "true") -> Counted:
        """Click a box or a choice that the page has."""
        assert self.soup().select(f'[name="{name}"][value="{value}"]'), (name, self.text)
        self.clicks += 1
        self._filled[name] = value
        return self

    def types(self, name: str, value: Any) -> Counted:
        """Type into a field that the page has."""
        assert self.soup().select(f'[name="{name}"]'), (name, self.text)
        if name == "pin":
            self.pins += 1
        else:
            self.typed += 1
        self._filled[name] = value
        return self

    def presses(self, words: str) -> Counted:
        """Press a button; its form is sent as it stands, with what was ticked and typed."""
        buttons = [
            button
            for button in self.soup().select("button")
            if next(button.stripped_strings, "") == words
        ]
        buttons = [button for button in buttons if not button.get("aria-hidden")]
        assert buttons, (words, self.text)
        form = buttons[0].find_parent("form")
        assert isinstance(form, Tag)
        fields = _as_it_stands(form) | self._filled
        if name := buttons[0].get("name"):
            fields[str(name)] = str(buttons[0].get("value", ""))
        self.clicks += 1
        self._filled = {}
        action = str(form.get("action") or self.page.request.path)
        self.page = self.client.post(action, data=fields)
        self._follow()
        return self

    @property
    def effort(self) -> tuple[int, int, int]:
        """Give clicks, typed fields and PINs."""
        return self.clicks, self.typed, self.pins


def _as_it_stands(form: Tag) -> dict[str, Any]:
    """Give what a browser sends of a form that nobody touched."""
    fields: dict[str, Any] = {}
    for field in form.select("input[name], select[name], textarea[name]"):
        kind, name = str(field.get("type", "text")), str(field["name"])
        if kind in ("file", "submit") or (
            kind in ("checkbox", "radio") and not field.has_attr("checked")
        ):
            continue
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            fields[name] = str(chosen["value"]) if chosen else ""
        elif kind == "checkbox":
            fields.setdefault(name, []).append(str(field["value"]))
        else:
            fields[name] = str(field.get("value", "")) or field.get_text()
    return fields


def told(matter: str) -> tuple[int, int, int]:
    """Read a row of the table."""
    for line in TABLE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == matter:
            return int(cells[1]), int(cells[2]), int(cells[3])
    raise AssertionError(f"{matter} is not in {TABLE}")


@pytest.fixture
def clerk(app: Flask) -> Counted:
    hand = Counted(app)
    hand.comes_as("enterprise")
    return hand


def renews(office: Office, number: int, citizen: world.Citizen) -> None:
    """Let somebody sign a renewal, so that it waits for the enterprise."""
    engineer = Engineer(office, citizen, world.COMPANIES[0], number)
    hours = {"ce_compulsory_hours": "60", "ce_elective_hours": "60"}
    plays.registered("RENEWAL", "signs", ends_in=60, **hours)(engineer)


def test_thirty_renewals_cost_one_pin(clerk: Counted, office: Office) -> None:
    """At most eight clicks, however many they are: one press takes all that waits, up to 100."""
    for number, citizen in enumerate((FIRST, SECOND), 1):
        renews(office, number, citizen)
    clerk.begins_at("/notices").follows("待企业确认")

    clerk.presses("批量签章全部待确认（最多100件）").ticks("opinion")
    clerk.types("pin", str(COMPANY.pin)).presses("确认并盖章")

    assert "已处理 0 / 2 件" in clerk.text
    assert clerk.effort == told("企业确认30件延续注册")
    assert clerk.clicks <= 8


def test_one_confirmation(clerk: Counted, office: Office) -> None:
    """Opinion and PIN on one page, with the file."""
    renews(office, 1, FIRST)
    clerk.begins_at("/notices").follows("待企业确认").follows("签名确认")

    clerk.ticks("opinion").types("pin", str(COMPANY.pin)).presses("同意并盖章")

    assert "企业电子签章完成" in clerk.text
    assert clerk.effort == told("企业确认一件")


def test_a_renewal(app: Flask, office: Office) -> None:
    """What is on record is not typed again; the code is."""
    Engineer(office, FIRST, world.COMPANIES[0], 1).is_practising(ends_in=60)
    me = Counted(app)
    me.comes_as(FIRST.subject)
    me.begins_at("/notices").follows("我的申请").follows("新增注册申请").presses("延续注册")
    me.types("enterprise_phone", "021-00000001")
    me.types("ce_compulsory_hours", "60").types("ce_elective_hours", "60")
    me.ticks("applicant_opinion").presses("保存").follows("个人数字签名")

    me.presses("请点击此按钮完成签署")
    code = re.findall(r"验证码(\d{6})", me.client.get(f"/phone?person={FIRST.subject}").text)[0]
    me.types("code", code).presses("确定")

    assert "个人数字签名完成" in me.text
    assert me.effort == told("延续注册，填写到个人签名")


def test_an_officers_case_and_the_claim(app: Flask, office: Office) -> None:
    """The next task is one press away; what cannot be undone costs one press more."""
    engineer = Engineer(office, FIRST, world.COMPANIES[0], 1)
    case = engineer.starts("INITIAL")
    engineer.fills(case)
    engineer.signs(case)
    engineer.seals(case)
    reviewer, approver, me = Counted(app), Counted(app), Counted(app)
    reviewer.comes_as("shencha")
    reviewer.begins_at("/notices").follows("待办事项").follows("办理下一件")
    reviewer.ticks("outcome", "approve").presses("提交审查意见")
    assert "办理成功" in reviewer.text
    assert reviewer.effort == told("审查一件")

    approver.comes_as("jueding")
    approver.begins_at("/notices").follows("待办事项").follows("办理下一件")
    approver.ticks("outcome", "approve").presses("作出决定").presses("确认提交")
    assert "办理成功" in approver.text
    assert approver.effort == told("决定一件")

    me.comes_as(FIRST.subject)
    me.begins_at("/notices").follows("电子注册证书管理").follows("领证").presses("确认")
    assert "领证成功" in me.text
    assert me.effort == told("领取电子证书")


def signed(me: Counted, person: str) -> None:
    """Sign what was saved: the code comes by telephone."""
    me.follows("个人数字签名").presses("请点击此按钮完成签署")
    code = re.findall(r"验证码(\d{6})", me.client.get(f"/phone?person={person}").text)[0]
    me.types("code", code).presses("确定")
    assert "个人数字签名完成" in me.text


def test_an_initial_registration(app: Flask) -> None:
    """From the menu to the signature; what the registers know is not typed."""
    me = Counted(app)
    me.comes_as(FIRST.subject)
    me.begins_at("/notices").follows("我的申请").follows("新增注册申请").presses("初始注册")
    me.types("enterprise_name", COMPANY.name).types("enterprise_phone", "021-00000001")
    me.types("photo", (io.BytesIO(draw(1)), "我.jpg"))
    me.ticks("qualification_region", "SHANGHAI").ticks("applicant_opinion").presses("保存")
    signed(me, FIRST.subject)
    assert me.effort == told("初始注册，填写到个人签名")


def test_an_acceptance(app: Flask, office: Office) -> None:
    """A qualification of another province is examined first."""
    engineer = Engineer(office, FIRST, world.COMPANIES[0], 1)
    case = engineer.starts("INITIAL")
    engineer.fills_from_elsewhere(case)
    engineer.signs(case)
    engineer.seals(case)
    officer = Counted(app)
    officer.comes_as("shouli")
    officer.begins_at("/notices").follows("待办事项").follows("办理下一件")
    officer.ticks("outcome", "accept").presses("提交受理意见").presses("确认提交")
    assert "受理意见已提交" in officer.text
    assert officer.effort == told("受理一件")


def test_the_ends_of_a_registration(app: Flask, office: Office, clerk: Counted) -> None:
    """A cancellation by the person; what the enterprise does with it is one confirmation."""
    Engineer(office, FIRST, world.COMPANIES[0], 1).is_practising(ends_in=500)
    me = Counted(app)
    me.comes_as(FIRST.subject)
    me.begins_at("/notices").follows("我的申请").follows("新增注册申请").presses("注销注册")
    me.ticks("cancel_reason", "EMPLOYMENT_ENDED").ticks("applicant_opinion").presses("保存")
    signed(me, FIRST.subject)
    assert me.effort == told("注销注册，填写到个人签名")

    clerk.begins_at("/notices").follows("待企业确认").follows("签名确认")
    clerk.types("reason", "工程尚未交接完毕").presses("退回申请人")
    assert clerk.effort == told("企业退回一件")


def test_what_a_holder_does_with_a_certificate(app: Flask, office: Office) -> None:
    """A copy for a purpose, a report of an error."""
    Engineer(office, FIRST, world.COMPANIES[0], 1).is_practising(ends_in=500)
    me = Counted(app)
    me.comes_as(FIRST.subject)
    me.begins_at("/notices").follows("电子注册证书管理").follows("加注使用")
    me.types("purpose", "上海某项目投标").presses("制作加注副本")
    assert "上海某项目投标" in me.text
    assert me.effort == told("证书加注使用")

    me.begins_at("/notices").follows("电子注册证书管理").follows("信息有误")
    me.types("text", "姓名中有一字有误").presses("告知管理部门")
    assert me.effort == told("信息有误报告")


def test_a_paper_certificate_is_exchanged(app: Flask, office: Office) -> None:
    """The photo and one box; no enterprise, no officer."""
    Engineer(office, FIRST, world.COMPANIES[0], 1).was_registered(ends_in=500)
    me = Counted(app)
    me.comes_as(FIRST.subject)
    me.begins_at("/notices").follows("电子注册证书管理").presses("纸质证书换领电子证书")
    me.types("photo", (io.BytesIO(draw(1)), "我.jpg")).ticks("checked").presses("确定")
    assert "换领" in me.text
    assert me.effort == told("纸质证书换领电子证书")


def test_work_is_taken_and_handed_on(app: Flask, office: Office) -> None:
    """领取 beside the line of a list is one press."""
    engineer = Engineer(office, FIRST, world.COMPANIES[0], 1)
    case = engineer.starts("INITIAL")
    engineer.fills(case)
    engineer.signs(case)
    engineer.seals(case)
    officer = Counted(app)
    officer.comes_as("shencha")
    officer.begins_at("/notices").follows("待办事项").presses("领取")
    assert "我已领取" in officer.text or "已领取" in officer.text
    assert officer.effort == told("领取一件")


def test_every_matter_is_counted() -> None:
    """Whatever somebody starts stands in the table; deciding anew costs what it did first."""
    rows = [
        line.split("|")[1].strip() for line in TABLE.read_text("utf-8").splitlines() if "|" in line
    ]
    for matter in set(Matter) - {Matter.REDECISION}:
        assert any(matter.label in row for row in rows), matter.label
