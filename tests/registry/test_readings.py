"""However people write, type or paste it: the same value."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import readings

READERS: list[Callable[[str], str]] = [
    readings.text,
    readings.line,
    readings.name,
    readings.organisation,
    readings.number,
    readings.digits,
    readings.telephone,
    readings.amount,
    readings.day,
]


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@given(st.text(max_size=40))
def test_what_was_read_reads_the_same_again(read: Callable[[str], str], typed: str) -> None:
    """A value shown in a form and saved again does not wander."""
    assert read(read(typed)) == read(typed)


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=8))
def test_no_character_of_a_chinese_name_is_lost(name: str) -> None:
    """R22: rare characters stay as they are."""
    assert readings.name(name) == name


def test_rare_characters_stay() -> None:
    """R22: no character of a name is dropped or changed, only width and dots."""
    assert readings.name("𠮷䶮㛃") == "𠮷䶮㛃"


@pytest.mark.parametrize("dot", "·\u0387•‧∙⋅●・･．․⸱ᐧꞏ᛫⸰⸳∘◦⦁˙﹒.。｡")
@pytest.mark.parametrize("around", ["", " ", "\u200b"])
def test_every_middle_dot_is_one(dot: str, around: str) -> None:
    """民委发〔2016〕33号: names of minorities have U+00B7 between their parts."""
    assert readings.name(f"买买提{around}{dot}{around}艾力") == "买买提·艾力"


def test_what_shows_nothing_is_not_part_of_a_name() -> None:
    """Fillers of another script that some input methods leave behind."""
    assert readings.name("王\u3164\u115f明") == "王明"


def test_a_foreign_name_keeps_its_blanks() -> None:
    assert readings.name("  Anna\u00a0 María ") == "Anna María"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("021 0000 0001", "021-00000001"),
        ("02100000001", "021-00000001"),
        ("（0571）8888－7777", "0571-88887777"),
        ("0086-21-62345678", "021-62345678"),
        ("86 21 62345678", "021-62345678"),
        ("138-0000-0000", "13800000000"),
        ("4008208820", "400-820-8820"),
        ("62345678 分机 801", "62345678-801"),
    ],
)
def test_telephone_numbers_in_the_usual_writings(typed: str, meant: str) -> None:
    assert readings.telephone(typed) == meant


def test_what_is_no_telephone_stays_as_it_was_typed() -> None:
    assert readings.telephone("请打 总机 abc") == "请打 总机 abc"


@pytest.mark.parametrize(
    "typed",
    ["2026-01-08", "2026年1月8日", "2026/1/8", "2026.01.08", "20260108", "２０２６ 年 １ 月 ８ 日"],
)
def test_days_in_the_usual_writings(typed: str) -> None:
    assert readings.day(typed) == "2026-01-08"


def test_chinese_punctuation_stays() -> None:
    """What people write is printed as they wrote it; only letters and digits change their width."""
    assert readings.text("（一）材料齐全，共３页；ＯＫ！") == "（一）材料齐全，共3页；OK！"
