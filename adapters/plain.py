"""Facts as plain JSON and back; what comes from outside is believed only when it is well formed.

The readers raise KeyError, TypeError or ValueError, which `adapters.http` turns into Unavailable.
"""

from __future__ import annotations

import unicodedata
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from registry.identifiers import is_uscc

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LONGEST_TEXT = 100  #: of names and numbers; the register has no room for more


def as_json(facts: DataclassInstance) -> dict[str, Any]:
    """Give facts as JSON: codes as text, days as 2026-03-16, tuples as lists."""
    return {name: _plain(value) for name, value in asdict(facts).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


def text(row: Any, name: str) -> str:
    """Read a text that can be stored and shown: not empty, not endless, nothing invisible.

    >>> text({"name": "上海示例有限公司"}, "name")
    '上海示例有限公司'
    """
    found = words(row, name)
    if not found.strip() or len(found) > LONGEST_TEXT:
        raise ValueError(f"{name} is empty or too long")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in found):
        raise ValueError(f"{name} holds control characters")
    return found


def words(row: Any, name: str) -> str:
    """Read a text of any length."""
    found = row[name]
    if not isinstance(found, str):
        raise TypeError(f"{name} is no text")
    return found


def optional_text(row: Any, name: str) -> str | None:
    """Read a text that may be absent or null."""
    return text(row, name) if row.get(name) is not None else None


def day(row: Any, name: str) -> date:
    """Read a day as 2026-03-16."""
    return date.fromisoformat(text(row, name))


def uscc(row: Any, name: str = "uscc") -> str:
    """Read a unified social credit code with a right check character."""
    found = text(row, name)
    if not is_uscc(found):
        raise ValueError(f"{name} is no credit code")
    return found


def rows(value: Any) -> list[dict[str, Any]]:
    """Read a list of objects."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise TypeError("a list of objects was expected")
    return value


def record(value: Any) -> dict[str, Any]:
    """Read one object."""
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value
