"""Kill -9 in the middle of 企业名称变更: each item is done once, no certificate is made twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from pysqlite3 import dbapi2 as sqlite

from adapters import world
from adapters.enterprise_qualifications import EnterpriseQualificationsTwin
from casework.rename import batches
from engine import actors
from storage.database import writing
from tests import engineers
from tests.installed import installed
from web.demo.walk.server import Server
from web.process import wiring
from web.settings import Settings

COMPANY = world.COMPANIES[0]
NEW = "上海示例结构设计（虚构01）集团有限公司"
NUMBERS = range(101, 121)  #: twenty engineers with electronic certificates
ON_PAPER = sum(paper.uscc == COMPANY.uscc for paper in world.papers())
PATIENCE_S = 120.0

_ITEMS = "select count(*) from rename_item where state = 'DONE'"
_ISSUED = "select count(*) from certificate where version = 2 and issued_at is not null"


class Records:
    """Looks into the database of a service that may be dead."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ask(self, sql: str) -> list[Any]:
        """Give the rows of a question; with a change, make it."""
        database = sqlite.connect(str(self._path), timeout=15)
        try:
            with database:
                return list(database.execute(sql).fetchall())
        finally:
            database.close()

    def count(self, sql: str) -> int:
        return int(self.ask(sql)[0][0])

    def wait(self, ready: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not ready():
            assert time.monotonic() < end, self.ask("select operation, state, error from job")
            time.sleep(0.005)


@pytest.fixture
def server(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Prepare a service; nobody serves yet."""
    service = installed(tmp_path_factory, tmp_path / "service")
    yield service
    service.stop()


def confirmed(server: Server) -> str:
    """Hire the engineers, compute and confirm a batch that nobody has begun; give its id."""
    with pytest.MonkeyPatch.context() as patch:  # this process may know tables of other tests
        patch.setattr(wiring, "require_schema", lambda _: None)
        office = wiring.open_office_of(Settings.from_environment(server.environment))
    try:
        with writing(office.sessions) as session:
            engineers.register(
                session,
                office.files,
                NUMBERS,
                uscc=COMPANY.uscc,
                enterprise_name=COMPANY.name,
                at=datetime.now(UTC),
                valid_to=date(datetime.now(UTC).year + 2, 6, 1),
            )
        twin = cast("EnterpriseQualificationsTwin", office.enterprise_qualifications)
        twin.rename(COMPANY.uscc, NEW)
        clerk = actors.operator("clerk", COMPANY.uscc)
        batch = batches.compute(office, COMPANY.uscc, engineers.TYPE, clerk)
        batches.confirm(office, batch, str(COMPANY.pin), clerk)
        return batch
    finally:
        wiring.close(office)


@pytest.mark.timeout(600)
def test_a_rename_that_is_killed_goes_on_where_it_stopped(server: Server) -> None:
    """I16, I17: killed among the items and among the certificates, started again: all done once."""
    batch = confirmed(server)
    records = Records(server.folder / "zhuce.db")
    everybody = len(NUMBERS) + ON_PAPER
    assert records.count("select count(*) from rename_item") == everybody
    assert records.count(_ITEMS) == 0
    seen = []

    for question, enough in ((_ITEMS, 2), (_ITEMS, 9), (_ISSUED, 4)):
        server.start()
        records.wait(lambda: records.count(question) >= enough)  # noqa: B023 - used at once
        server.kill()
        seen.append(records.count(question))
    server.start()
    renamed = f"select state from rename_batch where id = '{batch}'"
    records.wait(lambda: records.ask(renamed) == [("DONE",)])
    records.wait(lambda: records.count(_ISSUED) == len(NUMBERS))
    server.stop()

    assert 0 < seen[0] < everybody
    assert 0 < seen[2] < len(NUMBERS)
    assert records.count(_ITEMS) == everybody
    assert records.count("select count(*) from certificate where version > 2") == 0
    twice = "select registration_id from certificate group by registration_id, version"
    assert records.ask(f"{twice} having count(*) > 1") == []
    assert records.ask("select no from certificate group by no having count(*) > 1") == []
    in_force = "select count(*) from certificate where validity = 'VALID' and form = 'ELECTRONIC'"
    assert records.count(in_force) == len(NUMBERS)
    claims = "select count(*) from application where matter = 'CLAIM'"
    assert records.count(f"{claims} and status = 'APPROVED'") == len(NUMBERS)
    assert records.count(claims) == len(NUMBERS)
    names = f"select count(*) from registration where enterprise_name = '{NEW}'"
    assert records.count(names) == everybody
    assert records.count("select count(*) from job where state = 'DEAD'") == 0
    server.command("checkpoint")
    assert json.loads(server.command("verify", "--json", accept=(0, 1))) == {
        "ok": True,
        "proven": True,
        "faults": [],
    }
