"""An installation for a server that is going to be killed, prepared in this process.

That the commands of `make run` prepare it as well is proven in tests/web/process.
"""

from __future__ import annotations

import pytest

from web.demo.people.seed import seed
from web.demo.walk.server import Server
from web.process import wiring
from web.settings import Settings


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
