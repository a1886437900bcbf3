"""The runner on both databases: people's actions, services, errors, timers and messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import queries
from engine.actors import Actor
from engine.errors import (
    AlreadyRunning,
    BadValues,
    FourEyes,
    NobodyWaits,
    NoSuchInstance,
    NotYourTask,
    TaskClaimed,
    TaskNotOpen,
    UncaughtBpmnError,
)
from engine.operations import BpmnError, Outcome
from engine.running import store
from engine.running.asked import Then
from engine.tables import UserTask
from storage.database import writing
from tests.engine import drawing as d

TWO = (
    d.start()
    + d.user("fill", formKey="initial", status="DRAFT")
    + d.user("seal", "enterprise")
    + d.end(milestone="over")
    + d.line("begin", "fill", "seal", "finish")
)


def test_a_case_goes_from_inbox_to_inbox(house):
    """R16: a task waits in one inbox; completing it opens the next, to the end."""
    house.start(TWO)
    task = house.task("fill")
    assert (task.inbox, task.form_key, task.due_at) == ("person:zhang", "initial", None)

    house.do("fill")
    assert house.task("seal").inbox == f"enterprise:{d.USCC}"
    house.do("seal", d.CLERK)

    assert house.tasks() == []
    assert house.entered == ["fill", "seal", "finish"]
    with house.sessions() as session:
        assert queries.instance_of(session, "a1").status == "ENDED"
        assert queries.status_of(session, "a1").done >= {"begin", "fill", "seal", "finish"}
        kinds = [(event.kind, event.actor) for event in queries.history(session, "a1")]
    assert kinds == [
        ("STARTED", "person:zhang"),
        ("TASK", "person:zhang"),
        ("TASK", "operator:clerk"),
    ]


def test_other_peoples_tasks_are_refused(house):
    """I9: only who has the inbox may complete, claim or release."""
    house.start(TWO)
    task = house.task("fill").id

    for action in (
        lambda: house.runner.complete(task, d.CLERK, {}),
        lambda: house.runner.claim(task, d.LI),
        lambda: house.runner.release(task, d.LI),
    ):
        with pytest.raises(NotYourTask) as refusal:
            action()
        assert refusal.value.code == "E_NOT_YOUR_TASK"
    assert house.tasks() == ["fill"]


def test_a_task_is_completed_once(house):
    """A second click finds the task closed and changes nothing."""
    house.start(TWO)
    task = house.task("fill").id
    house.runner.complete(task, d.ZHANG, {})

    for wrong in (task, "0" * 32):
        with pytest.raises(TaskNotOpen):
            house.runner.complete(wrong, d.ZHANG, {})

    assert house.tasks() == ["seal"]


def test_one_running_instance_a_case(house):
    """R20: starting a case twice is refused, the first goes on."""
    name = house.deploy(TWO)
    house.runner.start(name, "main", "a1", d.DATA, d.ZHANG)

    with pytest.raises(AlreadyRunning):
        house.runner.start(name, "main", "a1", d.DATA, d.ZHANG)

    assert house.tasks() == ["fill"]


def test_write_joins_the_action_or_nothing_happens(house):
    """What the caller writes and the move of the case are one transaction."""
    house.start(TWO)
    seen = []

    def fails(session):
        seen.append(session.in_transaction())
        raise RuntimeError("the register refuses")

    with pytest.raises(RuntimeError):
        house.runner.complete(house.task("fill").id, d.ZHANG, {}, write=fails)

    assert seen == [True]
    assert house.tasks() == ["fill"]


def test_values_replace_what_was_there(house):
    """A list sent again replaces the list; nothing is merged in depth (library trap)."""
    body = (
        d.start()
        + d.user("fill")
        + d.user("fill_again")
        + d.service("keep", "test/keep", schools="form")
        + d.end()
        + d.line("begin", "fill", "fill_again", "keep", "finish")
    )
    kept = []
    house.operations.add("test/keep", inline=True, schema={"schools": object})(
        lambda office, call, schools: kept.append(schools) or Outcome()
    )
    house.start(body)

    house.do("fill", form={"schools": ["A", "B"], "old": 1})
    house.do("fill_again", form={"schools": ["C"]})

    assert kept == [{"schools": ["C"]}]


@pytest.mark.parametrize(
    "values",
    [
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": {1: 2}},
        {"x": {1, 2}},
        {"x": (1, 2)},
        {"x": b"bytes"},
        {"x": "a" * 70_000},
        {"x": [[[[[[[[[[1]]]]]]]]]]},
        {"x": object()},
    ],
)
def test_values_are_plain_and_small(house, values):
    """What cannot be kept as JSON is refused before anything happens."""
    house.start(TWO)

    with pytest.raises(BadValues) as refusal:
        house.runner.complete(house.task("fill").id, d.ZHANG, values)

    assert refusal.value.code == "E_BAD_VALUES"
    assert house.tasks() == ["fill"]


def test_no_values_can_brick_an_instance(house):
    """Data with the library's own key words load again (library trap)."""
    house.start(TWO)

    house.do("fill", note={"typename": "x"}, typename="UUID", __class__="x", len=1)
    house.do("seal", d.CLERK)

    assert house.tasks() == []


