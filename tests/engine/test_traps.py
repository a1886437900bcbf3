"""The traps of SpiffWorkflow 3.2.0, each closed."""

from __future__ import annotations

import json
import os
import zlib
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine import definitions
from engine.errors import ExpressionFailed, ExpressionRefused, Stalled, Stuck, UncaughtBpmnError
from engine.instances import pruning, runtime, state
from engine.instances.script import Engine, Environment, ScriptRefused
from engine.instances.workflow import MAX_STEPS
from engine.language import parsing
from engine.language.parsing import Process
from engine.operations import Outcome
from refusals.refusal import Refusal
from storage.database import writing
from tests.engine import drawing as d
from tests.engine.language.test_expressions import ATTACKS
from tests.engine.lint.test_linter import PLACES
from tests.engine.test_cost import CHANGED, FORM, ROUNDS

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ERRORS = '<error id="err" name="e" errorCode="REFUSED"/>'


def silent_engine():
    """Give an engine that computes and starts nothing."""
    return Engine(lambda _: {}, NOW, lambda *_: (False, None, None))


@pytest.mark.parametrize("source", ATTACKS)
def test_the_environment_itself_refuses_code(source):
    """Library code that goes past the script engine finds the closed language there too."""
    engine = silent_engine()
    assert type(engine.environment) is Environment

    with pytest.raises(ExpressionRefused):
        engine.environment.evaluate(source, {"form": {}}, {})
    with pytest.raises(ScriptRefused):
        engine.environment.execute(source, {})
    with pytest.raises(ScriptRefused):
        engine.execute(None, source)
    with pytest.raises(ScriptRefused):
        engine.environment.call_service({}, operation_name=source)


def test_no_method_of_the_library_evaluates_behind_ours():
    """What the library's engine offers to compute with is ours, method by method."""
    for name in ("evaluate", "execute", "call_service"):
        assert getattr(Engine, name) is not getattr(PythonScriptEngine, name)
    with pytest.raises(ScriptRefused):
        silent_engine().call_service(None)


@pytest.mark.parametrize("place", sorted(PLACES))
def test_what_slips_past_the_check_is_contained(place, monkeypatch):
    """Even undeployed, hostile places run no code: the second wall holds."""
    ran = []
    monkeypatch.setattr(os, "system", ran.append)
    data = d.process(PLACES[place], '<message id="m" name="application.changed"/>')

    with suppress(Refusal, SpiffWorkflowException, KeyError, AttributeError):
        process = parsing.parse(parsing.read_sources({"main.bpmn": data}), "main")
        workflow = runtime.start(process, silent_engine(), {"x": [1]})
        for task_id in list(runtime.open_user_tasks(workflow)):
            runtime.complete(workflow, task_id, {})

    assert ran == []


def test_an_endless_loop_is_stopped(house):
    """A loop of gateways "completes" in the library; here it is an error and nothing is saved."""
    body = (
        d.start()
        + d.user("ask")
        + d.gateway("g", "h")
        + d.gateway("h", "g")
        + d.end()
        + d.line("begin", "ask", "g", "h", "g")
        + d.flow("h", "finish", "1 == 2")
    )
    house.start(body)

    with pytest.raises(Stuck) as failure:
        house.do("ask")

    assert failure.value.facts["steps"] == MAX_STEPS
    assert house.tasks() == ["ask"]


def test_a_join_that_can_never_fire_is_told(house):
    """A branch that leaves before the join strands the other; the action is refused, not saved."""
    body = (
        d.start()
        + '<parallelGateway id="fork"/><parallelGateway id="join"/>'
        + d.user("left")
        + d.user("right")
        + d.gateway("leave", "join")
        + d.end()
        + d.end("out")
        + d.line("begin", "fork", "left", "leave", "join", "finish")
        + d.line("fork", "right", "join")
        + d.flow("leave", "out", "go")
    )
    workflow = runtime.start(older(body), silent_engine(), d.DATA)
    runtime.complete(workflow, task_at(workflow, "right"), {})

    with pytest.raises(Stalled) as failure:
        runtime.complete(workflow, task_at(workflow, "left"), {"go": True})

    assert failure.value.code == "E_STALLED"


