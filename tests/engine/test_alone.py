"""The engine is an engine: it runs diagrams where nothing else of the house can be imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

ALONE = """
import sys
from datetime import UTC, datetime

class Closed:
    '''Every other floor of the house, locked.'''

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {
            "adapters", "casework", "pdfgen", "professions", "registry", "signing", "web"
        }:
            raise ImportError(f"{name} is locked")

sys.meta_path.insert(0, Closed())

from engine import definitions, queries
from engine.actors import officer, person
from engine.definitions import Definitions
from engine.operations import Operations, Outcome
from engine.running.runner import open_runner
from engine.tables import UserTask
from storage.database import Base, open_database, sessions_of, writing
from tests.engine import drawing as d

opened = open_database(sys.argv[1])
Base.metadata.create_all(opened)
sessions, operations = sessions_of(opened), Operations()

@operations.add("test/double", schema={"number": int})
def double(office, call, number):
    return Outcome(values=2 * number)

diagram = d.process(
    d.start()
    + d.user("ask")
    + d.service("double", "test/double", result="answer", number="number")
    + d.gateway("large", default="finish")
    + d.user("review", actorRole="reviewer")
    + d.end("finish")
    + d.line("begin", "ask", "double", "large", "finish")
    + d.flow("large", "review", "answer > 10")
    + d.line("review", "finish")
)
clock = lambda: datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
with writing(sessions) as session:
    version = definitions.deploy(session, "alone", {"main.bpmn": diagram}, "tester", clock())
runner = open_runner(sessions, Definitions(sessions), operations, None, clock)
runner.start(version, "main", "case", d.DATA, d.ZHANG)

def waits():
    with sessions() as session:
        return [task.node for task in queries.tasks_of(session, "case")]

def do(node, actor, **values):
    with sessions() as session:
        task = queries.task_for(session, "case", node)
    runner.complete(task.id, actor, values)

print(*waits())
do("ask", person("zhang"), number=21)
print(*waits())
do("review", officer("li", "reviewer"))
print(*waits())
print(*sorted({name.split(".")[0] for name in sys.modules} & {"registry", "casework", "web"}))
"""


def test_a_diagram_runs_where_register_and_casework_cannot_be_imported(tmp_path: Path) -> None:
    """User task, service, gateway and end: engine and storage are enough."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE, f"sqlite:///{tmp_path}/alone.db"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stderr == ""
    assert run.stdout.splitlines() == ["ask", "review", "", ""]
