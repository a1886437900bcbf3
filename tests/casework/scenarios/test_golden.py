"""Cases that wait since an earlier build are finished by today's, at every wait state there was.

`tools/golden.py` kept them: the database as it was, the types as they were, and where each story
stood. The database is migrated first, as an upgrade does it with cases running.
"""

from __future__ import annotations

import functools
import json
import lzma
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from casework.scenarios import stories
from casework.scenarios.stage import Stage, Version
from casework.scenarios.storyteller import Storyteller
from engine.tables import Job
from professions import manifests
from registry import migrate, tables
from storage.database import writing

GOLDEN = Path(__file__).parent / "golden"
DAYS = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())


@dataclass(kw_only=True)
class Then:
    """What was kept on a day, unpacked; its database has come to today's version."""

    folder: Path
    stage: Stage
    cases: list[dict[str, Any]]  #: where each story stood

    @functools.cached_property
    def versions(self) -> dict[str, Version]:
        """The types as they were, by key."""
        folders = [path.parent for path in self.folder.glob("bpmn/*/type.toml")]
        return {folder.name: self.stage.version(manifests.load(folder).files) for folder in folders}


@pytest.fixture(scope="module", params=DAYS)
def then(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Then]:
    kept, folder = GOLDEN / request.param, tmp_path_factory.mktemp("golden")
    with zipfile.ZipFile(kept / "bpmn.zip") as packed:
        packed.extractall(folder)
    (folder / "stage.db").write_bytes(lzma.decompress((kept / "stage.db.xz").read_bytes()))
    migrate.upgrade(f"sqlite:///{folder}/stage.db", tables.metadata)
    stage = Stage(folder)
    yield Then(
        folder=folder, stage=stage, cases=json.loads((kept / "kept.json").read_text("utf-8"))
    )
    stage.engine.dispose()


def test_every_wait_state_is_kept(then: Then) -> None:
    """Tasks and timers of every matter of every type."""
    types = {path.parent.name for path in then.folder.glob("bpmn/*/type.toml")}

    assert {case["type"] for case in then.cases} == types
    assert len(then.cases) > 100


def test_each_case_is_finished_by_this_build(then: Then) -> None:
    """With its own version, on its own clock, to the end that its story told."""
    with then.stage.sessions() as session:
        rows = session.execute(select(Job.__table__)).mappings().all()
    for case in then.cases:
        with writing(then.stage.sessions) as session:
            session.execute(delete(Job))  # of the others: their clocks stand elsewhere
            if own := [dict(row) for row in rows if row["business_key"] == case["case"]]:
                session.execute(insert(Job), own)
        folder = then.folder / "bpmn" / case["type"]
        story = stories.read(folder, folder / "examples" / f"{case['story']}.json")

        Storyteller(then.stage, then.versions[case["type"]], story).go_on(case)
