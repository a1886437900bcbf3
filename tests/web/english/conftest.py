"""An installation with people of the demonstration in many states, for whoever reads English."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.web.conftest import Clock, settings_in
from tests.web.english import busy
from web import create_app
from web.demo.people.population import populate
from web.process import wiring
from web.values import SecondFactor

#: Who stands where most different words are shown.
STORIES = (
    *("practising-2", "correcting", "unclaimed", "contested-review", "intended", "returned"),
    *("renewal-open", "paper-1", "ready"),
)
#: Whose applications the enterprise has to confirm.
_SIGNED = ("signed", "renewal-signed", "cancellation-signed")


@pytest.fixture(scope="package")
def peopled(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Bring the people to where their stories say, once for these tests; they only look."""
    folder = tmp_path_factory.mktemp("english") / "var"
    shutil.copytree(prepared, folder)
    settings = settings_in(folder, f"sqlite:///{folder}/zhuce.db")
    settings = replace(settings, second_factor=SecondFactor.OPTIONAL)
    office = wiring.open_office_of(settings, clock=Clock())
    list(wiring.deploy_types(office, wiring.TYPES))
    populate(office, only=(*STORIES, *_SIGNED))
    office.runner.run_due()
    app = create_app(settings, office)
    app.testing = True
    app.extensions["busy"] = busy.begins(app)
    yield app
    wiring.close(office)