FOUR_EYES = (
    d.start()
    + d.user("review", "reviewer")
    + d.user("decide", "approver", differentFrom="review")
    + d.end()
    + d.line("begin", "review", "decide", "finish")
)


def test_review_and_decision_need_two_people(house):
    """I12: who reviewed can neither claim nor take the decision."""
    house.start(FOUR_EYES)
    house.do("review", d.LI)

    for action in (house.runner.claim, lambda task, actor: house.runner.complete(task, actor, {})):
        with pytest.raises(FourEyes) as refusal:
            action(house.task("decide").id, d.LI)
        assert refusal.value.code == "E_FOUR_EYES"
        assert "review" in str(refusal.value)
    house.do("decide", d.WANG)

    assert house.tasks() == []


def test_a_claimed_task_is_one_persons(house):
    """A task taken out of a common inbox is closed to the others until it is put back."""
    house.start(FOUR_EYES)
    task = house.task("review").id
    house.runner.claim(task, d.LI)
    house.runner.claim(task, d.LI)

    for action in (house.runner.claim, lambda task, actor: house.runner.complete(task, actor, {})):
        with pytest.raises(TaskClaimed):
            action(task, d.WANG)
    house.runner.release(task, d.LI)
    house.runner.claim(task, d.WANG)
    house.runner.complete(task, d.WANG, {})

    assert house.tasks() == ["decide"]


@dataclass(frozen=True)
class Overtaken(Actor):
    """Somebody whose look at a task lasts until another one has taken it."""

    faster: Callable[[], None] = lambda: None

    def may_open(self, inbox: str) -> bool:
        self.faster()
        return super().may_open(inbox)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_who_take_a_task_at_once_are_not_both_told_it_is_theirs(house):
    """Between look and hold the other one was faster: the statement itself has to decide."""
    house.start(FOUR_EYES)
    task = house.task("review").id

    def faster() -> None:
        if house.task("review").claimed_by is None:
            house.runner.claim(task, d.LI)

    with pytest.raises(TaskClaimed):
        house.runner.claim(task, Overtaken(id=d.WANG.id, inboxes=d.WANG.inboxes, faster=faster))

    assert house.task("review").claimed_by == d.LI.id


BRANCH = (
    d.start()
    + d.user("ask")
    + d.service("work", "test/work", "found", what="what")
    + d.boundary("failed", "work", d.error("err"))
    + d.gateway("which", "bad")
    + d.user("good")
    + d.user("bad")
    + d.user("broken")
    + d.end()
    + d.line("begin", "ask", "work", "which", "bad", "finish")
    + d.flow("which", "good", 'found["ok"]')
    + d.line("good", "finish")
    + d.line("failed", "broken", "finish")
)
ERRORS = '<error id="err" name="e" errorCode="REFUSED"/>'


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize(("what", "where"), [("yes", "good"), ("no", "bad"), ("refuse", "broken")])
def test_services_answer_or_raise_a_business_error(house, inline, what, where):
    """A service's result, or its error, is there when the caller's action returns."""
    committed = []

    @house.operations.add("test/work", inline=inline, schema={"what": str})
    def work(office, call, what):
        assert office is house
        assert (call.business_key, call.node) == ("a1", "work")
        assert (call.session is not None) is inline
        if what == "refuse":
            raise BpmnError("REFUSED", why="shut")
        return Outcome(values={"ok": what == "yes"}, commit=lambda s: committed.append(what))

    house.start(BRANCH, ERRORS)
    house.do("ask", what=what)

    assert house.tasks() == [where]
    assert committed == ([] if what == "refuse" else [what])


