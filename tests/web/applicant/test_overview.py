"""【办事概览】: one page of what is to be done, cases, certificates, documents and messages."""

from __future__ import annotations

from adapters import world
from casework.office import Office
from tests.web.desk import Desk
from web.demo.people import plays
from web.demo.people.engineer import Engineer

STEPS = ("fills", "signs", "seals", "reviewed", "decided", "claims")


def test_everything_of_mine_on_one_page(me: Desk, office: Office) -> None:
    """Empty at first; then the certificate with its days, its papers and what I was told."""
    me.open("/overview")
    for words in ("现在没有需要您办理的事项", "还没有申请", "还没有证书", "还没有文件"):
        assert words in me.text
    company = world.COMPANIES[0]
    plays.initial(*STEPS)(Engineer(office, world.CITIZENS[0], company, 0))

    me.open("/overview")

    for words in ("初始注册 31S2C", "剩余 1095 天", "查看", "全部消息", "未读"):
        assert words in me.text
    links = {str(link["href"]) for link in me.soup().select("main a")}
    assert any(link.startswith("/files/documents/") for link in links)


def test_a_draft_of_mine_is_what_to_do(me: Desk) -> None:
    """The next step stands first, with its button; what is somebody else's is not there."""
    me.starts()

    me.open("/overview")

    assert "请填写申请表" in me.text
    assert me.soup().select(f'a[href="/applications/{me.application}/form"]')
    stranger = Desk(me.client.application).comes_as("person-07")
    stranger.open("/overview")
    assert "还没有申请" in stranger.text
    clerk = Desk(me.client.application).comes_as("enterprise")
    assert clerk.open("/overview").status_code == 403
