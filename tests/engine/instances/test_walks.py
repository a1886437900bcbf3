"""Random walks: through saves and pruning an instance does what the whole one would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.instances import pruning, runtime, state
from engine.language import parsing
from engine.language.parsing import Process
from refusals.refusal import Refusal
from tests.engine import drawing as d
from tests.engine.test_traps import silent_engine

OUTSIDE = (
    '<message id="changed" name="application.changed"/>'
    '<error id="err" name="e" errorCode="REFUSED"/>'
)
INNER = (
    d.start("s")
    + d.user("sign")
    + d.service("apply", "test/work", "signed")
    + d.boundary("failed", "apply", d.error("err"))
    + d.boundary("nudge", "sign", d.timer("days(2)"), interrupts=False)
    + d.service("remind", "test/work", "reminded")
    + d.gateway("enough", "sign")
    + d.end("e")
    + d.end("told")
    + d.line("s", "sign", "apply", "enough", "sign")
    + d.line("failed", "sign")
    + d.line("nudge", "remind", "told")
    + d.flow("enough", "e", "go")
)
WHOLE = (
    d.start()
    + d.user("fill")
    + d.subprocess(
        "stage",
        d.start("b")
        + d.subprocess("signing", INNER)
        + d.user("seal", "enterprise")
        + d.gateway("back", "f")
        + d.end("f")
        + d.line("b", "signing", "seal", "back", "f")
        + d.flow("back", "signing", "not go"),
    )
    + d.boundary("edited", "stage", d.message("changed"))
    + d.boundary("late", "stage", d.timer("days(30)"))
    + d.user("refill")
    + d.gateway("which", "fill")
    + d.end()
    + d.end("expired")
    + d.line("begin", "fill", "stage", "which", "fill")
    + d.line("edited", "refill", "stage")
    + d.line("late", "expired")
    + d.flow("which", "finish", "outcome == 1")
)


FORKED = (
    d.start()
    + d.user("fill")
    + d.subprocess(
        "stage",
        d.start("b")
        + '<parallelGateway id="fork"/><parallelGateway id="join"/>'
        + d.subprocess("signing", INNER)
        + d.user("seal", "enterprise")
        + d.service("stamp", "test/work", "stamped")
        + d.end("f")
        + d.line("b", "fork", "signing", "join", "f")
        + d.line("fork", "seal", "stamp", "join"),
    )
    + d.boundary("edited", "stage", d.message("changed"))
    + d.user("refill")
    + d.gateway("which", "fill")
    + d.end()
    + d.line("begin", "fill", "stage", "which", "fill")
    + d.line("edited", "refill", "stage")
    + d.flow("which", "finish", "outcome == 1")
)


def process_of(body: str) -> Process:
    """Read a diagram."""
    return parsing.parse(parsing.read_sources({"main.bpmn": d.process(body, OUTSIDE)}), "main")


class Walker:
    """An instance that is saved after each step, pruned or not."""

    def __init__(self, process: Process, prunes: bool) -> None:
        self.process, self.prunes = process, prunes
        self.trace: list[Any] = []
        self._keep(runtime.start(process, silent_engine(), {**d.DATA, "go": False, "outcome": 0}))

    def _keep(self, workflow: Any) -> None:
        if self.prunes:
            pruning.prune(workflow)
        self.blob = state.dump(workflow)
        self.tasks = {
            task.task_spec.name: key for key, task in runtime.open_user_tasks(workflow).items()
        }
        self.jobs = {
            runtime.find(workflow, key).task_spec.name: key for key in runtime.open_jobs(workflow)
        }
        self.timers = {node: key for key, (node, _) in runtime.open_timers(workflow).items()}
        shown = [dict(task.data) for task in runtime.open_user_tasks(workflow).values()]
        place = (sorted(self.tasks), sorted(self.jobs), sorted(self.timers))
        self.trace.append((place, sorted(map(str, shown)), workflow.is_completed()))

    def step(self, verb: Callable[[Any], None]) -> None:
        """Load, do, keep; an error of the engine is part of the trace and changes nothing."""
        workflow = state.load(self.blob, self.process, silent_engine())
        assert state.dump(workflow) == self.blob
        try:
            verb(workflow)
        except Refusal as error:
            self.trace.append(error.code)
            return
        self._keep(workflow)

    def act(self, kind: str, choice: int, values: dict[str, Any]) -> None:
        """Do one thing of a kind, the `choice`-th of what is possible."""
        offered = {"task": self.tasks, "job": self.jobs, "fail": self.jobs, "timer": self.timers}
        if kind == "message":
            self.step(lambda w: runtime.deliver(w, "application.changed", values))
            return
        names = sorted(offered[kind])
        if not names:
            return
        key = offered[kind][names[choice % len(names)]]
        verbs: dict[str, Callable[[Any], None]] = {
            "task": lambda w: runtime.complete(w, key, values),
            "job": lambda w: runtime.finish_job(w, key, choice),
            "fail": lambda w: runtime.fail_job(w, key, "REFUSED", {}),
            "timer": lambda w: runtime.fire_timer(w, key),
        }
        self.step(verbs[kind])


ACTIONS = st.tuples(
    st.sampled_from(["task", "task", "task", "job", "job", "fail", "timer", "message"]),
    st.integers(0, 3),
    st.fixed_dictionaries(
        {"go": st.booleans(), "outcome": st.integers(0, 1)},
        optional={"x": st.lists(st.integers(0, 2), max_size=3)},
    ),
)


@pytest.mark.parametrize("body", [WHOLE, FORKED], ids=["whole", "forked"])
@settings(max_examples=50, deadline=None)
@given(actions=st.lists(ACTIONS, max_size=40))
def test_pruned_and_whole_instances_go_the_same_ways(body, actions):
    """Whatever people do, in any order: the same tasks, services, timers and data."""
    process = process_of(body)
    pruned, whole = Walker(process, prunes=True), Walker(process, prunes=False)

    for kind, choice, values in actions:
        pruned.act(kind, choice, values)
        whole.act(kind, choice, values)

    assert pruned.trace == whole.trace
    assert len(pruned.blob) < 2048