def older(body: str) -> Process:
    """Read a diagram that was deployed before the check knew of its fault."""
    return parsing.parse(parsing.read_sources({"main.bpmn": d.process(body)}), "main")


def task_at(workflow, node: str) -> str:
    """Return the id of an open task."""
    tasks = runtime.open_user_tasks(workflow).items()
    (key,) = [key for key, task in tasks if task.task_spec.bpmn_id == node]
    return key


def test_a_case_in_which_only_leftovers_wait_is_told():
    """An event at the border of a task that is gone moves nothing: the case has stalled."""
    body = (
        d.start()
        + d.user("fill")
        + d.boundary("late", "fill", d.timer('"P5D"'))
        + d.boundary("nudge", "fill", d.timer('"P3D"'), interrupts=False)
        + d.end()
        + d.end("told")
        + d.line("begin", "fill", "finish")
        + d.line("late", "fill")
        + d.line("nudge", "told")
    )
    workflow = runtime.start(older(body), silent_engine(), d.DATA)
    timers = {node: key for key, (node, _) in runtime.open_timers(workflow).items()}

    runtime.fire_timer(workflow, timers["late"])

    with pytest.raises(Stalled):
        runtime.complete(workflow, task_at(workflow, "fill"), {})


def test_rounds_beside_a_parallel_branch_do_not_make_a_case_heavier():
    """Two hundred corrections while another branch waits: the case goes on, and both meet."""
    body = (
        d.start()
        + '<parallelGateway id="fork"/><parallelGateway id="join"/>'
        + d.user("wait")
        + d.user("fill")
        + d.boundary("late", "fill", d.timer('"P5D"'))
        + d.user("check")
        + d.gateway("good", "fill")
        + d.user("after")
        + d.end()
        + d.line("begin", "fork", "fill", "check", "good", "fill")
        + d.flow("good", "join", "outcome == 1")
        + d.line("fork", "wait", "join", "after", "finish")
        + d.line("late", "check")
    )
    process = older(body)
    workflow = runtime.start(process, silent_engine(), {**d.DATA, "outcome": 0})

    for round in range(200):
        runtime.complete(workflow, task_at(workflow, "fill"), {"round": round})
        runtime.complete(workflow, task_at(workflow, "check"), {"outcome": 0})
        pruning.prune(workflow)
        workflow = state.load(state.dump(workflow), process, silent_engine())
    runtime.complete(workflow, task_at(workflow, "wait"), {"waited": True})
    pruning.prune(workflow)
    runtime.complete(workflow, task_at(workflow, "fill"), {"round": 200})
    runtime.complete(workflow, task_at(workflow, "check"), {"outcome": 1})

    (after,) = runtime.open_user_tasks(workflow).values()
    assert after.task_spec.bpmn_id == "after"
    assert (after.data["round"], after.data["waited"]) == (200, True)
    runtime.complete(workflow, after.id.hex, {})
    assert workflow.is_completed()


def test_terminate_stops_the_other_branch_at_once(house):
    """After a terminate end, a service of another branch that was about to run does not."""
    ran = []
    house.operations.add("test/work", inline=True)(
        lambda office, call: ran.append(call.node) or Outcome()
    )
    body = (
        d.start()
        + d.user("ask")
        + '<parallelGateway id="fork"/>'
        + d.end("stop", "<terminateEventDefinition/>")
        + d.service("work", "test/work")
        + d.end()
        + d.line("begin", "ask", "fork", "stop")
        + d.line("fork", "work", "finish")
    )
    house.start(body)

    house.do("ask")

    assert ran == []
    assert house.tasks() == []


def test_an_error_end_that_nobody_catches_is_told(house):
    """The library calls such an instance a success."""
    body = d.start() + d.user("ask") + d.end("bad", d.error("err")) + d.line("begin", "ask", "bad")
    house.start(body, ERRORS)

    with pytest.raises(UncaughtBpmnError) as failure:
        house.do("ask")

    assert failure.value.facts["error"] == "REFUSED"
    assert house.tasks() == ["ask"]


