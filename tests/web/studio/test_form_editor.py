"""The form editor: one thing of a form is changed, everything else stays byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.offices import TYPE
from tests.web.desk import Desk
from tests.web.furnished import app, clock, desk, office, prepared
from tests.web.studio.test_drafting import Sit, begins

__all__ = ["app", "clock", "desk", "office", "prepared"]

SCHEMA, UI = "forms/initial.schema.json", "forms/initial.ui.json"


class Editor:
    """An analyst in front of the form 初始注册 of a draft."""

    def __init__(self, desk: Desk) -> None:
        self.desk = begins(desk, TYPE)
        self.address = f"{self.desk.application}/form/initial"

    def does(self, act: str, **entries: str) -> int:
        """Post one act with what the page showed; give the status before any redirect."""
        self.desk.open(self.address)
        soup = self.desk.soup()
        seen = {
            name: str(shown["value"])
            for name in ("seen0", "seen1")
            if (shown := soup.select_one(f"input[name={name}]")) is not None
        }
        answer = self.desk.send(self.address, {"act": act, **seen, **entries}, follow=True)
        return int(answer.status_code)

    def text(self, path: str) -> str:
        """Give a file of the draft as it is stored."""
        return self.desk.client.get(f"{self.desk.application}/raw/{path}").data.decode()

    def form(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give both files as JSON."""
        return json.loads(self.text(SCHEMA)), json.loads(self.text(UI))


@pytest.fixture
def editor(desk: Sit) -> Editor:
    return Editor(desk("fenxi"))


def test_a_field_is_added_asked_of_some_moved_and_taken_out(editor: Editor) -> None:
    """A whole life of a field; at its end both files are what they were, byte for byte."""
    schema, ui = editor.text(SCHEMA), editor.text(UI)

    assert (
        editor.does("add", section="3", name="works_kind", title="工程类别", kind="choice") == 200
    )
    assert "已保存" in editor.desk.text
    assert editor.form()[0]["properties"]["works_kind"] == {
        "type": "string",
        "title": "工程类别",
        "enum": ["是", "否"],
        "errorMessage": {"required": "请选择工程类别"},
    }
    assert editor.form()[1]["ui:sections"][3]["fields"][-1] == "works_kind"
    added = editor.desk.soup().select_one("fieldset[disabled] #works_kind")
    assert added is not None  # the renderer of applicants, beside

    editor.does(
        "change",
        name="works_kind",
        title="工程的类别",
        help="以合同为准",
        required="required",
        missing="请选择工程的类别",
        condition="qualification_region=OTHER",
        choices="房屋建筑\r\n\r\n市政工程\r\n",
    )
    after, shown = editor.form()
    assert "works_kind" not in after["properties"]
    (rule,) = [rule for rule in after["allOf"] if "qualification_region" in str(rule["if"])]
    assert rule["then"]["properties"]["works_kind"]["enum"] == ["房屋建筑", "市政工程"]
    assert rule["then"]["required"] == ["qualification_province", "works_kind"]
    assert shown["works_kind"] == {"ui:widget": "radios", "ui:help": "以合同为准"}

    editor.does("down", name="works_kind")
    editor.does("up", name="works_kind")
    assert editor.form()[1]["ui:sections"][3]["fields"][-1] == "works_kind"

    editor.does("drop", name="works_kind")
    assert json.loads(editor.text(SCHEMA)) == json.loads(schema)
    assert json.loads(editor.text(UI)) == json.loads(ui)
    kept = set(schema.splitlines()) - set(editor.text(SCHEMA).splitlines())
    assert kept == set()  # no line was laid out anew


def test_one_change_differs_in_its_own_line(editor: Editor) -> None:
    """Another wording of one help text is one other line of one file."""
    schema, ui = editor.text(SCHEMA), editor.text(UI)

    editor.does(
        "change",
        name="enterprise_phone",
        title="企业联系电话",
        help="例如 021-12345678",
        required="required",
        missing="请填写企业联系电话，以便审批部门联系",
    )

    assert editor.text(SCHEMA) == schema
    pairs = zip(ui.splitlines(), editor.text(UI).splitlines(), strict=True)
    changed = [after for before, after in pairs if before != after]
    assert len(changed) == 1
    assert '"ui:help": "例如 021-12345678"' in changed[0]


def test_sections_are_added_named_and_taken_out_when_empty(editor: Editor) -> None:
    count = len(editor.form()[1]["ui:sections"])

    editor.does("section", section=str(count), title="补充信息", help="")
    editor.does("section", section=str(count), title="补充材料", help="按要求填写。")
    assert editor.form()[1]["ui:sections"][count] == {
        "title": "补充材料",
        "fields": [],
        "help": "按要求填写。",
    }
    editor.does("drop-section", section=str(count))
    editor.does("drop-section", section="0")  # has fields and stays
    assert len(editor.form()[1]["ui:sections"]) == count


@pytest.mark.parametrize(
    ("act", "entries", "code"),
    [
        ("add", {"section": "0", "name": "Name", "title": "甲", "kind": "line"}, "E_EDITED_NAME"),
        ("add", {"section": "0", "name": "photo", "title": "甲", "kind": "line"}, "E_EDITED_NAME"),
        ("add", {"section": "0", "name": "fresh", "title": " ", "kind": "line"}, "E_EDITED_TITLE"),
        ("section", {"section": "0", "title": ""}, "E_EDITED_TITLE"),
        ("change", {"name": "photo", "title": ""}, "E_EDITED_TITLE"),
        (
            "change",
            {"name": "enterprise_name", "title": "甲", "condition": "photo=1"},
            "E_EDITED_CONDITION",
        ),
        ("change", {"name": "ce_elective_hours", "title": "甲", "maximum": "多"}, "E_EDITED_BOUND"),
        (
            "change",
            {"name": "qualification_province", "title": "甲", "choices": "沪\n沪"},
            "E_EDITED_CHOICES",
        ),
        ("drop", {"name": "qualification_region"}, "E_FORM_UNUSABLE"),
    ],
)
def test_a_slip_is_told_and_nothing_is_saved(
    editor: Editor, act: str, entries: dict[str, str], code: str
) -> None:
    """The cause and the remedy in Chinese; both files stay as they were."""
    before = editor.text(SCHEMA), editor.text(UI)

    assert editor.does(act, **entries) == 422

    assert code in editor.desk.text
    assert (editor.text(SCHEMA), editor.text(UI)) == before


def test_who_comes_later_loses_nothing(editor: Editor, desk: Sit) -> None:
    """A page that showed an older save is refused, and says who was faster."""
    page = editor.desk.open(editor.address)
    assert page.status_code == 200
    seen = dict.fromkeys(("seen0", "seen1"), "0")
    editor.does("section", section="0", title="申请人", help="")

    late = editor.desk.send(
        editor.address, {"act": "section", "section": "0", "title": "个人", "help": ""} | seen
    )

    assert late.status_code == 409
    assert "E_DRAFT_SAVED_MEANWHILE" in editor.desk.text
    assert editor.form()[1]["ui:sections"][0]["title"] == "申请人"


def test_what_is_not_there_is_not_found(editor: Editor) -> None:
    assert editor.desk.open(f"{editor.desk.application}/form/none").status_code == 404
    assert editor.does("none") == 404
    assert editor.does("drop", name="none") == 404
    assert editor.does("add", section="99", name="fresh", title="甲", kind="line") == 404
    assert editor.does("add", section="0", name="fresh", title="甲", kind="none") == 404
