"""Names keep their rare characters; what cannot be printed is told before anything is saved."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdfgen import Templates, charset, errors, text_layer
from registry import readings
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


#: Blocks whose characters stand in names: Unihan and its extensions, Latin, marks, dots, forms.
BLOCKS = {
    "CJK A": range(0x3400, 0x4DC0),
    "CJK": range(0x4E00, 0xA000),
    "CJK B": range(0x20000, 0x2A6E0),
    "CJK C": range(0x2A700, 0x2B73A),
    "CJK D": range(0x2B740, 0x2B81E),
    "CJK E": range(0x2B820, 0x2CEA2),
    "CJK F": range(0x2CEB0, 0x2EBE1),
    "CJK G": range(0x30000, 0x3134B),
    "CJK H": range(0x31350, 0x323B0),
    "compatibility": range(0xF900, 0xFAFF),
    "compatibility supplement": range(0x2F800, 0x2FA1E),
    "Latin": range(0x00C0, 0x0250),
    "Latin additional": range(0x1E00, 0x1F00),
    "combining": range(0x0300, 0x0370),
    "variation": range(0xFE00, 0xFE10),
    "ideographic variation": range(0xE0100, 0xE01F0),
    "private": range(0xE000, 0xF900),
    "emoji": range(0x1F300, 0x1F650),
    "punctuation": range(0x2010, 0x2070),
    "forms": range(0xFE30, 0xFE6C),
}


@pytest.mark.proves("F:input-2")
def test_what_is_accepted_in_a_name_is_printed(fonts: Path, templates: Templates) -> None:
    """§input: of every block, each character is either refused by itself or stands in the file.

    Read as a name first, as every intake does: what it becomes is what counts.
    """
    accepted, refused = dict[str, list[str]](), dict[str, int]()
    for block, points in BLOCKS.items():
        for point in list(points)[:: max(1, len(points) // 60)]:
            told = readings.name(chr(point)) if unicodedata.category(chr(point)) != "Cn" else ""
            if not told:
                continue
            if lost := charset.missing(told, fonts):
                assert set(lost) <= {*told}
                refused[block] = refused.get(block, 0) + 1
            else:
                accepted.setdefault(block, []).append(told)
    names = [name for told in accepted.values() for name in told]
    data = application()
    data["attachments"] = [
        {"kind": "其他材料", "filename": "".join(names[at : at + 30]), "pages": 1}
        for at in range(0, len(names), 30)
    ]
    pdf = templates.render("application", data, at=AT).pdf
    printed = text_layer.folded(text_layer.words(pdf))

    lost_in_print = {name for name in names if text_layer.folded(name) not in printed}
    assert lost_in_print == set()
    assert {"CJK", "CJK A", "CJK B", "Latin", "compatibility"} <= accepted.keys()
    assert {"private", "emoji", "combining"} <= refused.keys()
    assert accepted.keys() & {"private", "variation", "ideographic variation", "emoji"} == set()


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
