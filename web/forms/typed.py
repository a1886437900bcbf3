"""From a posted form to values: text read by its field, files by id; nothing is judged here."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from professions.forms import Field, Form


def values(form: Form, posted: MultiDict[str, str]) -> dict[str, Any]:
    """Read what was typed into the fields of a form.

    Fields that are taken from registers are not typed; when somebody posts them all the same they
    are handed on as they are, so that the rules can refuse the forgery.
    """
    read = {field.name: _value(field, posted) for field in form.fields()}
    return {name: value for name, value in read.items() if value not in ("", [], None)}


def is_ticked(posted: str | None) -> bool:
    """Tell whether a box was ticked.

    >>> is_ticked("true"), is_ticked("on"), is_ticked("false"), is_ticked(None)
    (True, True, False, False)
    """
    return posted in ("true", "on")


def _value(field: Field, posted: MultiDict[str, str]) -> Any:
    if field.is_file:
        ids = list(dict.fromkeys(posted.getlist(f"{field.name}.id")))
        return ids if field.schema.get("type") == "array" else (ids[-1] if ids else None)
    if field.is_choices:
        return list(dict.fromkeys(posted.getlist(field.name)))
    if field.schema.get("type") == "boolean":
        return None if field.read_only else is_ticked(posted.get(field.name))
    return field.read(posted.get(field.name, ""))
