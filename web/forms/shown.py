"""A form as a page shows it: the sections and fields that apply, with values and faults.

The data shape is JSON Schema 2020-12 (conditions as `allOf` / `if` / `then`), the words and
widgets a small ui file beside it; both belong to the registration type and its version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jsonschema import Draft202012Validator

from registry import persons
from web.forms.fields import Field, File
from web.ui import display

Values = Mapping[str, Any]
Files = Mapping[str, File]  #: attachment id → upload

_MASKS = {"id_no": persons.mask_id, "mobile": persons.mask_mobile}
_WRITTEN = {"birth": display.month}


@dataclass(frozen=True, kw_only=True)
class Section:
    """A group of fields under one heading."""

    title: str
    hint: str | None
    fields: Sequence[Field]


class ShownForm:
    """The fields of one form version.

    `schema` and `ui` are the parsed JSON files of the registration type.
    """

    def __init__(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> None:
        self._ui = ui
        self.title = str(schema.get("title", ""))
        self._conditions: dict[str, Mapping[str, Any]] = {}
        self.fields: dict[str, Field] = {}
        self._add(schema, None)
        for rule in schema.get("allOf", ()):
            self._add(rule.get("then", {}), rule.get("if"))

    def _add(self, part: Mapping[str, Any], condition: Mapping[str, Any] | None) -> None:
        required = set(part.get("required", ()))
        for name, schema in part.get("properties", {}).items():
            ui = self._ui.get(name, {})
            self.fields[name] = Field(name=name, schema=schema, ui=ui, required=name in required)
            if condition is not None:
                self._conditions[name] = condition

    def applies(self, name: str, values: Values) -> bool:
        """Tell whether a field belongs to a form with these values."""
        condition = self._conditions.get(name)
        return condition is None or Draft202012Validator(condition).is_valid(dict(values))

    def sections(
        self, values: Values, *, faults: Mapping[str, str] | None = None, files: Files | None = None
    ) -> list[Section]:
        """Give the sections that apply to `values`, each field with its value and its fault."""
        made = [self._section(one, values, faults or {}, files or {}) for one in self._listed()]
        return [section for section in made if section.fields]

    def _listed(self) -> Sequence[Mapping[str, Any]]:
        everything = [{"title": self.title, "fields": list(self.fields)}]
        listed: Sequence[Mapping[str, Any]] = self._ui.get("ui:sections", everything)
        return listed

    def _section(
        self, listed: Mapping[str, Any], values: Values, faults: Mapping[str, str], files: Files
    ) -> Section:
        names = [name for name in listed["fields"] if self._is_shown(name, values)]
        return Section(
            title=str(listed["title"]),
            hint=listed.get("help"),
            fields=[self._filled(self.fields[name], values, faults, files) for name in names],
        )

    def _is_shown(self, name: str, values: Values) -> bool:
        field = self.fields.get(name)
        hidden = field is None or field.ui.get("ui:widget") == "hidden"
        return not hidden and self.applies(name, values)

    def _filled(
        self, field: Field, values: Values, faults: Mapping[str, str], files: Files
    ) -> Field:
        value = values.get(field.name)
        ids = value if isinstance(value, list) else [value]
        unlocked_by = field.ui.get("ui:lockedUnless")
        return replace(
            field,
            value=_written(field, value),
            error=faults.get(field.name),
            locked=unlocked_by is not None and values.get(unlocked_by) is False,
            files=tuple(files[one] for one in ids if one in files) if field.holds_files else (),
        )


def _written(field: Field, value: Any) -> Any:
    """Mask what is masked and write read-only dates in full."""
    if value is None:
        return None
    if mask := _MASKS.get(str(field.ui.get("ui:mask"))):
        return mask(str(value))
    write = _WRITTEN.get(field.name)
    return write(value) if write else value
