"""What lies in a folder by mistake is told in Chinese with its place; nothing ends in a trace."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from refusals.rules import RULES
from tests.professions.checks.test_one_mistake_once import TYPE, root, told

__all__ = ["root"]

Strange = Callable[[Path], object]
BPMN_NS = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DMN_NS = "https://www.omg.org/spec/DMN/20191111/MODEL/"
RENEWAL = "renewal.bpmn"
UI = "forms/initial.ui.json"
COPIES = "renewal - 副本.bpmn"
PO = "english/structural-engineer-2.po"
CASE_PLAN = '<c:definitions xmlns:c="http://www.omg.org/spec/CMMN/20151109/MODEL"/>'


def put(path: str, content: bytes | str) -> Strange:
    data = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / path).write_bytes(data)


def encode(path: str, encoding: str) -> Strange:
    """Save a file as another editor does."""
    return lambda folder: (folder / path).write_bytes(
        (folder / path).read_text("utf-8").encode(encoding, "replace")
    )


def edit(path: str, old: str, new: str) -> Strange:
    def make(folder: Path) -> None:
        text = (folder / path).read_text("utf-8")
        assert old in text
        (folder / path).write_text(text.replace(old, new), "utf-8")

    return make


def rename(old: str, new: str) -> Strange:
    return lambda folder: (folder / old).rename(folder / new)


def copy(path: str, name: str) -> Strange:
    return lambda folder: (folder / name).write_bytes((folder / path).read_bytes())


def folder_for(path: str) -> Strange:
    """Put a folder where a file belongs."""

    def make(folder: Path) -> None:
        (folder / path).unlink()
        (folder / path).mkdir()

    return make


def half(path: str) -> Strange:
    """Lose the end of a file, within a line."""

    def make(folder: Path) -> None:
        data = (folder / path).read_bytes()
        end = data.index(b'"\nmsgstr', len(data) // 2)
        (folder / path).write_bytes(data[:end])

    return make


def foreign(namespace: str, extension: str) -> str:
    """Draw what another engine's modeler draws."""
    return (
        f'<definitions xmlns="{BPMN_NS}" xmlns:x="{namespace}" id="d" targetNamespace="x">'
        f'<process id="p" isExecutable="true"><startEvent id="s"/><userTask id="t" name="审查">'
        f"<extensionElements>{extension}</extensionElements></userTask><endEvent id='e'/>"
        f'<sequenceFlow id="f" sourceRef="s" targetRef="t"/>'
        f'<sequenceFlow id="g" sourceRef="t" targetRef="e"/></process></definitions>'
    )


def table(rules: int) -> str:
    """Draw a table with so many rules that say a word of no matter."""
    rows = "".join(
        f'<rule id="r{number}"><inputEntry id="i{number}"><text>"{number}"</text></inputEntry>'
        f'<outputEntry id="o{number}"><text>1</text></outputEntry></rule>'
        for number in range(rules)
    )
    return (
        f'<definitions xmlns="{DMN_NS}" id="d" name="x" namespace="x">'
        f'<decision id="extra" name="x">'
        f'<decisionTable id="t"><input id="in" label="事项"><inputExpression id="ie" '
        f'typeRef="string"><text>matter</text></inputExpression></input>'
        f'<output id="out" name="out" typeRef="number"/>{rows}'
        f"</decisionTable></decision></definitions>"
    )


