"""What people are told of their data: every table about people, once, with its period."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.privacy import said
from web.process.tables import metadata


def test_every_table_about_people_is_told() -> None:
    """The notice and the periods speak of the same tables."""
    assert list(said.faults(metadata.tables)) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"person", "consent"', '"consent"', "表 person 没有告知处理目的"),
        ('"notice", "sms"', '"notice", "smss"', "没有名为 smss 的表"),
        ('"notice", "sms"', '"notice", "person"', "表 person 告知了2次"),
        ('"notice", "sms"', '"notice", "job"', "表 job 在保存期限中写明不是个人信息"),
        ('given = ["timeline_entry"]', 'given = ["officer"]', "表 officer 不在“办理经过"),
        ('goes_to = "不提供给他人"', 'goes_to = ""', "没有写明目的、依据或者接收方"),
        ("people_an_hour = 100", "people_an_hour = 0", "集中查阅的数目须大于零"),
    ],
)
def test_a_slip_in_the_file_is_told(tmp_path: Path, before: str, after: str, fault: str) -> None:
    """What `zhuce doctor` says of a file that was changed."""
    text = said.FILE.read_text("utf-8")
    assert before in text
    changed = tmp_path / "privacy.toml"
    changed.write_text(text.replace(before, after, 1), "utf-8")

    faults = list(said.faults(metadata.tables, said.read(changed)))

    assert any(fault in told for told in faults), faults


def test_periods_are_those_of_the_table() -> None:
    """A kind of data says each period that its tables have, with its law."""
    periods = {part.what[:2]: " ".join(said.periods(part)) for part in said.read().parts}

    assert "从产生之日起180日，期满删除" in periods["消息"]
    assert "1年，期满删除" in periods["申请"]
    assert "30年，期满封存" in periods["申请"]
    assert "长期保存" in periods["账号"]
    assert all(periods.values())
