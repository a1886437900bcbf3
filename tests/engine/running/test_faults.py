"""Half-done is impossible: every statement fails once, and twenty people click at once."""

from __future__ import annotations

import os
import threading
from collections import Counter
from contextlib import suppress

import pytest
from sqlalchemy import event, func, select, update

from engine.actors import officer
from engine.errors import AlreadyRunning, Busy, TaskClaimed, TaskNotOpen
from engine.operations import Outcome
from engine.running.store import Conflict
from engine.tables import InstanceEvent, Job, ProcessInstance, UserTask
from refusals.refusal import Refusal
from storage.database import writing
from tests.engine import drawing as d

FLOW = (
    d.start()
    + d.user("ask")
    + d.service("work", "test/work", "found")
    + d.user("look")
    + d.boundary("late", "look", d.timer('"P5D"'))
    + d.end()
    + d.end("expired")
    + d.line("begin", "ask", "work", "look", "finish")
    + d.line("late", "expired")
)


class Fault(Exception):
    """The database fails here."""


class Faults:
    """Makes the k-th statement or commit of this thread fail, and all later ones when told."""

    def __init__(self, engine):
        self.count, self.at, self.for_ever = 0, None, False
        self.thread = threading.get_ident()
        event.listen(engine, "before_cursor_execute", lambda *_: self.tick())
        event.listen(engine, "commit", lambda _: self.tick())

    def tick(self):
        if threading.get_ident() != self.thread:
            return
        self.count += 1
        if self.at is not None and (
            self.count == self.at or (self.for_ever and self.count > self.at)
        ):
            raise Fault

    def set(self, at, for_ever=False):
        self.count, self.at, self.for_ever = 0, at, for_ever


@pytest.fixture
def story(house):
    """Give a function that walks a new case to `look`, and one that sees it through afterwards."""
    house.effects = Counter()

    @house.operations.add("test/work")
    def work(office, call):
        return Outcome(values=1, commit=lambda s: house.effects.update([call.business_key]))

    name = house.deploy(FLOW)

    def walk(case):
        house.runner.start(name, "main", case, d.DATA, d.ZHANG)
        house.do("ask", case=case)

    def recover(case):
        for _ in range(6):
            with writing(house.sessions) as session:
                session.execute(
                    update(Job).values(lease_until=1.0).where(Job.lease_until.is_not(None))
                )
            house.clock.pass_(minutes=10)
            house.runner.run_due()
        if house.tasks(case) == ["ask"]:
            house.do("ask", case=case)

    return walk, recover


def test_every_statement_may_fail(house, story, engine):
    """One failure, or death, at each statement and commit in turn: both or neither, once."""
    walk, recover = story
    faults = Faults(engine)
    faults.set(None)
    walk("dry")
    total = faults.count
    assert total > 10

    for for_ever in (False, True):
        for at in range(1, total + 1):
            case = f"{for_ever}-{at}"
            faults.set(at, for_ever)
            with suppress(Fault):
                walk(case)
            faults.set(None)
            recover(case)
            with house.sessions() as session:
                instances = session.scalars(
                    select(ProcessInstance).where(ProcessInstance.business_key == case)
                ).all()
                kinds = session.scalars(
                    select(InstanceEvent.kind)
                    .where(InstanceEvent.business_key == case)
                    .order_by(InstanceEvent.id)
                ).all()
            if not instances:
                assert kinds == [], case
                continue
            assert house.tasks(case) == ["look"], case
            assert kinds == ["STARTED", "TASK", "SERVICE"], case


def together(count, action):
    """Run `action(n)` in `count` threads at once; return what each returned or raised."""
    results = [None] * count
    gate = threading.Barrier(count)

    def run(n):
        gate.wait()
        try:
            results[n] = action(n)
        except Refusal as error:
            results[n] = type(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_twenty_starts_make_one_case(house, story):
    """R20: twenty parallel starts of one case: one runs, nineteen are told."""
    name = house.definitions.latest("test").hash

    results = together(
        20, lambda n: house.runner.start(name, "main", "race", d.DATA, d.ZHANG) and "ok"
    )

    assert Counter(results) == {"ok": 1, AlreadyRunning: 19}
    assert house.tasks("race") == ["ask"]


def test_a_double_click_counts_once(house, story):
    """Ten threads complete the same task: one does, nine find it closed."""
    walk, _ = story
    walk("click")
    task = house.task("look", "click").id

    results = together(10, lambda n: house.runner.complete(task, d.ZHANG, {}) and "ok")

    assert Counter(results) == {"ok": 1, TaskNotOpen: 9}


def test_a_timer_and_a_person_at_once(house, story):
    """The last-minute click and the time-out: one of them wins, nobody deadlocks."""
    walk, _ = story
    for n in range(8):
        case = f"t{n}"
        walk(case)
        task = house.task("look", case).id
        house.clock.pass_(days=6)

        results = together(
            2,
            lambda who, task=task: (
                house.another_runner().run_due() and "ok"
                if who
                else house.runner.complete(task, d.ZHANG, {}) and "ok"
            ),
        )

        assert house.tasks(case) == []
        assert set(results) <= {"ok", 0, TaskNotOpen}


def test_claimed_by_one_of_many(house):
    """Ten officers take the same task: it is one's."""
    house.start(d.start() + d.user("t", "reviewer") + d.end() + d.line("begin", "t", "finish"))
    task = house.task("t").id
    officers = [officer(f"o{n}", "reviewer") for n in range(10)]

    results = together(10, lambda n: house.runner.claim(task, officers[n]) or "ok")

    assert Counter(results) == {"ok": 1, TaskClaimed: 9}


def test_constant_interference_is_told(house, story, monkeypatch):
    """When others keep changing the case, the person is told after three silent repeats."""
    house.start(FLOW)
    tries = []

    def conflict(*_):
        tries.append(1)
        raise Conflict

    monkeypatch.setattr(house.runner.actions, "commit", conflict)
    with pytest.raises(Busy) as refusal:
        house.do("ask")

    assert refusal.value.code == "E_BUSY"
    assert len(tries) == 4
    assert house.tasks() == ["ask"]


PRESSED, TASKS = 6, 200 if os.environ.get("ZHUCE_FAULTS") == "all" else 40


@pytest.mark.both_databases
def test_every_task_pressed_six_times_is_done_once(house, story):
    """Of six presses of each of many tasks one counts, and the history says so once."""
    walk, _ = story
    told = Counter()
    for number in range(TASKS):
        case = f"pressed-{number}"
        walk(case)
        task = house.task("look", case).id
        told.update(
            together(
                PRESSED, lambda n, task=task: house.runner.complete(task, d.ZHANG, {}) and "ok"
            )
        )

    assert told == {"ok": TASKS, TaskNotOpen: (PRESSED - 1) * TASKS}
    with house.sessions() as session:
        done = select(func.count()).where(UserTask.node == "look", UserTask.status == "DONE")
        assert session.scalar(done) == TASKS
