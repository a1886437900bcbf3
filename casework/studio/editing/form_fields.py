"""What the form editor asks about a field, and which answers it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from professions.forms import Field, Form
from refusals.refusal import Refusal

NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
LONGEST = 60  #: characters of a title
MOST_CHOICES = 60

#: What a new field may be: name → title, and the schema and the ui it begins with.
KINDS: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "line": ("一行文字", {"type": "string", "maxLength": 100}, {}),
    "text": ("多行文字", {"type": "string", "maxLength": 500}, {"ui:widget": "textarea"}),
    "number": (
        "数",
        {"type": "number", "minimum": 0, "maximum": 9999},
        {"ui:width": 5, "ui:inputmode": "decimal"},
    ),
    "date": ("日期", {"type": "string", "format": "date"}, {}),
    "choice": ("单选", {"type": "string", "enum": ["是", "否"]}, {"ui:widget": "radios"}),
    "files": (
        "PDF文件",
        {
            "type": "array",
            "items": {
                "type": "string",
                "format": "document",
                "contentMediaType": "application/pdf",
            },
            "minItems": 1,
            "maxItems": 5,
            "uniqueItems": True,
        },
        {"ui:help": "PDF，每个不超过2M，最多5个"},
    ),
}


class FieldNameRefused(Refusal):
    """字段标识“{name}”不能使用：{why}。请改用小写字母开头、由小写字母、数字和下划线组成的2至40个字符。"""

    code = "E_EDITED_NAME"


class FieldTitleRefused(Refusal):
    """名称应为1至{most}个字，请重新填写。"""

    code = "E_EDITED_TITLE"


class BoundRefused(Refusal):
    """“{typed}”不是可用的{what}：{why}。请改正。"""

    code = "E_EDITED_BOUND"


class ChoicesRefused(Refusal):
    """选项每行一个，2至{most}个，不能重复；请改正。"""

    code = "E_EDITED_CHOICES"


class ConditionRefused(Refusal):
    """不能以“{name}”为条件：{why}。请另选。"""

    code = "E_EDITED_CONDITION"


@dataclass(frozen=True, kw_only=True)
class FieldAnswers:
    """What the editor asks about a field; None: the field has no such thing."""

    title: str
    help: str
    is_required: bool
    condition: tuple[str, str] | None = None  #: a field and the value at which this one is asked
    longest: str | None = None  #: characters
    least: str | None = None
    most: str | None = None
    choices: Sequence[str] | None = None  #: only of fields whose values are their titles
    missing: str = ""  #: what is said when the field is left empty


def answers_of(form: Form, name: str) -> FieldAnswers:
    """Say what the editor shows of a field. Raises KeyError."""
    field = form.field(name)
    tests = list((field.show_if or {}).items())
    simple = len(tests) == 1 and "const" in tests[0][1]
    bounds = {key: _bound(field.schema, key) for key in ("maxLength", "minimum", "maximum")}
    is_number = field.schema.get("type") in ("number", "integer")
    is_text = field.schema.get("type") == "string" and not field.options and not field.is_file
    return FieldAnswers(
        title=field.title,
        help=str(field.ui.get("ui:help", "")),
        is_required=field.required,
        condition=(tests[0][0], _spelt(tests[0][1]["const"])) if simple else None,
        longest=bounds["maxLength"] if is_text and "format" not in field.schema else None,
        least=bounds["minimum"] if is_number and "exclusiveMinimum" not in field.schema else None,
        most=bounds["maximum"] if is_number else None,
        choices=list(map(str, field.schema["enum"])) if "enum" in field.schema else None,
        missing=str(field.schema.get("errorMessage", {}).get("required", "")),
    )


def conditions(form: Form, name: str) -> list[tuple[str, str]]:
    """Give what a field may depend on: a value of each choice and flag, as "field=value" and words.

    A field that depends on itself, or on one that is asked for only sometimes, would never come.
    """
    offered = []
    for other in form.fields_by_name():
        if other.name == name or other.show_if is not None or other.is_choices:
            continue
        if other.schema.get("type") == "boolean" and "const" not in other.schema:
            offered.append((f"{other.name}=true", f"{other.title}：是"))
        offered += [
            (f"{other.name}={value}", f"{other.title}：{title}") for value, title in other.options
        ]
    return offered


def const(other: Field, value: str) -> Any:
    """Read the value of a condition as the field holds it."""
    return value == "true" if other.schema.get("type") == "boolean" else value


def _spelt(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bound(schema: Mapping[str, Any], key: str) -> str:
    return str(schema[key]) if key in schema else ""


_BOUNDS = {"maxLength": "字数上限", "minimum": "最小值", "maximum": "最大值"}


def number(key: str, typed: str) -> int | float | None:
    """Read a bound; empty: none. Raises BoundRefused."""
    text = typed.strip()
    if not text:
        return None
    whole = re.fullmatch(r"-?\d{1,9}", text)
    if key == "maxLength" and (not whole or not 1 <= int(text) <= 5000):
        raise BoundRefused(key, typed=text[:20], what=_BOUNDS[key], why="应为1至5000的整数")
    if whole:
        return int(text)
    if re.fullmatch(r"-?\d{1,9}\.\d{1,4}", text):
        return float(text)
    raise BoundRefused(key, typed=text[:20], what=_BOUNDS[key], why="应为数，例如 30")


def insist_order(field: Field, changes: Mapping[str, Any]) -> None:
    """Insist that bounds do not cross. Raises BoundRefused."""
    bounds = {key: changes.get(key, field.schema.get(key)) for key in ("minimum", "maximum")}
    least, most = bounds["minimum"], bounds["maximum"]
    if least is not None and most is not None and least > most:
        why = f"小于最小值 {least}"
        raise BoundRefused("maximum", typed=str(most), what=_BOUNDS["maximum"], why=why)
    shortest, longest = field.schema.get("minLength"), changes.get("maxLength")
    if shortest is not None and longest is not None and shortest > longest:
        why = f"小于最少字数 {shortest}"
        raise BoundRefused("maxLength", typed=str(longest), what=_BOUNDS["maxLength"], why=why)


def choices(typed: Sequence[str]) -> list[str]:
    """Read the lines of choices. Raises ChoicesRefused."""
    lines = [line.strip() for line in typed if line.strip()]
    fits = 2 <= len(lines) <= MOST_CHOICES and len(set(lines)) == len(lines)
    if not fits or any(len(line) > LONGEST for line in lines):
        raise ChoicesRefused("choices", most=MOST_CHOICES)
    return lines
