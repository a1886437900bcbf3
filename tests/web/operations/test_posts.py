"""工作人员: who acts for the agency is appointed by command, or by two operators on the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from casework.office import Office
from registry.people import officers
from registry.trail.audit import AuditEvent
from registry.trail.notices import Notice
from tests.web.browser import Tab
from web import cli
from web.process import wiring

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PAGE = "/operations/officers"
POST = {"login": "gu", "name": "顾受理", "roles": ["acceptor"], "reason": "沪建任〔2026〕5号"}


@pytest.fixture
def operator(tab: Tab) -> Tab:
    tab.sign_in("officer", "yunwei")
    return tab


@pytest.fixture
def colleague(app: Flask) -> Tab:
    tab = Tab(app)
    tab.sign_in("officer", "yunwei2")
    return tab


@pytest.fixture
def command(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `zhuce` work with the office of the test."""
    monkeypatch.setattr("web.commands.offices.settings", lambda: None)
    monkeypatch.setattr(wiring, "open_office_of", lambda _: office)
    monkeypatch.setattr(wiring, "close", lambda _: None)


def roles_of(office: Office, login: str) -> list[str] | None:
    """Give the roles of an officer in post; None when he is not."""
    with office.sessions() as session:
        officer = officers.by_login(session, login)
        return None if officer is None or not officer.active else officer.roles


def audited(office: Office) -> list[str]:
    with office.sessions() as session:
        of_posts = AuditEvent.action.like("officer.%")
        return list(session.scalars(select(AuditEvent.action).where(of_posts).order_by("id")))


def settling(tab: Tab) -> str:
    """Give the address of the one request that waits."""
    tab.open(PAGE)
    [form] = tab.soup().select(f'form[action^="{PAGE}/requests/"]')
    return str(form["action"])


def test_one_operator_asks_and_another_appoints(
    operator: Tab, colleague: Tab, office: Office
) -> None:
    """Nobody is in post before the second says so; then he may work at once."""
    operator.open(PAGE)
    operator.send(PAGE, POST, follow=True)
    assert "等待另一名运行维护人员确认" in operator.text
    assert roles_of(office, "gu") is None

    operator.send(settling(operator), {"action": "confirm"}, follow=True)
    assert "E_POST_NEEDS_ANOTHER" in operator.text
    assert roles_of(office, "gu") is None

    colleague.send(settling(colleague), {"action": "confirm"}, follow=True)
    assert "任职立即生效" in colleague.text
    assert roles_of(office, "gu") == ["acceptor"]
    assert audited(office) == ["officer.asked", "officer.appoint"]
    with office.sessions() as session:
        told = list(session.scalars(select(Notice.text).where(Notice.kind == "post")))
    assert sorted(told) == [
        "有一份任职申请待另一名运行维护人员确认，请在“工作人员”页面办理。",
        "顾受理任职：受理。",
    ]


def test_what_was_typed_stays_when_it_is_refused(operator: Tab, office: Office) -> None:
    """Each mistake is told at its field."""
    operator.open(PAGE)
    answer = operator.send(PAGE, {"login": "a b", "name": "顾受理", "roles": ["king"]})
    assert answer.status_code == 422
    assert "E_OFFICER_LOGIN" in operator.text
    assert operator.soup().select_one("input#name")["value"] == "顾受理"
    for wrong, code in (
        ({"name": "\U0010fffe"}, "E_OFFICER_NAME"),
        ({"roles": []}, "E_OFFICER_ROLES"),
        ({"roles": ["king"]}, "E_OFFICER_ROLES"),
        ({"reason": "任命"}, "E_POST_REASON"),
        ({"login": "shencha", "name": "戚审查", "roles": ["reviewer"]}, "E_POST_UNCHANGED"),
    ):
        assert operator.send(PAGE, {**POST, **wrong}).status_code == 422
        assert code in operator.text, wrong
    assert audited(office) == []

    operator.send(PAGE, POST, follow=True)
    assert operator.send(PAGE, POST).status_code == 303  # pressed twice
    assert operator.send(PAGE, {**POST, "reason": "沪建任〔2026〕6号"}).status_code == 422
    assert "E_POST_ASKED" in operator.text