#: name: what is done, the file where it is told, part of the text or remedy, the code
STRANGE: dict[str, tuple[Strange, str, str, str]] = {
    "camunda 7": (
        put("x.bpmn", foreign("http://camunda.org/schema/1.0/bpmn", "<x:formData/>")),
        "x.bpmn",
        "Camunda 7",
        "E_FOREIGN",
    ),
    "camunda 8": (
        put("x.bpmn", foreign("http://camunda.org/schema/zeebe/1.0", "<x:a/><x:b/>")),
        "x.bpmn",
        "共 2 处",
        "E_FOREIGN",
    ),
    "another spiff": (
        edit(RENEWAL, "spiffworkflow.org/bpmn/schema/1.0", "spiffworkflow.org/bpmn/schema/2.0"),
        RENEWAL,
        "另一版本的 SpiffWorkflow",
        "E_FOREIGN",
    ),
    "5 MB": (put("x.bpmn", b"<x>" + b" " * 5_000_000), "x.bpmn", "超过 1000 KB", "E_XML"),
    "10000 rules": (put("x.dmn", table(10_000)), "x.dmn", "超过 1000 KB", "E_TABLE"),
    "4000 rules": (put("x.dmn", table(4_000)), "x.dmn", "规则超过 500 条", "E_TABLE"),
    "nested": (
        put("x.bpmn", f'<definitions xmlns="{BPMN_NS}">' + "<process>" * 300),
        "x.bpmn",
        "元素套了 256 层以上",
        "E_XML",
    ),
    "utf-16": (encode("initial.bpmn", "utf-16"), "initial.bpmn", "不是 UTF-8", "E_TEXT"),
    "gbk": (
        encode(UI, "gbk"),
        UI,
        "UTF-8",
        "E_FORM_FILE",
    ),
    "gbk diagram": (encode(RENEWAL, "gbk"), RENEWAL, "不是 UTF-8", "E_XML"),
    "empty": (put(RENEWAL, b""), RENEWAL, "文件是空的", "E_XML"),
    "empty template": (
        put("documents/receipt.typ", b""),
        "documents/receipt.typ",
        "没有文档标题",
        "E_DOCUMENT_TEMPLATE",
    ),
    "archive": (put(RENEWAL, b"PK\x03\x04" + b"\0" * 99), RENEWAL, "ZIP 或者 Office", "E_XML"),
    "packed": (put(RENEWAL, gzip.compress(b"<x/>")), RENEWAL, "gzip", "E_XML"),
    "picture": (put(RENEWAL, b"\x89PNG\r\n\x1a\n"), RENEWAL, "PNG 图片", "E_XML"),
    "drawing of Signavio": (put(RENEWAL, '{"stencil": {}}'), RENEWAL, "JSON 文件", "E_XML"),
    "spreadsheet": (put("deadline.dmn", b"PK\x03\x04\xff"), "deadline.dmn", "Office", "E_TABLE"),
    "letter of an office": (
        put("help/renewal.md", b"PK\x03\x04\xff"),
        "help/renewal.md",
        "ZIP 或者 Office",
        "E_TEXT",
    ),
    "half a catalogue": (half(PO), PO, "加双引号的文字", "E_TEXT"),
    "catalogue without a figure": (
        edit(PO, "{renewal_open_days} days", "90 days"),
        PO,
        "没有写 {renewal_open_days}",
        "E_TEXT",
    ),
    "case plan": (put("deadline.dmn", CASE_PLAN), "deadline.dmn", "不是 DMN 1.1", "E_TABLE"),
    "form without fields": (
        put("forms/renewal.schema.json", '{"title": "x"}'),
        "forms/renewal.schema.json",
        "没有 properties",
        "E_FORM_FILE",
    ),
    "manifest that is a folder": (folder_for("type.toml"), "type.toml", "是文件夹", "E_MANIFEST"),
    "binary table": (put("edit_effect.dmn", bytes(range(256))), "edit_effect.dmn", "<", "E_TABLE"),
    "web page": (put(RENEWAL, "<!DOCTYPE html><html></html>"), RENEWAL, "DOCTYPE", "E_XML"),
    "wrong namespace": (edit(RENEWAL, BPMN_NS, "http://x"), RENEWAL, "不是 BPMN 2.0", "E_XML"),
    "copy": (copy(RENEWAL, COPIES), COPIES, "在两处定义（另一处是 renewal.bpmn）", "E_XML"),
    "copied table": (
        copy("edit_effect.dmn", "edit_effect (1).dmn"),
        "edit_effect (1).dmn",
        "文件 edit_effect.dmn 中已有同名决策",
        "E_TABLE",
    ),
    "other case": (
        rename("help/initial.md", "help/Initial.md"),
        "type.toml",
        "请把 help/Initial.md 改名为 help/initial.md",
        "E_MATTER",
    ),
    "manifest in capitals": (rename("type.toml", "Type.toml"), "type.toml", "改名", "E_MANIFEST"),
    "merging": (put("help/renewal.md", "<<<<<<< HEAD\n甲\n"), "help/renewal.md", "合并", "E_TEXT"),
    "dead link": (
        lambda folder: (folder / "help/x.md").symlink_to(folder / "nowhere.md"),
        "help/x.md",
        "失效的链接",
        "E_FILE",
    ),
    "link to elsewhere": (
        lambda folder: (folder / "help/x.md").symlink_to("/etc/hostname"),
        "help/x.md",
        "指向文件夹以外",
        "E_FILE",
    ),
    "pipe": (lambda folder: os.mkfifo(folder / "help/x.md"), "help/x.md", "不是文件", "E_FILE"),
    "name twice": (
        edit("forms/renewal.schema.json", '"type": "object",', '"type": 1, "type": "object",'),
        "forms/renewal.schema.json",
        "“type”写了两次",
        "E_FORM_FILE",
    ),
    "no number": (
        edit("forms/renewal.schema.json", '"maximum": 999', '"maximum": NaN'),
        "forms/renewal.schema.json",
        "NaN 不是 JSON 的数",
        "E_FORM_FILE",
    ),
    "nested JSON": (
        put("forms/renewal.schema.json", "[" * 100_000),
        "forms/renewal.schema.json",
        "嵌套过深",
        "E_FORM_FILE",
    ),
    "a row's id twice, which editors drop": (
        edit("deadline.dmn", '<rule id="deadline_row18">', '<rule id="deadline_row17">'),
        "deadline.dmn",
        "deadline_row17",
        "E_ID",
    ),
    "diagram of 5 MB": (
        edit("initial.bpmn", "</bpmn:process>", f"<!--{'x' * 5_000_000}--></bpmn:process>"),
        "initial.bpmn",
        "请缩小该文件",
        "E_XML",
    ),
    "film": (put("help/x.mp4", b"\0" * 2_000_000), "help/x.mp4", "超过 1000 KB", "E_TEXT"),
}


