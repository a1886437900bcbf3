"""Facts as plain JSON and back; what comes from outside is believed only when it is well formed.

The readers raise `OddValue` for a part that cannot be used, KeyError, TypeError or ValueError for
what is no record at all; `adapters.wire.http` tells both from a system that does not answer.
"""

from __future__ import annotations

import unicodedata
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from registry import readings
from registry.identifiers import is_registered_uscc

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

E = TypeVar("E", bound=StrEnum)
#: What a person calls the parts of a record.
_PARTS = {
    "name": "名称",
    "uscc": "统一社会信用代码",
    "status": "状态",
    "former_names": "曾用名称",
    "design_qualifications": "资质",
    "certificates": "资格证书",
    "version": "版本",
    "contact_mobile": "联系电话",
    "category": "资质类别",
    "grade": "资质等级",
    "certificate_no": "证书编号",
    "valid_to": "有效期",
    "issued_on": "签发日期",
    "issuer": "签发机构",
    "obtained_by": "取得方式",
    "sex": "性别",
    "birth": "出生日期",
    "id_type": "证件类型",
    "id_no": "证件号码",
    "mobile": "手机号码",
}


class OddValue(ValueError):
    """A part of a record that cannot be used: which one, and why, in words for people."""

    def __init__(self, name: str, why: str) -> None:
        self.what = f"{_PARTS.get(name, name)}{why}"
        super().__init__(self.what)


LONGEST_TEXT = 100  #: of names and numbers; the register has no room for more


def as_json(facts: DataclassInstance) -> dict[str, Any]:
    """Give facts as JSON: codes as text, days as 2026-03-16, tuples as lists."""
    return {name: _plain(value) for name, value in asdict(facts).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


def text(row: Any, name: str) -> str:
    """Read a text that can be stored and shown: not empty, not endless, in one spelling.

    Widths, invisible marks and radicals are read as those of people are: what a register says
    without a difference that anybody sees is the same.

    >>> text({"name": "\u202d上海⽰例有限公司 "}, "name")
    '上海示例有限公司'
    """
    value = readings.line(words(row, name))
    if not value:
        raise OddValue(name, "是空的")
    if len(value) > LONGEST_TEXT:
        raise OddValue(name, f"超过{LONGEST_TEXT}个字")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise OddValue(name, "含有控制字符")
    return value


def words(row: Any, name: str) -> str:
    """Read a text of any length."""
    value = part(row, name)
    if not isinstance(value, str):
        raise OddValue(name, "不是文字")
    return value


def part(row: Any, name: str) -> Any:
    """Give a part of a record.

    Raises: OddValue where it is missing or null; KeyError where nothing of a record is there at
    all, as in what a gateway says of its own troubles.
    """
    if name not in row and _PARTS.keys().isdisjoint(row):
        raise KeyError(name)
    if row.get(name) is None:
        raise OddValue(name, "没有内容")
    return row[name]


def listed(row: Any, name: str) -> list[Any]:
    """Read a list in a record, which may be empty."""
    value = part(row, name)
    if not isinstance(value, list):
        raise OddValue(name, "不是列表")
    return value


def number(row: Any, name: str) -> str:
    """Read what identifies: "31010119900101001x" is the same as with X."""
    return readings.number(text(row, name))


def optional_text(row: Any, name: str) -> str | None:
    """Read a text that may be absent, null or empty."""
    return None if row.get(name) in (None, "") else text(row, name)


def day(row: Any, name: str) -> date:
    """Read a day as 2026-03-16."""
    value = text(row, name)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise OddValue(name, f"“{value}”不是日期") from error


def choice(row: Any, name: str, kinds: type[E]) -> E:
    """Read one of a closed list of codes."""
    value = text(row, name)
    try:
        return kinds(value)
    except ValueError as error:
        raise OddValue(name, f"“{value}”不能识别") from error


def uscc(row: Any, name: str = "uscc") -> str:
    """Read a unified social credit code; the register's word counts, not our check."""
    value = number(row, name)
    if not is_registered_uscc(value):
        raise OddValue(name, f"“{value}”不是18位统一社会信用代码")
    return value


def rows(value: Any) -> list[dict[str, Any]]:
    """Read a list of objects."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise TypeError("a list of objects was expected")
    return value


def record(value: Any) -> dict[str, Any]:
    """Read one object."""
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value
