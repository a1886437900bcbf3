"""An instance goes on with another diagram: what waits stays, what is new at its border begins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest
from sqlalchemy import select

from engine import queries
from engine.errors import MovedOn, NobodyWaits, OtherVersion, TokenStays
from engine.operations import Outcome
from engine.running import migrations
from engine.running.migrations import Route, Snapshot
from engine.tables import Job, JobKind, ProcessInstance
from tests.engine import drawing as d

Said = Mapping[str, Mapping[str, str]]
MAIL = '<message id="stop" name="stop"/>'
PLAIN = (
    d.start()
    + d.user("fill")
    + d.user("check")
    + d.end()
    + d.line("begin", "fill", "check", "finish")
)
TWO_LATER = (
    d.start()
    + d.user("fill")
    + d.user("hear")
    + d.user("check")
    + d.end()
    + d.line("begin", "fill", "hear", "check", "finish")
)


def move(house, old: str, new: str, said: Said | None = None) -> Snapshot:
    """Move the case a1; give what it was."""
    get = house.definitions.get
    kept: list[Snapshot] = []
    with house.sessions() as session:
        row = queries.instance_of(session, "a1")
    route = Route(get(old), get(new), said or {})
    with house.sessions() as session:
        why = migrations.why_not(house.runner, session, row, route, d.LI)
        assert migrations.why_not(house.runner, session, row, route, d.LI) == why
    if why is not None:  # the trial says what the move says
        with pytest.raises((TokenStays, OtherVersion)) as refusal:
            migrations.migrate(house.runner, row.id, route, {}, d.LI, lambda *_: None)
        assert why in str(refusal.value)
        raise refusal.value
    migrations.migrate(
        house.runner, row.id, route, {}, d.LI, lambda _, __, snapshot: kept.append(snapshot)
    )
    return kept[-1]


def back(house, snapshot: Snapshot, old: str, new: str) -> None:
    with house.sessions() as session:
        row = queries.instance_of(session, "a1")
    migrations.restore(house.runner, row.id, new, snapshot, old, d.LI, lambda _: None)


def begun(house, body: str, outside: str = "", **data: object) -> str:
    house.start(body, outside, **data)
    with house.sessions() as session:
        return str(session.scalar(select(ProcessInstance.definition)))


def timers(house) -> dict[str | None, datetime]:
    with house.sessions() as session:
        query = select(Job.node, Job.due_at).where(Job.kind == JobKind.TIMER)
        return {row.node: row.due_at for row in session.execute(query)}


def ended(house) -> bool:
    with house.sessions() as session:
        return queries.instance_of(session, "a1").status == "ENDED"


@pytest.mark.both_databases
def test_what_is_new_after_a_step_is_passed_next(house):
    """A step is drawn in between: the case that has not come there goes through it."""
    old = begun(house, PLAIN)
    task = house.task("fill").id
    new = house.deploy(TWO_LATER)

    move(house, old, new)
    assert house.task("fill").id == task
    house.do("fill")
    assert house.tasks() == ["hear"]
    house.do("hear")
    house.do("check")

    assert ended(house)


def test_a_step_with_another_id_is_found_by_its_name_or_named_by_hand(house):
    """The row of the task keeps its id and who holds it; it has the words of the newer diagram."""
    old = begun(house, PLAIN)
    task = house.task("fill").id
    house.runner.claim(task, d.ZHANG)
    named = PLAIN.replace('id="fill"', 'id="write"').replace('"fill_', '"write_')
    named = named.replace('"begin_fill"', '"begin_write"').replace('Ref="fill"', 'Ref="write"')
    new = house.deploy(named)
    other = house.deploy(named.replace('name="fill"', 'name="anders"'))

    move(house, old, new)
    moved = house.task("write")
    assert (moved.id, moved.claimed_by) == (task, d.ZHANG.id)
    with pytest.raises(OtherVersion):
        move(house, old, new)
    with pytest.raises(TokenStays, match="没有对应的环节"):
        move(house, new, other, {"main": {"write": ""}})
    move(house, new, other)  # the id is the same, whatever its name

    assert house.task("write").name == "anders"
    house.do("write")
    house.do("check")
    assert ended(house)


def test_a_step_that_is_gone_keeps_its_case(house):
    """Where it stands the newer diagram has nothing; further on it may move."""
    old = begun(house, TWO_LATER)
    new = house.deploy(PLAIN)
    house.do("fill")

    with pytest.raises(TokenStays, match="停在“hear”"):
        move(house, old, new)
    house.do("hear")
    move(house, old, new)

    house.do("check")
    assert ended(house)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('value="applicant"', 'value="enterprise"'), "办理人不同"),
        (
            (
                'name="actorRole"',
                'name="status" value="X"/><spiffworkflow:property name="actorRole"',
            ),
            "状态不同",
        ),
    ],
)
def test_a_step_that_others_do_or_of_another_status_keeps_its_case(house, change, why):
    """Whose inbox it is and where the application stands is on record already."""
    old = begun(house, PLAIN)
    new = house.deploy(PLAIN.replace(*change, 1))

    with pytest.raises(TokenStays, match=why):
        move(house, old, new)

    assert house.tasks() == ["fill"]


@pytest.mark.both_databases
def test_events_at_the_border_of_a_step_come_and_go(house):
    """One that stays keeps its moment, one that is new begins now, one that is gone never fires."""
    kept, gone = (
        d.boundary("late", "fill", d.timer("days(10)")),
        d.boundary("told", "fill", d.timer("days(4)"), False),
    )
    fresh = d.boundary("ended", "fill", d.timer("days(20)"))
    end = d.end("over") + d.flow("late", "over")
    old = begun(house, PLAIN + kept + gone + end + d.flow("told", "over"))
    armed = timers(house)
    house.clock.pass_(days=2)
    new = house.deploy(PLAIN + kept + fresh + end + d.flow("ended", "over"))

    snapshot = move(house, old, new)
    now = timers(house)
    assert set(now) == {"late", "ended"}
    assert now["late"] == armed["late"]
    assert now["ended"] > now["late"]
    assert house.task("fill").due_at == armed["late"]

    back(house, snapshot, old, new)
    assert timers(house) == armed
    house.clock.pass_(days=9)
    house.runner.run_due()
    assert ended(house)


def test_a_step_gets_its_first_limit_and_loses_its_last(house):
    """What an event hangs on is put before the step, or taken away."""
    limited = (
        PLAIN
        + d.boundary("late", "fill", d.timer("days(3)"))
        + d.end("over")
        + d.flow("late", "over")
    )
    old = begun(house, PLAIN)
    new = house.deploy(limited)

    move(house, old, new)
    assert set(timers(house)) == {"late"}
    move(house, new, old)
    assert timers(house) == {}
    move(house, old, new)
    house.clock.pass_(days=4)
    house.runner.run_due()

    assert ended(house)


def test_a_limit_that_is_over_already_keeps_its_case(house):
    """It would end the step at once; a reminder whose day is past is left out."""
    moment = 'date_time("2026-11-20T00:00:00+08:00")'
    old = begun(house, PLAIN)
    over = d.end("over") + d.flow("late", "over")
    limited = house.deploy(PLAIN + d.boundary("late", "fill", d.timer(moment)) + over)
    reminded = house.deploy(PLAIN + d.boundary("late", "fill", d.timer(moment), False) + over)

    with pytest.raises(TokenStays, match="已经过了"):
        move(house, old, limited)
    move(house, old, reminded)

    assert timers(house) == {}
    house.do("fill")
    house.do("check")
    assert ended(house)


INSIDE = d.start("in") + d.user("look") + d.end("out") + d.line("in", "look", "out")


def test_a_case_inside_a_part_moves_with_it(house):
    """A message at the border of the part still reaches it; a step inside it has another limit."""
    stop = (
        d.boundary("stopped", "part", d.message("stop")) + d.end("over") + d.flow("stopped", "over")
    )
    body = (
        d.start()
        + d.subprocess("part", INSIDE)
        + d.end()
        + d.line("begin", "part", "finish")
        + stop
    )
    later = INSIDE + d.boundary("slow", "look", d.timer("days(2)"), False) + d.flow("slow", "out")
    old = begun(house, body, MAIL)
    new = house.deploy(body.replace(INSIDE, later).replace('"stopped', '"halted'), MAIL)

    move(house, old, new, {"main": {"stopped": "halted"}})
    assert set(timers(house)) == {"slow"}
    house.runner.message("stop", "a1", {}, d.LI)

    assert ended(house)


def test_what_is_drawn_in_another_part_keeps_its_case(house):
    """A step that stood inside a part cannot stand outside it."""
    body = d.start() + d.subprocess("part", INSIDE) + d.end() + d.line("begin", "part", "finish")
    old = begun(house, body)
    new = house.deploy(d.start() + d.user("look") + d.end() + d.line("begin", "look", "finish"))

    with pytest.raises(TokenStays, match="停在“part”"):
        move(house, old, new)


def test_a_message_that_nobody_waits_for_any_more(house):
    """The event is gone with the newer diagram."""
    stop = (
        d.boundary("stopped", "fill", d.message("stop")) + d.end("over") + d.flow("stopped", "over")
    )
    old = begun(house, PLAIN + stop, MAIL)
    new = house.deploy(PLAIN, MAIL)

    snapshot = move(house, old, new)
    with pytest.raises(NobodyWaits):
        house.runner.message("stop", "a1", {}, d.LI)
    back(house, snapshot, old, new)
    house.runner.message("stop", "a1", {}, d.LI)

    assert ended(house)


def test_a_service_that_was_asked_for_answers_the_newer_diagram(house):
    """Its job is the same; one that asks for something else keeps its case."""
    house.operations.add("mail/send", schema={})(lambda *_: Outcome(values={"sent": True}))
    house.operations.add("mail/burn", schema={})(lambda *_: Outcome(values={}))
    body = d.start() + d.service("send", "mail/send", "told") + d.user("check") + d.end()
    body += d.line("begin", "send", "check", "finish")
    house.runner = house.another_runner(runs_own_jobs=False)
    old = begun(house, body)
    other = house.deploy(body.replace("mail/send", "mail/burn"))
    new = house.deploy(
        body.replace('"send', '"post')
        .replace("_send", "_post")
        .replace('name="post"', 'name="send"')
    )

    with pytest.raises(TokenStays, match="系统办理的事不同"):
        move(house, old, other)
    move(house, old, new)
    house.runner.run_due()
    house.do("check")

    assert ended(house)


FORK = (
    d.start()
    + '<parallelGateway id="fork"/><parallelGateway id="join"/>'
    + d.user("left")
    + d.user("right")
    + d.user("after")
    + d.end()
    + d.line("begin", "fork", "left", "join", "after", "finish")
    + d.line("fork", "right", "join")
)


@pytest.mark.parametrize("first", [[], ["left"], ["right"]])
def test_branches_that_meet_as_before_move_together(house, first):
    """Both wait, or one has come to where they meet: a step in a branch that is new is passed."""
    longer = FORK.replace(d.flow("left", "join"), d.user("more") + d.line("left", "more", "join"))
    old = begun(house, FORK)
    for node in first:
        house.do(node)
    new = house.deploy(longer)

    if first == ["left"]:  # it has come to the meeting by a way that is none any more
        with pytest.raises(TokenStays, match="汇合的方式不同"):
            move(house, old, new)
        return
    move(house, old, new)
    for node in ("left", "more", "right"):
        if node not in first:
            assert not ended(house)
            house.do(node)
    house.do("after")
    assert ended(house)


def test_a_third_branch_keeps_cases_that_are_in_two(house):
    """Nothing would ever come by the new way, and the meeting would wait for it."""
    wide = FORK + d.user("third") + d.line("fork", "third", "join")
    old = begun(house, FORK)
    new = house.deploy(wide)

    with pytest.raises(TokenStays, match="没有对应的“join”"):
        move(house, old, new)


def test_what_a_reminder_began_must_end_first(house):
    """A service that a reminder asked for runs beside the step: its event must be there."""
    house.operations.add("mail/send", schema={})(lambda *_: Outcome(values={}))
    reminder = (
        d.boundary("soon", "fill", d.timer("days(1)"), False)
        + d.service("remind", "mail/send")
        + d.end("over")
        + d.line("soon", "remind", "over")
    )
    house.runner = house.another_runner(runs_own_jobs=False)
    old = begun(house, PLAIN + reminder)
    new = house.deploy(PLAIN)
    house.clock.pass_(days=2)
    house.runner.run_due(limit=1)

    with pytest.raises(TokenStays, match="停在“remind”"):
        move(house, old, new)
    house.runner.run_due()
    move(house, old, new)

    house.do("fill")
    house.do("check")
    assert ended(house)


def test_four_eyes_are_not_lost_by_a_new_name(house):
    """Who did the step that another person must not repeat is known by its id."""
    body = PLAIN.replace('name="actorRole" value="applicant"', 'name="actorRole" value="acceptor"')
    strict = body.replace(
        '<userTask id="check" name="check"><extensionElements><spiffworkflow:properties>',
        '<userTask id="check" name="check"><extensionElements><spiffworkflow:properties>'
        '<spiffworkflow:property name="differentFrom" value="write"/>',
    )
    strict = strict.replace('id="fill"', 'id="write"').replace('Ref="fill"', 'Ref="write"')
    old = begun(house, body)
    new = house.deploy(strict)
    house.do("fill", d.LI)

    with pytest.raises(TokenStays, match="换了标识"):
        move(house, old, new)


@pytest.mark.both_databases
def test_it_goes_back_as_long_as_nothing_happened(house):
    """Afterwards it is what it was; once somebody acted, it stays."""
    old = begun(house, PLAIN)
    new = house.deploy(TWO_LATER)
    task = house.task("fill").id

    snapshot = move(house, old, new)
    back(house, snapshot, old, new)
    assert house.task("fill").id == task
    snapshot = move(house, old, new)
    house.do("fill")
    with pytest.raises(MovedOn):
        back(house, snapshot, old, new)

    assert house.tasks() == ["hear"]
