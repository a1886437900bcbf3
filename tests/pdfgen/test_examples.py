"""The examples in docstrings hold."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from pdfgen import charset, diagnoses, given, source, values
from tools import build_fonts


@pytest.mark.parametrize(
    "module",
    [charset, diagnoses, given, source, values, build_fonts],
    ids=lambda part: part.__name__,
)
def test_examples_hold(module: ModuleType) -> None:
    """What a docstring shows is what happens."""
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0
