"""The two files of a form in parts: fields by name, sections by title, and the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from casework.studio.comparing import words
from casework.studio.comparing.difference import Part, Told, leaves, told, worded

SCHEMA, SHOWN = ".schema.json", ".ui.json"
_SECTION = "section:"  #: begins the key of a section
_FORM, _PAGE = "(form)", "(page)"  #: keys of the parts that are no field
_TAKEN = frozenset({"properties", "required", "allOf", "title"})


def differences(path: str, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[Told]:
    """Yield what differs between two forms, or the files that say how they are shown.

    Raises ValueError, TypeError, AttributeError and KeyError for what is no form.
    """
    if path.endswith(SCHEMA):
        yield from told(_fields(path, old), _fields(path, new))
        return
    before, after = _shown(path, old), _shown(path, new)
    yield from told(before, _as_before(before, after))


def _as_before(before: Mapping[str, Part], after: Mapping[str, Part]) -> dict[str, Part]:
    """Give a section that is only called otherwise its former key: it is known by its fields."""
    gone = {
        part.facts["fields"].raw: key
        for key, part in before.items()
        if key.startswith(_SECTION) and key not in after
    }
    return {
        gone.get(part.facts["fields"].raw, key)
        if key.startswith(_SECTION) and key not in before
        else key: part
        for key, part in after.items()
    }


def _json(files: Mapping[str, bytes], path: str) -> dict[str, Any]:
    read = json.loads(files[path].decode("utf-8-sig"))
    if not isinstance(read, dict):
        raise TypeError(path)
    return read


def _fields(path: str, files: Mapping[str, bytes]) -> dict[str, Part]:
    schema = _json(files, path)
    form = Part(name="表单")
    form.say("title", "名称", schema.get("title", ""))
    found = {_FORM: form}
    _add(found, schema, "")
    for rule in schema.get("allOf", ()):
        then, conditions = rule["then"], rule["if"]["properties"]
        condition = _condition(conditions, found)
        _add(found, then, condition)
        for place, value in leaves(_rest(rule)):
            asked = "、".join(then.get("properties", ())) or condition
            form.say(f"{asked}/{place}", f"“{asked}”的显示规则", value)
    for place, value in leaves({key: schema[key] for key in schema if key not in _TAKEN}):
        form.say(place, place, value)
    unknown = [name for name in schema.get("required", ()) if name not in schema["properties"]]
    form.say("required", "另外必填的字段", unknown)
    form.keep_order(
        "fields", "字段次序", {key: part.name for key, part in found.items() if key != _FORM}
    )
    return found


def _rest(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a rule says besides its condition and the fields that it asks for."""
    then = rule["then"]
    fields = then.get("properties", {})
    return {
        **{key: value for key, value in rule.items() if key not in ("if", "then")},
        "if": {key: value for key, value in rule["if"].items() if key != "properties"},
        "then": {
            **{key: value for key, value in then.items() if key not in ("properties", "required")},
            "required": [name for name in then.get("required", ()) if name not in fields],
        },
    }


def _condition(conditions: Mapping[str, Any], found: Mapping[str, Part]) -> str:
    """Write when fields are asked for."""
    said = []
    for name, rule in conditions.items():
        wanted = [rule["const"]] if "const" in rule else rule.get("enum", [rule])
        title = found[name].name if name in found else f"“{name}”"
        said.append(f"{title}为{'或'.join(map(worded, wanted))}")
    return "，并且".join(said)


def _add(found: dict[str, Part], holder: Mapping[str, Any], condition: str) -> None:
    required = holder.get("required", ())
    for name, schema in holder.get("properties", {}).items():
        key = name if name not in found else f"{name}（{condition}）"
        if key in found:  # the same field twice under one condition
            key = f"{key}（{len(found)}）"
        part = found[key] = Part(name=f"字段“{schema.get('title', name)}”")
        part.say("required", "必填", name in required)
        if condition:
            part.say("condition", "出现条件", condition)
        for place, value in leaves(schema):
            if not place.endswith(f"oneOf[{value}]/const"):  # its path says it
                shown = words.TYPES.get(str(value)) if place.endswith("type") else None
                part.say(place, _label(place), value, shown)
        choices = schema.get("items", schema).get("oneOf", ())
        part.keep_order(
            "options", "选项次序", {str(choice["const"]): choice["title"] for choice in choices}
        )


def _label(place: str) -> str:
    inner = place.removeprefix("items/")
    if inner.startswith("oneOf[") and inner.endswith("]/title"):
        return f"选项“{inner[len('oneOf[') : -len(']/title')]}”"
    if inner.startswith("errorMessage/"):
        rule = inner.removeprefix("errorMessage/")
        return f"出错时的提示（{words.FIELD.get(rule, '必填' if rule == 'required' else rule)}）"
    if inner.startswith("errorCode/"):
        return f"错误代码（{inner.removeprefix('errorCode/')}）"
    return "选项" if inner == "enum" else words.FIELD.get(inner, place)


def _shown(path: str, files: Mapping[str, bytes]) -> dict[str, Part]:
    ui = _json(files, path)
    titles = _titles(path, files)
    page = Part(name="页面")
    found = {_PAGE: page}
    sections: dict[str, str] = {}
    for number, section in enumerate(ui.get("ui:sections", ()), 1):
        title = str(section.get("title", ""))
        key = f"{_SECTION}{title or number}"
        part = found[key] = Part(name=f"分组“{title or number}”")
        sections[key] = title or str(number)
        names = section.get("fields", [])
        part.say("fields", "字段", names, "、".join(titles.get(name, name) for name in names))
        for place, value in leaves({key: section[key] for key in section if key != "fields"}):
            part.say(place, {"help": "说明", "title": "名称"}.get(place, place), value)
    page.keep_order("sections", "分组次序", sections)
    for name, said in ui.items():
        if name == "ui:sections":
            continue
        if name in titles or isinstance(said, dict):
            part = found[name] = Part(name=f"字段“{titles.get(name, name)}”")
        else:
            part = page
            said = {name: said}
        for place, value in leaves(said) if said != {} else ():
            part.say(place, words.FIELD.get(place, place), value)
    return found


def _titles(path: str, files: Mapping[str, bytes]) -> dict[str, str]:
    """Give the titles of the fields from the form beside; none where that is unreadable."""
    beside = path.removesuffix(SHOWN) + SCHEMA
    try:
        schema = _json(files, beside)
        holders = [schema, *(rule["then"] for rule in schema.get("allOf", ()))]
        return {
            name: str(field.get("title", name))
            for holder in holders
            for name, field in holder.get("properties", {}).items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
