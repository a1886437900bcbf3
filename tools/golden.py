"""Keep a case at every wait state of the shipped types, for later builds to finish.

    make golden DAY=2026-11-29      writes tests/casework/scenarios/golden/2026-11-29/

Run it once for each release; what is kept is never written anew. `test_golden.py` migrates each
database to today's tables and tells the rest of each story with today's engine.
"""

from __future__ import annotations

import json
import lzma
import sys
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import delete, select

from casework.scenarios import stories
from casework.scenarios.stage import Stage
from casework.scenarios.storyteller import BEGINS, Storyteller
from engine import definitions, queries
from engine.tables import InstanceEvent, Job, ProcessInstance, UserTask
from professions import manifests
from registry import migrate, tables
from storage.database import writing

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "casework" / "scenarios" / "golden"


def waiting(teller: Storyteller) -> tuple[str, ...]:
    """Return what a case waits for: the nodes of its tasks and timers."""
    with teller.stage.sessions() as session:
        tasks = [task.node for task in queries.tasks_of(session, teller.case)]
        timers = session.scalars(select(Job.node).where(Job.business_key == teller.case))
        return (teller.matter.code, *sorted({*tasks, *map(str, timers)}))


def keep(folder: Path, stage: Stage) -> Iterator[dict[str, Any]]:
    """Leave a case of the type at each wait state; yield where each story stands."""
    kind = manifests.load(folder)
    with writing(stage.sessions) as session:
        definitions.deploy(session, kind.key, kind.files, "golden", BEGINS)
    version = stage.version(kind.files)
    seen: set[tuple[str, ...]] = set()
    for story in stories.read_all(folder):
        for done in range(len(story.steps)):
            teller = Storyteller(stage, version, story)
            teller.begin()
            teller.take(story.steps[:done])
            state = waiting(teller)
            if state in seen:
                with writing(stage.sessions) as session:
                    for job in session.scalars(select(Job).where(Job.business_key == teller.case)):
                        session.delete(job)
                continue
            seen.add(state)
            set_aside(stage, teller)
            yield {"type": kind.key, "waits": state[1:], **teller.kept(done)}


def set_aside(stage: Stage, teller: Storyteller) -> None:
    """Hold the jobs of a case still while time passes for the next stories."""
    with writing(stage.sessions) as session:
        for job in session.scalars(select(Job).where(Job.business_key == teller.case)):
            job.state = f"~{job.state}"[:7]


def tidy(stage: Stage, kept: Collection[str]) -> None:
    """Leave the cases that are kept alone, their jobs waiting again."""
    with writing(stage.sessions) as session:
        for table in (Job, UserTask, InstanceEvent, ProcessInstance):
            session.execute(delete(table).where(table.business_key.not_in(kept)))
        for job in session.scalars(select(Job).where(Job.state.like("~%"))):
            job.state = job.state[1:]


def main(day: str) -> int:
    """Write the golden cases of a day."""
    target = GOLDEN / day
    target.mkdir(parents=True)
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/stage.db"
        migrate.upgrade(url, tables.metadata)
        stage = Stage(Path(folder))
        kept = []
        for manifest in sorted((ROOT / "bpmn").glob("*/type.toml")):
            kept += list(keep(manifest.parent, stage))
        tidy(stage, [case["case"] for case in kept])
        with stage.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        stage.engine.dispose()
        whole = (Path(folder) / "stage.db").read_bytes()
    (target / "stage.db.xz").write_bytes(lzma.compress(whole, preset=9))
    (target / "kept.json").write_text(json.dumps(kept, ensure_ascii=False, indent=0), "utf-8")
    with zipfile.ZipFile(target / "bpmn.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted((ROOT / "bpmn").rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                packed.write(path, path.relative_to(ROOT))
    print(f"{len(kept)} cases kept in {target.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
