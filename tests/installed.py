"""An installation for a server in a process of its own, prepared in this process.

That the commands of `make run` prepare it as well is proven in tests/web/test_cli.py.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.databases import TEST_SECRET
from tests.once import once
from web.demo.people.seed import seed
from web.demo.walk.server import Server
from web.process import wiring
from web.settings import Settings

FONTS = Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))


def installed(
    factory: pytest.TempPathFactory,
    folder: Path,
    *,
    crowd: int = 0,
    extra: Mapping[str, str] | None = None,
) -> Server:
    """Give a server on a copy of what a run prepares once; nobody serves yet."""
    shutil.copytree(once(factory, "installed", _prepare), folder, dirs_exist_ok=True)
    server = _server(folder, extra)
    if crowd:
        prepare(server, crowd=crowd)
    return server


def _prepare(folder: Path) -> None:
    prepare(_server(folder))


def _server(folder: Path, extra: Mapping[str, str] | None = None) -> Server:
    return Server(folder, fonts=FONTS, extra={"ZHUCE_SECRET": TEST_SECRET, **(extra or {})})


def prepare(server: Server, *, crowd: int = 0) -> None:
    """Make the database, deploy the registration types, add people; nobody serves yet."""
    settings = Settings.from_environment(server.environment)
    wiring.migrate_database(settings)
    with pytest.MonkeyPatch.context() as patch:  # this process may know tables of other tests
        patch.setattr(wiring, "require_schema", lambda _: None)
        office = wiring.open_office_of(settings)
    try:
        assert [
            told.key for told in wiring.deploy_types(office, wiring.TYPES) if told.problems
        ] == []
        seed(office, crowd=crowd)
    finally:
        wiring.close(office)
