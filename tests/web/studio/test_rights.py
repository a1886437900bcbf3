"""Analyst, publisher, operator: three roles, and none of them does what is another one's."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from hashlib import sha256

import pytest
from sqlalchemy import select

from casework.office import Office
from casework.studio import archives
from registry.people import officers
from registry.trail.audit import AuditEvent
from storage.database import writing
from storage.vault import current_vault
from tests.web.desk import Desk
from tests.web.furnished import app, clock, desk, office, prepared
from tests.web.studio.test_drafting import HELP, PAGE, RENEWAL, Sit, begins, saves

__all__ = ["app", "clock", "desk", "office", "prepared"]
KIND = "builder-2"
STRANGERS = ("shouli", "shencha", "jueding", "yunwei", "person-01", "enterprise")


@pytest.fixture
def analyst(desk: Sit) -> Desk:
    return begins(desk("fenxi"), KIND)


def acts(draft: str) -> list[tuple[str, dict[str, str]]]:
    """Give every act of analysts and publishers on a draft: address and fields."""
    key = draft.rpartition("/")[2]
    return [
        (PAGE, {"type": KIND, "title": "别人的草稿"}),
        (f"{PAGE}/import", {}),
        (f"{draft}/files", {"path": "help/x.md"}),
        (f"{draft}/files/{HELP}", {"content": "x", "seen": "0"}),
        (f"{draft}/check/{HELP}", {"content": "x"}),
        (f"{draft}/remove/{HELP}", {"seen": "0"}),
        (f"{draft}/history/{HELP}", {"number": "0", "seen": "0"}),
        (f"{draft}/manifest", {"title": "x"}),
        (f"{draft}/new-type/facts", {"photo.width": "300"}),
        (f"{draft}/new-type/wording", {"old": "x", "new": "y"}),
        (f"{draft}/try", {}),
        (f"{draft}/delete", {}),
        ("/studio/new", {"from": KIND, "key": "x-2"}),
        (f"/studio/publications/ask/{key}", {"why": "说明写得更清楚"}),
        (f"/studio/publications/{key}", {"action": "confirm"}),
        ("/studio/publications/stops", {"type": KIND, "matter": "INITIAL", "notice": "暂停办理。"}),
    ]


@pytest.mark.parametrize("login", STRANGERS)
def test_who_is_neither_analyst_nor_publisher_does_nothing(
    desk: Sit, analyst: Desk, login: str
) -> None:
    """Officers of cases, operators, applicants and enterprises: no act, no draft, no archive."""
    before = analyst.client.get(f"{analyst.application}/export").data
    other = desk(login)
    for address, fields in acts(analyst.application):
        answer = other.client.post(address, data={"csrf_token": other.token(), **fields})
        assert answer.status_code in (302, 303, 403, 404), (address, answer.status_code)
        assert "/studio/drafts/" not in answer.headers.get("Location", ""), address
    for address in ("", f"/files/{HELP}", f"/raw/{HELP}", "/export", "/manifest", "/trial"):
        answer = other.client.get(analyst.application + address)
        assert answer.status_code in (302, 303, 403, 404), address

    assert analyst.client.get(f"{analyst.application}/export").data == before
    analyst.open(PAGE)
    assert "别人的草稿" not in analyst.text


def test_who_only_publishes_changes_nothing_and_who_analyses_publishes_nothing(
    desk: Sit, office: Office, analyst: Desk
) -> None:
    """A publisher reads a draft; an analyst stops no matter; both refusals are on record."""
    with writing(office.sessions) as session:
        officer = officers.by_login(session, "fenxi2")
        assert officer is not None
        officer.roles = ["publisher"]
    publisher = desk("fenxi2")
    assert publisher.open(analyst.application).status_code == 200
    for address, fields in acts(analyst.application)[:14]:
        answer = publisher.client.post(address, data={"csrf_token": publisher.token(), **fields})
        assert answer.status_code == 403, address

    stop = {"type": KIND, "matter": "INITIAL", "notice": "暂停办理。"}
    analyst.open("/studio/publications")
    assert analyst.send("/studio/publications/stops", stop).status_code == 403
    analyst.open("/operations/posts")
    assert analyst.page.status_code in (403, 404)
    with office.sessions() as session:
        told = list(session.scalars(select(AuditEvent.action)))
    assert any("refused" in action or "denied" in action for action in told), told[:5]


def _archive(content: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    files = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return written.getvalue()


def _relisted(
    seal: Callable[[str], str], **changes: object
) -> Callable[[dict[str, bytes]], object]:
    """Change what the list says, sealed as `seal` does."""

    def change(files: dict[str, bytes]) -> None:
        listed = json.loads(files[archives.LIST]) | changes
        text = json.dumps(listed, ensure_ascii=False)
        files[archives.LIST], files[archives.SEAL] = text.encode(), seal(text).encode()

    return change


def _ours(listed: str) -> str:
    """Seal a list as this deployment does."""
    return current_vault().seal_of(listed, place="package archive").hex()


def _with_file(path: str, content: bytes) -> Callable[[dict[str, bytes]], object]:
    """Add a file as an earlier version of this system may have packed it: listed and sealed."""

    def change(files: dict[str, bytes]) -> None:
        listed = json.loads(files[archives.LIST])["files"]
        files[path] = content
        _relisted(_ours, files={**listed, path: sha256(content).hexdigest()})(files)

    return change


def _twice(content: bytes, path: str) -> bytes:
    """Pack another file under a name that is there."""
    written = io.BytesIO(content)
    with zipfile.ZipFile(written, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(path, b"x")
    return written.getvalue()


def test_an_archive_of_others_is_refused_with_the_right_word(analyst: Desk) -> None:
    """Cut at three places, sealed by nobody, by another key, with another list: each told."""
    whole = analyst.client.get(f"{analyst.application}/export").data
    held = {}
    _archive(whole, held.update)
    ours = held[archives.SEAL].decode()
    elsewhere = current_vault().seal_of(held[archives.LIST].decode(), place="another place").hex()
    attempts = {
        "没有传完": [whole[: len(whole) * part // 4] for part in (1, 2, 3)] + [whole[:-20], b""],
        "没有清单和封印": [_archive(whole, lambda files: files.pop(archives.SEAL))],
        "封印不是本系统的": [
            _archive(whole, _relisted(lambda _: ours, title="另一个名称")),
            _archive(whole, _relisted(lambda _: ours, key="another-type")),
            _archive(whole, lambda files: files.update({archives.SEAL: elsewhere.encode()})),
            _archive(whole, lambda files: files.update({archives.SEAL: b"\xff" * 64})),
        ],
        "其中有同名的文件": [_twice(whole, HELP)],
        "本系统读的是": [
            _archive(whole, _relisted(_ours, format=f"zhuce-package/{number}")) for number in (0, 2)
        ],
        "这样的文件": [
            _archive(whole, _with_file(name, b"x")) for name in ("a.exe", "../help/x.md")
        ],
        "超过1 MB": [_archive(whole, _with_file("help/x.md", b"x" * (1 << 20 | 1)))],
        "被改动或者不全": [
            _archive(whole, lambda files: files.update({RENEWAL: files[RENEWAL] + b" "})),
            _archive(whole, lambda files: files.update({"help/added.md": b"x"})),
        ],
    }
    for why, archived in attempts.items():
        for content in archived:
            analyst.open(PAGE)
            analyst.post(f"{PAGE}/import", {}, {"archive": ("a.zip", content)})
            assert analyst.page.status_code == 422
            assert "E_DRAFT_ARCHIVE" in analyst.text
            assert why in analyst.text, (why, analyst.text[:300])
    analyst.open(PAGE)
    assert len(analyst.soup().select("main tbody tr")) == 1  # nothing was begun


def test_two_analysts_on_one_draft_are_told_of_each_other(desk: Sit, analyst: Desk) -> None:
    """Who saves later is told who was faster and when; different files do not stand in the way."""
    other = desk("fenxi2")
    other.application = analyst.application
    address = f"{analyst.application}/files/{HELP}"
    analyst.open(address)
    other.open(address)
    saves(other, HELP, "后来的人先保存\n")

    answer = analyst.send(address, {"content": "先来的人后保存\n", "seen": "0"})
    assert answer.status_code == 409
    assert "计分析" in analyst.text
    assert "先来的人后保存" in analyst.page.text
    saves(analyst, "help/initial.md", "另一个文件\n")
    assert "已保存" in analyst.text
    assert (
        analyst.client.get(f"{analyst.application}/raw/{HELP}").data.decode() == "后来的人先保存\n"
    )
    analyst.open(address)
    assert "计分析最近保存于" in analyst.text


def test_a_diagram_of_another_modeler_is_taken_over_and_told(analyst: Desk) -> None:
    """Colours and tuning go and are named; what another engine runs is marked where it stands."""
    before = analyst.client.get(f"{analyst.application}/raw/{RENEWAL}").data
    spaces = b'<bpmn:definitions xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    foreign = before.replace(b"<bpmn:definitions ", spaces, 1)
    tuned = foreign.replace(b"<bpmn:userTask ", b'<bpmn:userTask camunda:asyncBefore="true" ', 1)
    address = f"{analyst.application}/files/{RENEWAL}"
    analyst.open(address)
    analyst.post(address, {"seen": "0"}, {"file": ("x.bpmn", tuned)})
    assert "去掉另一引擎的运行设置 asyncBefore" in analyst.text
    assert analyst.client.get(f"{analyst.application}/raw/{RENEWAL}").data == foreign

    assigned = foreign.replace(b"<bpmn:userTask ", b'<bpmn:userTask camunda:assignee="anna" ', 1)
    analyst.open(address)
    analyst.post(address, {"seen": "1"}, {"file": ("x.bpmn", assigned)})
    assert "不支持的属性 assignee" in analyst.text
