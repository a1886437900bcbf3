"""An installation whose registration types were changed in one place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from casework.office import Office
from tests.professions.folders import edited
from tests.web.furnished import app, clock, desk, me, office, prepared
from web.process import wiring

Change = Callable[..., None]

__all__ = ["app", "change", "clock", "desk", "me", "office", "prepared"]


@pytest.fixture
def change(office: Office, tmp_path: Path) -> Change:
    """Deploy the shipped types with texts replaced: (path, old, new)."""

    def deploy(*edits: tuple[str, str, str]) -> None:
        root = edited(tmp_path / "bpmn", *edits)
        told = [
            problem
            for deployed in wiring.deploy_types(office, root)
            for problem in deployed.problems
        ]
        assert told == [], told

    return deploy
