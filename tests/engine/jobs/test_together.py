"""Small effects: where many wait, a worker leases several and puts them on record together."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine.jobs import queue
from engine.operations import Outcome, Retry
from engine.running import job_runs
from engine.tables import Job
from storage.database import writing

MANY = 2 * queue.TOGETHER
RECORD = "test/record"  #: what stands for the rows that an effect writes


class Crash(BaseException):
    """The process dies here."""


@pytest.fixture
def sent(house, clock):
    """Register a small effect; give (number, transaction) of each that was to be put on record."""
    done = []
    house.hindered = {}  #: number → what is raised instead

    @house.operations.add("test/send", schema={"n": int}, small=True, retry=Retry(first_s=10))
    def send(office, call, n):
        if (raised := house.hindered.get(("work", n))) is not None:
            raise raised

        def commit(session):
            if (raised := house.hindered.get(("commit", n))) is not None:
                raise raised
            done.append((n, session))
            queue.add(session, RECORD, {"n": n}, f"{n}", clock(), delay=timedelta(days=1))

        return Outcome(commit=commit)

    return done


def ask(house, clock, count=MANY, operation="test/send"):
    """Ask for so many effects in one transaction."""
    with writing(house.sessions) as session:
        for n in range(count):
            queue.add(session, operation, {"n": n}, f"{operation}:{n}", clock())


def left(house):
    """Give (number, state, attempts) of the jobs that are left."""
    with house.sessions() as session:
        jobs = session.scalars(select(Job).where(Job.operation != RECORD).order_by(Job.id))
        return [(job.params["n"], job.state, job.attempts) for job in jobs]


def test_where_many_wait_several_share_a_transaction(house, clock, sent):
    """Eight small effects are put on record at once while as many again wait, each in its turn."""
    ask(house, clock)

    assert house.runner.run_due(limit=queue.TOGETHER) == queue.TOGETHER

    assert [n for n, _ in sent] == list(range(queue.TOGETHER))
    assert len({id(session) for _, session in sent}) == 1
    assert len(left(house)) == MANY - queue.TOGETHER


def test_where_few_wait_each_is_for_itself(house, clock, sent):
    """Nobody takes what another worker could begin with."""
    ask(house, clock, count=MANY - 1)

    house.runner.run_due(limit=3)

    assert len({id(session) for _, session in sent}) == 3


def test_no_more_is_taken_than_was_asked_for(house, clock, sent):
    """`limit` bounds a run also where many wait."""
    ask(house, clock)

    assert house.runner.run_due(limit=3) == 3

    assert len(left(house)) == MANY - 3


def recorded(house):
    """Give the numbers of the effects that are on record, in order."""
    with house.sessions() as session:
        jobs = session.scalars(select(Job).where(Job.operation == RECORD))
        return sorted(job.params["n"] for job in jobs)


@pytest.mark.parametrize("where", ["work", "commit"])
def test_one_that_fails_holds_nobody_up(house, clock, sent, where):
    """What a neighbour raises, at work or in the common transaction, ends in its own row."""
    ask(house, clock)
    house.hindered[where, 2] = OSError("the gateway is on fire")

    house.runner.run_due()

    assert recorded(house) == [n for n in range(MANY) if n != 2]
    assert left(house) == [(2, "READY", 1)]
    clock.pass_(seconds=10)
    house.hindered.clear()
    house.runner.run_due()
    assert left(house) == []


def test_the_result_of_a_lease_that_was_lost_is_void(house, clock, sent):
    """Whose row another has taken meanwhile is not put on record; its neighbours are."""
    ask(house, clock)

    @house.operations.add("test/steal", small=True, schema={"n": int})
    def steal(office, call, n):
        with writing(house.sessions) as session:
            jobs = session.scalars(select(Job).order_by(Job.id)).all()
            jobs[3].lease_token = "another"
        return Outcome()

    with writing(house.sessions) as session:
        first = session.scalars(select(Job).order_by(Job.id)).first()
        first.operation = "test/steal"

    house.runner.run_due(limit=queue.TOGETHER)

    assert [n for n, _ in sent] == [1, 2, 4, 5, 6, 7]
    assert (3, "RUNNING", 1) in left(house)


def test_who_ends_his_process_is_tried_alone_from_then_on(house, clock, sent):
    """A process that dies leaves all its leases; each is taken up by itself, and done once."""
    ask(house, clock)
    house.hindered["work", 2] = Crash()

    for _ in range(3):
        with pytest.raises(Crash):
            house.another_runner().run_due()
        with writing(house.sessions) as session:
            session.execute(update(Job).where(Job.state == "RUNNING").values(lease_until=1.0))
    house.hindered.clear()
    house.another_runner().run_due()

    assert recorded(house) == list(range(MANY))
    assert left(house) == []


def test_what_takes_long_is_put_on_record_meanwhile(house, clock, sent, monkeypatch):
    """Nobody's result waits for slow neighbours."""
    monkeypatch.setattr(job_runs, "SHARED_S", -1.0)
    ask(house, clock)

    house.runner.run_due(limit=queue.TOGETHER)

    assert len({id(session) for _, session in sent}) == queue.TOGETHER


def test_room_is_made_once_all_is_on_record(house, clock):
    """What is only kept until then goes after the common transaction."""
    seen = []

    @house.operations.add("test/send", schema={"n": int}, small=True)
    def send(office, call, n):
        return Outcome(
            commit=lambda _: seen.append(("commit", n)), afterwards=lambda: seen.append(("room", n))
        )

    ask(house, clock)

    house.runner.run_due(limit=queue.TOGETHER)

    assert [what for what, _ in seen] == ["commit"] * 8 + ["room"] * 8


def test_many_workers_do_each_once(house, clock, sent):
    """Four workers at once, small effects among others."""
    done = []

    @house.operations.add("test/other", schema={"n": int})
    def other(office, call, n):
        return Outcome(commit=lambda _: done.append(n))

    ask(house, clock, count=40)
    ask(house, clock, count=20, operation="test/other")
    runners = [house.another_runner() for _ in range(4)]
    threads = [threading.Thread(target=runner.run_due) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for runner in runners:
        runner.run_due()

    assert Counter(n for n, _ in sent) == Counter(range(40))
    assert Counter(done) == Counter(range(20))
    assert left(house) == []
