"""What a changed form takes from who filled in the one before: nothing typed may be lost unseen.

A case may go on with a form that says more, in other words, in another order, or that asks for more
while it can still be filled in. It stays where a field is gone or of another kind, where a value
that was chosen is no longer offered, and where somebody has signed and would have to fill in more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from professions.forms import Field, Form


def differences(
    before: Form, after: Form, values: Mapping[str, object], *, is_signed: bool
) -> list[str]:
    """Return why what was filled in does not fit the changed form, in Chinese; none: it does.

    `values` is the content that the case has now; `is_signed`, whether it was signed and can still
    be changed.
    """
    return list(_differences(before, after, values, is_signed))


def _differences(
    before: Form, after: Form, values: Mapping[str, object], is_signed: bool
) -> Iterator[str]:
    fields = {field.name: field for field in after.fields_by_name()}
    former = {field.name: field for field in before.fields_by_name()}
    for name, field in former.items():
        if name not in fields:
            yield f"新表单没有字段“{field.title}”（{name}）"
        elif _kind(field) != _kind(fields[name]):
            yield f"字段“{field.title}”（{name}）在新表单中是另一种"
        elif left := _not_offered(fields[name], values.get(name)):
            yield f"字段“{field.title}”（{name}）所选的“{'、'.join(left)}”在新表单中没有"
    for name, field in fields.items() if is_signed else ():
        if field.required and not (name in former and former[name].required):
            yield f"已签名，新表单还要填写“{field.title}”（{name}）"


def _kind(field: Field) -> tuple[object, ...]:
    """Return what a value of the field is: its type, of one or several, file or text."""
    items = field.schema.get("items", {})
    return field.schema.get("type"), items.get("type"), field.is_file, bool(field.options)


def _not_offered(field: Field, value: object) -> list[str]:
    offered = {str(option) for option, _ in field.options}
    chosen = value if isinstance(value, list) else [value]
    given = [str(choice) for choice in chosen if choice not in (None, "")]
    return [choice for choice in given if offered and choice not in offered]


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What a newer form changed for whoever was filling in the one before."""

    fields: Mapping[str, str]  #: field → what is new or asked otherwise, in Chinese
    gone: tuple[tuple[str, str], ...]  #: questions that are asked no more, with their answers
    unfit: frozenset[str]  #: fields whose answer does not fit any more


def marks(before: Form, after: Form, values: Mapping[str, object]) -> Marks:
    """Say at which fields a form differs from the one before, for a draft with these values."""
    former = {field.name: field for field in before.fields_by_name()}
    fields = {field.name: field for field in after.fields_by_name()}
    asked = {name: field for name, field in fields.items() if not field.hidden}
    said = {
        name: text
        for name, field in asked.items()
        if (text := _mark(former.get(name), field, values.get(name)))
    }
    gone = tuple(
        (field.title, _answer(field, values[name]))
        for name, field in former.items()
        if name not in fields and values.get(name) not in (None, "", [], {})
    )
    unfit = frozenset(
        name
        for name, field in fields.items()
        if name in former
        and (_kind(field) != _kind(former[name]) or _not_offered(field, values.get(name)))
    )
    return Marks(fields=said, gone=gone, unfit=unfit)


def _mark(former: Field | None, field: Field, value: object) -> str:
    if former is None:
        return "新增的内容"
    if _kind(former) != _kind(field):
        was = f"，原先填写的是“{_answer(former, value)}”" if value not in (None, "", []) else ""
        return f"填写的方式已经改变{was}"
    if left := _not_offered(field, value):
        names = {str(option): name for option, name in former.options}
        chosen = "、".join(names.get(choice, choice) for choice in left)
        return f"原先选择的“{chosen}”不再提供，请重新选择"
    if list(former.options) != list(field.options):
        return "可以选择的内容有变化"
    if former.title != field.title:
        return f"名称有变化，原为“{former.title}”"
    if field.required and not former.required:
        return "现在必须填写"
    return ""


def _answer(field: Field, value: object) -> str:
    """Write an answer as people read it; of a file only that there was one."""
    if field.is_file:
        return "已上传的文件"
    names = {str(option): name for option, name in field.options}
    chosen = value if isinstance(value, list) else [value]
    words = {True: "是", False: "否"}
    return "、".join(
        words[item] if isinstance(item, bool) else names.get(str(item), str(item))
        for item in chosen
        if item not in (None, "")
    )
