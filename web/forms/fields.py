"""One field of a form as a page shows it: what kind of control, which words, which value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from professions import forms
from web import display

MANY_CHOICES = 6  #: more choices than this become a list instead of radio buttons
LONG_TEXT = 200  #: longer texts get several lines


@dataclass(frozen=True, kw_only=True)
class File:
    """An upload that is already kept: shown with its name, referred to by id."""

    id: str
    filename: str
    size_bytes: int
    sha256: str = ""

    @property
    def href(self) -> str:
        """Return where it can be looked at."""
        return f"/files/attachments/{self.id}"


@dataclass(frozen=True, kw_only=True)
class ShownField:
    """A field with its value and its fault."""

    field: forms.Field
    value: Any = None
    error: str | None = None
    locked: bool = False  #: taken from a register now, so not typed
    steers: bool = False  #: other fields are asked for, or not, because of its value
    mark: str = ""  #: what the agency asked to correct here
    changed: str = ""  #: what a newer form asks otherwise than when this was typed
    hint_text: str = ""  #: the help under the label, its periods filled in
    files: Sequence[File] = ()

    @property
    def name(self) -> str:
        """Return the field's name in the form."""
        return self.field.name

    @property
    def kind(self) -> str:
        """Return which control shows the field."""
        if self.field.read_only or self.locked:
            return "readonly"
        return str(self._ui.get("ui:widget") or self._usual_kind())

    def _usual_kind(self) -> str:
        """Return the control that fits the schema when the ui file names none."""
        schema = self._schema
        if self.field.is_file:
            return "file"
        if schema.get("type") == "boolean":
            return "checkbox"
        if self.field.is_choices:
            return "choices"
        if self.options:
            return "select" if len(self.options) > MANY_CHOICES else "radios"
        if schema.get("format") == "date":
            return "date"
        return "textarea" if schema.get("maxLength", 0) > LONG_TEXT else "text"

    @property
    def _schema(self) -> Mapping[str, Any]:
        return self.field.schema

    @property
    def _ui(self) -> Mapping[str, Any]:
        return self.field.ui

    @property
    def title(self) -> str:
        """Return the field's name for people."""
        return self.field.title

    @property
    def label(self) -> str:
        """Return the title, saying so when the field may stay empty."""
        return self.title if self.field.required else f"{self.title}（选填）"

    @property
    def hint(self) -> str | None:
        """Return the help under the label; what is not typed needs none."""
        return None if self.kind == "readonly" else self.hint_text or None

    @property
    def statement(self) -> str | None:
        """Return the text that a tick agrees to."""
        return self._schema.get("description")

    @property
    def options(self) -> list[tuple[str, str]]:
        """Return the choices as (value, text)."""
        return self.field.options

    @property
    def shown(self) -> str:
        """Return the value in words."""
        if isinstance(self.value, bool):
            return "已勾选" if self.value else "未勾选"
        if self._schema.get("format") == "date":
            return display.day(self.value)
        if isinstance(self.value, list):
            return self.field.words(self.value)
        return dict(self.options).get(
            str(self.value), "" if self.value is None else str(self.value)
        )

    @property
    def radio_items(self) -> list[dict[str, Any]]:
        """Return the choices for radio buttons."""
        return [
            {"value": value, "text": text, "checked": value == self.value}
            for value, text in self.options
        ]

    @property
    def choice_items(self) -> list[dict[str, Any]]:
        """Return the choices of which several may be ticked."""
        ticked = self.value if isinstance(self.value, list) else []
        return [
            {"value": value, "text": text, "checked": value in ticked}
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
    def multiple(self) -> bool:
        """Tell whether several files may be uploaded."""
        return self._schema.get("type") == "array"

    @property
    def accept(self) -> str:
        """Return the media types the file dialog offers."""
        holder: Mapping[str, Any] = self._schema.get("items", self._schema)
        return str(self._ui.get("ui:accept") or holder.get("contentMediaType", ""))

    @property
    def crop(self) -> str | None:
        """Return "width x height" in pixels when the picture is cropped in the browser."""
        return self._ui.get("ui:crop")

    @property
    def width(self) -> int | None:
        """Return the width of the input in characters."""
        return self._ui.get("ui:width")

    @property
    def inputmode(self) -> str | None:
        """Return which keyboard a telephone shows."""
        return self._ui.get("ui:inputmode")

    @property
    def autocomplete(self) -> str | None:
        """Return what the browser may fill in."""
        return self._ui.get("ui:autocomplete")
