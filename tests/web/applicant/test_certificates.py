"""【电子注册证书管理】, 领证 and download; the whole job on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from flask import Flask

from tests.web.desk import Desk

Sits = Callable[[str], Desk]


@pytest.fixture
def approved(me: Desk, desk: Sits) -> Desk:
    """Give an applicant whose certificate waits to be claimed."""
    me.fills().signs()
    desk("enterprise").seals(me.application)
    desk("shencha").does("review", outcome="approve")
    desk("jueding").does("decide", outcome="approve")
    return me


def claim_of(me: Desk) -> str:
    """Give the address of 【领证】."""
    me.open("/certificates")
    match = re.search(r"/certificates/\w+/claim", me.page.text)
    assert match, me.text
    return match[0]


@pytest.mark.proves("R112")
@pytest.mark.proves("R113")
@pytest.mark.proves("R114")
def test_claiming_with_its_confirmation(approved: Desk, desk: Sits) -> None:
    """R112–R115: listed as not claimed, information to confirm, then download with its own name."""
    address = claim_of(approved)
    assert "待领取" in approved.text
    file = address.removesuffix("/claim") + ".pdf"
    assert approved.client.get(file).status_code == 409

    approved.open(address)
    for words in ("领证信息确认", "陶示例", "注册号", "有效期"):
        assert words in approved.text
    approved.send(address, {}, follow=True)

    assert "领证成功" in approved.text
    approved.open("/certificates")
    assert "下载" in approved.buttons()
    ofd = approved.client.get(f"{file.removesuffix('pdf')}ofd?download=1")
    assert ofd.data.startswith(b"PK")
    assert ofd.mimetype == "application/ofd"
    assert unquote(ofd.headers["Content-Disposition"]).endswith(".ofd")
    assert approved.client.get(file.removesuffix("pdf") + "ofd").data == ofd.data
    answer = approved.client.get(f"{file}?download=1")
    assert answer.data.startswith(b"%PDF-")
    assert "二级注册结构工程师注册执业证书" in unquote(answer.headers["Content-Disposition"])
    assert approved.client.get(file).headers["Content-Disposition"].startswith("inline")
    told = answer.headers["Content-Disposition"].removeprefix("attachment; filename=")
    assert told[0].isalnum()  # a name for ASCII that is no option of a program
    stranger = desk("person-02")
    assert stranger.open(file).status_code == 404
    assert stranger.open(file.removesuffix("pdf") + "ofd").status_code == 404
    assert stranger.open(address).status_code == 404
    assert stranger.send(address, {}).status_code == 404


def test_claiming_twice_is_harmless(approved: Desk) -> None:
    """I17: the second 【确认】 changes nothing."""
    address = claim_of(approved)

    for _ in range(2):
        approved.send(address, {}, follow=True)
        assert "领证成功" in approved.text

    approved.open(approved.base)
    assert "已办结" in approved.text


def test_no_certificate_yet(me: Desk) -> None:
    """R112: before an approval the list is empty and says when it will not be."""
    me.open("/certificates")

    assert "您还没有电子注册证书" in me.text
    assert me.open("/certificates/nothing/claim").status_code == 404
    assert me.open("/certificates/nothing.pdf").status_code == 404


def test_files_that_are_not_there(me: Desk) -> None:
    """R46: an invented file does not exist."""
    assert me.open("/files/documents/0123.pdf").status_code == 404
    assert me.open("/files/attachments/0123").status_code == 404


def test_the_whole_job_on_both_databases(app_on_both: Flask) -> None:
    """R15–R63, R112–R114: from sign-in to the claimed certificate, on SQLite and PostgreSQL."""
    me = Desk(app_on_both).comes_as("person-01").fills().signs()
    Desk(app_on_both).comes_as("enterprise").seals(me.application)
    Desk(app_on_both).comes_as("shencha").does("review", outcome="approve")
    Desk(app_on_both).comes_as("jueding").does("decide", outcome="approve")

    me.send(claim_of(me), {}, follow=True)

    assert "领证成功" in me.text
