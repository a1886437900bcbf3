"""Drafts on pages that need no script: begun, edited, checked, tried, published, stopped."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from casework.office import Office
from engine import definitions
from storage.database import writing
from tests.offices import TYPE
from tests.web.desk import Desk
from tests.web.furnished import Clock, app, clock, desk, office, prepared

__all__ = ["app", "clock", "desk", "office", "prepared"]

PAGE, HELP, RENEWAL = "/studio/drafts", "help/renewal.md", "renewal.bpmn"
Sit = Callable[[str], Desk]


@pytest.fixture
def analyst(desk: Sit) -> Desk:
    """Give an analyst with a draft; `application` is its address."""
    return begins(desk("fenxi"), TYPE)


def begins(me: Desk, kind: str) -> Desk:
    """Begin a draft of a type and remember where it is."""
    me.open(PAGE)
    me.send(PAGE, {"type": kind, "title": "延续注册的说明"}, follow=True)
    found = re.search(rf"{PAGE}/[0-9a-f]{{32}}", me.page.text)
    assert found, me.text
    me.application = found[0]
    return me


def saves(me: Desk, path: str, content: str, **more: Any) -> Any:
    """Type a file and press 【保存】."""
    address = f"{me.application}/files/{path}"
    me.open(address)
    seen = me.soup().select_one("input[name=seen]")
    return me.send(
        address, {"content": content, "seen": seen["value"] if seen else "0"} | more, follow=True
    )


def test_a_file_is_typed_saved_and_brought_back(analyst: Desk) -> None:
    """Without any script: a text of the draft, its history, and the file byte for byte."""
    address = f"{analyst.application}/files/{HELP}"
    before = analyst.client.get(f"{analyst.application}/raw/{HELP}").data
    saves(analyst, HELP, before.decode().replace("\n", "\r\n") + "请来电。\r\n")

    assert "已保存" in analyst.text
    after = analyst.client.get(f"{analyst.application}/raw/{HELP}").data
    assert after == before + "请来电。\n".encode()
    stale = analyst.send(address, {"content": "别的", "seen": "0"})
    assert stale.status_code == 409
    assert "E_DRAFT_SAVED_MEANWHILE" in analyst.text
    assert "别的" in analyst.page.text

    history = f"{analyst.application}/history/{HELP}"
    analyst.open(history)
    for _ in range(2):  # pressed twice
        analyst.send(history, {"number": "0", "seen": "1"}, follow=True)
        assert "E_DRAFT" not in analyst.text
    assert analyst.client.get(f"{analyst.application}/raw/{HELP}").data == before


def test_a_text_whose_session_ended_comes_back_blank_by_blank(analyst: Desk, clock: Clock) -> None:
    """A template is what stands in it, also at its ends; without any script."""
    address, text = f"{analyst.application}/files/documents/receipt.typ", "\n  = 收据\n\n  \n"
    analyst.open(address)
    typed = {"content": text.replace("\n", "\r\n"), "seen": "0", "csrf_token": analyst.token()}
    clock.turn(hours=13)
    assert analyst.client.post(address, data=typed).status_code == 303

    analyst.sign_in("officer", "fenxi")
    analyst.open("/kept")
    kept = {
        str(area["name"]): area.text.removeprefix("\n")
        for area in analyst.soup().select("main textarea")
    }
    analyst.send(address, kept, follow=True)

    assert "已保存" in analyst.text
    raw = f"{analyst.application}/raw/documents/receipt.typ"
    assert analyst.client.get(raw).data.decode() == text


def test_a_slip_is_marked_where_it_is(analyst: Desk) -> None:
    """An editor asks in JSON: what would be wrong, at which element, and what to do."""
    drawn = analyst.client.get(f"{analyst.application}/raw/{RENEWAL}").data.decode()
    wrong = drawn.replace('value="applicant"', 'value="aplicant"', 1)
    analyst.open(f"{analyst.application}/files/{RENEWAL}")
    token = analyst.token()

    def draws(content: str, to: str) -> Any:
        """Send what an editor drew, as it does."""
        sent = {"drawn": (io.BytesIO(content.encode()), "blob"), "seen": "0", "csrf_token": token}
        address = f"{analyst.application}/{to}/{RENEWAL}"
        return analyst.client.post(address, data=sent, headers={"Accept": "application/json"})

    told = draws(wrong, "check").get_json()
    assert [(problem["code"], problem["file"]) for problem in told["problems"]] == [
        ("E_TASK_ROLE", RENEWAL)
    ]
    assert draws(wrong, "files").get_json()["number"] == 1
    analyst.open(analyst.application)
    assert "检查发现1处问题" in analyst.text
    late = draws(drawn, "files")
    assert (late.status_code, late.get_json()["code"]) == (409, "E_DRAFT_SAVED_MEANWHILE")
    for to in ("check", "files"):  # too large to be looked at
        large = draws(drawn + " " * 2**20, to)
        assert (large.status_code, large.get_json()["code"]) == (409, "E_DRAFT_FILE_LARGE")


def test_a_diagram_of_five_megabytes_is_refused(analyst: Desk) -> None:
    """Sent as a file it is told at the file; what is there stays."""
    address = f"{analyst.application}/files/{RENEWAL}"
    before = analyst.client.get(f"{analyst.application}/raw/{RENEWAL}").data
    analyst.open(address)

    analyst.post(address, {"seen": "0"}, {"file": ("x.bpmn", before + b" " * 5 * 2**20)})

    assert analyst.page.status_code == 409
    assert "E_DRAFT_FILE_LARGE" in analyst.text
    assert analyst.client.get(f"{analyst.application}/raw/{RENEWAL}").data == before


def test_it_is_tried_and_published_by_another(desk: Sit, office: Office) -> None:
    """One asks from a day on, another confirms: on the pages, in the list, in the trail."""
    me = begins(desk("fenxi"), "builder-2")
    saves(me, HELP, me.client.get(f"{me.application}/raw/{HELP}").data.decode() + "请来电。\n")
    ask = f"/studio/publications/ask/{me.application.rpartition('/')[2]}"
    assert me.send(ask, {"why": "说明写得更清楚"}).status_code == 422
    assert "试运行" in me.text
    me.open(me.application)
    me.send(f"{me.application}/try", {}, follow=True)
    office.runner.run_due()
    me.open(me.application)
    assert "相符" in me.text

    me.open(ask)
    me.send(ask, {"why": "说明写得更清楚"}, follow=True)
    assert "等待确认" in me.text
    link = re.search(r"/studio/publications/[0-9a-f]{32}", me.page.text)
    assert link
    assert me.open(link[0]).status_code == 200
    assert "确认发布" not in me.text
    publisher = desk("fenxi2")
    publisher.open(link[0])
    assert "确认发布" in publisher.text
    publisher.send(link[0], {"action": "confirm"}, follow=True)

    assert "已发布" in publisher.text
    office.definitions.forget()
    with office.sessions() as session:
        version = definitions.keys(session, at=office.now())["builder-2"]
    assert office.definitions.get(version).files[HELP].endswith("请来电。\n".encode())


def published(me: Desk, publisher: Desk, office: Office) -> Desk:
    """Try a draft, ask for its publication and let another agree."""
    ask = f"/studio/publications/ask/{me.application.rpartition('/')[2]}"
    me.open(me.application)
    me.send(f"{me.application}/try", {}, follow=True)
    office.runner.run_due()
    me.open(ask)
    me.send(ask, {"why": "说明写得更清楚"}, follow=True)
    link = re.search(r"/studio/publications/[0-9a-f]{32}", me.page.text)
    assert link, me.text
    publisher.open(link[0])
    publisher.send(link[0], {"action": "confirm"}, follow=True)
    office.definitions.forget()
    return publisher


def raw(me: Desk, path: str) -> str:
    return me.client.get(f"{me.application}/raw/{path}").data.decode()


def test_what_another_published_meanwhile_is_not_taken_back(desk: Sit, office: Office) -> None:
    """A draft on an older version is not published: what is new comes in, and nothing goes."""
    initial, cancelling = "help/initial.md", "help/cancellation.md"
    other = begins(desk("fenxi"), "builder-2")
    for path, line in ((HELP, "请来电。"), (initial, "请先预约。")):
        saves(other, path, f"{raw(other, path)}{line}\n")
    mine = begins(desk("fenxi"), "builder-2")
    for path, line in ((HELP, "请写信。"), (cancelling, "请交回证书。")):
        saves(mine, path, f"{raw(mine, path)}{line}\n")
    published(other, desk("fenxi2"), office)

    assert "第2版已于" in mine.open(mine.application).text
    ask = f"/studio/publications/ask/{mine.application.rpartition('/')[2]}"
    assert mine.send(ask, {"why": "说明写得更清楚"}).status_code == 422
    assert "照此发布会撤销它的修改" in mine.text
    mine.open(mine.application)
    version = mine.soup().select_one("input[name=version]")
    assert version is not None
    merge = f"{mine.application}/merge"
    mine.send(merge, {"version": version["value"]}, follow=True)

    assert f"两边都修改过的保留草稿的内容，请对照新版本修改：{HELP}。" in mine.text
    assert raw(mine, initial).endswith("请先预约。\n")
    assert raw(mine, HELP).endswith("请写信。\n")
    assert raw(mine, cancelling).endswith("请交回证书。\n")
    assert "第2版已于" not in mine.open(mine.application).text
    mine.open(f"{mine.application}/compare")
    assert "请来电。" in mine.text
    assert "请先预约。" not in mine.text
    mine.send(merge, {"version": version["value"]}, follow=True)
    assert "没有可以并入的新版本" in mine.text


def test_what_is_typed_into_a_draft_that_was_asked_for_stays_on_the_page(
    desk: Sit, office: Office
) -> None:
    """Another asked to publish it, or deleted it, meanwhile: told with what to do; nothing lost."""
    me = begins(desk("fenxi"), "builder-2")
    saves(me, HELP, f"{raw(me, HELP)}请来电。\n")
    address, asking = f"{me.application}/files/{HELP}", {"Accept": "application/json"}
    published(me, desk("fenxi2"), office)

    assert me.send(address, {"content": "后来写的一段", "seen": "1"}).status_code == 409
    assert "E_DRAFT_PUBLISHED" in me.text
    assert "后来写的一段" in me.page.text
    fields = {"content": "后来写的一段", "seen": "1", "csrf_token": me.token()}
    told = me.client.post(address, data=fields, headers=asking)
    assert (told.status_code, told.get_json()["code"]) == (409, "E_DRAFT_PUBLISHED")

    gone = begins(me, TYPE)
    gone.open(gone.application)
    gone.send(f"{gone.application}/delete", {}, follow=True)
    told = me.client.post(f"{gone.application}/files/{HELP}", data=fields, headers=asking)
    assert (told.status_code, told.get_json()["code"]) == (409, "E_DRAFT_NOT_FOUND")


def test_scenarios_of_a_type_that_was_withdrawn_go_on(desk: Sit, office: Office) -> None:
    """Its drafts stay and are played; whoever publishes one reads that it is offered again."""
    me = begins(desk("fenxi"), "builder-2")
    with writing(office.sessions) as session:
        definitions.withdraw(session, "builder-2", office.now())
    office.definitions.forget()

    assert "已停止受理" in me.open(me.application).text
    assert "发布以后恢复受理" in me.text
    page = f"{me.application}/plays"
    me.open(page)
    played = {"title": "停止受理以后", "start": "initial/registered", "steps": "1"}
    assert "已走 1步" in re.sub(r"\s+", " ", me.send(page, played, follow=True).text and me.text)
    me.open(PAGE)
    assert "二级建造师（已停止受理）" in me.text
    saves(me, HELP, f"{raw(me, HELP)}请来电。\n")
    published(me, desk("fenxi2"), office)
    assert "builder-2" in office.definitions.offered()


def test_a_red_scenario_is_told_in_rows(desk: Sit, office: Office) -> None:
    """What the scenario says and what came, column by column, in Chinese: no value of a program."""
    me = begins(desk("fenxi"), "builder-2")
    wrong = {
        "examples/tables/continuing_education.json": (
            '"compulsory_min": 60',
            '"compulsory_min": 61',
        )
    }
    wrong["examples/initial/registered.json"] = ('"UNDER_REVIEW",', "")
    for path, (before, after) in wrong.items():
        text = me.client.get(f"{me.application}/raw/{path}").data.decode()
        assert before in text
        saves(me, path, text.replace(before, after, 1))
    me.open(me.application)
    me.send(f"{me.application}/try", {}, follow=True)
    office.runner.run_due()

    me.open(me.application)

    rows = [row.get_text("|", strip=True) for row in me.soup().select("#trial-came tbody tr")]
    assert "必修学时下限|61|60" in rows
    [statuses] = [row for row in rows if row.startswith("经过的状态")]
    assert statuses.count("审查中（UNDER_REVIEW）") == 3  # once said, twice came
    captions = [caption.get_text() for caption in me.soup().select("#trial-came caption")]
    assert any("第 1 例：逾期与继续教育要求（事项：" in caption for caption in captions)
    assert "{" not in "".join(rows + captions)


def test_a_stopped_matter_is_told_to_applicants(desk: Sit) -> None:
    """A publisher stops a matter with a notice; whoever wants to start it reads why."""
    publisher, applicant = desk("fenxi2"), desk("person-01")
    page = "/studio/publications"
    publisher.open(page)
    stopped = {"type": TYPE, "matter": "INITIAL", "notice": "系统维护，12月1日恢复受理。"}
    publisher.send(f"{page}/stops", stopped, follow=True)
    assert "12月1日恢复" in publisher.text

    applicant.open("/applications/new")
    assert "12月1日恢复受理" in applicant.text

    lift = publisher.soup().select_one(f"form[action^='{page}/stops/']")
    assert lift is not None
    publisher.send(str(lift["action"]), {}, follow=True)
    applicant.open("/applications/new")
    assert "12月1日恢复受理" not in applicant.text


def test_a_draft_goes_out_and_comes_in(analyst: Desk) -> None:
    """The archive comes in whole, and is refused when it was changed."""
    saves(analyst, HELP, "新的说明\n")
    archive = analyst.client.get(f"{analyst.application}/export").data
    names = zipfile.ZipFile(io.BytesIO(archive)).namelist()
    assert HELP in names

    analyst.open(PAGE)
    analyst.post(f"{PAGE}/import", {}, {"archive": ("a.zip", archive[:-100])})
    assert "E_DRAFT_ARCHIVE" in analyst.text
    analyst.post(f"{PAGE}/import", {}, {"archive": ("a.zip", archive)})
    assert "已导入" in analyst.text


def test_the_catalogue_offers_what_runs(analyst: Desk) -> None:
    """An editor is given roles, operations with their words, tables, periods and messages."""
    analyst.open(f"{analyst.application}/files/{RENEWAL}")
    element = analyst.soup().select_one("#catalogue")
    assert element is not None
    offered = json.loads(element.text)

    assert "draft_reminder" in offered["operations"]["notice/send"]["words"]["kind"]
    assert "continuing_education" in offered["decisions"]
    assert offered["tasks"]["review"] == {"roles": ["reviewer"], "gives": ["recommendation"]}
    assert "FORMAL_CHECK" in offered["periods"]


def test_documents_forms_and_texts_are_previewed(analyst: Desk) -> None:
    """What comes of a file: a paper with sample data, a form and a help text as people see them."""
    preview = f"{analyst.application}/preview"
    saves(
        analyst, HELP, "# 延续注册\n\n**注意：**补正须在{CORRECTION_REPLY}内，如有疑问，请来电。\n"
    )

    assert analyst.client.get(f"{preview}/documents/receipt.typ").data.startswith(b"%PDF")
    analyst.open(f"{preview}/{HELP}")
    assert "补正须在15个工作日内，如有疑问" in analyst.text
    assert "<strong>注意：</strong>" in analyst.page.text
    analyst.open(f"{preview}/forms/renewal.ui.json")
    assert "学时" in analyst.text
    analyst.open(f"{analyst.application}/files/documents/receipt.typ")
    assert "data.accepted_on" in analyst.text
    assert analyst.client.get(f"{preview}/type.toml").status_code == 404


def test_a_template_that_reads_elsewhere_is_refused_before_it_is_set(analyst: Desk) -> None:
    """No document of a draft reaches files, packages or the network."""
    path = "documents/receipt.typ"
    before = analyst.client.get(f"{analyst.application}/raw/{path}").data.decode()
    for reach in ('#read("/etc/hostname")', '#import "@preview/example:0.1.0": add'):
        saves(analyst, path, f"{reach}\n{before}")
        analyst.open(analyst.application)
        assert "E_DOCUMENT_TEMPLATE" in analyst.text
        assert analyst.client.get(f"{analyst.application}/preview/{path}").status_code != 200


@pytest.mark.parametrize("login", ["shouli", "yunwei"])
def test_drafts_are_for_analysts(desk: Sit, analyst: Desk, login: str) -> None:
    """Who only looks opens no draft; who publishes reads and changes nothing."""
    assert desk(login).open(analyst.application).status_code == 403


def test_a_new_type_is_asked_what_must_differ(analyst: Desk) -> None:
    """The wizard says what is missing, and keeps what was typed."""
    page = "/studio/new"
    analyst.open(f"{page}?from={TYPE}")
    typed = {
        str(field["name"]): str(field.get("value", ""))
        for field in analyst.soup().select("main form input[name]")
    }
    analyst.send(page, typed | {"key": "architect-2", "title": "二级注册建筑师"})

    assert "E_NEW_TYPE_ANSWER" in analyst.text
    assert "二级注册建筑师" in analyst.page.text
