"""Names keep their rare characters; what cannot be printed is told before anything is saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdfgen import Templates, charset, errors
from tests.pdfgen.samples import AT, application


@pytest.mark.parametrize(
    "name",
    [
        "张𬭎喆",
        "𠮷野",
        "赟婳燚",
        "买买提·阿不都热合曼",
        "O’Brien-Müller",
        "Nguyễn",
        "㛃〇",
        "（集团）№5",
    ],
)
def test_rare_names_can_be_printed(name: str, fonts: Path, templates: Templates) -> None:
    """R22: characters of GB 18030, middle dots and Latin letters stay as they are."""
    assert charset.missing(name, fonts) == []

    data = application()
    data["person"]["name"] = name
    assert templates.render("application", data, at=AT).pdf.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("张\U00020023三", ["\U00020023"]),
        ("李😀四😀", ["😀"]),
        ("王\u202e五", ["\u202e"]),
        ("赵\u200b六\ue863", ["\u200b", "\ue863"]),
        ("钱\x00七\x1b", ["\x00", "\x1b"]),
        ("孙\ud800八", ["\ud800"]),
        ("周\uffa0九\u061c十\u3164", ["\uffa0", "\u061c", "\u3164"]),
        ("葛\ufe00葛\U000e0100", ["\ufe00", "\U000e0100"]),
        ("两行\n可以\t的", []),
    ],
)
def test_what_cannot_be_printed_is_told(text: str, lost: list[str], fonts: Path) -> None:
    """R35: unknown, hidden and reordering characters, each once."""
    assert charset.missing(text, fonts) == lost


@pytest.mark.parametrize("character", ["\U00020023", "😀", "\u202e", "\x00", "\ue863", "\ud800"])
def test_no_document_holds_what_cannot_be_printed(character: str, templates: Templates) -> None:
    """R35: forgotten by a form, caught by the document: an error, never an empty box."""
    data = application()
    data["person"]["name"] = f"张{character}三"

    with pytest.raises(errors.CharacterMissing, match=r"U\+") as caught:
        templates.render("application", data, at=AT)

    assert caught.value.code == "E_CHARACTER"
    assert f"U+{ord(character):04X}" in str(caught.value)


def test_the_whole_table_of_general_standard_characters_is_there(fonts: Path) -> None:
    """R22: GB/T 2312 and the ideographs of Unicode 1.1 are complete."""
    ideographs = "".join(map(chr, range(0x4E00, 0x9FA6)))

    assert charset.missing(ideographs, fonts) == []


def test_names_of_files_are_made_printable(fonts: Path, templates: Templates) -> None:
    """I3: a file may be called anything; what cannot be printed stands as a box."""
    name = charset.printable("证书😀e\u0301\u202e\U00020023.pdf", fonts)

    assert name == "证书□é□.pdf"
    files = [{"kind": "资格证书扫描件", "filename": name, "pages": 1}]
    assert templates.render("application", application(attachments=files), at=AT).pdf


def test_a_missing_font_folder_is_told(tmp_path: Path) -> None:
    """The remedy is named."""
    with pytest.raises(errors.FontsMissing, match="make fonts"):
        charset.missing("张", tmp_path)


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_missing_names_each_character_once_and_in_order(fonts: Path, text: str) -> None:
    """R35: the answer is a part of the question; without it, nothing is missing."""
    lost = charset.missing(text, fonts)

    assert len(set(lost)) == len(lost)
    assert [c for c in dict.fromkeys(text) if c in lost] == lost
    assert charset.missing("".join(c for c in text if c not in lost), fonts) == []