def test_an_error_out_of_a_called_process_is_caught_outside(house):
    """An error end inside a call activity reaches the boundary event of the call."""
    inside = d.process(
        d.start("s") + d.end("bad", d.error("err")) + d.line("s", "bad"), ERRORS, key="inner"
    )
    body = (
        d.start()
        + '<callActivity id="call" calledElement="inner"/>'
        + d.boundary("caught", "call", d.error("err2"))
        + d.user("mend")
        + d.end()
        + d.line("begin", "call", "finish")
        + d.line("caught", "mend", "finish")
    )
    name = house.deploy(
        body, '<error id="err2" name="e" errorCode="REFUSED"/>', **{"inner.bpmn": inside}
    )
    house.runner.start(name, "main", "a1", d.DATA, d.ZHANG)

    assert house.tasks() == ["mend"]


def test_the_real_error_of_a_service_is_seen(house):
    """The library hides it behind a NameError of its own."""
    body = d.start() + d.user("ask") + d.service("work", "test/work") + d.end()
    body += d.line("begin", "ask", "work", "finish")

    @house.operations.add("test/work", inline=True)
    def work(office, call):
        raise ZeroDivisionError("the real one")

    house.start(body)

    with pytest.raises(ZeroDivisionError, match="the real one"):
        house.do("ask")
    assert house.tasks() == ["ask"]


def test_no_handler_changes_case_data_in_place(house):
    """Parameters are copies: what a handler does to them stays with it."""
    body = d.start() + d.user("ask") + d.service("spoil", "test/spoil", box="box")
    body += d.service("look", "test/look", box="box") + d.end()
    body += d.line("begin", "ask", "spoil", "look", "finish")
    seen = []

    @house.operations.add("test/spoil", inline=True, schema={"box": dict})
    def spoil(office, call, box):
        box["list"].append("spoilt")
        return Outcome()

    house.operations.add("test/look", schema={"box": dict})(
        lambda office, call, box: seen.append(box) or Outcome()
    )
    house.start(body)
    house.do("ask", box={"list": [1]})

    assert seen == [{"list": [1]}]


PARALLEL = (
    d.start()
    + '<parallelGateway id="fork"/><parallelGateway id="join"/>'
    + d.user("left")
    + d.service("left_work", "test/work", "left_result")
    + d.user("right", "reviewer")
    + d.boundary("late", "right", d.timer("days(9)"), interrupts=False)
    + d.end("told")
    + d.service("after", "test/see", a="left_value", b="right_value", c="left_result")
    + d.end()
    + d.line("begin", "fork", "left", "left_work", "join", "after", "finish")
    + d.line("fork", "right", "join")
    + d.line("late", "told")
)


@pytest.mark.parametrize("order", ["left first", "right first"])
def test_parallel_branches_join_with_both_results(house, order):
    """Through every save, a join waits for both and has what each wrote."""
    seen = []
    house.operations.add("test/work")(lambda office, call: Outcome(values=3))
    house.operations.add("test/see", schema={"a": int, "b": int, "c": int})(
        lambda office, call, a, b, c: seen.append((a, b, c)) or Outcome()
    )
    house.start(PARALLEL)
    left = lambda: house.do("left", left_value=1)  # noqa: E731 - two names for two steps
    right = lambda: house.do("right", d.LI, right_value=2)  # noqa: E731 - as above

    for step in (left, right) if order == "left first" else (right, left):
        step()

    assert seen == [(1, 2, 3)]
    assert house.tasks() == []


