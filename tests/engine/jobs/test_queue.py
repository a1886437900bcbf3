"""Jobs: leases, retries, incidents, and what a crash leaves behind."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from engine import queries
from engine.errors import BadParameter, ExpressionFailed, NotAnIncident
from engine.jobs import leaseholders, queue
from engine.operations import BpmnError, Outcome, Retry
from engine.running.worker import Workers
from engine.tables import Job
from storage.database import writing
from tests.engine import drawing as d

WORK = (
    d.start()
    + d.user("ask")
    + d.service("work", "test/work", "found")
    + d.user("look")
    + d.end()
    + d.line("begin", "ask", "work", "look", "finish")
)


class Crash(BaseException):
    """The process dies here."""


def rows(house):
    """Return the job rows."""
    with house.sessions() as session:
        return list(session.scalars(select(Job).order_by(Job.id)))


def expire_leases(house):
    """Let the leases of dead runners end."""
    with writing(house.sessions) as session:
        session.execute(
            update(Job).values(lease_until=1.0).where(Job.lease_until.is_not(None)),
            execution_options={"synchronize_session": False},
        )


def operation(house, behave, name="test/work", **options):
    """Register an operation that does `behave(call)`."""
    house.operations.add(name, **options)(lambda office, call: behave(call))


def test_a_failing_service_is_tried_again_then_becomes_an_incident(house, clock):
    """Failures back off, twice as long each time; the last one waits for an operator."""
    tries = []

    def behave(call):
        tries.append((clock(), call.key))
        raise OSError("the printer is on fire")

    operation(house, behave, retry=Retry(attempts=3, first_s=10))
    house.start(WORK)
    house.do("ask")
    assert house.tasks() == []
    assert house.runner.run_due() == 0
    with house.sessions() as session:
        assert queries.pause_of(session, "a1") is None  # it is tried again by itself
    for _ in range(6):
        clock.pass_(seconds=10)
        house.runner.run_due()

    gaps = [(b[0] - a[0]).total_seconds() for a, b in pairwise(tries)]
    assert gaps == [10, 20]
    assert len({key for _, key in tries}) == 1
    with house.sessions() as session:
        (incident,) = queue.incidents(session)
        assert queue.counts(session, clock())["dead"] == 1
        pause = queries.pause_of(session, "a1")
    assert pause is not None
    assert (pause.node, pause.until) == (incident.node, None)
    assert incident.error == "OSError: the printer is on fire"
    assert (incident.business_key, incident.operation) == ("a1", "test/work")


@pytest.mark.proves("F:traces-2")
def test_an_incident_does_not_say_what_a_statement_was_given(house, capsys):
    """What the database refused is told without its values: operators and logs read the text."""

    def behave(call):
        with writing(house.sessions) as session:
            queue.add(session, "test/other", {}, "陶示例310000199208259913", call.now)
            row = session.scalars(select(Job).where(Job.operation == "test/other")).one()
            session.execute(
                insert(Job), [{**{c.key: getattr(row, c.key) for c in Job.__table__.c}}]
            )

    operation(house, behave, retry=Retry(attempts=1))
    house.start(WORK)
    house.do("ask")

    with house.sessions() as session:
        (incident,) = queue.incidents(session)
    written = capsys.readouterr()
    assert "IntegrityError" in incident.error
    for place in (incident.error, written.out, written.err):
        assert "310000199208259913" not in place


def test_an_operator_retries_or_skips_an_incident(house, clock):
    """An incident is retried from the start, or skipped with a result typed in."""
    broken = [True, True]

    def behave(call):
        if broken:
            broken.pop()
            raise BpmnError("NOBODY_CATCHES_THIS")
        return Outcome(values=1)

    operation(house, behave)
    for case in ("a1", "a2"):
        house.start(WORK, case=case)
        house.do("ask", case=case)
    dead = rows(house)
    assert [job.state for job in dead] == ["DEAD", "DEAD"]
    assert "E_UNCAUGHT" not in dead[0].error
    assert "NOBODY_CATCHES_THIS" in dead[0].error

    house.runner.retry(dead[0].id, d.LI)
    house.runner.run_due()
    house.runner.skip(dead[1].id, d.LI, {"by": "hand"})

    assert house.tasks("a1") == ["look"]
    assert house.tasks("a2") == ["look"]
    assert rows(house) == []
    with house.sessions() as session:
        assert queries.history(session, "a2")[-1].kind == "SKIPPED"
        assert queries.history(session, "a2")[-1].actor == "officer:li"
    for action in (house.runner.retry, house.runner.skip):
        with pytest.raises(NotAnIncident):
            action(dead[0].id, d.LI)


def test_a_retried_incident_has_all_its_tries_again(house, clock):
    """The first hiccup after an operator's retry is no incident."""
    broken = [True, True, True]

    def behave(call):
        if broken:
            broken.pop()
            raise ConnectionError("hiccup")
        return Outcome(values=1)

    operation(house, behave, retry=Retry(attempts=2))
    house.start(WORK)
    house.do("ask")
    for _ in range(2):
        clock.pass_(hours=1)
        house.runner.run_due()
    (dead,) = rows(house)
    assert dead.state == "DEAD"

    house.runner.retry(dead.id, d.LI)
    house.runner.run_due()
    assert [job.state for job in rows(house)] == ["READY"]
    clock.pass_(hours=1)
    house.runner.run_due()

    assert house.tasks() == ["look"]


