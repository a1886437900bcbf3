"""What the check accepts runs as BPMN says: held against a token game, and slips against words."""

from __future__ import annotations

import contextlib
import os
import random
from typing import Any

import pytest

from engine.instances import pruning, runtime, state
from engine.language import parsing
from engine.lint import linter
from tests.engine import drawing as d
from tests.engine.test_traps import silent_engine
from tests.engine.token_game import Artist, Drawn, Level, TwiceReminded, Values

SEEDS = int(os.environ.get("ZHUCE_DIAGRAMS", "120"))  #: drawn; more by hand
STEPS = 25


def seen(workflow: Any) -> tuple[list[str], list[str], bool]:
    """Give open tasks, armed timers and whether the instance is over."""
    tasks = [task.task_spec.bpmn_id for task in runtime.open_user_tasks(workflow).values()]
    timers = [node for node, _ in runtime.open_timers(workflow).values()]
    over = workflow.is_completed()
    return ([], [], True) if over else (sorted(tasks), sorted(timers), False)


def told(game: Level) -> tuple[list[str], list[str], bool]:
    return ([], [], True) if game.is_over() else (game.tasks(), game.timers(), False)


def walk(drawn: Drawn, body: bytes, chance: random.Random) -> None:
    """Do this and that, in the engine and in the game, and compare after each step."""
    process = parsing.parse(parsing.read_sources({"main.bpmn": body}), "main")
    gateways = drawn.gateways()
    values: Values = dict.fromkeys(gateways, 0)
    workflow = runtime.start(process, silent_engine(), {**d.DATA, **values})
    game = Level(drawn, values)
    assert seen(workflow) == told(game)
    for _ in range(STEPS):
        if game.is_over():
            return
        pruning.prune(workflow)
        workflow = state.load(state.dump(workflow), process, silent_engine())
        tasks, timers, _ = told(game)
        act = chance.choice([*tasks, *tasks, *timers])
        if act in tasks:
            values = {gateway: chance.randrange(ways) for gateway, ways in gateways.items()}
            opened = runtime.open_user_tasks(workflow).items()
            (key,) = [key for key, task in opened if task.task_spec.bpmn_id == act]
            runtime.complete(workflow, key, dict(values))
            game.complete(act, values)
        else:
            (key,) = [
                key for key, (node, _) in runtime.open_timers(workflow).items() if node == act
            ]
            runtime.fire_timer(workflow, key)
            game.fire(act)
        assert seen(workflow) == told(game), act


def test_what_is_accepted_runs_as_the_tokens_do() -> None:
    """BPMN 2.0.2, 13: the same open tasks, timers and ends, whatever people do and in any order."""
    accepted = 0
    for seed in range(SEEDS):
        drawn = Artist(seed).level()
        body = d.process(drawn.xml())
        if linter.check({"main.bpmn": body}):
            continue
        accepted += 1
        for time in range(2):
            try:
                with contextlib.suppress(TwiceReminded):
                    walk(drawn, body, random.Random(seed * 100 + time))
            except Exception as error:
                raise AssertionError(f"seed {seed}.{time}: {error}") from error
    assert accepted > SEEDS / 4


START = d.start() + d.user("a") + d.user("b") + d.user("c") + d.end()
AND = '<parallelGateway id="{}"/>'
SLIPS = {
    # name: body, where it is told, what is told, what to do
    "straight back": (
        d.start()
        + d.user("a")
        + d.boundary("late", "a", d.timer('"P5D"'))
        + d.end()
        + d.line("begin", "a", "finish")
        + d.line("late", "a"),
        *("late", "直接回到它所附的“a”", "先连到一个排他网关"),
    ),
    "choice into a parallel join": (
        START
        + d.gateway("which", "c")
        + AND.format("join")
        + d.line("begin", "a", "which", "c", "join", "finish")
        + d.flow("which", "b", "outcome == 1")
        + d.line("b", "join"),
        *("join", "等不到从", "排他网关分出的路请用排他网关汇合"),
    ),
    "parallel split into an exclusive merge": (
        START
        + AND.format("fork")
        + d.gateway("merge")
        + d.line("begin", "fork", "a", "merge", "c", "finish")
        + d.line("fork", "b", "merge"),
        *("merge", "之后的步骤会办理两次", "改用并行网关汇合"),
    ),
    "parallel split into a task": (
        START
        + AND.format("fork")
        + d.line("begin", "fork", "a", "c", "finish")
        + d.line("fork", "b", "c"),
        *("c", "之后的步骤会办理两次", "改用并行网关汇合"),
    ),
    "parallel in a loop": (
        START
        + AND.format("fork")
        + AND.format("join")
        + d.gateway("again", "finish")
        + d.line("begin", "fork", "a", "join", "c", "again", "finish")
        + d.line("fork", "b", "join")
        + d.flow("again", "fork", "outcome == 1"),
        *("fork", "循环之中", "放进子流程"),
    ),
    "loop without a way out": (
        START
        + d.gateway("which", "finish")
        + d.line("begin", "a", "which", "finish")
        + d.flow("which", "b", "outcome == 1")
        + d.line("b", "c", "b"),
        *("b", "走不到任何结束事件", "画出循环的出口"),
    ),
    "reminder led back": (
        START
        + d.boundary("nudge", "a", d.timer('"P5D"'), interrupts=False)
        + d.line("begin", "a", "b", "finish")
        + d.line("nudge", "c", "b"),
        *("nudge", "走到“b”，任务仍在办理", "另画一个结束事件"),
    ),
}


@pytest.mark.proves("F:diagrams-6", "F:diagrams-2")
@pytest.mark.parametrize("slip", SLIPS)
def test_a_way_that_loses_a_case_is_told(slip: str) -> None:
    """What would stall, or be done twice, is told at its element before anybody starts."""
    body, element, problem, remedy = SLIPS[slip]

    problems = linter.check({"main.bpmn": d.process(body)})

    assert [
        fault
        for fault in problems
        if fault.element == element and problem in fault.text and remedy in fault.remedy
    ], problems


def test_groups_and_notes_around_tasks_are_allowed() -> None:
    """A frame drawn around tasks and a note beside them say something to people only."""
    drawn = (
        START
        + d.line("begin", "a", "b", "c", "finish")
        + '<group id="frame" categoryValueRef="kind"/>'
        + '<textAnnotation id="note"><text>两步</text></textAnnotation>'
        + '<association id="to" sourceRef="a" targetRef="note"/>'
    )
    category = '<category id="c1"><categoryValue id="kind" value="签署"/></category>'
    outside = '<collaboration id="all"><group id="around" categoryValueRef="kind"/></collaboration>'

    assert linter.check({"main.bpmn": d.process(drawn, category + outside)}) == []
