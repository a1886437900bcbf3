"""Days that a refusal or a reason names are written as everywhere: 2028年7月22日."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from casework.case import reasons
from registry.errors import AlreadyRegistered, BanActive


@pytest.mark.parametrize("day", ["2028-07-22", date(2028, 7, 22)])
def test_a_refusal_names_a_day_as_people_read_it(day: str | date) -> None:
    assert "有效期至2028年7月22日；" in str(AlreadyRegistered(enterprise="某院", valid_to=day))


def test_so_does_a_reason_of_a_table() -> None:
    told = reasons.explain("E_RENEWAL_NOT_OPEN", {"open_on": "2028-04-23", "open_days": 90})

    assert told.text == "延续注册自2028年4月23日起可申请（有效期届满前90日）。"


def test_what_only_looks_like_a_day_stays_as_it_was_written() -> None:
    assert "2028-02-30前" in str(BanActive(basis="某法", until="2028-02-30"))


_HAN = re.compile(r"[\u3400-\u9fff]")
#: Where a day is part of a file's name and sorts by it.
NAMES = {"web/enterprise/list_check.py"}


@pytest.mark.proves("F:language-1")
def test_no_sentence_writes_a_day_as_programs_do() -> None:
    """Timelines, notices, faults: whoever writes a sentence writes 2028年7月22日 into it."""
    sources = sorted(
        path for root in ("casework", "registry", "web") for path in Path(root).rglob("*.py")
    )
    told = {f"{path}:{text.lineno}" for path in sources for text in _sentences(path)}

    assert len(sources) > 300
    assert told == set()


def _sentences(path: Path) -> list[ast.JoinedStr]:
    """Give the texts in Chinese into which a day goes by `isoformat`."""
    if path.as_posix() in NAMES:
        return []
    return [
        text
        for text in ast.walk(ast.parse(path.read_text()))
        if isinstance(text, ast.JoinedStr)
        and any(isinstance(part, ast.Constant) and _HAN.search(part.value) for part in text.values)
        and any(
            isinstance(part, ast.FormattedValue)
            and isinstance(part.value, ast.Call)
            and isinstance(part.value.func, ast.Attribute)
            and part.value.func.attr == "isoformat"
            for part in text.values
        )
    ]
