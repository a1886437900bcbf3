"""Data of branches come together whole, and nobody puts old values back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.instances.merging import same
from engine.operations import Outcome
from engine.tables import ProcessInstance
from tests.engine import drawing as d


@pytest.fixture
def seen(house):
    """Register an operation that notes what it is shown, and give the notes."""
    notes = []
    house.operations.add("test/see", inline=True, schema={"x": object})(
        lambda office, call, x: notes.append(x) or Outcome()
    )
    return notes


LOOP = (
    d.start()
    + d.subprocess(
        "scope",
        d.start("s")
        + d.user("fill")
        + d.boundary("reminder", "fill", d.timer("days(3)"), interrupts=False)
        + d.gateway("again", "fill")
        + d.end("told")
        + d.end("e")
        + d.line("s", "fill", "again", "fill")
        + d.line("reminder", "told")
        + d.flow("again", "e", 'go == "on"'),
    )
    + d.boundary("late", "scope", d.timer("days(400)"))
    + d.service("see", "test/see", x="x")
    + d.end()
    + d.end("expired")
    + d.line("begin", "scope", "see", "finish")
    + d.line("late", "expired")
)


@pytest.mark.parametrize(
    ("first", "last"),
    [([1, 2, 3], [9]), ({"a": 1, "b": [1]}, {"c": 2}), (1, True), (False, 0), ([{"k": 1}], [{}])],
)
def test_the_last_value_leaves_a_scope_whole(house, clock, seen, first, last):
    """Through loops, reminders, the end of a scope and its join: the value is the last one."""
    house.start(LOOP, x=None)
    clock.pass_(days=3)
    house.runner.run_due()
    house.do("fill", x=first, go="back")
    clock.pass_(days=3)
    house.runner.run_due()

    house.do("fill", x=last, go="on")

    assert same(seen[0], last)


FORK = (
    d.start()
    + d.user("fill")
    + '<parallelGateway id="fork"/><parallelGateway id="join"/>'
    + d.user("left")
    + d.user("right")
    + d.service("see", "test/see", x="x")
    + d.end()
    + d.line("begin", "fill", "fork", "left", "join", "see", "finish")
    + d.line("fork", "right", "join")
)


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")])
def test_a_change_in_one_branch_survives_the_other(house, seen, order):
    """Whichever branch ends last, the value that one of them changed is the changed one."""
    house.start(FORK)
    house.do("fill", x=[1, 2])

    for node in order:
        house.do(node, **({"x": [9]} if node == "left" else {"y": 1}))

    assert seen == [[9]]


def test_reminders_do_not_make_a_case_heavier(house, clock):
    """A reminder in each of thirty rounds leaves no residue in the stored state."""

    def size():
        with house.sessions() as session:
            return len(session.scalar(select(ProcessInstance.state)))

    house.start(LOOP, x=None)
    sizes = []
    for _ in range(30):
        clock.pass_(days=3)
        house.runner.run_due()
        house.do("fill", x=[1], go="back")
        sizes.append(size())

    assert sizes[-1] - sizes[1] < 64


def test_sameness_tells_numbers_from_truth():
    """JSON has three ones."""
    assert same({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]})
    assert not same([1], [True])
    assert not same({"a": 1}, {"a": 1.0})
    assert not same({"a": 1}, {"b": 1})
    assert not same([1], [1, 2])
