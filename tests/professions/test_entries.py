"""Generated over every field of every form that takes text: however it is typed, the same value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from professions import forms
from professions.folders import collect
from professions.forms import Field
from tests.professions.folders import BPMN
from tests.variants import VARIANTS

#: Something that stands in a field, by its format; anything else is text.
SAMPLES = {
    "cn-uscc": "91310000132210393W",
    "cn-telephone": "021-00000001-8001",
    "date": "2026-01-08",
    "identifier": "S312026A0008",
    "organisation": "买买提·示例金属（虚构01）有限公司",
}
TEXT = "人力资源示例中心，见第3页"


def _typed_fields() -> Iterator[Any]:
    for folder in sorted(BPMN.glob("*/type.toml")):
        files = collect(folder.parent)
        for path in sorted(files):
            if path.startswith("forms/") and path.endswith(".schema.json"):
                form = forms.read(files, path.removeprefix("forms/").removesuffix(".schema.json"))
                for field in form.fields():
                    if _takes_text(field):
                        key = f"{folder.parent.name}/{form.key}/{field.name}"
                        yield pytest.param(form, field, id=key)


def _takes_text(field: Field) -> bool:
    kind = field.schema.get("type")
    is_text = kind == "string" and not field.options and not field.is_file
    return (is_text or kind in ("number", "integer")) and not field.read_only


@pytest.mark.proves("F:input-2")
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize(("form", "field"), list(_typed_fields()))
def test_a_field_reads_the_same_however_it_is_typed(
    form: forms.Form, field: Field, variant: Callable[[str], str]
) -> None:
    """§input: full-width, spaced, marked, with line end, radicals, foreign dots."""
    is_number = field.schema["type"] in ("number", "integer")
    plain = "60.5" if is_number else SAMPLES.get(str(field.schema.get("format")), TEXT)

    assert form.typed({field.name: variant(plain)}) == form.typed({field.name: plain})
    assert form.validate({field.name: variant(plain)}) == form.validate({field.name: plain})
    assert field.name not in form.validate({field.name: plain})
