"""Forms as data: JSON Schema 2020-12 says what may be entered, a ui file how it is shown.

Dialect: `properties` + `required` are always there; sections that appear on a condition are
`allOf: [{if: {properties: {field: {const | enum}}, required: [field]}, then: {…}}]`. Texts for
people stand beside the field under `errorMessage` (keyword → Chinese), as with ajv-errors, and
the code of a fault, where it is not the usual one of its keyword, under `errorCode`.
Read-only fields come from the server, never from the page.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urljoin

from jsonschema import (
    Draft202012Validator,
    FormatChecker,
    SchemaError,
    ValidationError,
    validators,
)
from jsonschema.exceptions import best_match
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # as jsonschema has it

from professions import positions
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry import readings
from registry.identifiers import is_registered_uscc

_SENTENCES = {
    "required": "请填写{title}",
    "minLength": "{title}至少{limit}个字",
    "maxLength": "{title}不超过{limit}个字",
    "minimum": "{title}不得小于{limit}",
    "exclusiveMinimum": "{title}应大于{limit}",
    "maximum": "{title}不得大于{limit}",
    "multipleOf": "{title}应为{limit}的整数倍",
    "minItems": "{title}至少{limit}个",
    "maxItems": "{title}最多{limit}个",
    "enum": "请从列表中选择{title}",
    "oneOf": "请从列表中选择{title}",
    "const": "请确认{title}",
}
_CODES = {
    "required": "E_REQUIRED",
    "minLength": "E_TOO_SHORT",
    "maxLength": "E_TOO_LONG",
    "minimum": "E_BELOW_MINIMUM",
    "exclusiveMinimum": "E_BELOW_MINIMUM",
    "maximum": "E_ABOVE_MAXIMUM",
    "minItems": "E_TOO_FEW",
    "maxItems": "E_TOO_MANY",
    "enum": "E_NOT_LISTED",
    "oneOf": "E_NOT_LISTED",
    "const": "E_NOT_CONFIRMED",
}
#: What the house itself asks people to fill in; other fields of a form are a type's own answers.
ASKED_BY_HOUSE = frozenset(
    [
        *("enterprise_name", "enterprise_uscc", "enterprise_phone", "applicant_opinion"),
        *("qualification_region", "qualification_province", "qualification_no"),
        *("qualification_issued_on", "qualification_issuer"),
        *("ce_compulsory_hours", "ce_elective_hours"),
    ]
)
#: Keywords that judge one value by themselves.
_PLAIN = frozenset(
    [
        *("type", "const", "enum", "format", "pattern", "minLength", "maxLength"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    ]
)
LONGEST_MATCHED = 200  #: characters that are held against a pattern without `maxLength`
_checker = FormatChecker(formats=())


@_checker.checks("cn-uscc")
def _is_uscc(value: object) -> bool:
    return not isinstance(value, str) or is_registered_uscc(value)


@_checker.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return date.fromisoformat(value).isoformat() == value


def _matches(
    _: object, pattern: str, instance: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """Look at the length before the pattern: what is too long is matched with nothing."""
    if not isinstance(instance, str):
        return
    if len(instance) > schema.get("maxLength", LONGEST_MATCHED) or not re.search(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _is_multiple(
    _: object, step: float, instance: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """Reckon with the digits that stand there: by the binary numbers 0.3 is no multiple of 0.1."""
    if isinstance(instance, bool) or not isinstance(instance, int | float):
        return
    if not math.isfinite(instance) or Fraction(str(instance)) % Fraction(str(step)):
        yield ValidationError(f"{instance!r} is not a multiple of {step}")


@lru_cache(maxsize=1)
def _of_schemas() -> Draft202012Validator:
    """Return what judges schemas: the dialect's own description, its seven parts in one.

    The parts refer to each other dynamically, which takes several times as long and says the same.
    """
    whole: dict[str, Any] = {"type": ["object", "boolean"], "properties": {}, "$defs": {}}
    dialect = Draft202012Validator.META_SCHEMA
    parts = (REGISTRY.contents(urljoin(dialect["$id"], part["$ref"])) for part in dialect["allOf"])
    for part in (*parts, dialect):
        text = json.dumps(part).replace('{"$dynamicRef": "#meta"}', '{"$ref": "#"}')
        for name in ("properties", "$defs"):
            whole[name] |= json.loads(text).get(name, {})
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _insist_on_schema(schema: Mapping[str, Any]) -> None:
    """Raise SchemaError where a schema is none."""
    if error := best_match(_of_schemas().iter_errors(schema)):
        raise SchemaError.create_from(error)


#: Judges what is entered: the dialect, with patterns that end and decimals that are exact.
Validator: Any = validators.extend(  # type: ignore[no-untyped-call]  # jsonschema
    Draft202012Validator, {"pattern": _matches, "multipleOf": _is_multiple}
)


class FormUnusable(Refusal):
    """表单“{form}”无法使用：{reason}。请修改 forms 文件夹中的文件。"""

    code = "E_FORM_UNUSABLE"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field: its schema, its words and widget, and when it is asked for."""

    name: str
    schema: Mapping[str, Any]
    ui: Mapping[str, Any]
    required: bool
    show_if: Mapping[str, Any] | None  #: {field: {"const" | "enum": …}} that must hold

    @property
    def title(self) -> str:
        """Return the field's name for people."""
        return str(self.schema.get("title", self.name))

    @property
    def read_only(self) -> bool:
        """Tell whether the server, never the page, gives the value."""
        return bool(self.schema.get("readOnly"))

    def read(self, typed: str) -> str:
        """Read what was typed or pasted into the field, by its `format` and type."""
        if self._holder.get("type") in ("number", "integer"):
            return readings.amount(typed)
        usual = readings.text if self.ui.get("ui:widget") == "textarea" else readings.line
        return readings.READINGS.get(str(self._holder.get("format")), usual)(typed)

    @property
    def is_file(self) -> bool:
        """Tell whether the value is the id of an upload, or a list of them."""
        return self._holder.get("format") == "document"

    def words(self, value: object) -> str:
        """Return a value as people read it: the title of a choice, 是 and 否, the text itself."""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, list):
            return "、".join(map(self.words, value))
        titles = {choice["const"]: str(choice["title"]) for choice in self._holder.get("oneOf", ())}
        return titles.get(value, str(value)) if isinstance(value, str) else str(value)

    @property
    def _holder(self) -> Mapping[str, Any]:
        """Where the schema says what one value may be: in `items` when there are several."""
        holder: Mapping[str, Any] = self.schema.get("items", self.schema)
        return holder

    @property
    def options(self) -> list[tuple[str, str]]:
        """Return what may be chosen as (value, text), empty when the field is no choice."""
        titled = [
            (str(choice["const"]), str(choice["title"]))
            for choice in self._holder.get("oneOf", ())
            if isinstance(choice, Mapping) and {"const", "title"} <= choice.keys()  # else told
        ]
        return titled or [(str(value), str(value)) for value in self._holder.get("enum", ())]

    @property
    def is_choices(self) -> bool:
        """Tell whether several of a list may be chosen; the value is then a list."""
        return self.schema.get("type") == "array" and bool(self.options)

    @property
    def hidden(self) -> bool:
        """Tell whether the field only steers others and is not shown."""
        return self.ui.get("ui:widget") == "hidden"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A group of fields under one heading."""

    title: str
    help: str
    fields: tuple[Field, ...]


class Form:
    """A form ready to use; raises FormUnusable when its two files do not make one."""

    def __init__(self, key: str, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> None:
        self.key, self.schema, self.ui = key, schema, ui
        try:
            _insist_on_schema(schema)
            self._fields = {field.name: field for field in self._read()}
            if wrong := [
                name
                for name, field in self._fields.items()
                if not isinstance(field.schema, Mapping)
                or not isinstance(field.schema.get("items", {}), Mapping)
            ]:
                raise TypeError(f"{wrong[0]} 应为一个 JSON 对象")
        except (SchemaError, KeyError, TypeError, AttributeError) as error:
            lacking = f"没有 {error.args[0]}" if isinstance(error, KeyError) else ""
            reason = getattr(error, "message", None) or lacking or f"结构不对（{error}）"
            raise FormUnusable(form=key, reason=reason) from error
        self._validator = Validator(schema, format_checker=_checker)

    @property
    def title(self) -> str:
        """Return the title of the form."""
        return str(self.schema.get("title", self.key))

    def _read(self) -> Iterator[Field]:
        always = set(self.schema.get("required", ()))
        for name, schema in self.schema["properties"].items():
            yield Field(
                name=name,
                schema=schema,
                ui=self.ui.get(name, {}),
                required=name in always,
                show_if=None,
            )
        for rule in self.schema.get("allOf", ()):
            then, condition = rule["then"], rule["if"]["properties"]
            for name, schema in then["properties"].items():
                yield Field(
                    name=name,
                    schema=schema,
                    ui=self.ui.get(name, {}),
                    required=name in then.get("required", ()),
                    show_if=condition,
                )

    def fields(self) -> list[Field]:
        """Return the fields in the order of the sections, then those no section shows."""
        return list(self._ordered)

    @cached_property
    def _ordered(self) -> tuple[Field, ...]:
        shown = {field.name: field for section in self.sections for field in section.fields}
        return tuple((shown | self._fields).values())

    def fields_by_name(self) -> list[Field]:
        """Return the fields as the schema lists them, whatever the sections say."""
        return list(self._fields.values())

    def field(self, name: str) -> Field:
        """Return one field; raise KeyError."""
        return self._fields[name]

    def takes(self, name: str, value: object) -> bool:
        """Tell whether a value that was read meets the field's own plain rules.

        Only keywords of `_PLAIN` are asked: none of them refers to anything elsewhere.
        """
        rules = {key: rule for key, rule in self._fields[name].schema.items() if key in _PLAIN}
        return bool(Validator(rules, format_checker=_checker).is_valid(value))

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The sections of the ui file; one nameless section when it has none."""
        listed = self.ui.get("ui:sections") or [{"title": "", "fields": list(self._fields)}]
        return tuple(
            Section(
                title=str(section.get("title", "")),
                help=str(section.get("help", "")),
                fields=tuple(self._fields[name] for name in section["fields"]),
            )
            for section in listed
        )

    def steering(self, name: str) -> frozenset[str]:
        """Return the fields whose values decide whether, or how, the field is asked for."""
        field = self._fields[name]
        unlocked_by = field.ui.get("ui:lockedUnless")
        return frozenset(field.show_if or ()) | ({unlocked_by} if unlocked_by else frozenset())

    def as_saved(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give saved values with those that only steer: what was asked for must have applied.

        Flags of the decision tables are no part of what was signed; a field with a value says that
        its condition held then, whatever a table says today.
        """
        steering = {name: False for name, field in self._fields.items() if field.hidden}
        for field in self._fields.values():
            if field.name in values:
                conditions = (field.show_if or {}).items()
                steering |= {name: rule["const"] for name, rule in conditions if "const" in rule}
        return {**steering, **values}

    def applies(self, name: str, values: Mapping[str, Any]) -> bool:
        """Tell whether the field is asked for, given the other values."""
        condition = self._fields[name].show_if
        if condition is None:
            return True
        return all(
            field in values and _holds(rule, values[field]) for field, rule in condition.items()
        )

    def typed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Turn what a page posted into what the schema speaks of.

        Blank entries and fields that do not apply are dropped, numbers are read; fields the form
        does not know stay, so that `validate` names them.
        """
        read = {name: _typed(self._fields.get(name), value) for name, value in values.items()}
        kept = {name: value for name, value in read.items() if value not in (None, "", [])}
        return {
            name: value
            for name, value in kept.items()
            if name not in self._fields or self.applies(name, kept)
        }

    def validate(self, values: Mapping[str, Any]) -> dict[str, Fault]:
        """Return a Chinese text and a code for each field that does not stand; empty when all do.

        Every field is told at once (R35). Values may be as posted: see `typed`.
        """
        faults: dict[str, Fault] = {}
        typed = self.typed(values)
        for name in typed.keys() - self._fields.keys():
            text = f"表单没有“{name}”这一项，请刷新页面后重新填写"
            faults[name] = Fault(text, "E_UNKNOWN_FIELD")
        known = {name: value for name, value in typed.items() if name in self._fields}
        for error in _leaves(self._validator.iter_errors(known)):
            for name in _names(error, known):
                faults.setdefault(name, self._fault(name, str(error.validator), error))
        return faults

    def _fault(self, name: str, keyword: str, error: ValidationError) -> Fault:
        own = self._fields[name].schema.get("errorCode", {}).get(keyword)
        code = str(own or _CODES.get(keyword, "E_FORMAT"))
        return Fault(self._text(name, keyword, error), code)

    def _text(self, name: str, keyword: str, error: ValidationError) -> str:
        field = self._fields[name]
        own = field.schema.get("errorMessage", {}).get(keyword)
        if own:
            return str(own)
        if keyword == "required" and field.is_file:
            return f"请上传{field.title}"
        sentence = _SENTENCES.get(keyword, "{title}格式不正确，请核对后重新填写")
        return sentence.format(title=field.title, limit=error.validator_value)


def read(files: Mapping[str, bytes], key: str) -> Form:
    """Read the form `key` of a registration type; raise FormUnusable."""
    schema, ui = f"forms/{key}.schema.json", f"forms/{key}.ui.json"
    for path in (schema, ui):
        if path not in files:
            raise FormUnusable(path, form=key, reason=f"没有文件 {path}")
    return _read(key, files[schema], files[ui])


def helps(ui: bytes) -> Iterator[tuple[str, str]]:
    """Yield field (or heading) and text of what a ui file helps with; nothing of a broken one."""
    try:
        shown = json.loads(ui)
    except (ValueError, RecursionError):  # told by the check of forms
        return
    for name, options in shown.items() if isinstance(shown, dict) else ():
        for section in options if isinstance(options, list) else [options]:
            if isinstance(section, dict):
                title = str(section.get("title", name))
                yield title, str(section.get("help", section.get("ui:help", "")))


@lru_cache(maxsize=64)
def _read(key: str, schema: bytes, ui: bytes) -> Form:
    """Make a form once: it takes longer than a whole save, and is asked for again and again."""
    return Form(
        key,
        _json(schema, key, f"forms/{key}.schema.json"),
        _json(ui, key, f"forms/{key}.ui.json"),
    )


def _json(data: bytes, key: str, path: str) -> Mapping[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormUnusable(path, form=key, reason=positions.of_json(error)) from error
    if not isinstance(content, dict):
        raise FormUnusable(path, form=key, reason=f"{path} 应为一个 JSON 对象")
    return content


def _holds(rule: Mapping[str, Any], value: object) -> bool:
    return value in rule["enum"] if "enum" in rule else value == rule["const"]


def _typed(field: Field | None, value: Any) -> Any:
    if isinstance(value, str):
        value = field.read(value) if field else value.strip()
    kind = field.schema.get("type") if field else None
    if kind in ("number", "integer") and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        if not math.isfinite(number):
            return value
        return int(number) if number.is_integer() else number
    if kind == "array" and isinstance(value, str):
        return [value] if value else []
    return value


def _leaves(errors: Any) -> Iterator[ValidationError]:
    """Yield the errors of single fields; of an `allOf`, those inside it."""
    for error in sorted(errors, key=lambda fault: [str(step) for step in fault.absolute_path]):
        if error.validator in ("allOf", "then", "if") and error.context:
            yield from _leaves(error.context)
        else:
            yield error


def _names(error: ValidationError, values: Mapping[str, Any]) -> list[str]:
    """Return the fields an error speaks of."""
    if error.absolute_path:
        return [str(error.absolute_path[0])]
    if error.validator == "required":
        wanted: Any = error.validator_value
        return [str(name) for name in wanted if name not in values]
    return []
