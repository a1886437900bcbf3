"""The form editor: sections and fields of a form changed one by one, each file otherwise as it was.

A form is two files (see `professions.forms`): what may be answered, and how it is shown. An edit
changes both in one act. What this editor does not know (patterns, texts of single faults, locks)
stays untouched and is edited as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from casework.studio.editing import form_fields, json_edits
from casework.studio.editing.form_fields import (
    KINDS,
    LONGEST,
    NAME,
    ConditionRefused,
    FieldAnswers,
    FieldNameRefused,
    FieldTitleRefused,
)
from casework.studio.editing.json_edits import Path
from professions.forms import Field, Form, FormUnusable, read

SECTIONS = "ui:sections"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The two files of a form as text, with the key of the form."""

    key: str
    schema: str
    ui: str

    @property
    def form(self) -> Form:
        """Read them; raises FormUnusable."""
        return read({path: text.encode() for path, text in self.files.items()}, self.key)

    @property
    def files(self) -> dict[str, str]:
        """Give both by their paths."""
        return {
            f"forms/{self.key}.schema.json": self.schema,
            f"forms/{self.key}.ui.json": self.ui,
        }


def change(pair: Pair, name: str, answers: FieldAnswers) -> Pair:
    """Change a field as it was answered.

    Raises FieldTitleRefused, BoundRefused, ChoicesRefused, ConditionRefused, KeyError.
    """
    form = pair.form
    was = form_fields.answers_of(form, name)
    if not 1 <= len(answers.title.strip()) <= LONGEST:
        raise FieldTitleRefused("title", most=LONGEST)
    place = _place(json.loads(pair.schema), name)
    changes: dict[str, Any] = {"title": answers.title.strip()}
    for key, was_bound, now in (
        ("maxLength", was.longest, answers.longest),
        ("minimum", was.least, answers.least),
        ("maximum", was.most, answers.most),
    ):
        if was_bound is not None and now is not None and now.strip() != was_bound:
            changes[key] = form_fields.number(key, now)
    form_fields.insist_order(form.field(name), changes)
    if was.choices is not None and answers.choices is not None:
        changes["enum"] = form_fields.choices(answers.choices)
    schema = json_edits.apply(pair.schema, changes, place)
    schema = _said(schema, place, form.field(name), answers.missing.strip())
    schema = _needed(schema, name, place, is_required=answers.is_required)
    is_known = form.field(name).show_if is None or was.condition is not None
    if is_known and answers.condition != was.condition:
        schema = _moved(schema, form, name, answers.condition, answers.is_required)
    ui = pair.ui
    help_ = answers.help.strip()
    if help_ != was.help:
        if name not in json.loads(ui):
            ui = json_edits.put(ui, (name,), {})
        ui = json_edits.apply(ui, {"ui:help": help_ or None}, (name,))
        if json.loads(ui)[name] == {}:
            ui = json_edits.remove(ui, (name,))
    return _usable(replace(pair, schema=schema, ui=ui))


def add(pair: Pair, section: int, name: str, title: str, kind: str) -> Pair:
    """Add a field at the end of a section, not yet required.

    Raises FieldNameRefused, FieldTitleRefused, KeyError (no such kind or section).
    """
    form = pair.form
    if not NAME.fullmatch(name):
        raise FieldNameRefused("name", name=name[:40], why="写法不对")
    if name in {other.name for other in form.fields_by_name()}:
        raise FieldNameRefused("name", name=name, why="表单已有这个字段")
    title = title.strip()
    if not 1 <= len(title) <= LONGEST:
        raise FieldTitleRefused("title", most=LONGEST)
    _, begun, shown = KINDS[kind]
    first, *rest = begun.items()
    asks = {"choice": "请选择", "files": "请上传"}.get(kind, "请填写")
    value = dict([first, ("title", title), *rest, ("errorMessage", {"required": f"{asks}{title}"})])
    schema = json_edits.put(pair.schema, ("properties", name), value)
    ui = _listed(pair.ui, form)
    sections = json.loads(ui)[SECTIONS]
    if not 0 <= section < len(sections):
        raise KeyError(section)
    ui = json_edits.replace(ui, (SECTIONS, section, "fields"), [*sections[section]["fields"], name])
    if shown:
        ui = json_edits.put(ui, (name,), shown)
    return _usable(replace(pair, schema=schema, ui=ui))


def drop(pair: Pair, name: str) -> Pair:
    """Take a field out of both files. Raises KeyError, FormUnusable where others depend on it."""
    schema = json.loads(pair.schema)
    place = _place(schema, name)
    text = _needed(pair.schema, name, place, is_required=False)
    text = _swept(json_edits.remove(text, place), place)
    ui = json_edits.remove(pair.ui, (name,))
    for number, section in enumerate(json.loads(ui).get(SECTIONS, ())):
        if name in section["fields"]:
            rest = [other for other in section["fields"] if other != name]
            ui = json_edits.replace(ui, (SECTIONS, number, "fields"), rest)
    return _usable(replace(pair, schema=text, ui=ui))


def move(pair: Pair, name: str, by: int) -> Pair:
    """Move a field one place up (-1) or down (1); over the edge of its section into the next."""
    ui = _listed(pair.ui, pair.form)
    sections = [list(section["fields"]) for section in json.loads(ui)[SECTIONS]]
    at = next(number for number, names in enumerate(sections) if name in names)
    place = sections[at].index(name)
    if 0 <= place + by < len(sections[at]):
        sections[at].insert(place + by, sections[at].pop(place))
        changed = [at]
    elif 0 <= at + by < len(sections):
        sections[at].pop(place)
        sections[at + by].insert(0 if by > 0 else len(sections[at + by]), name)
        changed = [at, at + by]
    else:
        return pair
    for number in changed:
        ui = json_edits.replace(ui, (SECTIONS, number, "fields"), sections[number])
    return _usable(replace(pair, ui=ui))


