"""A form as a page shows it: the sections and fields that apply, with values and faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from professions.forms import Field, Form
from registry.people import persons
from web import display
from web.forms.fields import File, Shown

Values = Mapping[str, Any]
Files = Mapping[str, File]  #: attachment id → upload

_MASKS = {"id_no": persons.mask_id, "mobile": persons.mask_mobile}
_WRITTEN = {"birth": display.month}


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group of fields under one heading."""

    title: str
    help: str
    fields: Sequence[Shown]
    ruled: bool  #: which fields it shows depends on what is typed

    @property
    def signature(self) -> str:
        """Name which fields are shown and how: another signature needs another group on screen."""
        return " ".join(f"{field.name}:{field.kind}" for field in self.fields)


def groups(
    form: Form,
    values: Values,
    *,
    faults: Mapping[str, str] | None = None,
    files: Files | None = None,
) -> list[Group]:
    """Give every group with the fields that apply to `values`; some groups may be empty."""
    return [
        Group(
            title=section.title,
            help=section.help,
            fields=[
                _shown(field, values, faults or {}, files or {})
                for field in section.fields
                if not field.hidden and form.applies(field.name, values)
            ],
            ruled=any(one.show_if or "ui:lockedUnless" in one.ui for one in section.fields),
        )
        for section in form.sections
    ]


def _shown(field: Field, values: Values, faults: Mapping[str, str], files: Files) -> Shown:
    value = values.get(field.name)
    ids = [str(one) for one in (value if isinstance(value, list) else [value])]
    unlocked_by = field.ui.get("ui:lockedUnless")
    return Shown(
        field=field,
        value=_written(field, value),
        error=faults.get(field.name),
        locked=unlocked_by is not None and values.get(unlocked_by) is False,
        files=tuple(files[one] for one in ids if one in files) if field.is_file else (),
    )


def _written(field: Field, value: Any) -> Any:
    """Mask what is masked and write read-only dates in full."""
    if value is None:
        return None
    if mask := _MASKS.get(str(field.ui.get("ui:mask"))):
        return mask(str(value))
    write = _WRITTEN.get(field.name)
    return write(value) if write else value
