"""The applicant's pages through the front door."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image, ImageDraw

from tests.web.desk import Desk, pdf
from tests.web.furnished import Clock
from web.demo.portrait import draw
from web.extensions import office

Sits = Callable[[str], Desk]
MATTERS = "/applications/new?type=structural-engineer-2"


def test_the_checklist_tells_what_is_done(me: Desk) -> None:
    """R1–R4: card, certificate and signature image, each with its time."""
    me.open("/readiness")

    for words in ("个人身份证读卡", "申领个人数字证书", "设置个人签名图片", "各项准备均已完成"):
        assert words in me.text
    assert me.client.get("/readiness/signature.png").data.startswith(b"\x89PNG")


def test_what_is_missing_can_be_done_from_the_checklist(desk: Sits) -> None:
    """R2–R4: certificate and signature image are set up where the checklist names them."""
    me = desk("person-04")
    me.open("/readiness")
    assert "未完成" in me.text

    for step in ("certificate", "signature"):
        me.send("/readiness", {"step": step}, follow=True)

    assert "各项准备均已完成" in me.text


def handwriting(*, ink: str = "navy", kind: str = "JPEG") -> bytes:
    """Photograph a stroke of a pen on white paper."""
    paper = Image.new("RGB", (800, 300), "white")
    ImageDraw.Draw(paper).line((60, 240, 740, 60), fill=ink, width=30)
    held = io.BytesIO()
    paper.save(held, kind)
    return held.getvalue()


def test_the_own_signature_image_is_uploaded(me: Desk) -> None:
    """R3: a photograph of the own handwriting replaces the written name; its paper is cut away."""
    before = me.client.get("/readiness/signature.png").data

    me.post("/readiness", {"step": "picture"}, {"picture": ("签名.jpg", handwriting())})

    assert "签名图片已设置" in me.text
    kept = me.client.get("/readiness/signature.png")
    assert kept.mimetype == "image/png"
    assert kept.data != before
    with Image.open(io.BytesIO(kept.data)) as picture:
        assert picture.mode == "RGBA"
        assert picture.width > 2 * picture.height
        assert picture.getchannel("A").getpixel((2, 2)) == 0
    me.fills().signs()
    assert "等待聘用企业" in me.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "请选择签名图片"),
        (b"%PDF-1.7", "图片无法读取"),
        (handwriting(ink="white"), "图片中没有签名"),
        (handwriting() + bytes(2 * 1024 * 1024), "图片超过2MB"),
    ],
)
def test_an_unusable_signature_image_changes_nothing(me: Desk, content: bytes, words: str) -> None:
    """R3, R35: the refusal says why, and the image that was there stays."""
    before = me.client.get("/readiness/signature.png").data

    answer = me.post("/readiness", {"step": "picture"}, {"picture": ("a.png", content)})

    assert answer.status_code == 422
    assert words in me.text
    assert me.client.get("/readiness/signature.png").data == before


def test_an_unknown_step_of_the_checklist_does_nothing(me: Desk) -> None:
    """R4: only the three steps exist."""
    assert me.send("/readiness", {"step": "everything"}).status_code == 404


@pytest.mark.proves("R2")
def test_signing_waits_for_the_checklist_and_goes_on_from_it(desk: Sits) -> None:
    """R2–R4: drafting is free, signing needs certificate and image, then goes on."""
    me = desk("person-04")
    me.starts().saves(
        qualification_region="OTHER",
        qualification_province="江苏省",
        qualification_no="JS-2026-0001",
        qualification_issued_on="2026-05-18",
        qualification_issuer="江苏省住房和城乡建设厅（虚构）",
        qualification_scans=("证书.pdf", pdf()),
        photo=("我.jpg", draw(4)),
    )
    me.open(me.base)
    assert "签名前的准备尚未完成" in me.text

    for step in ("certificate", "signature", "continue"):
        me.send("/readiness", {"step": step}, follow=True)

    assert "请点击此按钮完成签署" in me.text


def test_my_list_is_empty_and_says_what_to_do(me: Desk) -> None:
    """R16, R18: the list begins empty and leads to 新增注册申请."""
    me.open("/applications")

    assert "您还没有注册申请" in me.text
    assert me.soup().select_one('a[href="/applications/new"]')


@pytest.mark.proves("R19")
def test_each_closed_matter_says_why(me: Desk) -> None:
    """R18, R19: a matter that may not be started is disabled, with every reason under it."""
    me.open(MATTERS)

    soup = me.soup()
    closed = [button.get_text(strip=True) for button in soup.select("button[disabled]")]
    assert closed == ["延续注册", "注销注册", "纸质证书换领电子证书"]
    for button in soup.select("button[disabled]"):
        why = soup.select_one(f"#{button['aria-describedby']}")
        assert why is not None
        reasons = [reason.get_text(strip=True) for reason in why.select("li")]
        assert reasons
        assert all(len(reason) > 5 for reason in reasons), reasons


def test_a_second_application_waits_for_the_first(me: Desk) -> None:
    """R20: with one in progress, its profession is closed and says so; posting leads to it."""
    me.starts()

    me.open(MATTERS)
    assert "您有一项正在申请中的事项（初始注册 31S2C" in me.text
    begun = me.base
    me.send("/applications/new", {"matter": "INITIAL"}, follow=True)
    assert "您正在申请中的初始注册" in me.text
    assert f"{begun}/form" in me.page.text
    me.send("/applications/new", {"matter": "RENEWAL"}, follow=True)
    assert "正在申请中" in me.text
    said = [choice.get_text() for choice in me.soup().select(".choice--closed")]
    assert (
        sum("正在申请中" in text for text in said) == 4
    )  # of the one profession, not of the other


def test_a_matter_that_does_not_exist(me: Desk) -> None:
    """R18: an invented matter starts nothing."""
    assert me.send("/applications/new", {"matter": "EVERYTHING"}).status_code == 404

    me.open("/applications")
    assert "您还没有注册申请" in me.text


def test_the_list_shows_the_live_status(me: Desk) -> None:
    """R16, R17: my application with number, matter, enterprise and status, and what I must do."""
    me.fills()

    me.open("/applications")

    for words in ("31S2C", "初始注册", "上海示例结构设计", "待个人签名", "请进行个人数字签名"):
        assert words in me.text


def test_the_list_follows_what_happens(me: Desk, desk: Sits) -> None:
    """R17: the open list asks again and is answered only when something changed."""
    me.fills().signs()
    me.open("/applications")
    box = me.soup().select_one("#mine")
    assert box is not None
    ask = {"headers": {"If-None-Match": str(box["hx-headers"]).split('"')[3]}}
    assert me.client.get("/applications", **ask).status_code == 304

    desk("enterprise").seals(me.application)

    assert "审查中" in me.client.get("/applications", **ask).text


@pytest.mark.proves("R17")
@pytest.mark.proves("I1")
def test_the_status_page_says_who_must_act_and_by_when(me: Desk) -> None:
    """R17, R45, I1: stepper, turn with its deadline, timeline and diagram position."""
    me.fills().signs()

    me.open(me.base)

    assert "等待聘用企业（上海示例结构设计（虚构01）有限公司）办理" in me.text
    assert "办理期限" in me.text
    assert "完成个人数字签名" in me.text
    current = me.soup().select_one(".stepper [aria-current=step]")
    assert current is not None
    assert "企业确认" in current.get_text()
    progress = me.soup().select_one("#progress")
    assert progress is not None
    assert "review_application" in str(progress["data-active"]).split()
    outline = me.soup().select_one(".outline")
    assert outline is not None
    told = " ".join(outline.get_text(" ").split())
    assert "现在： 查看申请表并签署意见 （聘用企业（上海示例结构设计（虚构01）有限公司）" in told
    assert "接下来： 输入证书密码盖章" in told
    steps = [step.get_text(" ", strip=True) for step in outline.select("li")]
    assert "填写初始注册申请表" in steps[0]
    assert "已完成" in steps[0]
    assert steps[-1].startswith("核对信息并领证")
    assert not any("补正" in step for step in steps)
    assert me.soup().select_one("details[data-diagram]:not([open])") is not None
    assert not me.soup().select("script[src*=diagram], link[href*=diagram]")


def test_the_living_part_is_answered_only_when_it_changed(me: Desk, desk: Sits) -> None:
    """R17: polling costs nothing while nothing happens, and tells when it does."""
    me.fills().signs()
    me.open(me.base)
    tag = str(me.soup().select_one("#progress")["hx-headers"]).split('"')[3]  # type: ignore[index]
    ask = {"headers": {"If-None-Match": tag}}
    assert me.client.get(f"{me.base}/progress", **ask).status_code == 304

    desk("enterprise").seals(me.application)

    answer = me.client.get(f"{me.base}/progress", **ask)
    assert answer.status_code == 200
    assert "等待市住建委" in answer.text


def test_the_diagram_is_that_of_the_case(me: Desk) -> None:
    """I1: the live diagram is drawn from the version that the case runs on."""
    me.starts()

    answer = me.client.get(f"{me.base}/diagram.bpmn")

    assert answer.mimetype == "application/xml"
    assert b"initial_registration" in answer.data


def test_withdrawing_asks_first_and_voids(me: Desk) -> None:
    """I18: withdrawal is confirmed, ends the case, voids the file; a new start is open."""
    me.fills().signs()
    me.open(f"{me.base}/withdraw")
    assert "此操作不能恢复" in me.text

    me.send(f"{me.base}/withdraw", {}, follow=True)

    assert "申请已撤回" in me.text
    assert "已作废" in me.text
    me.open(MATTERS)
    assert len(me.soup().select(".choice--closed")) == 3


@pytest.mark.parametrize(
    "page",
    ["", "/form", "/check", "/sign", "/sign/code", "/withdraw", "/progress", "/diagram.bpmn"],
)
def test_somebody_elses_application_does_not_exist(me: Desk, desk: Sits, page: str) -> None:
    """R16: another person's application is not there, whatever page is asked for."""
    me.starts()

    assert desk("person-02").open(me.base + page).status_code == 404


def test_nobody_sees_my_pages_without_signing_in(me: Desk) -> None:
    """R11: the pages ask to sign in first."""
    me.starts()
    client = me.client.application.test_client()

    for page in ("/applications", "/readiness", me.base, "/certificates", "/enterprise/inbox"):
        assert client.get(page).status_code == 303


def test_an_idle_draft_shows_its_end(me: Desk, clock: Clock) -> None:
    """I18: the end of a draft is shown with the days that are left."""
    me.starts()
    clock.turn(days=3)
    me.comes_as("person-01")

    me.open(me.base)

    assert "剩 87 天" in me.text or "剩 88 天" in me.text


def test_a_closed_application_says_why(app: Flask, me: Desk, clock: Clock) -> None:
    """I18: who finds a draft closed reads the reason on its page."""
    me.starts()
    clock.turn(days=91)
    with app.app_context():
        office().runner.run_due()
    me.comes_as("person-01")

    me.open(me.base)

    assert "申请已关闭" in me.text
    assert "关闭的原因" in me.text
    assert "逾期未办理，已关闭，可重新申请" in me.text
