"""Impatient hands: the same button pressed again before the first answer is there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from bs4 import BeautifulSoup

from tests.web.desk import COMPANY, Desk

CLICKS = 4


def presses(someone: Desk, address: str, fields: dict[str, Any]) -> list[str]:
    """Press one button several times at the same moment; give the pages where each click ends."""
    barrier, token = Barrier(CLICKS), someone.token()
    fields = {**someone.seen(address), **fields}
    cookie = someone.client.get_cookie("zhuce")
    assert cookie is not None

    def click(_: int) -> str:
        client = someone.client.application.test_client()
        client.set_cookie("zhuce", cookie.value)
        barrier.wait()
        answer = client.post(address, data={"csrf_token": token, **fields}, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.text

    with ThreadPoolExecutor(CLICKS) as pool:
        return list(pool.map(click, range(CLICKS)))


def faults(pages: list[str]) -> list[str]:
    """Give the words of every fault and red banner on these pages."""
    trees = [BeautifulSoup(page, "html.parser") for page in pages]
    marks = ".govuk-error-summary, .govuk-error-message, .govuk-notification-banner[role=alert]"
    return [mark.get_text(" ", strip=True) for tree in trees for mark in tree.select(marks)]


def test_every_click_on_the_signing_button_leads_to_the_code(me: Desk) -> None:
    """R39, R40: the second click finds the code on its way, not an error."""
    me.fills().open(f"{me.base}/sign")
    shown = me.soup().select_one("input[name=document_sha256]")
    assert shown is not None

    pages = presses(me, f"{me.base}/sign", {"document_sha256": shown["value"]})

    assert faults(pages) == []
    assert all("输入短信验证码" in page for page in pages)


def test_every_click_on_the_code_leads_to_the_progress(me: Desk) -> None:
    """R41: while the first click signs, the others wait a moment and end where it ends."""
    me.fills().begins()

    pages = presses(me, f"{me.base}/sign/confirm", {"code": me.code()})

    assert not [
        fault for fault in faults(pages) if "申请表尚未生成" in fault or "已经使用" in fault
    ]
    me.open(me.base)
    assert me.text.count("完成个人数字签名") == 1


def test_every_click_of_the_enterprise_leads_on(me: Desk, desk: Callable[[str], Desk]) -> None:
    """R56, R60: agreeing twice leads to the seal, sealing twice to the same result."""
    me.fills().signs()
    operator = desk("enterprise")
    page = f"/enterprise/applications/{me.application}"

    agreed = presses(operator, page, {"opinion": "true"})
    sealed = presses(operator, f"{page}/seal", {"pin": COMPANY.pin})

    assert faults([*agreed, *sealed]) == []
    assert all("请点击此按钮完成签署" in answer for answer in agreed)
    me.open(me.base)
    assert me.text.count("企业同意聘用并加盖电子签章") == 1