def test_nobody_gives_himself_a_role(operator: Tab, colleague: Tab, office: Office) -> None:
    """What a colleague asks for oneself needs a third; it may be declined."""
    wanted = {"login": "yunwei2", "name": "邬运维", "roles": ["operator", "approver"]}
    operator.open(PAGE)
    operator.send(PAGE, {**POST, **wanted}, follow=True)

    colleague.send(settling(colleague), {"action": "confirm"}, follow=True)
    assert "E_POST_NEEDS_ANOTHER" in colleague.text
    address = settling(colleague)
    colleague.send(address, {"action": "decline"}, follow=True)
    assert "已撤销该申请" in colleague.text
    colleague.send(address, {"action": "confirm"})
    assert "E_POST_NOT_ASKED" in colleague.text
    assert roles_of(office, "yunwei2") == ["operator"]


def test_a_post_ends_at_once_but_not_the_last_operators(
    operator: Tab, app: Flask, office: Office
) -> None:
    """Who is dismissed is out with his next click."""
    acceptor = Tab(app)
    acceptor.sign_in("officer", "shouli")
    assert acceptor.open("/agency/inbox").status_code == 200

    operator.open(f"{PAGE}/shouli/dismiss")
    assert operator.send(f"{PAGE}/shouli/dismiss", {"reason": "调离"}).status_code == 422
    assert "E_POST_REASON" in operator.text
    operator.send(f"{PAGE}/shouli/dismiss", {"reason": "调离本岗位"}, follow=True)
    assert "已停止任职" in operator.text
    assert acceptor.open("/agency/inbox").status_code == 303
    assert operator.open(f"{PAGE}/shouli/dismiss").status_code == 404

    operator.send(f"{PAGE}/yunwei2/dismiss", {"reason": "调离本岗位"}, follow=True)
    assert "不足两名" in operator.text
    assert operator.send(f"{PAGE}/yunwei/dismiss", {"reason": "调离本岗位"}).status_code == 422
    assert "E_LAST_OPERATOR" in operator.text
    assert roles_of(office, "yunwei") == ["operator"]


def test_officers_who_do_not_operate_see_nothing_of_it(tab: Tab) -> None:
    tab.sign_in("officer", "jueding")
    assert tab.open(PAGE).status_code == 403


