"""From a posted form to values: text trimmed, numbers read, files by id; nothing is judged here."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from web.forms.fields import Field


def values(fields: Mapping[str, Field], posted: MultiDict[str, str]) -> dict[str, Any]:
    """Read what was typed into the fields of a form.

    Fields that are taken from registers are not typed; when somebody posts them all the same they
    are handed on as they are, so that the rules can refuse the forgery.
    """
    found: dict[str, Any] = {}
    for name, field in fields.items():
        value = _value(field, posted)
        if value not in (None, "", []):
            found[name] = value
    return found


def _value(field: Field, posted: MultiDict[str, str]) -> Any:
    if field.schema.get("type") == "boolean":
        return posted.get(field.name) == "on"
    if field.holds_files:
        ids = list(dict.fromkeys(posted.getlist(f"{field.name}.id")))
        return ids if field.multiple else (ids[-1] if ids else None)
    text = unicodedata.normalize("NFC", posted.get(field.name, "")).strip()
    if field.schema.get("type") in ("number", "integer"):
        return _number(text)
    return text


def _number(text: str) -> int | float | str:
    """Read a number; what is none stays as typed, so that it can be shown again with its fault.

    >>> _number("60"), _number("60.5"), _number("六十"), _number("nan")
    (60, 60.5, '六十', 'nan')
    """
    if not text.isascii() or text.count(".") > 1 or not text.replace(".", "", 1).isdigit():
        return text
    return float(text) if "." in text else int(text)
