"""What is wrong with a form: the dialect of `professions.forms`, told to its author in words.

JSON Schema can say much that a page cannot ask, and what it does not know it passes over in
silence. So each keyword, widget and reference is held against the lists here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any

from professions import forms, positions
from professions.checks import fillable
from professions.checks.said import fields
from refusals.refusal import Refusal
from refusals.rules import insists
from registry import readings

Finding = tuple[str, str, str]  #: element, what is wrong, what to do
Placed = tuple[str, str, str, str]  #: file, element, what is wrong, what to do

_TOP = frozenset(
    [
        "$schema",
        "$id",
        "$comment",
        "title",
        "description",
        "type",
        "properties",
        "required",
        "allOf",
        "additionalProperties",
        "unevaluatedProperties",
    ]
)
_HOLDER = frozenset(["type", "enum", "oneOf", "format", "contentMediaType", "pattern"])
_FIELD = _HOLDER | frozenset(
    [
        "title",
        "description",
        "const",
        "readOnly",
        "items",
        "errorMessage",
        "errorCode",
        "$comment",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minItems",
        "maxItems",
        "uniqueItems",
        "multipleOf",
    ]
)
_TYPES = frozenset({"string", "number", "integer", "boolean", "array"})
_FORMATS = frozenset({"document", *readings.READINGS})
_CHOOSING = frozenset({"radios", "select", "choices"})
_UI: Mapping[str, frozenset[str] | None] = {  #: option → its values, None for any
    "ui:widget": _CHOOSING | {"checkbox", "file", "textarea", "text", "date", "hidden"},
    "ui:mask": frozenset({"id_no", "mobile"}),
    "ui:autocomplete": frozenset(
        {
            "bday",
            "email",
            "name",
            "off",
            "organization",
            "postal-code",
            "sex",
            "street-address",
            "tel",
        }
    ),
    "ui:inputmode": frozenset({"decimal", "email", "numeric", "tel", "text", "url"}),
    **dict.fromkeys(("ui:accept", "ui:crop", "ui:help", "ui:lockedUnless", "ui:width")),
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TAKEN = frozenset({"action", "csrf_token", "revision"})  #: what the page itself posts


@insists("E_FORM_FILE")
def check(files: Mapping[str, bytes], path: str) -> Iterator[Placed]:
    """Yield what is wrong with the form whose schema lies at `path`, in the file where it is."""
    key = PurePosixPath(path).name.removesuffix(".schema.json")
    ui = f"forms/{key}.ui.json"
    try:
        form = forms.read(files, key)
    except Refusal as error:
        place = error.field or path
        remedy = "请修改该文件" if place in files else "请增加该文件"
        yield place, "", str(error.facts["reason"]), remedy
        return
    slips = [(file, slip) for file in (path, ui) if (slip := positions.slip_in_json(files[file]))]
    if slips:
        yield from ((file, "", slip, "请改正该文件") for file, slip in slips)
        return
    in_schema, in_ui = [*_schema(form)], [*_shown(form)]
    told = {element for element, *_ in in_schema}
    if not in_ui:
        renamed, in_ui = _sections_of(form, told)
        shown = {element for element, *_ in in_ui}
        in_ui += [finding for finding in fillable.shown(form) if finding[0] not in shown]
        in_schema += renamed
    for field in form.fields_by_name():
        if field.name not in told:
            in_schema += _field(field)
    told |= {element for element, *_ in in_schema}
    unfillable = [finding for finding in fillable.check(form) if finding[0] not in told]
    in_schema += unfillable
    blamed = {element for element, *_ in unfillable}  # what the page says follows from it
    in_ui = [finding for finding in in_ui if finding[0] not in blamed]
    if not in_schema and not in_ui:  # what people enter is tried only in a form that stands
        in_schema, in_ui = [*fields.check(form)], [*fields.shown(form)]
    yield from [(path, *finding) for finding in in_schema]
    yield from [(ui, *finding) for finding in in_ui]


def _sections_of(form: forms.Form, told: Collection[str]) -> tuple[list[Finding], list[Finding]]:
    """Insist that each field is shown once, and nothing else; give what schema and ui file have.

    A field and a name of the ui file that is nearly its own are one mistake: of the schema when
    the ui file says the name twice or the schema itself misses it (`told`), else of the ui file.
    """
    fields = {field.name: field for field in form.fields_by_name()}
    sections = form.ui.get("ui:sections") or [{"fields": list(fields)}]
    shown = [str(name) for section in sections for name in section["fields"]]
    hidden = {name for name, field in fields.items() if not field.hidden and name not in shown}
    in_schema: list[Finding] = []
    in_ui: list[Finding] = []
    for name in dict.fromkeys(shown):
        if name in fields:
            continue
        meant = get_close_matches(name, sorted(hidden), n=1)
        hidden -= {*meant}
        if name in told:
            continue
        if meant and name in form.ui:
            text = f"字段 {meant[0]} 在界面文件中叫 {name}"
            in_schema.append((meant[0], text, "请改成同一名称"))
        else:
            remedy = _nearest(name, meant or fields, "ui:sections")
            in_ui.append((name, f"分组中的字段 {name} 不在表单里", remedy))
    for name, field in fields.items():
        if name in hidden or shown.count(name) > 1:
            in_ui.append((name, "每个字段应在一个分组中出现一次", "请修改 ui:sections"))
        if field.ui.get("ui:widget") in _CHOOSING and not field.options:
            remedy = "请在表单中填写 enum 或者 oneOf，或者换一种控件"
            in_ui.append((name, "字段没有可选的值", remedy))
    return in_schema, in_ui


def _nearest(name: str, known: Iterable[str], place: str) -> str:
    close = get_close_matches(name, known, n=1)
    return f"是不是 {close[0]}？请修改 {place}" if close else f"请修改 {place}"


@insists("E_FIELD_TITLE")
def _field(field: forms.Field) -> Iterator[Finding]:
    if "title" not in field.schema:
        yield field.name, "字段没有标题", "请填写 title"
    if field.required and "required" not in field.schema.get("errorMessage", {}):
        yield field.name, "必填字段没有提示文字", "请填写 errorMessage 的 required"


@insists("E_FORM_CONDITION")
def _schema(form: forms.Form) -> Iterator[Finding]:
    """Insist on the dialect: known keywords, conditions of one shape, names that exist."""
    yield from _only("", form.schema, _TOP)
    if form.schema.get("unevaluatedProperties") is not False:
        text = "表单没有写 unevaluatedProperties: false，没有的字段也会收下"
        yield "unevaluatedProperties", text, "请写 false"
    always = form.schema["properties"]
    yield from _required(form.schema, always)
    for rule in form.schema.get("allOf", ()):
        yield from _only("", rule, frozenset({"if", "then"}))
        yield from _only("", rule["if"], frozenset({"properties", "required"}))
        yield from _only("", rule["then"], frozenset({"properties", "required"}))
        yield from _required(rule["then"], rule["then"]["properties"])
        for name, condition in rule["if"]["properties"].items():
            if name not in always:
                yield name, f"条件所问的字段 {name} 不在表单里", "请改正 if 中的名称"
            elif name not in rule["if"].get("required", ()):
                text = f"没有填写 {name} 时条件也成立"
                yield name, text, f'请在 if 中写 "required": ["{name}"]'
            if len(condition) != 1 or not condition.keys() <= {"const", "enum"}:
                yield name, "条件只能是 const 或者 enum", "请改写 if"
            elif name in always:
                yield from _never(form.field(name), condition)
        for name in rule["then"]["properties"].keys() & always.keys():
            yield name, "字段写了两次", "请只在 properties 或者 then 中写一次"
    for field in form.fields_by_name():
        yield from _one(field.name, field.schema)


@insists("E_FORM_CONDITION")
def _never(asked: forms.Field, condition: Mapping[str, Any]) -> Iterator[Finding]:
    """Tell a condition that no answer meets: what it asks for would never appear."""
    if asked.schema.get("type") == "array":
        text = f"条件所问的 {asked.name} 可以选几项，条件永远不成立"
        yield asked.name, text, "请按单选的字段写条件"
        return
    values = condition.get("enum", [condition.get("const")])
    known = [value for value, _ in asked.options]
    for value in values if isinstance(values, list) else [values]:
        if known and value not in known:
            text = f"条件中的“{value}”不是 {asked.name} 可以选的值，永远不成立"
            yield asked.name, text, f"请用：{_list(known)}"
        elif asked.schema.get("type") == "boolean" and not isinstance(value, bool):
            text = f"条件中的“{value}”不是 true 或者 false，永远不成立"
            yield asked.name, text, "请写 true 或者 false，不加引号"


@insists("E_FORM_REQUIRED")
def _required(schema: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[Finding]:
    for name in schema.get("required", ()):
        if name not in properties:
            yield name, f"必填的字段 {name} 不在表单里", "请改正 required 中的名称"


@insists("E_FIELD")
def _one(name: str, schema: Mapping[str, Any]) -> Iterator[Finding]:
    if not _NAME.fullmatch(name) or name in _TAKEN:
        yield name, "字段名称不能使用", "请以小写字母开头，只用小写字母、数字和下划线"
    yield from _only(name, schema, _FIELD)
    holder = schema.get("items", schema)
    if holder is not schema:
        yield from _only(name, holder, _HOLDER)
    for part in (schema, holder):
        if part.get("type") not in (_TYPES if part is schema else {"string"}):
            yield name, f"字段的 type“{part.get('type')}”不能使用", f"请用：{_list(_TYPES)}"
        if part.get("format", "date") not in _FORMATS:
            yield name, f"字段的 format“{part['format']}”不能使用", f"请用：{_list(_FORMATS)}"
        if "pattern" in part and _explodes(part["pattern"]):
            text = "pattern 中有重复之内的重复，遇到某些输入会算不完"
            yield name, text, "请改写成没有嵌套重复的式子"
    if not all({"const", "title"} <= choice.keys() for choice in holder.get("oneOf", ())):
        yield name, "oneOf 的每一项须有 const 和 title", "请补全"
    if "enum" in holder and not holder["enum"]:
        yield name, "enum 没有可选的值", "请填写可选的值"
    for value in holder.get("enum", ()):
        if isinstance(value, str) and not value.strip():
            yield name, "enum 中有空白的一项", "请删除，或者填写可选的值"
        elif isinstance(value, str) and value != value.strip():
            yield name, f"可选的值“{value}”的首尾有空格", "请删除空格"
    for told in ("errorMessage", "errorCode"):
        texts = schema.get(told, {})
        if not isinstance(texts, dict) or not all(
            isinstance(words, str) for words in texts.values()
        ):
            yield name, f"{told} 应为“规则：文字”", '请写成 {"required": "请填写……"} 这样'
        elif extra := texts.keys() - _FIELD - {"required"}:
            yield name, f"{told} 没有 {_list(extra)} 这一项", "请改正规则的名称"


@insists("E_FORM_LAYOUT")
def _shown(form: forms.Form) -> Iterator[Finding]:
    """Insist that the ui file says what pages know."""
    for name, options in form.ui.items():
        if name == "ui:sections":
            yield from _sections(options)
        elif name.startswith("ui:"):
            yield name, f"不认识 {name}", "请改正名称；分组写在 ui:sections"
        elif not isinstance(options, dict):
            yield name, "字段的显示方式应为一个 JSON 对象", '请写成 {"ui:help": "……"} 这样'
        else:
            for option, value in options.items():
                if option not in _UI:
                    yield name, f"不认识 {option}", f"请用：{_list(_UI)}"
                elif (known := _UI[option]) is not None and value not in known:
                    yield name, f"{option} 没有“{value}”", f"请用：{_list(known)}"


@insists("E_FORM_LAYOUT")
def _sections(sections: Any) -> Iterator[Finding]:
    remedy = '请写成 [{"title": "……", "fields": ["……"]}] 这样'
    if not isinstance(sections, list) or not sections:
        yield "ui:sections", "分组应为一个列表", remedy
        return
    for section in sections:
        if not isinstance(section, dict) or not isinstance(section.get("fields"), list):
            yield "ui:sections", "分组须有 fields", remedy
        else:
            yield from _only("ui:sections", section, frozenset({"title", "help", "fields"}))


@insists("E_FORM_KEYWORD")
def _only(element: str, schema: Mapping[str, Any], known: frozenset[str]) -> Iterator[Finding]:
    if extra := schema.keys() - known:
        yield element, f"不支持 {_list(extra)}", f"请删除或者改正；可用：{_list(known)}"


def _list(names: Any) -> str:
    return "、".join(sorted(map(str, names)))


def _explodes(pattern: str) -> bool:
    r"""Tell whether a repetition without end stands inside another one.

    >>> _explodes("^(a+)+$"), _explodes("^((x[+]|y)*z){2,}$"), _explodes(r"^(-?[0-9]+)?\+$")
    (True, True, False)
    """
    left = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "x", pattern)  # what stands for one character
    while group := re.search(r"\(([^()]*)\)", left):
        repeats = _ENDLESS.search(group[1]) is not None
        if repeats and _ENDLESS.match(left, group.end()):
            return True
        left = left[: group.start()] + ("x+" if repeats else "x") + left[group.end() :]
    return False


_ENDLESS = re.compile(r"[*+]|\{\d*,\}")
