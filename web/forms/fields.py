"""One field of a form as a page shows it: what kind of control, which words, which value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from web.ui import display

MANY_CHOICES = 6  #: more choices than this become a list instead of radio buttons
LONG_TEXT = 200  #: longer texts get several lines


@dataclass(frozen=True, kw_only=True)
class File:
    """An upload that is already kept: shown with its name, referred to by id."""

    id: str
    filename: str
    size_bytes: int

    @property
    def href(self) -> str:
        """Return where it can be looked at."""
        return f"/files/attachments/{self.id}"


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field with its value and fault; `schema` is its JSON Schema, `ui` its words and widget."""

    name: str
    schema: Mapping[str, Any]
    ui: Mapping[str, Any]
    required: bool = False
    value: Any = None
    error: str | None = None
    locked: bool = False  #: taken from a register now, so not typed
    files: Sequence[File] = field(default_factory=tuple)

    @property
    def kind(self) -> str:
        """Return which control shows the field."""
        if self.schema.get("readOnly") or self.locked:
            return "readonly"
        return str(self.ui.get("ui:widget") or _kind_of(self.schema))

    @property
    def title(self) -> str:
        """Return the field's name for people."""
        return str(self.ui.get("ui:title") or self.schema.get("title", self.name))

    @property
    def label(self) -> str:
        """Return the title, saying so when the field may stay empty."""
        return self.title if self.required or self.kind == "readonly" else f"{self.title}（选填）"

    @property
    def hint(self) -> str | None:
        """Return the help under the label."""
        return self.ui.get("ui:help")

    @property
    def statement(self) -> str | None:
        """Return the text that a tick agrees to."""
        return self.ui.get("ui:statement") or self.schema.get("description")

    @property
    def options(self) -> list[tuple[str, str]]:
        """Return the choices as (value, text)."""
        titled = [(str(o["const"]), str(o["title"])) for o in self.schema.get("oneOf", ())]
        names: Sequence[str] = self.ui.get("ui:enumNames", ())
        plain = [str(value) for value in self.schema.get("enum", ())]
        return titled or list(zip(plain, names or plain, strict=True))

    @property
    def shown(self) -> str:
        """Return the value in words."""
        if isinstance(self.value, bool):
            return "是" if self.value else "否"
        if self.schema.get("format") == "date":
            return display.day(self.value)
        return dict(self.options).get(str(self.value), "" if self.value is None else str(self.value))

    @property
    def radio_items(self) -> list[dict[str, Any]]:
        """Return the choices for radio buttons."""
        return [
            {"value": value, "text": text, "checked": value == self.value}
            for value, text in self.options
        ]

    @property
    def select_items(self) -> list[dict[str, Any]]:
        """Return the choices for a list, with one that asks to choose."""
        chosen = [
            {"value": value, "text": text, "selected": value == self.value}
            for value, text in self.options
        ]
        return [{"value": "", "text": "请选择"}, *chosen]

    @property
    def holds_files(self) -> bool:
        """Tell whether the value names uploads."""
        return _kind_of(self.schema) == "file"

    @property
    def multiple(self) -> bool:
        """Tell whether several files may be uploaded."""
        return self.schema.get("type") == "array"

    @property
    def accept(self) -> str:
        """Return the media types the file dialog offers."""
        holder: Mapping[str, Any] = self.schema.get("items", self.schema)
        default = "image/jpeg,image/png" if self.crop else "application/pdf"
        return str(self.ui.get("ui:accept") or holder.get("contentMediaType") or default)

    @property
    def crop(self) -> str | None:
        """Return "width x height" in pixels when the picture is cropped in the browser."""
        return self.ui.get("ui:crop")

    @property
    def width(self) -> int | None:
        """Return the width of the input in characters."""
        return self.ui.get("ui:width")

    @property
    def inputmode(self) -> str | None:
        """Return which keyboard a telephone shows."""
        numeric = self.schema.get("type") in ("number", "integer")
        return self.ui.get("ui:inputmode") or ("decimal" if numeric else None)

    @property
    def autocomplete(self) -> str | None:
        """Return what the browser may fill in."""
        return self.ui.get("ui:autocomplete")


def _kind_of(schema: Mapping[str, Any]) -> str:
    """Return the control that fits a schema when the ui file names none."""
    if schema.get("format") in ("document", "attachment") or schema.get("type") == "array":
        return "file"
    if schema.get("type") == "boolean":
        return "checkbox"
    if choices := schema.get("oneOf") or schema.get("enum"):
        return "select" if len(choices) > MANY_CHOICES else "radios"
    if schema.get("format") == "date":
        return "date"
    return "textarea" if schema.get("maxLength", 0) > LONG_TEXT else "text"