def test_a_runner_that_dies_is_followed_by_another(house):
    """Kill -9 during the handler: the lease ends, another runs it with the same key."""
    keys = []

    def behave(call):
        keys.append(call.key)
        if len(keys) == 1:
            raise Crash
        return Outcome(values=1)

    operation(house, behave)
    house.start(WORK)
    with pytest.raises(Crash):
        house.do("ask")
    other = house.another_runner()
    assert other.run_due() == 0
    expire_leases(house)
    other.run_due()

    assert house.tasks() == ["look"]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_the_late_result_of_a_lost_lease_is_discarded(house):
    """Two runners of one job: the first to finish counts, the other's commit is not run."""
    committed = []

    def behave(call):
        if not committed:
            expire_leases(house)
            committed.append("second begins")
            house.another_runner().run_due()
        return Outcome(values=1, commit=lambda s: committed.append("commit"))

    operation(house, behave)
    house.start(WORK)
    house.do("ask")

    assert house.tasks() == ["look"]
    assert committed == ["second begins", "commit"]
    assert rows(house) == []


def test_a_job_that_kills_its_runners_stops(house):
    """A job whose runners die again and again becomes an incident, not an endless loop."""

    def behave(call):
        raise Crash

    operation(house, behave)
    house.start(WORK)
    for _ in range(queue.CRASH_LIMIT):
        with pytest.raises(Crash):
            house.do("ask") if house.tasks() else house.another_runner().run_due()
        expire_leases(house)
    house.another_runner().run_due()

    (job,) = rows(house)
    assert job.state == "DEAD"
    assert job.error.startswith("RunnersDied")


SIGNING = (
    d.start()
    + d.subprocess(
        "scope",
        d.start("s")
        + d.user("sign")
        + d.service("apply", "test/work")
        + d.end("e")
        + d.line("s", "sign", "apply", "e"),
    )
    + d.boundary("edited", "scope", d.message("changed"))
    + d.user("refill")
    + d.end()
    + d.line("begin", "scope", "finish")
    + d.line("edited", "refill", "finish")
)


def test_an_edit_while_signing_voids_the_signature(house):
    """R44: the service of a cancelled scope may end, but its result is void."""
    committed = []

    def behave(call):
        house.another_runner().message("application.changed", "a1", {}, d.ZHANG)
        return Outcome(values=1, commit=lambda s: committed.append("signed"))

    operation(house, behave)
    house.start(SIGNING, '<message id="changed" name="application.changed"/>')
    house.do("sign")

    assert house.tasks() == ["refill"]
    assert committed == []
    assert rows(house) == []


def test_stand_alone_effects_run_once_a_key(house, clock):
    """An effect asked for twice with one key is one job; its commit is fenced."""
    done = []

    @house.operations.add("test/send", schema={"to": str})
    def send(office, call, to):
        return Outcome(commit=lambda s: done.append((to, call.key, call.about)))

    with writing(house.sessions) as session:
        assert queue.add(session, "test/send", {"to": "x"}, "sms:1", clock(), business_key="a1")
        assert not queue.add(session, "test/send", {"to": "x"}, "sms:1", clock())
    house.runner.run_due()
    house.runner.run_due()

    assert done == [("x", "sms:1", "a1")]
    assert rows(house) == []


