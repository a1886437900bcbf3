from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import registry

MODULES = [
    module.name
    for module in pkgutil.walk_packages(registry.__path__, "registry.")
    if not module.name.startswith("registry.migrations")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_documentation_hold(name: str) -> None:
    """What a docstring shows is what the function gives."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    """The rules of numbers and dates are shown by example."""
    shown = [doctest.testmod(importlib.import_module(name)).attempted for name in MODULES]
    assert sum(shown) >= 25