def name_section(pair: Pair, number: int, title: str, help_: str) -> Pair:
    """Name a section, or add one at the end (its number is their count). Raises KeyError."""
    title = title.strip()
    if not 1 <= len(title) <= LONGEST:
        raise FieldTitleRefused("title", most=LONGEST)
    ui = _listed(pair.ui, pair.form)
    if number == len(json.loads(ui)[SECTIONS]):
        said = {"title": title, **({"help": help_.strip()} if help_.strip() else {}), "fields": []}
        ui = json_edits.append(ui, (SECTIONS,), said)
    else:
        changes = {"title": title, "help": help_.strip() or None}
        ui = json_edits.apply(ui, changes, (SECTIONS, number))
    return _usable(replace(pair, ui=ui))


def drop_section(pair: Pair, number: int) -> Pair:
    """Take out a section that has no fields; one that has some stays. Raises KeyError."""
    section = json.loads(pair.ui)[SECTIONS][number]
    if section["fields"]:
        return pair
    return _usable(replace(pair, ui=json_edits.remove(pair.ui, (SECTIONS, number))))


def _usable(pair: Pair) -> Pair:
    """Insist that both files still make a form. Raises FormUnusable."""
    form = pair.form
    names = {other.name for other in form.fields_by_name()}
    for other in form.fields_by_name():
        for condition in form.steering(other.name):
            if condition not in names:
                reason = f"“{other.title}”以这个字段为条件"
                raise FormUnusable(form=pair.key, reason=reason)
    return pair


def _listed(ui: str, form: Form) -> str:
    """Give a form that shows its fields in no sections one that has them all."""
    if SECTIONS in json.loads(ui):
        return ui
    names = [other.name for other in form.fields_by_name() if not other.hidden]
    return json_edits.put(ui, (SECTIONS,), [{"title": form.title, "fields": names}])


def _place(schema: Mapping[str, Any], name: str) -> Path:
    """Find where a field is declared: of all, or of those whom a rule asks. Raises KeyError."""
    if name in schema["properties"]:
        return ("properties", name)
    for number, rule in enumerate(schema.get("allOf", ())):
        if name in rule.get("then", {}).get("properties", {}):
            return ("allOf", number, "then", "properties", name)
    raise KeyError(name)


def _holder(place: Path) -> Path:
    """Give the object that lists which of its fields are required."""
    return place[:-2]


def _needed(schema: str, name: str, place: Path, *, is_required: bool) -> str:
    """List a field among the required ones, or no longer."""
    holder = _holder(place)
    inside = json.loads(schema)
    for step in holder:
        inside = inside[step]
    required = list(inside.get("required", ()))
    if (name in required) == is_required:
        return schema
    if not is_required:
        return json_edits.remove(schema, (*holder, "required", required.index(name)))
    if "required" in inside:
        return json_edits.append(schema, (*holder, "required"), name)
    return json_edits.put(schema, (*holder, "required"), [name])


def _said(schema: str, place: Path, field: Field, missing: str) -> str:
    """Write what is said when the field is left empty."""
    messages = dict(field.schema.get("errorMessage", {}))
    if messages.get("required", "") == missing:
        return schema
    if "errorMessage" not in field.schema:
        return json_edits.put(schema, (*place, "errorMessage"), {"required": missing})
    return json_edits.apply(schema, {"required": missing or None}, (*place, "errorMessage"))


def _moved(
    schema: str, form: Form, name: str, condition: tuple[str, str] | None, is_required: bool
) -> str:
    """Declare a field where its condition is: of all, or in the rule that asks for it."""
    whole = json.loads(schema)
    place = _place(whole, name)
    value: Any = whole
    for step in place:
        value = value[step]
    schema = _needed(schema, name, place, is_required=False)
    schema = _swept(json_edits.remove(schema, place), place)
    if condition is None:
        schema = json_edits.put(schema, ("properties", name), value)
        return _needed(schema, name, ("properties", name), is_required=is_required)
    on, at = condition
    if f"{on}={at}" not in dict(form_fields.conditions(form, name)):
        raise ConditionRefused("condition", name=on[:40], why="没有这样的条件")
    test = form_fields.const(form.field(on), at)
    rule = {"properties": {on: {"const": test}}, "required": [on]}
    rules = json.loads(schema).get("allOf")
    if rules is None:
        schema = json_edits.put(schema, ("allOf",), [])
        rules = []
    number = next((place for place, known in enumerate(rules) if known["if"] == rule), len(rules))
    if number == len(rules):
        schema = json_edits.append(schema, ("allOf",), {"if": rule, "then": {"properties": {}}})
    there = ("allOf", number, "then", "properties", name)
    schema = json_edits.put(schema, there, value)
    return _needed(schema, name, there, is_required=is_required)


def _swept(schema: str, place: Path) -> str:
    """Take out a rule, and the list of rules, that asks for nothing any more."""
    if place[0] != "allOf":
        return schema
    rules = json.loads(schema)["allOf"]
    if rules[place[1]]["then"].get("properties"):
        return schema
    if len(rules) == 1:
        return json_edits.remove(schema, ("allOf",))
    return json_edits.remove(schema, ("allOf", place[1]))


def keys(files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the keys of the forms of a package."""
    for path in sorted(files):
        if (form := re.fullmatch(r"forms/([\w-]+)\.schema\.json", path)) is not None:
            yield form[1]