def test_a_dead_effect_is_skipped_away(house, clock):
    """Nobody waits for an effect: skipping an incident of one drops it."""
    with writing(house.sessions) as session:
        queue.add(session, "test/unknown", {}, "x", clock())
    house.runner.run_due()
    (job,) = rows(house)
    assert job.state == "DEAD"

    house.runner.skip(job.id, d.LI)

    assert rows(house) == []


def test_a_long_handler_keeps_its_lease(house, monkeypatch):
    """The lease is renewed while a handler works, so nobody else starts."""
    monkeypatch.setattr(queue, "LEASE_S", 0.4)
    stolen = []

    def behave(call):
        time.sleep(0.9)
        stolen.append(house.another_runner().run_due())
        return Outcome(values=1)

    operation(house, behave)
    house.start(WORK)
    house.do("ask")

    assert stolen == [0]
    assert house.tasks() == ["look"]


def test_workers_run_what_is_left_and_end_in_order(house):
    """Workers pick up jobs that no request runs, and stop when told."""
    ran = threading.Event()
    operation(house, lambda call: ran.set() or Outcome(values=1))
    house.start(WORK)
    workers = Workers(house.runner, threads=2, pause_s=0.2)
    workers.start()
    try:
        web = house.another_runner(runs_own_jobs=False, bell=house.runner.bell)
        web.complete(house.task("ask").id, d.ZHANG, {})
        assert ran.wait(5)
        deadline = time.monotonic() + 5
        while not house.tasks() and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        workers.stop()

    assert house.tasks() == ["look"]
    assert not any(thread.name.startswith("worker-") for thread in threading.enumerate())


def test_a_chain_of_services_runs_in_the_request(house):
    """Services in a row are all done when the person's click returns."""
    body = d.start() + d.user("ask") + d.user("look") + d.end()
    names = [f"work{n}" for n in range(5)]
    body += "".join(d.service(name, "test/work", f"r_{name}") for name in names)
    body += d.line("begin", "ask", *names, "look", "finish")
    order = []
    operation(house, lambda call: order.append(call.node) or Outcome(values=1))

    house.start(body)
    house.do("ask")

    assert order == names
    assert house.tasks() == ["look"]


def test_trouble_after_the_commit_is_not_the_persons(house, monkeypatch):
    """The database goes away after the click was written: the click counts, a worker goes on."""
    operation(house, lambda call: Outcome(values=1))
    house.start(WORK)

    def gone(*_):
        raise OperationalError("select 1", {}, Exception("gone"))

    with monkeypatch.context() as outage:
        outage.setattr(house.runner.job_runs, "_call", gone)
        outage.setattr(house.runner.job_runs, "_failed", gone)
        house.do("ask")
    assert house.tasks() == []
    expire_leases(house)
    house.runner.run_due()

    assert house.tasks() == ["look"]


def test_a_timer_without_a_moment_is_told(house):
    """A timer expression that gives no moment is an error of the diagram, and nothing moves."""
    body = d.start() + d.user("ask") + d.user("look") + d.end() + d.end("expired")
    body += d.boundary("late", "look", d.timer("moment")) + d.line("late", "expired")
    house.start(body + d.line("begin", "ask", "look", "finish"))

    for moment in (None, "soon", 5, "2026-12-24", "9000-01-01T00:00:00+00:00"):
        with pytest.raises(ExpressionFailed) as failure:
            house.do("ask", moment=moment)
        assert failure.value.code == "E_EXPRESSION_FAILED"
    house.do("ask", moment="2026-12-24T00:00:00+08:00")

    assert house.task("look").due_at == datetime(2026, 12, 23, 16, tzinfo=UTC)


