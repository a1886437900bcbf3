"""A form as a page shows it: the sections and fields that apply, with values and faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from casework.application import form_rules
from professions.forms import Field, Form
from professions.texts import wording
from registry.people import persons
from web import display
from web.forms.fields import File, ShownField

Values = Mapping[str, Any]
Files = Mapping[str, File]  #: attachment id → upload

_MASKS = {"id_no": persons.mask_id, "mobile": persons.mask_mobile}
_WRITTEN = {"birth": display.month}


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group of fields under one heading."""

    title: str
    help: str
    fields: Sequence[ShownField]
    steered_by: Sequence[str]  #: the typed fields that decide what this group asks for

    @property
    def ruled(self) -> bool:
        """Tell whether the fields it shows depend on what is typed."""
        return bool(self.steered_by)

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
    facts: Mapping[str, str] | None = None,
    marks: Mapping[str, str] | None = None,
    changes: Mapping[str, str] | None = None,
) -> list[Group]:
    """Give every group with the fields that apply to `values`; some groups may be empty.

    `facts` are the periods and figures that a help text may name, `marks` what the agency asked
    to correct, `changes` what is asked otherwise than when they were typed, by field.
    """
    steered_by = _steered(form)
    steering = frozenset[str]().union(*steered_by)
    asked = {**_unticked(form), **form.typed(values)}
    return [
        Group(
            title=section.title,
            help=wording.fill(section.help, facts or {}),
            fields=[
                replace(
                    _shown(
                        field,
                        values,
                        faults or {},
                        files or {},
                        facts or {},
                        steers=field.name in steering,
                    ),
                    mark=(marks or {}).get(field.name, ""),
                    changed=(changes or {}).get(field.name, ""),
                )
                for field in section.fields
                if not field.hidden and form.applies(field.name, asked)
            ],
            steered_by=sorted(names),
        )
        for section, names in zip(form.sections, steered_by, strict=True)
    ]


def _unticked(form: Form) -> dict[str, bool]:
    """Give the boxes as the page posts them while nobody has ticked any."""
    fields = [field for field in form.fields() if not (field.read_only or field.hidden)]
    return {field.name: False for field in fields if field.schema.get("type") == "boolean"}


@lru_cache(maxsize=256)
def _steered(form: Form) -> tuple[frozenset[str], ...]:
    """Give for each section what decides what it asks for; a form never changes."""
    return tuple(_steered_by(form, section.fields) for section in form.sections)


def _steered_by(form: Form, fields: Sequence[Field]) -> frozenset[str]:
    """Give the typed fields that decide what a group asks for, by the form's own conditions.

    A condition may ask for a flag of the decision tables: then what the tables are asked about
    counts, as far as this form has it typed.
    """
    asked = frozenset[str]().union(*(form.steering(field.name) for field in fields))
    typed = {field.name for field in form.fields() if not (field.read_only or field.hidden)}
    if asked & set(form_rules.FLAGS):
        asked |= form_rules.ASKED_OF_TABLES
    return asked & typed


def _shown(
    field: Field,
    values: Values,
    faults: Mapping[str, str],
    files: Files,
    facts: Mapping[str, str],
    *,
    steers: bool,
) -> ShownField:
    value = values.get(field.name)
    ids = [str(item) for item in (value if isinstance(value, list) else [value])]
    unlocked_by = field.ui.get("ui:lockedUnless")
    return ShownField(
        field=field,
        value=_written(field, value),
        error=faults.get(field.name),
        locked=unlocked_by is not None and values.get(unlocked_by) is False,
        steers=steers,
        hint_text=wording.fill(str(field.ui.get("ui:help", "")), facts),
        files=tuple(files[file_id] for file_id in ids if file_id in files) if field.is_file else (),
    )


def _written(field: Field, value: Any) -> Any:
    """Mask what is masked and write read-only dates in full."""
    if value is None:
        return None
    if mask := _MASKS.get(str(field.ui.get("ui:mask"))):
        return mask(str(value))
    write = _WRITTEN.get(field.name)
    return write(value) if write else value