@pytest.mark.proves("F:calendar-3")
@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_file_is_told_once_at_its_place(
    name: str,
    root: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Files of other tools, other encodings, copies, links: what it is and what to do."""
    strange, file, text, code = STRANGE[name]
    strange(root / TYPE)

    (mistake,) = told(capsys, root / TYPE)

    assert (mistake["file"], mistake["code"]) == (f"{TYPE}/{file}", code)
    assert text in mistake["text"] + mistake["remedy"]
    assert not re.search("Traceback|Errno|codec", mistake["text"])
    assert code in RULES


def test_what_windows_saves_is_accepted(
    root: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A mark at the beginning and lines that end with two characters change nothing."""
    for path in (root / TYPE).rglob("*"):
        if path.suffix in (".bpmn", ".dmn", ".toml", ".md", ".json", ".typ"):
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert told(capsys, root / TYPE, status=0) == []


def test_what_repeats_is_counted(
    root: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of five hundred rows with the same mistake ten are told, and how many there are."""
    put("x.dmn", table(500))(root / TYPE)

    mistakes = told(capsys, root / TYPE)

    alike = [mistake for mistake in mistakes if mistake["code"] == "E_CELL_WORD"]
    assert len(alike) == 10
    assert "另有 490 处同类错误" in alike[-1]["remedy"]
    assert len(mistakes) < 15


@pytest.mark.parametrize("folder", [TYPE, "common-parts"])
@pytest.mark.parametrize("kept", [0, 1])
def test_a_folder_that_was_half_copied_is_told_in_chinese(
    folder: str,
    kept: int,
    root: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever is missing: files and remedies, about a line for each file that is gone."""
    paths = [path for path in sorted((root / folder).rglob("*")) if path.is_file()]
    lost = [path for path in paths[kept::2] if path.name != "type.toml"]
    for path in lost:
        path.unlink()

    mistakes = told(capsys, root / TYPE)

    assert 0 < len(mistakes) < 2 * len(lost)
    assert all(re.search("[一-鿿]", mistake["text"] + mistake["remedy"]) for mistake in mistakes)