def test_pruning_changes_nothing_but_size(house, monkeypatch):
    """The same story with and without pruning asks for the same services and tasks."""

    def story(case):
        asked = []
        operations = house.operations = type(house.operations)()
        operations.add("test/work")(
            lambda office, call: asked.append(call.node) or Outcome(values={"n": len(asked)})
        )
        house.runner.scenes.operations = operations
        name = house.deploy(ROUNDS, CHANGED)
        house.runner.start(name, "main", case, d.DATA, d.ZHANG)
        trace = []

        def do(node, actor=d.ZHANG, **values):
            house.do(node, actor, case, **values)
            trace.append(house.tasks(case))

        do("fill", **FORM)
        for outcome in ("correct", "accept"):
            do("sign")
            house.runner.message("application.changed", case, {}, d.ZHANG)
            do("again", **FORM)
            do("sign")
            do("seal", d.CLERK)
            do("check", d.LI, outcome=outcome)
            if outcome == "correct":
                do("again", **FORM)
        do("review", d.LI)
        return asked, trace

    pruned = story("pruned")
    monkeypatch.setattr("engine.running.plans.prune", lambda workflow: None)
    whole = story("whole")

    assert pruned == whole


def test_a_state_of_another_format_is_not_guessed_at():
    """A future or damaged format is an error, never a half-loaded instance."""
    source = parsing.read_sources(
        {"m.bpmn": d.process(d.start() + d.user("t") + d.end() + d.line("begin", "t", "finish"))}
    )
    blob = zlib.compress(json.dumps({"v": 2, "w": []}).encode())

    with pytest.raises(ValueError, match="format"):
        state.load(blob, parsing.parse(source, "main"), silent_engine())


def test_branches_are_tried_in_document_order_wherever_they_are_drawn(house):
    """Moving a box up or down must not change which condition is asked first."""
    shapes = "".join(
        f'<b:BPMNShape bpmnElement="{node}"><c:Bounds x="0" y="{y}" width="1" height="1"/>'
        "</b:BPMNShape>"
        for node, y in (("first", 900), ("second", 100), ("third", 500))
    )
    drawing = (
        '<b:BPMNDiagram xmlns:b="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:c="http://www.omg.org/spec/DD/20100524/DC"><b:BPMNPlane bpmnElement="main">'
        f"{shapes}</b:BPMNPlane></b:BPMNDiagram>"
    )
    body = d.start() + d.gateway("g", "third") + d.end()
    for node in ("first", "second", "third"):
        body += d.user(node) + d.line(node, "finish")
    body += d.line("begin", "g") + d.flow("g", "first", "1 == 1") + d.flow("g", "second", "1 == 1")
    body += d.flow("g", "third")
    data = d.process(body).replace(b"</definitions>", f"{drawing}</definitions>".encode())
    with writing(house.sessions) as session:
        name = definitions.deploy(session, "t", {"main.bpmn": data}, "tester", NOW)
    house.runner.start(name, "main", "a1", d.DATA, d.ZHANG)

    assert house.tasks() == ["first"]


@pytest.mark.proves("F:diagrams-1")
@pytest.mark.parametrize("answer", ["yes", 1, {"ok": True}, None])
def test_a_condition_that_is_neither_true_nor_false_stops_in_words(house, answer):
    """What merely counts as true takes no branch: the refusal names the line, nothing is saved."""
    body = (
        d.start() + d.user("ask") + d.gateway("which", "no") + d.user("yes") + d.end() + d.end("no")
    )
    body += d.line("begin", "ask", "which", "yes", "finish").replace(
        d.flow("which", "yes"), d.flow("which", "yes", "answer")
    )
    house.start(body + d.flow("which", "no"))
    with pytest.raises(ExpressionFailed) as failure:
        house.do("ask", answer=answer)

    assert "连线“which_yes”的条件" in str(failure.value)
    assert house.tasks() == ["ask"]


@pytest.mark.parametrize("number", [4000, 9999999, 999999999999])
def test_a_timer_beyond_the_calendar_is_told(house, number):
    """Days that lead out of the calendar, or beyond ten years, stop in words and save nothing."""
    body = (
        d.start()
        + d.user("ask")
        + f'<intermediateCatchEvent id="wait">{d.timer("days(n)")}</intermediateCatchEvent>'
        + d.end()
        + d.line("begin", "ask", "wait", "finish")
    )
    house.start(body)
    with pytest.raises(ExpressionFailed) as failure:
        house.do("ask", n=number)

    assert failure.value.code == "E_EXPRESSION_FAILED"
    assert house.tasks() == ["ask"]
