"""Catalogues of a package that another editor saved: long texts stand on several lines."""

from __future__ import annotations

import io

from babel.messages.pofile import read_po

from casework.studio.new_types import english

BROKEN = """# English of a profession.
msgid ""
msgstr ""
"Language: en\\n"
"Content-Type: text/plain; charset=utf-8\\n"

# on the certificate
msgid ""
"本人是"
"二级建造师“甲”"
msgstr ""
"I am a class 2 constructor "
"\\"A\\""

msgid "其他"
msgstr "Other"
"""
FILES = {"english/builder-2.po": BROKEN.encode()}
NAMES = ({"english_title": "Class 2 constructor"}, {"english_title": "Class 2 architect"})


def messages(catalogue: bytes | None) -> dict[str, str]:
    """Read a catalogue as the pages do."""
    assert catalogue is not None
    return {str(entry.id): str(entry.string) for entry in read_po(io.BytesIO(catalogue))}


def test_broken_texts_are_found_whole() -> None:
    assert english.of(FILES, "本人是二级建造师“甲”") == 'I am a class 2 constructor "A"'
    assert list(english.containing(FILES, "是二级建造师")) == ["本人是二级建造师“甲”"]


def test_the_name_changes_in_texts_on_several_lines() -> None:
    before, now = ({**names, "title": "二级"} for names in NAMES)

    after = english.renamed(FILES, "builder-2", "architect-2", before, now)

    own = messages(after["english/architect-2.po"])
    assert own["本人是二级建造师“甲”"] == 'I am a class 2 architect "A"'
    assert (own["其他"], own["二级"]) == ("Other", "Class 2 architect")


def test_a_changed_chinese_text_takes_its_english_along() -> None:
    said = 'I am a class 2 architect "A"'

    after = english.changed(FILES, {"本人是二级建造师“甲”": ("建造师", "建筑师", said)})

    assert messages(after["english/builder-2.po"]) == {
        **{key: value for key, value in messages(BROKEN.encode()).items() if key in ("", "其他")},
        "本人是二级建筑师“甲”": said,
    }