def test_many_workers_run_each_job_once(house, clock):
    """Four workers at once: forty jobs, forty commits."""
    done = Counter()

    @house.operations.add("test/send", schema={"n": int})
    def send(office, call, n):
        return Outcome(commit=lambda s: done.update([n]))

    with writing(house.sessions) as session:
        for n in range(40):
            queue.add(session, "test/send", {"n": n}, f"send:{n}", clock())
    runners = [house.another_runner() for _ in range(4)]
    threads = [threading.Thread(target=runner.run_due) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert done == Counter(range(40))
    assert rows(house) == []


CHILD = """
import sys, time
from storage.database import open_database, sessions_of
from engine.operations import Outcome
from tests.engine import drawing as d
from tests.engine.conftest import House, TestClock

house = House(sessions_of(open_database(sys.argv[1])), TestClock())

@house.operations.add("test/work")
def work(office, call):
    print("working", flush=True)
    time.sleep(60)
    return Outcome(values=1)

house.do("ask")
"""


def kill_at_work(database_url):
    """Let another process do the work, and kill it in the middle."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, database_url], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "working\n"
    child.kill()
    child.wait()
    child.stdout.close()


def test_who_comes_after_a_killed_process_need_not_wait(house, database_url):
    """A machine knows that its process is gone: the lease ends at once, not after a minute."""
    operation(house, lambda call: Outcome(values=1))
    house.start(WORK)
    kill_at_work(database_url)
    assert house.runner.run_due() == 0

    assert house.runner.look_around() == 1
    house.runner.run_due()

    assert house.tasks() == ["look"]
    assert rows(house) == []


@pytest.mark.proves("F:crossed-6")
def test_workers_see_by_themselves_that_a_process_was_killed(house, database_url):
    """They look every moment, however long the lease of the dead one still is."""
    operation(house, lambda call: Outcome(values=1))
    house.start(WORK)
    workers = Workers(house.runner, threads=1, pause_s=60)
    workers.start()
    try:
        kill_at_work(database_url)
        deadline = time.monotonic() + queue.LEASE_S / 2
        while rows(house) and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        workers.stop()

    assert rows(house) == []
    assert house.tasks() == ["look"]


@pytest.mark.proves("F:crossed-6")
@pytest.mark.parametrize("ahead_s", [3600, -3600])
def test_whose_clock_is_wrong_takes_nothing_that_waits_for_its_moment(house, clock, ahead_s):
    """Timers and duties wait for a process that knows the time; what is due at once does not."""
    operation(house, lambda call: Outcome(values=1))
    with writing(house.sessions) as session:
        queue.add(session, "test/work", {}, "later", clock(), delay=timedelta(hours=1))
        queue.add(session, "test/work", {}, "now", clock())
    clock.pass_(hours=2)
    machine = house.runner.machine
    machine.wall = lambda: time.time() + ahead_s

    house.runner.look_around()
    assert "快" in machine.trouble if ahead_s > 0 else "慢" in machine.trouble
    assert house.runner.run_due() == 1
    assert [job.key for job in rows(house)] == ["later"]
    machine.wall = time.time
    house.runner.look_around()
    assert machine.trouble == ""
    assert house.runner.run_due() == 1


@pytest.mark.parametrize(
    "holder", [None, "me", "elsewhere/0123abcd/4711/99", "nonsense", "a/b/c/d"]
)
def test_the_lease_of_who_may_be_alive_stays(house, clock, holder):
    """A living process, another machine, what nobody can read: each keeps its lease."""
    leased_by = leaseholders.me() if holder == "me" else holder
    operation(house, lambda call: Outcome(values=1))
    house.start(WORK)
    with writing(house.sessions) as session:
        queue.add(session, "test/work", {}, "one", clock())
        held = queue.claim(session, clock())
        session.execute(update(Job).where(Job.id == held.job.id).values(leased_by=leased_by))

    assert house.runner.look_around() == 0


def test_another_process_with_the_same_number_is_another_holder():
    """Numbers of processes come again: the moment of the start tells them apart."""
    machine, _, started = leaseholders.me().rpartition("/")

    assert not leaseholders.is_gone(f"{machine}/{started}")
    assert leaseholders.is_gone(f"{machine}/{int(started) - 1}")


def test_kill_minus_nine_in_the_middle_of_a_service(house, database_url):
    """The process is killed while it signs; another takes the job over, nothing is lost."""
    ran = []
    operation(house, lambda call: ran.append(call.key) or Outcome(values=1))
    house.start(WORK)
    kill_at_work(database_url)
    assert (house.tasks(), rows(house)[0].state) == ([], "RUNNING")

    assert house.runner.run_due() == 0
    expire_leases(house)
    house.runner.run_due()

    assert house.tasks() == ["look"]
    assert len(ran) == 1
    assert rows(house) == []


def test_a_request_does_not_wait_for_ever(house, monkeypatch):
    """What a request has no patience for is left to the workers, without losing an attempt."""
    monkeypatch.setattr("engine.running.job_runs.PATIENCE_S", 0.0)
    ran = []
    operation(house, lambda call: ran.append(call.node) or Outcome(values=1))
    house.start(WORK)
    house.do("ask")
    (job,) = rows(house)
    assert (job.state, job.attempts, ran) == ("READY", 0, [])
    assert house.runner.bell.wait(0)

    house.runner.run_due()

    assert house.tasks() == ["look"]


def test_an_outage_while_a_business_error_is_told_is_no_incident(house, clock, monkeypatch):
    """The database goes away just then: the service is tried again, its error told once."""
    operation(house, raise_refused)
    body = d.start() + d.user("ask") + d.service("work", "test/work") + d.user("mend") + d.end()
    body += d.boundary("caught", "work", d.error("err")) + d.line("begin", "ask", "work", "finish")
    house.start(body + d.line("caught", "mend", "finish"), ERROR)

    def gone(*_, **__):
        raise OperationalError("select 1", {}, Exception("gone"))

    with monkeypatch.context() as outage:
        outage.setattr("engine.instances.runtime.fail_job", gone)
        house.do("ask")
    assert [job.state for job in rows(house)] == ["READY"]
    clock.pass_(minutes=1)
    house.runner.run_due()

    assert house.tasks() == ["mend"]


ERROR = '<error id="err" name="e" errorCode="REFUSED"/>'


def raise_refused(call):
    """Raise the business error of the test."""
    raise BpmnError("REFUSED")


def test_operations_are_registered_once_by_area_and_verb(house):
    """The registry refuses a second handler of a name and names without an area."""
    operation(house, lambda call: Outcome())

    with pytest.raises(ValueError, match="twice"):
        operation(house, lambda call: Outcome())
    with pytest.raises(ValueError, match="area/verb"):
        operation(house, lambda call: Outcome(), "work")
    assert house.operations.names() == {"test/work"}


@pytest.mark.parametrize("inline", [True, False])
def test_parameters_are_of_their_type(house, inline):
    """A parameter of a wrong type is told to the person, or becomes an incident at once."""
    body = d.start() + d.user("ask") + d.service("work", "test/work", kind="kind") + d.end()
    house.operations.add("test/work", inline=inline, schema={"kind": str})(
        lambda office, call, kind: Outcome()
    )
    house.start(body + d.line("begin", "ask", "work", "finish"))

    if inline:
        with pytest.raises(BadParameter) as failure:
            house.do("ask", kind=5)
        assert failure.value.code == "E_BAD_PARAMETER"
        return
    house.do("ask", kind=5)
    (job,) = rows(house)
    assert (job.state, job.error[:12]) == ("DEAD", "BadParameter")


def test_one_instances_services_are_run_on_their_own(house):
    """A page may see to its own case's services and leave the others'."""
    operation(house, lambda call: Outcome(values=1))
    runner = house.another_runner(runs_own_jobs=False)
    instances = {case: house.start(WORK, case=case) for case in ("a1", "a2")}
    for case in instances:
        runner.complete(house.task("ask", case).id, d.ZHANG, {})

    assert runner.run_due(instances["a2"]) == 1
    assert (house.tasks("a1"), house.tasks("a2")) == ([], ["look"])
    with house.sessions() as session:
        assert queries.status_of(session, "a1").active == {"work"}
        assert queue.counts(session, house.clock())["ready"] == 1
    assert runner.run_due(limit=1) == 1


def test_an_effect_may_ask_for_another_and_ring(house, clock):
    """What an effect adds in its commit wakes the workers; its business error is an incident."""

    @house.operations.add("test/first")
    def first(office, call):
        return Outcome(commit=lambda s: queue.add(s, "test/second", {}, "second", clock()))

    operation(house, raise_refused, "test/second")
    with writing(house.sessions) as session:
        queue.add(session, "test/first", {}, "first", clock())
    assert house.runner.run_due(limit=1) == 1
    assert house.runner.bell.wait(0)
    house.runner.run_due()

    (job,) = rows(house)
    assert (job.state, job.operation, job.error) == ("DEAD", "test/second", "BpmnError: REFUSED")


def test_workers_bear_a_database_that_is_away(house, monkeypatch):
    """Workers wait for the database to come back and go on."""
    monkeypatch.setattr("engine.running.worker.TROUBLE_S", 0.01)
    tries = []

    def away(**_):
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("select 1", {}, Exception("gone"))
        return 0

    monkeypatch.setattr(house.runner, "run_due", away)
    workers = Workers(house.runner, threads=1, pause_s=0.01)
    workers.start()
    deadline = time.monotonic() + 5
    while len(tries) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    workers.stop()

    assert len(tries) >= 5
