"""One slip, one line of `zhuce check`: at the file where it is, with whom it concerns."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from refusals.rules import RULES
from tests.offices import FONTS
from tests.professions.folders import BPMN, SHIPPED
from web import cli

TYPE, BUILDER, SHARED = "structural-engineer-2", "builder-2", "common-parts"
#: file, what stands there, what a slip makes of it
SLIPS = [
    ("structural-engineer-2/initial.bpmn", "</bpmn:definitions>", ""),
    ("common-parts/decision.bpmn", "</bpmn:definitions>", ""),
    ("common-parts/decision.bpmn", 'id="review"', 'id="rewiev"'),
    ("common-parts/decision.bpmn", 'value="reviewer"', 'value="reviwer"'),
    ("common-parts/personal-signing.bpmn", "signing/send_code", "signing/send_cod"),
    (
        "common-parts/personal-signing.bpmn",
        "calledDecisionId>sms_challenge",
        "calledDecisionId>sms_chalenge",
    ),
    (
        "structural-engineer-2/initial.bpmn",
        'deadline("CORRECTION_REPLY")',
        'deadline("CORECTION_REPLY")',
    ),
    ("structural-engineer-2/initial.bpmn", 'name="person.barred"', 'name="person.bared"'),
    (
        "structural-engineer-2/initial.bpmn",
        'calledElement="personal_signing"',
        'calledElement="personal_sining"',
    ),
    ("structural-engineer-2/initial.bpmn", '>check["ok"]<', '>chek["ok"]<'),
    ("structural-engineer-2/initial.bpmn", 'name="通过"', ""),
    ("structural-engineer-2/initial.bpmn", 'value="RETURNED"', 'value="RETURND"'),
    (
        "structural-engineer-2/initial.bpmn",
        'name="formKey" value="initial"',
        'name="formKey" value="inital"',
    ),
    (
        "structural-engineer-2/initial.bpmn",
        '<bpmn:sequenceFlow id="form_passes_to_render_application"',
        '<bpmn:sequenceFlo id="form_passes_to_render_application"',
    ),
    ("common-parts/rename_effect.dmn", "</definitions>", ""),
    ("common-parts/sms_challenge.dmn", "<text>true</text>", "<text>ture</text>"),
    ("common-parts/sms_challenge.dmn", 'hitPolicy="FIRST"', 'hitPolicy="FRST"'),
    ("common-parts/signer_certificate.dmn", 'id="signer_certificate"', 'id="signer_certificat"'),
    ("structural-engineer-2/deadline.dmn", "<text>5</text>", "<text>five</text>"),
    ("structural-engineer-2/deadline.dmn", "<text>5</text>", '<text>"five"</text>'),
    ("structural-engineer-2/deadline.dmn", '"FORMAL_CHECK"', '"FORMAL_CHEK"'),
    ("structural-engineer-2/deadline.dmn", '"WORKDAY"', '"WORKDAYS"'),
    ("structural-engineer-2/deadline.dmn", 'id="deadline"', 'id="deadlin"'),
    ("structural-engineer-2/menu_availability.dmn", 'name="reason"', 'name="reson"'),
    ("structural-engineer-2/qualification_source.dmn", '<text>"OTHER"</text>', "<text>-</text>"),
    ("structural-engineer-2/continuing_education.dmn", "<text>60</text>", "<text>sixty</text>"),
    ("builder-2/continuing_education.dmn", ">policy_rereg_ce<", ">policy_rereg<"),
    ("builder-2/forms/initial.schema.json", '"type": "object",', '"type": "object"'),
    ("builder-2/forms/initial.schema.json", '"photo": {', '"foto": {'),
    ("builder-2/forms/initial.schema.json", '"maxLength"', '"maxLenght"'),
    ("builder-2/forms/initial.schema.json", '"enterprise_phone": {', '"enterprise_fone": {'),
    ("builder-2/forms/initial.ui.json", "{", ""),
    ("builder-2/forms/initial.ui.json", '"photo"]', '"foto"]'),
    ("builder-2/forms/initial.ui.json", '"ui:widget"', '"ui:wigdet"'),
    ("builder-2/forms/initial.ui.json", "413x579", "295x413"),
    ("structural-engineer-2/forms/cancellation.ui.json", '"ui:sections"', '"ui:sectoins"'),
    ("structural-engineer-2/forms/initial.ui.json", "{", "["),
    ("builder-2/type.toml", 'title = "二级建造师"', "title = 二级建造师"),
    ("structural-engineer-2/type.toml", 'key = "', "key = "),
    ("structural-engineer-2/type.toml", 'code = "RENEWAL"', 'code = "RENEWL"'),
    ("structural-engineer-2/type.toml", 'form = "renewal"', 'form = "renewall"'),
    ("structural-engineer-2/type.toml", 'help = "help/renewal.md"', 'help = "help/renewl.md"'),
    ("structural-engineer-2/type.toml", '"registration_status"', '"registration_statu"'),
    ("structural-engineer-2/type.toml", "common-parts", "comon-parts"),
    ("structural-engineer-2/examples/codes.json", "{", "{,"),
]
#: file that is lost → the file that is then told
LOST = {
    f"{TYPE}/cancellation.bpmn": f"{TYPE}/type.toml",
    f"{SHARED}/decision.bpmn": f"{SHARED}/contested-cancellation.bpmn",
    f"{TYPE}/edit_effect.dmn": f"{TYPE}/edit_effect.dmn",
    f"{TYPE}/deadline.dmn": f"{TYPE}/deadline.dmn",
    f"{SHARED}/documents/letter.typ": f"{TYPE}/documents/acceptance-notice.typ",
    f"{TYPE}/forms/cancellation.ui.json": f"{TYPE}/forms/cancellation.ui.json",
    f"{TYPE}/forms/cancellation.schema.json": f"{TYPE}/cancellation.bpmn",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the shipped folders to make slips in."""
    monkeypatch.setenv("ZHUCE_FONTS", str(FONTS.absolute()))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(BPMN, tmp_path / "bpmn", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "bpmn"


def told(
    capsys: pytest.CaptureFixture[str], *folders: Path, status: int = 1
) -> list[dict[str, Any]]:
    """Check folders; give the mistakes."""
    assert cli.main(["check", "--json", *map(str, folders)]) == status
    problems: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["problems"]
    return problems


@pytest.mark.parametrize(("file", "old", "new"), SLIPS)
def test_one_slip_is_one_line_at_its_file(
    file: str, old: str, new: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What only follows from the slip, or is seen by a second profession, is not told beside it."""
    text = (root / file).read_text("utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new, 1), "utf-8")

    (mistake,) = told(capsys, root)

    assert mistake["file"] == file
    assert mistake["code"] in RULES
    assert mistake["text"]
    assert mistake["remedy"]
    owner = file.split("/")[0]
    assert (owner in mistake["concerns"]) == (owner != SHARED)


@pytest.mark.parametrize("lost", LOST)
def test_a_lost_file_is_one_line(lost: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However many places miss it."""
    (root / lost).unlink()

    (mistake,) = told(capsys, root)

    assert mistake["file"] == LOST[lost]


@pytest.mark.parametrize("file", ["deadline.dmn", "initial.bpmn", "help/initial.md", "type.toml"])
def test_a_file_that_was_copied_by_half_is_one_line(
    file: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk was full: nothing of the file has come over."""
    (root / "builder-2" / file).write_bytes(b"")

    (mistake,) = told(capsys, root / "builder-2")

    assert mistake["file"] == f"builder-2/{file}"
    assert mistake["remedy"]


def test_faces_that_are_missing_are_one_line(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the machine that lacks them, not each document."""
    monkeypatch.setenv("ZHUCE_FONTS", str(root))

    (mistake,) = told(capsys, root / TYPE)

    assert "make fonts" in mistake["text"]


@pytest.mark.parametrize(
    "file",
    [
        f"{TYPE}/help/cancellation.md",
        f"{TYPE}/examples/usual.json",
        "builder-2/help/initial.md",
    ],
)
def test_a_text_in_another_encoding_is_one_line(
    file: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / file).write_bytes("办理".encode("gbk"))

    (mistake,) = told(capsys, root)

    assert mistake["file"] == file
    assert "UTF-8" in mistake["text"]


def test_a_cell_is_told_with_row_and_column(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One wrong cell of a shared table was 45 lines in two professions."""
    table = root / SHARED / "sms_challenge.dmn"
    table.write_text(table.read_text("utf-8").replace("<text>true</text>", "<text>ture</text>", 1))

    assert cli.main(["check", str(root)]) == 1

    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith(
        "common-parts/sms_challenge.dmn#sms_challenge：决策表不能使用：第 2 条规则“已使用”列："
    )
    assert line.endswith(f"（涉及 {'、'.join(sorted(SHIPPED))}）")
    assert "builder-2 有 1 处错误" in said.out


def test_a_profession_or_what_is_shared_is_checked_alone(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip in one profession does not concern who checks another; what is shared, all users."""
    (root / BUILDER / "help/initial.md").write_text(" ")

    assert told(capsys, root / TYPE, status=0) == []
    assert len(told(capsys, root / BUILDER)) == 1
    assert len(told(capsys, root / TYPE, root / BUILDER)) == 1
    assert len(told(capsys, root / SHARED)) == 1
