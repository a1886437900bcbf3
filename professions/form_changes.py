"""What a changed form takes from who filled in the one before: nothing typed may be lost unseen.

A case may go on with a form that says more, in other words, in another order, or that asks for more
while it can still be filled in. It stays where a field is gone or of another kind, where a value
that was chosen is no longer offered, and where somebody has signed and would have to fill in more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