@pytest.mark.usefixtures("command")
def test_the_command_appoints_the_first(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """`zhuce officer`: whoever has the host appoints, changes, dismisses and lists."""
    appoint = ["officer", "appoint", "gu", "--name", "顾受理"]
    assert cli.main([*appoint, "--role", "acceptor", "--role", "reviewer"]) == 0
    assert roles_of(office, "gu") == ["acceptor", "reviewer"]
    assert cli.main([*appoint, "--role", "acceptor", "--role", "reviewer"]) == 0
    assert "没有变更" in capsys.readouterr().out
    assert cli.main(["officer", "roles", "gu", "--role", "approver", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "changed": True}
    assert roles_of(office, "gu") == ["approver"]
    assert cli.main(["officer", "dismiss", "gu", "--reason", "调离本岗位"]) == 0
    assert cli.main(["officer", "dismiss", "gu", "--reason", "调离本岗位"]) == 1
    assert "E_NOT_IN_POST" in capsys.readouterr().err
    assert roles_of(office, "gu") is None

    assert cli.main(["officer", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["officers"]
    assert "gu" not in {officer["login"] for officer in listed}
    assert cli.main(["officer", "dismiss", "yunwei2", "--reason", "调离本岗位"]) == 0
    assert cli.main(["officer", "list"]) == 1
    assert "请再任命" in capsys.readouterr().err
    assert cli.main(["officer", "roles", "yunwei", "--role", "acceptor"]) == 1
    assert "E_LAST_OPERATOR" in capsys.readouterr().err
    appointed = audited(office)
    assert appointed == ["officer.appoint"] * 2 + ["officer.dismiss"] * 2


@pytest.mark.usefixtures("command")
def test_what_an_operator_mistypes_is_told_and_nothing_is_done(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip in a login, a name, a role or a reason: cause and remedy in Chinese, no half post."""
    appoint = ["officer", "appoint"]
    slips = (
        ([*appoint, "gu", "--name", "=1+1", "--role", "acceptor"], 1, "只用文字和间隔号"),
        ([*appoint, "gu li", "--name", "顾受理", "--role", "受理"], 1, "E_OFFICER_LOGIN"),
        ([*appoint, "SHOULI", "--name", "卞受理", "--role", "受理"], 1, "“shouli”的工作人员"),
        ([*appoint, "gu", "--name", "顾受理", "--role", "国王"], 2, "参数或者选项的值不对"),
        ([*appoint, "gu", "--name", "顾受理"], 2, "缺少必须写明的"),
        ([*appoint, "gu", "--nmae", "顾受理"], 2, "没有这个选项，命令没有执行"),
        (["officer", "apoint", "gu"], 2, "没有这个命令"),
        (["officer", "roles", "guu", "--role", "受理"], 1, "请核对登录名"),
        (["officer", "dismiss", "guu", "--reason", "调离本岗位"], 1, "请核对登录名"),
        (["officer", "dismiss", "shouli", "--reason", "调"], 1, "E_POST_REASON"),
        (["officer", "reset-factor", "guu", "--reason", "手机丢失了"], 1, "请核对登录名"),
        (
            ["officer", "reset-factor", "卞", "--enterprise", "9131", "--reason", "手机丢失了"],
            1,
            "请核对代码和姓名",
        ),
    )
    for words, status, told in slips:
        assert cli.main(words) == status, words
        assert told in capsys.readouterr().err, words
    assert audited(office) == []

    assert cli.main([*appoint, "gu", "--name", "阿依·古丽", "--role", "受理"]) == 0
    assert roles_of(office, "gu") == ["acceptor"]


HEAD, GU = "登录名,姓名,岗位\n", "gu,顾受理,受理\n"
WRITTEN = {
    "a mark": f"\ufeff{HEAD}{GU}".encode(),
    "GBK": f"{HEAD}{GU}".encode("gbk"),
    "UTF-16": f"{HEAD}{GU}".encode("utf-16"),
    "semicolons": f"{HEAD}{GU}".replace(",", ";").encode("gbk"),
    "tabs and blanks": f"{HEAD}{GU}".replace(",", " \t ").encode(),
    "blank lines": f"\n{HEAD}\n,,\n{GU} , ,\n\n".encode(),
}
UNREADABLE = {
    "a workbook": (b"PK\x03\x04rest", "另存为CSV"),
    "nothing": (b"", "缺少列：登录名、姓名、岗位"),
    "a head alone": (HEAD.encode(), "只有表头"),
    "an open quote": (f'{HEAD}gu,"顾受理,受理\n'.encode(), "引号不成对"),
    "a comma too many": (f"{HEAD}gu,顾受理,受理,审查\n".encode(), "第2行比表头多"),
    "bytes": (HEAD.encode() + b"\xff\xfe\xff", "文字编码不能识别"),
}


@pytest.mark.usefixtures("command")
def test_a_list_comes_as_spreadsheets_write_it(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a mark, in GBK, by semicolons: read; what is no list is told, and nobody appointed."""
    file = tmp_path / "officers.csv"
    for name, content in WRITTEN.items():
        file.write_bytes(content)
        assert cli.main(["officer", "import", str(file), "--dry-run"]) == 0, name
        assert "读到 1 人，可以任命或者变更 1 人" in capsys.readouterr().out
    unread = {**UNREADABLE, "twice": (f"{HEAD}{GU}GU,顾受理,受理\n".encode(), "只留一行")}
    for name, (content, told) in unread.items():
        file.write_bytes(content)
        assert cli.main(["officer", "import", str(file)]) in (1, 2), name
        assert told in capsys.readouterr().err, name
    for path, told in ((tmp_path / "none.csv", "不存在，请核对路径"), (tmp_path, "是文件夹")):
        assert cli.main(["officer", "import", str(path)]) == 2
        assert told in capsys.readouterr().err
    assert roles_of(office, "gu") is None


@pytest.mark.usefixtures("command")
def test_a_list_is_entered_whole_or_not_at_all(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list from a spreadsheet: bad lines are named, and nobody of it is appointed."""
    file = tmp_path / "officers.csv"
    head = "登录名,姓名,岗位\n"
    file.write_text(
        f"{head}gu,顾受理,受理、审查\nxu,徐,决定\n-,空,国王\ngu,顾受理,受理\n", "utf-8-sig"
    )
    assert cli.main(["officer", "import", str(file)]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line[:4] for line in told] == ["第3行：", "第4行：", "第5行：", "没有任命"]
    assert roles_of(office, "gu") is None

    file.write_text(
        f"{head}gu,顾受理,受理、审查\nxu,徐决定,决定\nshouli,卞受理,受理\n", "utf-8-sig"
    )
    assert cli.main(["officer", "import", str(file), "--dry-run"]) == 0
    assert roles_of(office, "gu") is None
    assert cli.main(["officer", "import", str(file), "--json"]) == 0
    counts = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert (counts["read"], counts["changed"]) == (3, 2)
    assert roles_of(office, "gu") == ["acceptor", "reviewer"]

    file.write_text("login,name\n", "utf-8")
    assert cli.main(["officer", "import", str(file)]) == 2
    assert "缺少列：登录名" in capsys.readouterr().err