def test_an_uncaught_error_of_an_inline_service_undoes_the_action(house):
    """An error that nobody catches is told, and the task stays open."""
    body = (
        d.start()
        + d.user("ask")
        + d.service("work", "test/work")
        + d.end()
        + d.line("begin", "ask", "work", "finish")
    )

    @house.operations.add("test/work", inline=True)
    def work(office, call):
        raise BpmnError("REFUSED")

    house.start(body)
    with pytest.raises(UncaughtBpmnError):
        house.do("ask")

    assert house.tasks() == ["ask"]


def test_errors_reach_only_their_own_scope(house):
    """Of two parallel scopes, an error in one leaves the other alone (library trap)."""

    def scope(name):
        inner = (
            d.start(f"{name}_s")
            + d.user(f"{name}_ask")
            + d.gateway(f"{name}_g", f"{name}_bad")
            + d.end(f"{name}_bad", d.error("err"))
            + d.end(f"{name}_ok")
            + d.line(f"{name}_s", f"{name}_ask", f"{name}_g", f"{name}_bad")
            + d.flow(f"{name}_g", f"{name}_ok", "ok")
        )
        return (
            d.subprocess(name, inner)
            + d.boundary(f"{name}_any", name, d.error())
            + d.boundary(f"{name}_caught", name, d.error("err"))
            + d.user(f"{name}_mend")
            + d.user(f"{name}_any_mend")
            + f'<exclusiveGateway id="{name}_over"/>'
            + d.line(f"{name}_caught", f"{name}_mend", f"{name}_over")
            + d.line(f"{name}_any", f"{name}_any_mend", f"{name}_over")
            + d.line("fork", name, f"{name}_over", "join")
        )

    body = (
        d.start()
        + '<parallelGateway id="fork"/><parallelGateway id="join"/>'
        + scope("a")
        + scope("b")
        + d.end()
        + d.line("begin", "fork")
        + d.line("join", "finish")
    )
    house.start(body, ERRORS)

    house.do("a_ask", ok=False)

    assert house.tasks() == ["a_mend", "b_ask"]


SCOPE = (
    d.start()
    + d.user("fill")
    + d.subprocess(
        "signing",
        d.start("s")
        + d.user("sign")
        + d.service("apply", "test/apply")
        + d.user("seal", "enterprise")
        + d.end("e")
        + d.line("s", "sign", "apply", "seal", "e"),
    )
    + d.boundary("edited", "signing", d.message("changed"))
    + d.boundary("reminder", "signing", d.timer("days(3)"), interrupts=False)
    + d.boundary("late", "signing", d.timer('deadline("SEAL")'))
    + d.service("remind", "test/remind")
    + d.user("refill")
    + d.end()
    + d.end("reminded")
    + d.end("closed")
    + d.line("begin", "fill", "signing", "finish")
    + d.line("edited", "refill", "signing")
    + d.line("reminder", "remind", "reminded")
    + d.line("late", "closed")
)
CHANGED = '<message id="changed" name="application.changed"/>'


@pytest.fixture
def scope(house):
    """Start a case that waits for its signature."""
    house.log = []
    for name in ("apply", "remind"):
        house.operations.add(f"test/{name}")(
            lambda office, call, name=name: office.log.append((name, call.key)) or Outcome()
        )
    house.start(SCOPE, CHANGED)
    house.do("fill", days=10)
    return house


def test_a_message_takes_the_token_out_of_its_scope(scope):
    """R43: an edit takes a signed case back, and it must be signed again."""
    scope.do("sign")
    assert scope.tasks() == ["seal"]

    scope.runner.message("application.changed", "a1", {"revision": 2}, d.ZHANG)
    assert scope.tasks() == ["refill"]
    scope.do("refill")
    scope.do("sign")

    assert scope.tasks() == ["seal"]
    keys = [key for name, key in scope.log if name == "apply"]
    assert len(set(keys)) == 2


