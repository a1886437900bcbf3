"""How cases flow: kept counts are what a recount gives, at any moment, on both databases."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import Engine, event, select

from engine import flow, queries
from engine.tables import FlowMark, ProcessInstance
from storage.database import writing
from tests.engine import drawing as d
from tests.registry.test_plans import explain

TWO = (
    d.start()
    + d.user("fill", formKey="initial")
    + d.user("seal", "enterprise")
    + d.gateway("again", default="finish")
    + d.end()
    + d.line("begin", "fill", "seal", "again", "finish")
    + d.flow("again", "fill", "back")
)
EVERYTHING = "f" * 32
FIRST, LAST = date(2026, 11, 1), date(2026, 12, 31)


def day_of(moment: datetime) -> date:
    return moment.date()


@pytest.fixture
def cases(house, clock):
    """Let three cases go on: one comes back once, one waits for its seal."""
    for number, (days, back) in enumerate([(1, True), (2, False)]):
        case = f"c{number}"
        house.start(TWO, case=case)
        clock.pass_(days=days)
        house.do("fill", case=case)
        clock.pass_(hours=4)
        house.do("seal", d.CLERK, case=case, back=back)
        if back:
            house.do("fill", case=case)
            house.do("seal", d.CLERK, case=case, back=False)
    house.start(TWO, case="c2")
    house.do("fill", case="c2")
    return house


def _passages(house):
    with house.sessions() as session:
        version = session.scalars(select(ProcessInstance.definition)).first()
        return flow.passages(session, version, "main", FIRST, LAST, day_of)


def test_what_is_kept_is_what_a_recount_gives(cases):
    """However the events are cut into parts, and however often it is asked for."""
    before = _passages(cases)
    counted = 1
    while counted:
        with writing(cases.sessions) as session:
            counted = flow.roll(session, EVERYTHING, day_of, limit=2)
        assert _passages(cases) == before

    with cases.sessions() as session:
        assert flow.kept(session) == flow.recount(session, day_of)
        assert session.scalars(select(FlowMark.event)).one() > ""


def test_what_is_not_counted_yet_is_told(cases):
    """After an upgrade a page does not count years by itself: it says that more is to come."""
    with cases.sessions() as session:
        assert flow.is_behind(session, most=2)
        assert not flow.is_behind(session)
    with writing(cases.sessions) as session:
        flow.roll(session, EVERYTHING, day_of)
    with cases.sessions() as session:
        assert not flow.is_behind(session, most=0)


def test_passed_first_and_how_long(cases):
    """Three came to the form, one twice; its median is a day, the seal took four hours."""
    passages = _passages(cases)

    assert (passages["fill"].passed, passages["fill"].cases) == (4, 3)
    assert (passages["seal"].passed, passages["seal"].cases) == (4, 3)
    assert passages["seal"].late_s == pytest.approx(4 * 3600, rel=0.1)
    assert passages["fill"].late_s == pytest.approx(2 * 86400, rel=0.1)
    assert passages["begin"].median_s is None


def test_a_period_counts_its_days_only(cases):
    with cases.sessions() as session:
        version = session.scalars(select(ProcessInstance.definition)).first()
        one_day = flow.passages(
            session, version, "main", date(2026, 11, 24), date(2026, 11, 24), day_of
        )

    assert one_day["begin"].passed == 1


def test_who_waits_is_counted_where_he_waits(cases):
    with cases.sessions() as session:
        version = session.scalars(select(ProcessInstance.definition)).first()
        assert queries.waiting_by_node(session, version, "main") == {"seal": 1}
        assert queries.waiting_by_node(session, version, "other") == {}


def test_a_heat_map_reads_no_whole_table(cases, engine: Engine):
    """A period is a range of the primary key, and what is not counted yet a range of its own."""
    asked: list[tuple[str, object]] = []

    def note(_c: object, _u: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    _passages(cases)
    event.remove(engine, "before_cursor_execute", note)

    heat = [(said, given) for said, given in asked if "node_day" in said or "flow_mark" in said]
    assert heat
    for statement, parameters in [*heat, *((s, p) for s, p in asked if "instance_event.id >" in s)]:
        plan = explain(engine, statement, parameters)
        assert "SCAN " not in plan, plan
        assert "Seq Scan" not in plan, plan
