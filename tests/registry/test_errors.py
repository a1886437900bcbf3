from __future__ import annotations

import inspect
import re
import string

import pytest

from registry import errors
from registry.errors import Refusal

REFUSALS = [
    found for _, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, Refusal)
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_every_refusal_tells_cause_and_remedy(refusal: type[Refusal]) -> None:
    """R35: the prompt is Chinese, ends as a sentence and can be filled from its facts."""
    names = [name for _, name, _, _ in string.Formatter().parse(refusal.__doc__ or "") if name]
    error = refusal("field", **dict.fromkeys(names, "某"))

    assert re.fullmatch(r"E_[A-Z_]+", error.code)
    assert str(error).endswith("。")
    assert re.search(r"[\u4e00-\u9fff]", str(error))
    assert "{" not in str(error)
    assert error.field == "field"


def test_codes_are_unique() -> None:
    """R35: one code, one text."""
    codes = [refusal.code for refusal in REFUSALS]

    assert len(codes) == len(set(codes))
