"""An installation with one registration that is whole, and programs of everybody."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.web.api import program
from tests.web.api.program import Program
from tests.web.desk import OTHER_COMPANY
from tests.web.place import Place


@pytest.fixture(scope="module")
def app(place: Place) -> Flask:
    return place.tab.client.application


@pytest.fixture(scope="module")
def ours(app: Flask) -> Program:
    """Give the program of the enterprise that employs 陶示例."""
    return program.of_enterprise(app)


@pytest.fixture(scope="module")
def others(app: Flask) -> Program:
    """Give the program of another enterprise."""
    return program.of_enterprise(app, uscc=OTHER_COMPANY.uscc)


@pytest.fixture(scope="module")
def reviewer(app: Flask) -> Program:
    """Give the program of the officer who reviews."""
    return program.of_officer(app, "shencha")


@pytest.fixture(scope="module")
def integrator(app: Flask) -> Program:
    """Give the program of a platform that verifies."""
    return program.of_integrator(app)
