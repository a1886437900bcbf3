"""What a case costs does not grow with its age."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select

from engine.operations import Outcome
from engine.tables import ProcessInstance
from tests.engine import drawing as d

CHANGED = '<message id="changed" name="application.changed"/>'


def inner(name, *nodes):
    """Draw a subprocess around nodes in a row."""
    keys = [f"{name}_s", *(key for key, _ in nodes), f"{name}_e"]
    body = d.start(keys[0]) + "".join(node for _, node in nodes) + d.end(keys[-1])
    return d.subprocess(name, body + d.line(*keys))


ROUNDS = (
    d.start()
    + d.user("fill")
    + inner(
        "until_accepted",
        ("render", d.service("render", "test/work", "document")),
        (
            "signing",
            inner(
                "signing",
                ("sign", d.user("sign")),
                ("apply", d.service("apply", "test/work", "signed")),
            ),
        ),
        ("sealing", inner("sealing", ("seal", d.user("seal", "enterprise")))),
        ("check", d.user("check", "acceptor")),
    )
    + d.boundary("edited", "until_accepted", d.message("changed"))
    + d.boundary("reminder", "until_accepted", d.timer("days(10)"), interrupts=False)
    + d.boundary("late", "until_accepted", d.timer('deadline("DRAFT")'))
    + d.service("remind", "test/work")
    + d.gateway("which", "again")
    + d.user("again")
    + d.user("review", "reviewer")
    + d.end()
    + d.end("reminded")
    + d.end("expired")
    + d.line("begin", "fill", "until_accepted", "which", "again", "until_accepted")
    + d.line("edited", "again").replace("edited_again", "edited_to_again")
    + d.line("reminder", "remind", "reminded")
    + d.line("late", "expired")
    + d.flow("which", "review", 'outcome == "accept"')
    + d.line("review", "finish")
)
FORM = {"revision": 1, "form": {"days_after_limit": 0, "issue_region": "SHANGHAI", "db_hit": True}}


@pytest.fixture
def rounds(house):
    """Start a case and give a function that walks one round of correction."""
    house.operations.add("test/work")(
        lambda office, call: Outcome(values={"document_id": "d" * 32, "sha256": "a" * 64})
    )
    house.start(ROUNDS, CHANGED, days=3000)
    house.do("fill", **FORM)

    def walk(outcome="correct"):
        house.do("sign")
        house.runner.message("application.changed", "a1", {}, d.ZHANG)
        house.do("again", **FORM)
        house.do("sign")
        house.do("seal", d.CLERK)
        house.do("check", d.LI, outcome=outcome)
        if outcome != "accept":
            house.do("again", **FORM)

    return walk


def size(house):
    """Return the bytes of the stored state."""
    with house.sessions() as session:
        return len(session.scalar(select(ProcessInstance.state)))


def test_fifty_rounds_do_not_make_a_case_heavier(house, rounds, engine):
    """Finished history is pruned: round 50 stores as much as round 1, under 4096 bytes."""
    rounds()
    first = size(house)
    for _ in range(49 if engine.dialect.name == "sqlite" else 4):  # the state is the same on both
        rounds()
    last = size(house)
    rounds("accept")

    assert house.tasks() == ["review"]
    assert first < 4096
    assert size(house) < 4096
    assert abs(last - first) < 64


def statements(engine):
    """Collect the statements that a database runs."""
    ran = []
    event.listen(
        engine,
        "before_cursor_execute",
        lambda conn, cursor, statement, *_: ran.append(" ".join(statement.split()[:3])),
    )
    return ran


def test_completing_a_task_takes_few_statements(house, rounds, engine):
    """The engine's share of a person's click is at most eight statements, read and write."""
    ran = statements(engine)

    def cost(action):
        ran.clear()
        action()
        return [statement for statement in ran if not statement.startswith(("BEGIN", "PRAGMA"))]

    task = house.task("sign").id
    assert len(cost(lambda: house.runner.complete(task, d.ZHANG, {}))) <= 15  # with its service
    seal = house.task("seal").id
    assert len(cost(lambda: house.runner.complete(seal, d.CLERK, {}))) <= 6
    check = house.task("check").id
    accepted = {"outcome": "accept"}
    assert len(cost(lambda: house.runner.complete(check, d.LI, accepted))) <= 8