def test_a_message_and_the_task_it_opens_are_one_action(scope):
    """A change voids and is filled in again in one go: one version more, nothing in between."""
    scope.do("sign")
    with scope.sessions() as session:
        before = queries.version_of(session, "a1")
    again = Then(node="refill", values={"revision": 2})

    scope.runner.message("application.changed", "a1", {}, d.ZHANG, then=again)

    assert scope.tasks() == ["sign"]
    with scope.sessions() as session:
        assert queries.version_of(session, "a1") == before + 1
        last = queries.history(session, "a1")[-1]
        done = session.scalars(select(UserTask).where(UserTask.node == "refill")).one()
    assert (last.kind, last.node, "refill" in last.passed) == (
        "MESSAGE",
        "application.changed",
        True,
    )
    assert (done.status, done.closed_by) == ("DONE", d.ZHANG.id)


def test_nothing_is_half_done_when_the_second_step_is_refused(scope):
    """Another's task, a task that is not opened, a write that fails: the message was not there."""
    scope.do("sign")

    def fails(_):
        raise ZeroDivisionError

    for actor, node, write, refusal in (
        (d.CLERK, "refill", None, NotYourTask),
        (d.ZHANG, "seal", None, TaskNotOpen),
        (d.ZHANG, "refill", fails, ZeroDivisionError),
    ):
        then = Then(node=node, values={})
        with pytest.raises(refusal):
            scope.runner.message("application.changed", "a1", {}, actor, write, then=then)

    assert scope.tasks() == ["seal"]
    with scope.sessions() as session:
        assert session.scalars(select(UserTask).where(UserTask.node == "refill")).all() == []


@pytest.mark.parametrize("is_read", [False, True], ids=["asked by the engine", "passed to it"])
def test_who_changes_a_case_outside_an_action_makes_what_was_read_stale(house, is_read):
    """A result computed from what was read before is not written, but computed again."""
    house.start(TWO)
    seen = []
    task = house.task("fill")
    with house.sessions() as session:
        read = store.active_instance(session, "a1") if is_read else None

    def write(session):
        seen.append(session)

    class Meddler:
        """Opens the case, and meddles while the first action is being computed."""

        version = read.version if read else None
        instance = read

        def waiting(self, _):
            return task

        def into(self, session):
            if not seen:
                seen.append("computed once")
                with writing(house.sessions) as other:
                    store.touch(other, "a1")
            return self

        anew = into

        def apart(self):
            return self

    house.runner.complete(task.id, d.ZHANG, {}, write, case=Meddler())

    assert len(seen) == 2
    assert house.tasks() == ["seal"]
    with house.sessions() as session:
        assert queries.version_of(session, "a1") == 3


def test_a_message_nobody_waits_for_is_refused(scope):
    """A message at the wrong moment, of the wrong name or case is refused and writes nothing."""
    scope.runner.message("application.changed", "a1", {}, d.ZHANG)
    wrote = []

    with pytest.raises(NobodyWaits):
        scope.runner.message("application.changed", "a1", {}, d.ZHANG, write=wrote.append)
    with pytest.raises(NobodyWaits):
        scope.runner.message("application.lost", "a1", {}, d.ZHANG)
    with pytest.raises(NoSuchInstance):
        scope.runner.message("application.changed", "a2", {}, d.ZHANG)

    assert wrote == []


def test_timers_are_rows_that_follow_our_clock(scope, clock):
    """I18: a reminder goes out once, and the time-out closes the case."""
    assert scope.task("sign").due_at == clock() + timedelta(days=10)

    clock.pass_(days=2)
    assert scope.runner.run_due() == 0
    clock.pass_(days=1)
    scope.runner.run_due()
    assert [name for name, _ in scope.log] == ["remind"]
    assert scope.tasks() == ["sign"]
    clock.pass_(days=7)
    scope.runner.run_due()

    assert scope.tasks() == []
    with scope.sessions() as session:
        assert queries.instance_of(session, "a1").status == "ENDED"
    assert [name for name, _ in scope.log] == ["remind"]


def test_timers_start_again_with_their_scope(scope, clock):
    """A scope entered again arms new timers; the old rows are gone."""
    clock.pass_(days=2)
    scope.runner.message("application.changed", "a1", {}, d.ZHANG)
    scope.do("refill")

    clock.pass_(days=2)
    assert scope.runner.run_due() == 0
    clock.pass_(days=1)
    scope.runner.run_due()

    assert [name for name, _ in scope.log] == ["remind"]
